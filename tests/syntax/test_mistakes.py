"""Each syntax error: its code and its place, marked in the source between ⟦ and ⟧."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.syntax.walk import walk

MARK = re.compile("[⟦⟧]")


def mistakes(text: str) -> tuple[tree.Module, list[Diagnostic]]:
    diagnostics = Diagnostics()
    module = parse(SourceFile("test.net", text), diagnostics)
    return module, diagnostics.sorted()


def marked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Give the text without its marks, and the places that they enclosed."""
    offsets = [match.start() - i for i, match in enumerate(MARK.finditer(text))]
    return MARK.sub("", text), list(zip(offsets[::2], offsets[1::2], strict=True))


IN_A_BODY = [
    # Nothing else is known to be meant.
    ("N0101", "input x ⟦[⟧10]"),
    ("N0101", "a = ⟦=⟧ b"),
    ("N0101", "a = f(⟦,⟧ b)"),
    ("N0101", "a = f(b⟦:⟧ 3)"),
    ("N0101", "a = f(b.c⟦=⟧3)"),
    ("N0101", "layer q ⟦Dense⟧(3)"),
    ("N0101", "output a⟦,⟧ b"),
    ("N0101", "a = {1⟦,⟧ 2}"),
    # Characters.
    ("N0102", "a = f(⟦“⟧relu”)"),
    ("N0102", "a = ⟦$⟧b"),
    ("N0102", "a = b⟦\u00a0⟧+ c"),
    ("N0102", "a = b ⟦\\⟧\n + c"),
    ("N0102", "a = ⟦x²⟧"),
    ("N0102", "a = b ⟦×⟧ c"),
    ("N0102", "a = ⟦\x00⟧"),
    ("N0102", "a = ⟦\ud800⟧"),
    # Brackets.
    ("N0103", "a = f⟦(⟧b\n    c = d"),
    ("N0103", "a = f⟦(⟧b,\n    c = d"),
    ("N0103", "a = ⟦[⟧b, c"),
    ("N0103", "a = x -> repeat 2 ⟦{⟧ f\n    output a"),
    ("N0103", "a = x -> [f, g⟦(⟧h\n    output a"),
    ("N0104", "a = f(b)⟦)⟧"),
    ("N0104", "a = f(b⟦]⟧"),
    ("N0104", "a = [b⟦)⟧"),
    # Strings and numbers.
    ("N0105", 'a = ⟦"⟧b'),
    ("N0105", "a = ⟦f'⟧b"),
    ("N0105", 'a = ⟦"""⟧b'),
    ("N0106", "a = ⟦0.5f⟧"),
    ("N0106", "a = ⟦1__0⟧"),
    ("N0106", "a = ⟦0x⟧"),
    ("N0106", "a = ⟦3j⟧"),
    ("N0106", "a = ⟦007⟧"),
    ("N0106", "a = ⟦1e999⟧"),
    ("N0106", "a = ⟦" + "9" * 5000 + "⟧"),
    ("N0107", r'a = "b⟦\x4⟧"'.replace("\\x4⟧", "\\x⟧4")),
    ("N0107", r'a = "⟦\N{no such}⟧"'),
    ("N0107", r'a = "⟦\U00110000⟧"'),
    ("N0107", "a = ⟦b⟧'c'"),
    ("N0107", "a = f'⟦{⟧b'"),
    ("N0107", "a = f'b⟦}⟧'"),
    ("N0107", "a = f'⟦{}⟧'"),
    ("N0107", "a = f'{b⟦!x⟧}'"),
    ("N0101", "a = f'{b ⟦c⟧}'"),
    # Arrows.
    ("N0108", "a = x -> f() ⟦+⟧ y"),
    ("N0108", "a = x -> f() -> ⟦-g⟧"),
    ("N0108", "a = x -> ⟦f == g⟧"),
    ("N0109", "a = x ⟦->⟧\n    b = c"),
    ("N0109", "a = x ⟦->⟧\n    output b"),
    ("N0109", "a = b ⟦+⟧\n    c, d = e"),
    ("N0109", "input x: ⟦float32⟧"),
    ("N0110", "a = [b ⟦c⟧]"),
    ("N0110", "a = f(4 ⟦activation⟧=relu)"),
    ("N0110", 'a = f("b" c⟦d⟧)'.replace("c⟦d⟧", "⟦c⟧")),
    ("N0111", "a = x ⟦Dense⟧(3)"),
    ("N0111", "a = x\n        ⟦Dense⟧(3)\n        -> f"),
    ("N0111", "a = x ⟦if⟧ b { f }"),
    ("N0111", "a = x ⟦for⟧ i in b { f }"),
    ("N0111", "a = x ⟦repeat⟧ 3 { f }"),
    ("N0111", "a = x -> repeat 3 { f() ⟦g⟧() }"),
    ("N0112", "a = x ⟦=>⟧ f"),
    ("N0112", "a = x ⟦|>⟧ f"),
    ("N0112", "a = x ⟦→⟧ f"),
    ("N0113", "a = x -> ⟦->⟧ f"),
    # Habits of other languages.
    ("N0114", "a = x -> if b ⟦=⟧ 3 { f }"),
    ("N0114", "assert a ⟦=⟧ 3"),
    ("N0115", "a = b ⟦&&⟧ c"),
    ("N0115", "a = ⟦!⟧b"),
    ("N0115", "a ⟦+=⟧ 3"),
    ("N0115", "a = b ⟦?⟧ c : d"),
    ("N0115", "a = b ⟦<>⟧ c"),
    ("N0116", "a = b⟦;⟧"),
    ("N0117", "⟦//⟧ the head"),
    ("N0117", "a = x -> f() ⟦//⟧ the head"),
    ("N0117", "a = x ⟦/*⟧ the head */"),
    ("N0118", "a = x -> if b⟦:⟧\n        f"),
    ("N0119", "⟦return⟧ x"),
    ("N0119", "⟦for⟧ i in range(3):"),
    ("N0119", "a = f(⟦lambda⟧ x: x)"),
    # Names.
    ("N0121", "a = f(b=1, ⟦c⟧)"),
    ("N0121", "a = f(b=1, c=2, ⟦b⟧=3)"),
    ("N0122", "let ⟦in⟧ = 3"),
    ("N0122", "let ⟦_⟧ = 3"),
    ("N0122", "a = b.⟦if⟧"),
    ("N0122", "a = f(⟦if⟧=3)"),
    ("N0123", "⟦block⟧ f() = g"),
    ("N0124", "⟦x⟧ -> Dense(4)"),
    ("N0124", "⟦3⟧"),
    ("N0125", "a = f(⟦true⟧)"),
    ("N0125", "a = ⟦none⟧"),
]

