"""Any text gives a tree: nothing raises, work grows with the length, and spans stay within the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import walk
from tests.work import calls, grows_in_proportion

SPEC = '''"""A net."""
from std.vision import conv_bn  # the library
let width = [r * 2 for r in rates if r > 1]
defaults Dense(use_bias=False)
block b(n: int, act: activation = relu) = conv_bn(n) -> Activation(act)
model M(classes: int = 10) {
    input x: float32[T, 2*C, ?](sparse=True)
    a, _ = x -> repeat 2 { b(8) } as mid -> if classes > 2 { [_, b(4)] -> Add() } else { _ }
    output y = a[1:, -1] + mid -> for i, (c, d) in plan { b(c, name=f"s_{i + 1:>2}") }
}
train M { loss = mse metrics = {"y": [accuracy]} }
'''
PIECES = [
    *[
        "let ",
        "model M {",
        "}",
        "block f",
        "train M {",
        "input ",
        "output ",
        "layer ",
        "assert ",
        "defaults ",
    ],
    *[
        "from ",
        "import ",
        "extern ",
        "fn ",
        "repeat ",
        "for ",
        " in ",
        "if ",
        " else ",
        " as ",
        "not ",
        "is ",
    ],
    *[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "=",
        "->",
        "=>",
        ".",
        "*",
        "**",
        "-",
        "+",
        "//",
        "?",
        "_",
        "\n",
    ],
    *[
        "a",
        "Dense",
        "3",
        "0.5",
        "1e999",
        '"s"',
        "f'{",
        "'",
        '"""',
        "#c\n",
        "\\",
        "\x00",
        "\ud800",
        "“",
        "\ufeff",
    ],
]


def read(text: str) -> tree.Module:
    """Parse, and check what must hold of any text."""
    diagnostics = Diagnostics()
    module = parse(SourceFile("any.net", text), diagnostics)
    for diagnostic in diagnostics:
        span = diagnostic.primary.span
        assert 0 <= span.start <= span.end <= len(text)
        assert diagnostic.message
        for edit in diagnostic.fix.edits if diagnostic.fix else ():
            assert 0 <= edit.span.start <= edit.span.end <= len(text)
    for node in walk(module):
        assert 0 <= node.span.start <= node.span.end <= len(text)
    return module


@given(st.text())
def test_any_text_gives_a_tree(text: str) -> None:
    assert isinstance(read(text), tree.Module)


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_characters_give_a_tree(text: str) -> None:
    assert isinstance(read(text), tree.Module)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_words_of_the_language_give_a_tree(text: str) -> None:
    assert isinstance(read(text), tree.Module)


@given(st.integers(0, len(SPEC)), st.integers(0, 12), st.sampled_from(["", *PIECES]))
def test_a_spec_with_a_piece_exchanged_gives_a_tree(start: int, length: int, piece: str) -> None:
    assert isinstance(read(SPEC[:start] + piece + SPEC[start + length :]), tree.Module)


@given(st.binary())
def test_any_bytes_give_a_tree(data: bytes) -> None:
    assert isinstance(read(data.decode("utf-8", "surrogateescape")), tree.Module)


EXTREMES = {
    "open parentheses": "let a = " + "(" * 10_000,
    "closed parentheses": "let a = " + "(" * 10_000 + "1" + ")" * 10_000,
    "calls": "let a = " + "f(" * 10_000,
    "braces": "let a = x" + " -> if a { b" * 10_000,
    "bodies": "model M {\n" * 5_000,
    "signs": "let a = " + "-" * 20_000 + "1",
    "powers": "let a = " + "a ** " * 20_000 + "a",
    "conditions": "let a = " + "a if b else " * 20_000 + "a",
    "else if": "let a = x -> if a { b }" + " else if a { b }" * 10_000,
    "a long sum": "let a = " + "a + " * 5_000 + "a",
    "attributes": "let a = a" + ".b" * 20_000,
    "a long string": 'let a = "' + "x" * 1_000_000 + '"',
    "an open string": 'let a = "' + "\\n" * 500_000,
    "an open docstring": '"""' + '"\\' * 300_000,
    "a long number": "let a = " + "1" * 1_000_000,
    "no number": "let a = " + "1" * 300_000 + "x",
    "holes": 'let a = f"' + "{a}b" * 3_000 + '"',
    "open holes": 'let a = f"' + "{" * 50_000 + '"',
    "mistakes": "model M {\n" + "a = f(\n" * 10_000 + "}",
    "closing braces": "}\n" * 30_000,
    "comments": "#\n" * 100_000,
}


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES.keys())
def test_extremes_give_a_tree(text: str) -> None:
    assert isinstance(read(text), tree.Module)


LONG = {
    "a chain": lambda n: "model M { input x output x" + "\n -> Dense(8)" * n + " }",
    "a body": lambda n: (
        "model M {" + "".join(f" x{i} = x{i + 1} -> Dense(8)\n" for i in range(n)) + "}"
    ),
    "a file": lambda n: "".join(f"let x{i} = {i} + 8\n" for i in range(n)),
    "a list": lambda n: "let a = [" + "8, " * n + "]",
}


@pytest.mark.parametrize("made", LONG.values(), ids=LONG.keys())
def test_the_work_grows_in_proportion(made: Callable[[int], str]) -> None:
    def reading(count: int) -> int:
        diagnostics = Diagnostics()
        work = calls(lambda: parse(SourceFile("long.net", made(count)), diagnostics))
        assert not len(diagnostics)
        return work

    assert grows_in_proportion(reading, 500, 8)


def test_a_sum_at_the_limit_is_read() -> None:
    module = parse(SourceFile("sum.net", "let a = a" + " + a" * 1_000), Diagnostics())
    assert len(module.statements) == 1


BROKEN = "model M {\n    input x: [8]\n    output y = x -> Dense(4" + " -> Dense(4)" * 60 + "\n}\n"


def test_the_search_for_a_missing_sign_costs_no_more_in_a_file_with_several() -> None:
    def reading(count: int) -> int:
        return calls(lambda: parse(SourceFile("broken.net", BROKEN * count), Diagnostics()))

    assert reading(4) < 2 * reading(1)
