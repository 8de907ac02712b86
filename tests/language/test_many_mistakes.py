"""Thousands of mistakes in one file: each is told by what stands around it, without going through the file for it."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.compiler import compile_source, compile_text
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import nodes_around, walk
from tests.work import calls, grows_in_proportion

#: Statements of a body with a mistake in each, by what is looked at around it; `#` is another number in each.
MISTAKES = {
    "a layer that nothing reaches": "h# = Dense(4)",
    "a stage that is bound as a value": "let e# = Dense(4)\nh# = x -> e#",
    "a call of a layer": "h# = Dense(4)(x)",
    "an unknown name": "h# = x -> Dense(unknown#)",
    "an unknown name as an argument": "h# = x -> Dense(4, activation==relu)",
    "an unknown layer": "h# = x -> Encoder#(4)",
    "a tensor among values": "let h# = x",
    "a tensor among a layer's arguments": "h# = x -> Add(x)",
    "training as an argument of a layer": "h# = x -> Dropout(0.5, training=True)",
    "a layer of another rank": "h# = x -> Conv2D(4, 3)",
    "an operation behind an arrow": "h# = x -> Dense(8) + x",
    "a name that is bound twice": "h = x -> Dense(4)",
    "a word too many": "h# = x Dense(4)",
}


class Watched(str):
    """A text that counts how many characters are taken out of it."""

    taken = 0

    def __getitem__(self, key: Any) -> str:
        piece = super().__getitem__(key)
        Watched.taken += len(piece)
        return piece


def spec(mistake: str, count: int) -> str:
    lines = "\n".join(mistake.replace("#", str(i)) for i in range(count))
    return f"model M {{ input x: [8]\n{lines}\noutput x -> ReLU() }}"


def told(mistake: str, count: int) -> int:
    """Count the characters that are taken out of a text to find so many mistakes; none is tried to be mended."""
    Watched.taken = 0
    file = SourceFile("spec.net", Watched(spec(mistake, count)))
    found = compile_source(file, lambda path: "").diagnostics
    assert sum(d.severity == "error" for d in found) >= count - 1
    return Watched.taken


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_text_around_a_mistake_is_all_that_is_read_of_the_file(
    mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netdsl.fixes.MOST_TRIED", 0)
    monkeypatch.setattr("netdsl.source.AROUND", 50)
    assert grows_in_proportion(lambda count: told(mistake, count), 20, 4)


def test_file_is_not_searched_for_each_layer_that_nothing_reaches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netdsl.fixes.MOST_TRIED", 0)
    monkeypatch.setattr("netdsl.elaborate.scope.frame.MAX_SEARCHED", 2_000)
    for kind in ("a layer that nothing reaches", "a stage that is bound as a value"):
        texts = {count: spec(MISTAKES[kind], count) for count in (40, 160)}
        assert grows_in_proportion(lambda n: calls(lambda: compile_text(texts[n])), 40, 4)  # noqa: B023


def test_outputs_are_not_gone_through_for_each_layer_that_is_advised_on() -> None:
    chain = "output y# = x -> Dense(1001, activation=relu) -> Dense(8)"
    train = "\ntrain M { optimizer = adam loss = mse precision = mixed_bfloat16 }"
    texts = {count: spec(chain, count) + train for count in (20, 80)}
    assert grows_in_proportion(lambda n: calls(lambda: compile_text(texts[n])), 20, 4)


#: Nodes with many parts in a row, among them texts, pairs and further nodes.
WIDE = """let a = [{many}]
let b = {{{pairs}}}
let c = f"{holes}"
let d = {compared}
fn f({parameters}) = (a, {many})
model M {{ input x: [{many}] output [{many}] -> Dense({arguments}) -> {chain} }}
"""


def test_nodes_around_a_place_are_found_among_many() -> None:
    numbers = range(30)
    text = WIDE.format(
        many=", ".join(f"-{i}" for i in numbers),
        pairs=", ".join(f"{i}: [{i}]" for i in numbers),
        holes="".join(f"{{{i} + 1}}{{-{i}}} and " for i in numbers),
        compared=" < ".join(f"({i} + 1)" for i in numbers),
        parameters=", ".join(f"p{i} = -{i}" for i in numbers),
        arguments=", ".join(f"a{i} = -{i}" for i in numbers),
        chain=" -> ".join(f"Dense({i}) as d{i}" for i in numbers),
    )
    found = Diagnostics()
    module = parse(SourceFile("spec.net", text), found)
    assert not found.has_errors
    nodes = list(walk(module))
    assert len(nodes) > 700
    assert all(any(n is node for n in nodes_around(module, node.span)) for node in nodes)


def test_parts_in_a_row_are_not_gone_through_for_each_mistake_in_them() -> None:
    def fork(count: int) -> str:
        names = ", ".join(f"unknown{i}" for i in range(count))
        return f"model M {{ input x: [8] output [{names}] -> Add() }}"

    assert grows_in_proportion(lambda n: calls(lambda: compile_text(fork(n))), 100, 5)