AT_TOP = [
    ("N0101", "let f⟦(⟧x) = 3"),
    ("N0101", "let x ⟦==⟧ 3"),
    ("N0101", 'from "a" import ⟦*⟧'),
    ("N0101", "extern ⟦H⟧ from 'a'"),
    ("N0103", "model M ⟦{⟧\n  input x"),
    ("N0103", "model M ⟦{⟧\n  input x\n\nmodel N {\n  input x\n}"),
    ("N0103", "model M {\n  a = repeat 2 ⟦{⟧ f\n}\n"),
    ("N0103", "model M⟦(⟧n {\n  input x\n}"),
    ("N0104", "let a = 3\n⟦}⟧"),
    ("N0104", "model M {\n}\n⟦}⟧\nlet b = 3"),
    ("N0109", "block ⟦f⟧"),
    ("N0109", "extern layer F(): [3] -> [4⟦]⟧"),
    ("N0118", "model M()⟦:⟧\n  input x"),
    ("N0119", "⟦import⟧ keras"),
    ("N0119", "⟦def⟧ f(x):\n  return x"),
    ("N0119", "⟦class⟧ Net(keras.Model):"),
    ("N0121", "block f(a=1, ⟦b⟧) = g"),
    ("N0121", "block f(a, ⟦a⟧) = g"),
    ("N0123", "⟦width⟧ = 3"),
    ("N0123", "⟦output⟧ x"),
    ("N0123", "train M { ⟦let⟧ x = 3 }"),
    ("N0120", "let a = " + "[" * 100 + "⟦[⟧"),
    ("N0120", "let a = ⟦a⟧" + " + a" * 1001),
]


@pytest.mark.parametrize(("code", "source"), AT_TOP)
def test_a_mistake_at_top_level_has_its_code_and_place(code: str, source: str) -> None:
    text, places = marked(source)
    _, found = mistakes(text)
    assert [(d.code, d.primary.span.start, d.primary.span.end) for d in found] == [
        (code, *places[0])
    ]


@pytest.mark.parametrize(("code", "source"), IN_A_BODY)
def test_a_mistake_in_a_body_has_its_code_and_place(code: str, source: str) -> None:
    text, places = marked(f"model M {{\n    input x\n    {source}\n}}")
    if source.endswith('"""⟧b'):
        text = text.removesuffix("\n}")
    _, found = mistakes(text)
    assert [(d.code, d.primary.span.start, d.primary.span.end) for d in found][:1] == [
        (code, *places[0])
    ]
    assert all(d.code in (code, "N0103") for d in found), [d.message for d in found]


@pytest.mark.parametrize(("code", "source"), [*IN_A_BODY, *AT_TOP])
def test_messages_keep_to_the_house_style(code: str, source: str) -> None:
    for diagnostic in mistakes(marked(source)[0])[1]:
        assert diagnostic.severity == "error"
        for text in (diagnostic.title, diagnostic.primary.text, diagnostic.help):
            assert not text.endswith(".")
            assert not re.search(r"\b(illegal|bad|please|oops|I)\b", text)
            assert len(text) < 140
        assert diagnostic.primary.text


def fixed(text: str, diagnostic: Diagnostic) -> str:
    assert diagnostic.fix is not None
    edits = sorted(diagnostic.fix.edits, key=lambda e: e.span.start)
    assert all(a.span.end <= b.span.start for a, b in pairwise(edits))
    for edit in reversed(edits):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


