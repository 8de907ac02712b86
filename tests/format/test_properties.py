"""What holds of every program: the tree stays, the comments stay, and twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from netdsl.diagnostics.sink import Diagnostics
from netdsl.format.printer import Unreadable, format_source
from netdsl.resources import resource_dir, std_dir
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from tests.format.programs import WORDS, lines_of_words, sources

SPECS = sorted([*resource_dir("specs").glob("*.net"), *std_dir().glob("*.net")])
GOLDEN = sorted((Path(__file__).parents[1] / "golden").rglob("*.net"))


def read(text: str) -> tree.Module:
    diagnostics = Diagnostics()
    module = parse(SourceFile("test.net", text), diagnostics)
    assert not len(diagnostics), [f"{d.line}:{d.column} {d.message}" for d in diagnostics]
    return module


def check(text: str) -> None:
    module = read(text)
    once = format_source(SourceFile("test.net", text))
    again = read(once)
    assert again == module
    assert [c.text for c in again.comments] == [c.text.rstrip() for c in module.comments]
    assert format_source(SourceFile("test.net", once)) == once
    assert not once or once.endswith("\n")
    assert not [line for line in once.splitlines() if line != line.rstrip()]


@settings(suppress_health_check=list(HealthCheck), max_examples=80)
@given(sources())
def test_a_drawn_program_keeps_its_tree_and_comments(text: str) -> None:
    check(text)


@settings(suppress_health_check=list(HealthCheck), max_examples=80)
@given(lines_of_words())
def test_a_drawn_program_keeps_its_tree_whatever_its_names(text: str) -> None:
    check(text)


LONG = "a_name_that_is_long_enough_to_fill_a_line"

#: Where a name may come to stand at the beginning of a line, and what may follow it there.
PLACES = [
    "let y = [@[0], LONG, LONG, LONG]",
    "let y = f([LONG, @ - 1, LONG, @(2), LONG, @])",
    "let y = {@[0]: LONG, @: LONG, LONG: LONG}",
    "let y = [@ for @ in LONG if LONG if LONG + LONG]",
    "let y = f(@ for @ in LONG if LONG if LONG + LONG)",
    "let y = [@ if LONG else LONG, @ not in LONG, LONG, LONG]",
    "let y = [@ as y, @ -> f(), LONG, LONG, LONG, LONG]",
    "fn f(@) = @ if LONG else LONG + LONG + LONG + LONG",
    "fn f(@) = @[LONG] + LONG + LONG + LONG + LONG",
    "assert LONG == LONG + LONG + LONG, @\nlet y = 3",
    "assert LONG == LONG + LONG + LONG, @\nmodel M { output x }",
    "block b = @[0] -> LONG() -> LONG() -> LONG()",
    "block b(@: int, LONG: int = @, a=[@], b=LONG) = @(@=LONG, LONG=@) -> repeat 2 { (@(LONG)) -> @(@) }",
    "model M { input @: [@, LONG, LONG, LONG, @ - LONG] @ = @ -> @() output @ }",
    "train M { @ = [@(LONG), @(LONG), LONG, LONG] }",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_name_that_a_statement_could_begin_with_is_none_where_a_line_begins(place: str) -> None:
    for word in WORDS:
        check(place.replace("@", word).replace("LONG", LONG))


def test_a_name_stands_in_parentheses_only_where_it_would_be_misread() -> None:
    text = "let y = [output, output[0]]\nlet z = [output[0], output, LONG, LONG, LONG]\n"
    laid_out = format_source(SourceFile("test.net", text.replace("LONG", LONG)))
    assert laid_out.replace(LONG, "LONG") == (
        "let y = [output, output[0]]\n\n"
        "let z = [\n    (output)[0],\n    output,\n    LONG,\n    LONG,\n    LONG,\n]\n"
    )


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_keeps_its_tree_and_comments(path: Path) -> None:
    check(path.read_text("utf-8"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_spec_keeps_its_tree_and_comments(path: Path) -> None:
    text = path.read_text("utf-8")
    try:
        format_source(SourceFile("test.net", text))
    except Unreadable:
        return
    check(text)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_code_fits_in_a_hundred_columns(path: Path) -> None:
    text = format_source(SourceFile(path.name, path.read_text("utf-8")))
    lines = [line for chunk in text.split('"""')[::2] for line in chunk.splitlines()]
    assert not [
        line
        for line in lines
        if len(line.split("  #")[0]) > 100 and not line.lstrip().startswith("#")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "extern layer Own(): [(x -> f())] -> [(f() as y), *(x -> f())] from 'm'",
        "block b(n: int in (x -> f()) = 2) = Dense(n)",
        "model M { input x: [(if a { b }), 3] output x }",
    ],
)
def test_a_chain_stays_in_its_parentheses_where_a_value_is_read(text: str) -> None:
    check(text)
