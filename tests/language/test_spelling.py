"""A message names what a spec declares as the spec does, never by what it is inside netdsl."""

from __future__ import annotations

import re

import pytest

from netdsl import compile_text

DECLARED = """
block twice(x, n: int = 2) {
    output y = x -> Dense(n) -> Dense(n)
}
fn next(n) = n + 1
extern layer Mine(k: int = 1): [h, w, c] -> [h, w, c] from "own"
model Other {
    input x: [4]
    output y = x -> Dense(2)
}
"""

#: What is no number, text or list of them, and how a message writes it.
THINGS = {
    "twice": "twice",
    "next": "next",
    "Mine": "Mine",
    "Other": "Other",
    "shared": "shared",
    "Conv2D": "Conv2D",
    "sum": "sum",
    "Adam(0.1)": "Adam(learning_rate=0.1)",
    "Dense(2)": "Dense(…)",
    "[twice]": "[twice]",
    "x.shape[1]": "height",
}

#: Statements that do not take such a thing, which a message then speaks of.
PLACES = (
    "t = x -> Conv2D(2, [1, {}])",
    "t = x -> Conv2D(2, kernel_size=({}, 1))",
    "t = x -> ops.reshape(({}, 2))",
    "let v = [1, 2][{}]",
    'let v = {{"a": 1}}[{}]',
    "let v = max({}, 1)",
    "let v = sorted([{}, 1])",
    "let v = 1 + [{}]",
    'assert False, f"{{[{}]}}"',
    "assert [{}] == 1",
    "assert x.shape == [{}]",
)

#: Classes of netdsl, and how Python writes an object that has no text of its own.
INSIDE = re.compile(r"\b\w+(Ref|Value|Layer|Entity)\(|Tensor\(|Sym\b|\bobject\b|0x|<|='")


def told(statement: str) -> list[str]:
    """Give the sentences of the errors that a statement of a body has."""
    body = f"input x: [height, 4, 1]\n    layer shared = Dense(3)\n    {statement}"
    text = f"{DECLARED}model M {{\n    {body}\n    output y = x -> Dense(2)\n}}\n"
    errors = [d for d in compile_text(text).diagnostics if d.severity == "error"]
    return [part for d in errors for part in (d.message, d.help)]


@pytest.mark.parametrize("place", PLACES)
def test_a_message_names_no_class_of_netdsl(place: str) -> None:
    for thing in THINGS:
        sentences = told(place.format(thing))
        assert sentences, thing
        assert [s for s in sentences if INSIDE.search(s)] == [], thing


@pytest.mark.parametrize(("thing", "spelled"), THINGS.items())
def test_what_is_declared_is_spelled_by_its_name(thing: str, spelled: str) -> None:
    assert any(
        spelled in sentence for sentence in told(f'assert False, f"{{[{thing}]}} stands here"')
    )


def test_a_name_that_is_no_output_is_told_as_it_is_written() -> None:
    """A key of `loss` that is no name at all."""
    text = (
        "model M {\n    input x: [4]\n    output y = x -> Dense(2)\n}\n"
        "train M {\n    optimizer = adam\n    loss = {[x]: mse}\n}\n"
    )
    assert "no output is called `[x]`" in compile_text(text).diagnostics[0].message