FIXES = [
    ("a = f(“relu”)", 'a = f("relu")'),
    ("a = x -> f(“relu”, 3)", 'a = x -> f("relu", 3)'),
    ("a = b\u00a0+ c", "a = b + c"),
    ("a = b − c", "a = b - c"),
    ("a = b；", "a = b;"),
    ("a = f（b)", "a = f(b)"),
    ("a = f(b\n    c = d", "a = f(b)\n    c = d"),
    ("a = x -> f(b\n        -> g\n    c = d", "a = x -> f(b)\n        -> g\n    c = d"),
    ("a = f(b))", "a = f(b)"),
    ("a = f(b]", "a = f(b)"),
    ("a = b'c'", "a = 'c'"),
    ("a = x -> f() + y", "a = (x -> f()) + y"),
    ("a = x -> f() + y * z", "a = (x -> f()) + y * z"),
    ("a = f(4 b=c)", "a = f(4, b=c)"),
    ("a = x Dense(3)", "a = x -> Dense(3)"),
    ("a = x if b { f }", "a = x -> if b { f }"),
    ("a = x => f", "a = x -> f"),
    ("a = x -> -> f", "a = x ->  f"),
    ("assert a = 3", "assert a == 3"),
    ("a = b && !c", "a = b and !c"),
    ("a = b;", "a = b"),
    ("// the head", "# the head"),
    ("a = f(true)", "a = f(True)"),
    ("input x [3]", "input x: [3]"),
    ("a = f(b: 3)", "a = f(b= 3)"),
]


@pytest.mark.parametrize(("source", "expected"), FIXES)
def test_a_fix_removes_its_mistake(source: str, expected: str) -> None:
    text = f"model M {{\n    {source}\n}}"
    first = mistakes(text)[1][0]
    assert fixed(text, first) == f"model M {{\n    {expected}\n}}"
    again = mistakes(fixed(text, first))[1]
    assert (
        first.code not in [d.code for d in again]
        or first.primary.span.start < again[0].primary.span.start
    )


RECOVERY = [
    ("a = = 1", "one mistake"),
    ("a = f(1", "an open parenthesis"),
    ("a = [1, f(2", "open brackets"),
    ("a = x ->", "nothing behind the arrow"),
    ("a b c", "words in a row"),
    ("a = $", "a foreign character"),
    ('a = "open', "an open string"),
    ("a = x -> f() + y", "a fault in a tree"),
    ("a = f(b=1, b=2)", "an argument twice"),
    ("a = f(\n        b,\n        c d,\n        e=3\n    )", "a mistake on a later line"),
    ("a = 1 +", "nothing behind an operator"),
    ("return x", "a statement of Python"),
]


@pytest.mark.parametrize(
    "broken", [source for source, _ in RECOVERY], ids=[name for _, name in RECOVERY]
)
def test_a_broken_statement_hides_no_neighbour(broken: str) -> None:
    lines = ["input x: [3]", broken, "b = x -> Dense(3)", broken, "output y = b"]
    text = "model M {\n    " + "\n    ".join(lines) + "\n}\nlet last = 3\n"
    module, found = mistakes(text)
    model, last = module.statements
    assert isinstance(model, tree.Model)
    good = [
        lines[0],
        lines[2],
        lines[4],
    ]  # a broken one is there too, where it is clear what was meant
    assert [s.span.text for s in model.body.statements if s.span.text in good] == good
    assert last.span.text == "let last = 3"
    assert len(found) == 2


TOP_RECOVERY = ["let = 1", "let a = (", "def f(x):", "model", "model M(", "}", "a = 3", "from"]


@pytest.mark.parametrize("broken", TOP_RECOVERY)
def test_a_broken_declaration_hides_no_neighbour(broken: str) -> None:
    text = f"let a = 1\n{broken}\nmodel Good {{\n    output y = x\n}}\n{broken}\nlet last = 3\n"
    module, found = mistakes(text)
    assert [s.span.text for s in module.statements if "Good" in s.span.text]
    assert [s.span.text for s in module.statements][-1] == "let last = 3"
    assert len(found) == 2


def test_each_broken_statement_is_reported_once() -> None:
    text = "model M {\n" + "    a = b = c = = d ) ] $\n" * 20 + "}"
    assert len(mistakes(text)[1]) == 20


def test_a_file_of_mistakes_is_given_up() -> None:
    _, found = mistakes("let a = $\n" * 1000)
    assert len(found) == 200
    assert "reading stops here" in found[-1].related[0].text


def test_a_word_read_as_another_is_the_operator_it_was_read_as() -> None:
    module, found = mistakes('let lost = max(2, "x" int([2]))')
    assert [d.help for d in found] == ["did you mean `in`?"]
    comparisons = [node for node in walk(module) if isinstance(node, tree.Compare)]
    assert [node.ops for node in comparisons] == [("in",)]


@pytest.mark.parametrize("word", ["tf", "fo", "repeet"])
def test_a_word_that_ends_the_file_begins_no_stage(word: str) -> None:
    assert mistakes(f"model M {{\n    input x: [8, 3]\n    output y = x -> {word}")[1]
