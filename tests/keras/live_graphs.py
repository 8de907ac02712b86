"""A live model held against the graph that it was made from: layers, classes, weights, what trains, and the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import pytest

from netdsl.graph import Graph, Node

keras = pytest.importorskip("keras")


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
