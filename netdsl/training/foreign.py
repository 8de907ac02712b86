"""Names for what other libraries make: their types are not there where they are not installed."""

from __future__ import annotations

from typing import Any, TypeAlias

Array: TypeAlias = Any  # of NumPy
Foreign: TypeAlias = Any  # an object or module of Keras, TensorFlow, pandas, Optuna, matplotlib
Plain: TypeAlias = Any  # what JSON holds, or an argument of a spec
