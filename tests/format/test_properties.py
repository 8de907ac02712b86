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
from tests.format.programs import sources

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
