"""Generated Python, run: both outputs build the model that was elaborated, with the same layer names.

`test_specs.py` holds the shipped specs to the same.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from netdsl.compiler import Compiled, compile_source
from netdsl.emit.declarations import model_functions
from netdsl.source import SourceFile
from tests.keras.live_graphs import assert_same

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "golden" / "compile").glob("*.net"))
LEFT_OUT = {"networks_for_transfer_learning"}  # has weights to download


@pytest.fixture(autouse=True)
def own_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python that the goldens say is the user's own."""

    class SpaceToDepth(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, size: int = 2, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.size = size

        def call(self, x: Any) -> Any:
            _, height, width, channels = x.shape
            block = self.size
            shape = (-1, height // block, block, width // block, block, channels)
            x = keras.ops.transpose(keras.ops.reshape(x, shape), (0, 1, 3, 2, 4, 5))
            return keras.ops.reshape(x, (-1, height // block, width // block, channels * block**2))

    layers, functions = ModuleType("my_package.layers"), ModuleType("my_package.functions")
    layers.SpaceToDepth = SpaceToDepth  # type: ignore[attr-defined]
    functions.scale = lambda x: x * 2.0  # type: ignore[attr-defined]
    functions.shift = lambda x: x + 1.0  # type: ignore[attr-defined]
    for name in ("scale", "shift"):
        getattr(functions, name).__name__ = name
    monkeypatch.setitem(sys.modules, "my_package", ModuleType("my_package"))
    monkeypatch.setitem(sys.modules, "my_package.layers", layers)
    monkeypatch.setitem(sys.modules, "my_package.functions", functions)


def compiled(path: Path) -> Compiled:
    result = compile_source(
        SourceFile(path.name, path.read_text("utf-8")),
        lambda name: (path.parent / name).read_text("utf-8"),
    )
    assert result.ok, [d.message for d in result.diagnostics]
    return result


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize(
    "path",
    [path for path in SPECS if path.stem not in LEFT_OUT],
    ids=lambda path: path.stem,
)
def test_the_output_builds_the_elaborated_graph(path: Path, flat: bool) -> None:
    result = compiled(path)
    namespace: dict[str, Any] = {"__name__": f"generated_{path.stem}"}
    exec(compile(result.emit("keras", flat=flat, training=False), path.stem, "exec"), namespace)
    for name, function in model_functions(result.unit).items():
        if name in result.graphs:
            keras.utils.clear_session()
            assert_same(namespace[function](), result.graphs[name])


def test_a_model_with_functions_of_the_users_own_is_read_back(tmp_path: Path) -> None:
    result = compiled(ROOT / "golden" / "compile" / "python_layers_and_functions.net")
    namespace: dict[str, Any] = {"__name__": "generated_own"}
    exec(compile(result.emit("keras"), "own", "exec"), namespace)
    model = namespace["Own"]()
    model.save(tmp_path / "own.keras")
    custom = {"SpaceToDepth": sys.modules["my_package.layers"].SpaceToDepth}
    again = keras.saving.load_model(tmp_path / "own.keras", custom_objects=custom)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


@pytest.mark.slow
def test_five_thousand_layers_build() -> None:
    text = "model Deep { input x: [4] output y = x -> repeat 5000 { ReLU() } }"
    model = compile_source(SourceFile("deep.net", text), lambda path: "").build()
    assert len(model.layers) == 5001


def test_the_module_that_tensorflow_ships_has_what_generated_code_asks_of_it() -> None:
    from tensorflow import keras as shipped

    result = compiled(ROOT / "golden" / "compile" / "python_layers_and_functions.net")
    for path in re.findall(r"\bkeras((?:\.\w+)+)", result.emit("tf.keras")):
        found: Any = shipped
        for part in path[1:].split("."):
            found = getattr(found, part)
