"""The specs that keras.applications has too, against the record of its networks: their weights, in order."""

from __future__ import annotations

from functools import cache

import pytest

from netdsl.analyse.keras_order import keras_order
from netdsl.catalog.applications import Applied, apply_network
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.signature import names, signature
from netdsl.graph import Graph
from netdsl.tensor import UNKNOWN, TensorSpec
from tests.zoo.specs import APPLICATIONS, FAMILIES, spec


@cache
def recorded(name: str, size: int) -> Applied:
    facts = signature("application", name)
    assert facts is not None
    arguments = bind_arguments(facts, None, (), {"weights": None}).arguments
    return apply_network(name, arguments, TensorSpec((UNKNOWN, size, size, 3)))


def graph_of(name: str) -> Graph:
    return spec(APPLICATIONS[name]).graphs[name]


def weights_of(graph: Graph) -> list[tuple[tuple[int, ...], bool]]:
    """Give the weights in the order of Keras's `model.weights`."""
    return [(w.shape, w.trainable) for o in keras_order(graph) for w in o.weights]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_network_has_the_weights_of_keras_in_its_order(name: str) -> None:
    graph = graph_of(name)
    (image,) = (graph.nodes[number] for number in graph.inputs)
    size = image.outputs.shape[1]
    assert isinstance(size, int)
    found = recorded(name, size)
    assert weights_of(graph) == [(w.shape, w.trainable) for w in found.weights]
    assert graph.macs() == found.macs
    assert [spec.shape for spec in found.outputs] == [
        graph.spec(r).shape for r in graph.outputs.values()
    ]


def test_another_order_of_the_same_weights_is_told_apart() -> None:
    """The comparison goes by order: a branch written before the other is seen."""
    graph = graph_of("InceptionV3")
    by_writing = [(w.shape, w.trainable) for n in graph.needed_nodes() for w in n.operation.weights]
    assert sorted(by_writing) == sorted(weights_of(graph))
    assert by_writing != weights_of(graph)


def test_every_network_of_keras_is_here() -> None:
    assert {*APPLICATIONS} == {*names("application")}
    for stem in FAMILIES:
        assert spec(stem).ok
