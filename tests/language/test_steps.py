"""What the graph records of the way to each node: uses of blocks with their arguments, turns of loops."""

from __future__ import annotations

import netdsl
from netdsl.analyse.uses import spell_use
from netdsl.graph import Node, Turn, Use


def _nodes(text: str) -> dict[str, Node]:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics
    return {f"{node.name}#{node.id}": node for node in compiled.model().net.nodes}


def _way(node: Node) -> list[str]:
    return [spell_use(s) if isinstance(s, Use) else str(s.index) for s in node.steps]


def test_uses_and_turns_from_the_outside_in() -> None:
    nodes = _nodes(
        "block layer_of(units: int, act: activation = relu) = Dense(units, activation=act)\n"
        "block stage(units: int, times: int, rate: float = 0.5) =\n"
        "    repeat times { layer_of(units) -> layer_of(2 * units, act=tanh) }\n"
        "model M {\n"
        "    input x: [4]\n"
        "    output y = x -> for n in [1, 2] { stage(8 * n, times=n) } -> Dense(3)\n"
        "}\n"
    )
    assert [_way(node) for node in nodes.values()] == [
        [],
        ["0", "stage(8, times=1)", "0", "layer_of(8)"],
        ["0", "stage(8, times=1)", "0", "layer_of(16, act=tanh)"],
        ["1", "stage(16, times=2)", "0", "layer_of(16)"],
        ["1", "stage(16, times=2)", "0", "layer_of(32, act=tanh)"],
        ["1", "stage(16, times=2)", "1", "layer_of(16)"],
        ["1", "stage(16, times=2)", "1", "layer_of(32, act=tanh)"],
        [],
    ]


def test_the_nodes_of_a_use_have_the_step_in_common() -> None:
    nodes = list(
        _nodes(
            "block pair(n: int) = Dense(n) -> ReLU()\n"
            "model M { input x: [4]  output y = x -> repeat 2 { pair(4) } }\n"
        ).values()
    )
    first, second, third, fourth = nodes[1:]
    assert first.within is second.within
    assert third.within is fourth.within
    assert first.within is not third.within
    turns = [node.steps[0] for node in (first, third)]
    assert all(isinstance(turn, Turn) for turn in turns)
    assert turns[0].loop == turns[1].loop  # type: ignore[union-attr]


def test_a_fork_over_values_has_turns_and_a_shared_layer_has_uses() -> None:
    nodes = _nodes(
        "block head(n: int) = Dense(n) -> ReLU()\n"
        "model M {\n"
        "    input x: [4]\n"
        "    layer shared = head(4)\n"
        "    output y = x -> [for n in [1, 2] { Dense(n) }] -> Concatenate()\n"
        "    output z = x -> shared -> shared\n"
        "}\n"
    )
    assert [_way(node) for node in nodes.values()] == [
        [], ["0"], ["1"], [], *[["shared", "head(4)"]] * 4
    ]  # fmt: skip
    uses = {step for node in nodes.values() for step in node.steps if isinstance(step, Use)}
    assert len(uses) == 4  # two of the shared layer, and two of the block in it


def test_arguments_that_are_spread_and_tensors() -> None:
    nodes = _nodes(
        "let sizes = [3, 5]\n"
        "block head(a: int, b: int, c: int = 7) = Dense(a) -> Dense(b) -> Dense(c)\n"
        "block beside(y, n: int) { input x  output [x, y] -> Concatenate() -> Dense(n) }\n"
        "model M { input x: [4]  output z = x -> head(*sizes) -> beside(x, n=2) }\n"
    )
    assert {way[0] for node in nodes.values() if (way := _way(node))} == {
        "head(3, 5, 7)",
        "beside(n=2)",
    }
