"""A graph that breaks a promise is found before anything is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import netdsl
from netdsl.analyse.verification import BrokenGraph, breaches, verify
from netdsl.compiler import Compiled
from netdsl.graph import Graph, Node, Ref

SPEC = """
model M {
    input image: [8, 8, 3]
    layer shared = Dense(4)
    a = image -> Conv2D(4, 3) -> Flatten()
    b = image -> Flatten()
    output y = [a -> Dense(8) -> shared, b -> Dense(8) -> shared] -> Add()
}
"""


@pytest.fixture
def compiled() -> Compiled:
    return netdsl.compile_text(SPEC)


@pytest.fixture
def graph(compiled: Compiled) -> Graph:
    return compiled.model().net


def named(graph: Graph, kind: str) -> list[Node]:
    return [node for node in graph.nodes if node.kind == kind]


def test_a_sound_graph_keeps_every_promise(graph: Graph) -> None:
    assert list(breaches(graph)) == []


def take_what_comes_later(graph: Graph) -> None:
    (convolution,) = named(graph, "Conv2D")
    convolution.positional = (Ref(len(graph.nodes) - 1),)
    convolution.__dict__.pop("inputs", None)


def copy_the_shared_layer(graph: Graph) -> None:
    second = [node for node in named(graph, "Dense") if node.name == "shared"][1]
    second.operation = replace(second.operation)


def lose_the_input(graph: Graph) -> None:
    graph.inputs = []


class NeedsAll(Graph):
    """A graph that takes every node for one that leads to an output."""

    __slots__ = ()

    def needed(self) -> set[int]:
        return {node.id for node in self.nodes}


def cut_a_branch(graph: Graph) -> None:
    (add,) = named(graph, "Add")
    add.positional = ([add.inputs[0]],)
    add.__dict__.pop("inputs", None)
    graph.discarded = {node.id for node in graph.nodes}
    graph.__class__ = NeedsAll


def take_nodes_out_of_order(graph: Graph) -> None:
    graph.nodes[1:3] = graph.nodes[2:0:-1]


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (take_what_comes_later, "is a cycle"),
        (copy_the_shared_layer, "two layers are called shared"),
        (lose_the_input, "a_conv2d has weights, and no input leads to it"),
        (cut_a_branch, "may or may not lead to an output"),
        (take_nodes_out_of_order, "stands at"),
    ],
)
def test_a_broken_promise_is_said(graph: Graph, breaks: Callable[[Graph], None], says: str) -> None:
    breaks(graph)
    assert any(says in breach for breach in breaches(graph)), list(breaches(graph))


def test_nothing_is_made_of_a_broken_graph(compiled: Compiled) -> None:
    copy_the_shared_layer(compiled.model().net)
    for make in (lambda: compiled.source, lambda: compiled.flat_source, compiled.model().summary):
        with pytest.raises(BrokenGraph, match="model M: two layers are called shared"):
            make()


def test_the_graphs_of_models_inside_are_proven_too() -> None:
    compiled = netdsl.compile_text(
        "model Inner { input x: [4]  output y = x -> Dense(2) }\n"
        "model Outer { input x: [4]  output y = x -> Inner() -> Dense(3) }\n"
    )
    outer = compiled.model("Outer").net
    inner = next(node.operation.graph for node in outer.nodes if node.operation.graph is not None)
    lose_the_input(inner)
    with pytest.raises(BrokenGraph, match="model Inner: y has weights, and no input"):
        verify(outer)


def test_a_net_of_five_thousand_layers_is_proven() -> None:
    compiled = netdsl.compile_text(
        "model M { input x: [4]  output y = x -> repeat 5000 { Dense(4) } }"
    )
    assert list(breaches(compiled.model().net)) == []
