"""Generated Python, run: both outputs build the model that was elaborated, with the same layer names.

Layers, classes, weights, what trains, output shapes, and which layer feeds which are compared with the graph.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from netdsl.compiler import Compiled, compile_source
from netdsl.emit.declarations import model_functions
from netdsl.graph import Graph, Node
from netdsl.source import SourceFile
from tests.zoo.specs import FAMILIES

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "golden" / "compile").glob("*.net")) + sorted(
    (ROOT.parent / "specs").glob("*.net")
)
LEFT_OUT = {
    "vgg16",
    "resnet152",
    "networks_for_transfer_learning",
    *FAMILIES,
}  # large, or with weights to download


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


#: At their full size these take seconds; small, they are built by `test_specs.py`.
LARGE = (
    "bert",
    "gpt2",
    "seq2seq",
    "seq2seq_attention",
    "swin",
    "vit",
    "yolov8",
    "efficientnet_lite",
)


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow) if path.stem in LARGE else path
        for path in SPECS
        if path.stem not in LEFT_OUT
    ],
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


def assert_same(model: Any, graph: Graph) -> None:
    """Compare a live model with the graph it was made from."""
    needed = graph.needed()
    expected = {n.name: n for n in graph.nodes if n.id in needed and n.operation.family != "op"}
    expected |= {graph.nodes[i].name: graph.nodes[i] for i in graph.inputs}
    found = {layer.name: layer for layer in model.layers if is_layer(layer)}
    assert set(found) == set(expected)
    for name, node in expected.items():
        assert_same_layer(found[name], node)
    # An array that only joins tensors is in the model through them, and needs no tie to an input in Python.
    assert graph_edges(graph, needed, ties=False) <= live_edges(model) <= graph_edges(graph, needed)
    outputs = (
        model.output
        if isinstance(model.output, dict)
        else dict(zip(graph.outputs, model.outputs, strict=True))
    )
    assert {n: sizes(t.shape) for n, t in outputs.items()} == {
        n: sizes(graph.spec(ref).shape) for n, ref in graph.outputs.items()
    }


def assert_same_layer(layer: Any, node: Node) -> None:
    operation = node.operation
    if operation.family == "layer":
        assert isinstance(layer, getattr(keras.layers, operation.kind))
    shapes = sorted(tuple(w.shape) for w in layer.weights if "seed" not in w.path)
    assert shapes == sorted(w.shape for w in operation.weights), layer.name
    trained = sum(prod(w.shape) for w in layer.trainable_weights)
    own = sum(prod(w.shape) for w in operation.weights if w.trainable)
    assert trained == (own if operation.trainable else 0), layer.name


def is_layer(operation: Any) -> bool:
    return not type(operation).__module__.startswith("keras.src.ops")


def sizes(shape: Iterable[object]) -> tuple[object, ...]:
    return tuple(dim if isinstance(dim, int) else None for dim in shape)


# -- which layer feeds which, functions of keras.ops passed through -----------------------------


def live_edges(model: Any) -> set[tuple[object, object]]:
    def name(operation: Any) -> object:
        return operation.name if is_layer(operation) else ("op", id(operation))

    pairs = [
        (name(tensor._keras_history[0]), name(node.operation))
        for nodes in model._nodes_by_depth.values()
        for node in nodes
        for tensor in tensors_of(node)
    ]
    return through_operations(pairs)


def tensors_of(node: Any) -> Iterator[Any]:
    """Give the tensors of a call, without the masks that Keras adds by itself."""
    named = [
        v for k, v in node.arguments.kwargs.items() if "mask" not in k or k == "attention_mask"
    ]
    for value in keras.tree.flatten([node.arguments.args, named]):
        if hasattr(value, "_keras_history"):
            yield value


def graph_edges(graph: Graph, needed: set[int], *, ties: bool = True) -> set[tuple[object, object]]:
    def name(node: Node) -> object:
        return ("op", node.id) if node.operation.family == "op" else node.name

    nodes = [node for node in graph.nodes if node.id in needed]
    return through_operations(
        (name(graph.nodes[r.node]), name(n))
        for n in nodes
        for r in n.inputs
        if ties or n.tied_to is None
    )


def through_operations(pairs: Iterable[tuple[object, object]]) -> set[tuple[object, object]]:
    following: dict[object, set[object]] = {}
    for first, second in pairs:
        following.setdefault(first, set()).add(second)
    found: set[tuple[object, object]] = set()
    for start in [name for name in following if not isinstance(name, tuple)]:
        pending, seen = list(following[start]), set()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            if isinstance(name, tuple):
                pending.extend(following.get(name, ()))
            else:
                found.add((start, name))
    return found


# -- saving -------------------------------------------------------------------------------------


def test_a_model_with_functions_of_the_users_own_is_read_back(tmp_path: Path) -> None:
    result = compiled(ROOT / "golden" / "compile" / "python_layers_and_functions.net")
    namespace: dict[str, Any] = {"__name__": "generated_own"}
    exec(compile(result.emit("keras"), "own", "exec"), namespace)
    model = namespace["Own"]()
    model.save(tmp_path / "own.keras")
    custom = {"SpaceToDepth": sys.modules["my_package.layers"].SpaceToDepth}
    again = keras.saving.load_model(tmp_path / "own.keras", custom_objects=custom)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


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
