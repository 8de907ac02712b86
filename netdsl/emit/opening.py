"""How a module of either output opens: the imports in groups, short names of Keras's modules, the recursion limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.emit.program import sorted_imports
from netdsl.emit.python.own_names import OwnNames

KERAS_IMPORTS: Mapping[str, str] = {
    "tf.keras": "from tensorflow import keras",
    "keras": "import keras",
}

#: Frames that Keras takes for each step of a graph's depth, with room to spare.
FRAMES_A_STEP = 4


def recursion_limit(deepest: int) -> str:
    """Give a limit under which Keras goes through a graph of this depth, as it is written."""
    limit = 10_000
    while limit < deepest * FRAMES_A_STEP:
        limit *= 10
    return f"{limit:_}"


def preamble(own: OwnNames) -> tuple[str, ...]:
    """Give the short names of Keras's modules that the code uses."""
    return tuple(f"{name} = keras.{name}" for name in sorted(own.modules))


def grouped(
    standard: Sequence[str], others: Sequence[str], before_keras: str
) -> tuple[tuple[str, ...], ...]:
    """Give the imports in groups, sorted, and what has to run before Keras is imported."""
    groups = (
        sorted_imports(standard),
        (before_keras,) * bool(before_keras),
        sorted_imports(others),
    )
    return tuple(group for group in groups if group)
