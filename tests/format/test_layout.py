"""The layout itself: each `.net` of the golden folder and its one layout, side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.format.printer import Unreadable, format_source
from netdsl.source import SourceFile
from tests.conftest import Golden

FOLDER = Path(__file__).parents[1] / "golden" / "fmt"
SOURCES = sorted(p for p in FOLDER.glob("*.net") if not p.stem.endswith(".formatted"))


def formatted(text: str) -> str:
    return format_source(SourceFile("test.net", text))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_file_is_laid_out_in_the_one_way(path: Path, golden: Golden) -> None:
    golden(path.with_suffix(".formatted.net"), formatted(path.read_text("utf-8")))


def test_no_golden_file_is_left_over() -> None:
    stems = {path.stem for path in SOURCES}
    assert {p.name.removesuffix(".formatted.net") for p in FOLDER.glob("*.formatted.net")} == stems


def test_operators_before_a_brace_stand_in_parentheses_over_several_lines() -> None:
    """The lines in the braces are indented as far as those of the operators would be."""
    count = "first_of_the_counts * second_of_the_counts - third_of_the_counts + fourth_of_the_counts - 1"
    text = f"block b(n) = repeat {count} {{ Dense(n) }}\n"
    once = formatted(text)
    assert f"= repeat (\n    {count}\n) {{\n    Dense(n)\n}}\n" in once
    assert formatted(once) == once
    commented = formatted("block b(n) = if n > 3  # why\n    and n < 9 { Dense(n) }\n")
    assert "if (\n    n > 3  # why\n        and n < 9\n) {\n" in commented
    assert (
        formatted("block b(n) = repeat (n - 1) { Dense(n) }")
        == "block b(n) = repeat n - 1 { Dense(n) }\n"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "  \r\n"])
def test_an_empty_file_stays_empty(text: str) -> None:
    assert formatted(text) == ""


def test_a_file_with_a_mistake_has_no_layout() -> None:
    with pytest.raises(Unreadable) as caught:
        formatted("let a = = 1")
    assert [d.code for d in caught.value.diagnostics] == ["N0101"]


def test_line_ends_become_line_feeds() -> None:
    assert formatted("let a = 1 # one\r\n\r\nlet b = 2\r\n") == "let a = 1  # one\n\nlet b = 2\n"


LONG = {
    "a sum": "let a = a" + " + a" * 1_000,
    "signs": "let a = " + "-" * 99 + "1",
    "powers": "let a = " + "a ** " * 800 + "a",
    "brackets": "let a = " + "[" * 99 + "]" * 99,
    "loops": "let a = x -> " + "repeat 2 { " * 20 + "b" + " }" * 20,
    "choices": "let a = x -> " + "if c { " * 95 + "b" + " }" * 95,
    "calls": "let a = a" + "(b)" * 900,
    "a chain": "block b = x" + " -> f()" * 5_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_extremes_are_laid_out(text: str) -> None:
    once = formatted(text)
    assert formatted(once) == once
