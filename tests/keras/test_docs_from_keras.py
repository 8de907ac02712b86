"""The page "From Keras to netdsl": both columns make the same network."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import netdsl
from netdsl.foreign import Foreign

pytestmark = pytest.mark.keras

PAGE = Path(__file__).parents[2] / "docs" / "from_keras.md"
PAIR = re.compile(
    r"^## ([^\n]+)\n(?:(?!^## ).)*?^```python\n(.*?)^```.*?^```net\n(.*?)^```",
    re.MULTILINE | re.DOTALL,
)
PAIRS = {title: (python, spec) for title, python, spec in PAIR.findall(PAGE.read_text("utf-8"))}


def test_the_page_has_what_people_write() -> None:
    assert len(PAIRS) >= 18


@pytest.mark.parametrize("title", PAIRS)
def test_both_columns_make_the_same_network(title: str, mine: ModuleType) -> None:
    python, spec = PAIRS[title]
    ours = netdsl.compile_text(spec).build()
    theirs = _run(python)
    assert _shapes(ours.weights) == _shapes(theirs.weights)
    assert _shapes(_flat(ours.outputs)) == _shapes(_flat(theirs.outputs))
    assert len(ours.trainable_weights) == len(theirs.trainable_weights)


def _run(python: str) -> Foreign:
    import keras

    namespace: dict[str, Foreign] = {"keras": keras, "layers": keras.layers, "ops": keras.ops}
    exec(compile(python, "<from_keras.md>", "exec"), namespace)
    return namespace["model"]


def _flat(outputs: Foreign) -> list[Foreign]:
    if isinstance(outputs, dict):
        return list(outputs.values())
    return list(outputs)


def _shapes(values: list[Foreign]) -> list[tuple[int | None, ...]]:
    return [tuple(value.shape) for value in values]


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the user's own layer."""
    import keras

    class Gate(keras.Layer):
        def __init__(self, units: int, **named: Foreign) -> None:
            super().__init__(**named)
            self.units = units

        def build(self, shape: tuple[int, ...]) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
            self.bias = self.add_weight(shape=(self.units,), name="bias")

        def call(self, x: Foreign) -> Foreign:
            return keras.ops.sigmoid(keras.ops.matmul(x, self.kernel) + self.bias)

    module = ModuleType("mine")
    module.Gate = Gate  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mine", module)
    return module
