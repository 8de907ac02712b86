"""Names for what other libraries make: their types are not there where they are not installed."""

from __future__ import annotations

from typing import Any, TypeAlias

#: An array of NumPy.
Array: TypeAlias = Any
#: An object or a module of Keras, TensorFlow, networkx, pandas, Optuna or matplotlib.
Foreign: TypeAlias = Any
#: What JSON holds, or an argument of a spec.
Plain: TypeAlias = Any
