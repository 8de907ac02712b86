"""Which Keras generated code is written for."""

from __future__ import annotations

from typing import Literal, TypeAlias

#: By `from tensorflow import keras`, or by `import keras`, which runs on other backends too.
Api: TypeAlias = Literal["tf.keras", "keras"]
