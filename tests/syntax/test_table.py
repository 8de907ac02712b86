"""The grammar has no conflicts, the shipped table is the grammar's, and Lark reads the same language from it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lark import Lark, UnexpectedInput, logger

from netdsl.resources import resource_dir, std_dir
from netdsl.syntax import table
from tests.syntax.test_expressions import CHAINS, DISPLAYS, PRECEDENCE, WORDS_AS_NAMES
from tests.syntax.test_statements import TOP

SPECS = sorted([*resource_dir("specs").glob("*.net"), *std_dir().glob("*.net")])


@pytest.fixture(scope="module")
def lark() -> Lark:
    return Lark(table.grammar_text(), parser="lalr", lexer="contextual", start=list(table.STARTS))


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    logger.addHandler(caplog.handler)
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    try:
        Lark(table.grammar_text(), parser="lalr", start=list(table.STARTS))
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
        logger.propagate = propagate
    assert not [r.getMessage() for r in caplog.records if "onflict" in r.getMessage()]


@pytest.fixture(scope="module")
def compile_once() -> Callable[[str], dict[str, Any]]:
    """Compile the grammar as `compile_table` does, which takes a third of a second, once."""
    return cache(table.compile_table)


def test_the_shipped_table_is_of_this_grammar(
    compile_once: Callable[[str], dict[str, Any]],
) -> None:
    shipped = json.loads(table.SHIPPED.read_text("utf-8"))
    assert shipped == json.loads(json.dumps(compile_once(table.grammar_text())))


def test_a_missing_table_is_made_afresh(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    compile_once: Callable[[str], dict[str, Any]],
) -> None:
    expected = table.load_table()
    monkeypatch.setattr(table, "compile_table", compile_once)
    for content in (None, "", "{}", "[]", '{"grammar": "another"}', "\x00"):
        path = tmp_path / "table.json"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content, "utf-8")
        monkeypatch.setattr(table, "SHIPPED", path)
        table.load_table.cache_clear()
        assert table.load_table() == expected
    table.load_table.cache_clear()


def test_the_grammar_names_no_layer() -> None:
    rules = [line for line in table.grammar_text().splitlines() if not line.startswith("//")]
    assert not [line for line in rules if "Dense" in line or "Conv" in line]


@pytest.mark.parametrize(
    "source", [s for s, _ in [*PRECEDENCE, *CHAINS, *DISPLAYS, *WORDS_AS_NAMES]]
)
def test_lark_reads_the_same_expressions(lark: Lark, source: str) -> None:
    lark.parse(source, start="expr")


@pytest.mark.parametrize("source", [source for source, _ in TOP])
def test_lark_reads_the_same_statements(lark: Lark, source: str) -> None:
    lark.parse(source, start="module")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_lark_reads_every_spec(lark: Lark, path: Path) -> None:
    lark.parse(path.read_text("utf-8"), start="module")


@pytest.mark.parametrize(
    "source", ["let a = = 1", "model M { output }", "block f(", "let a = [b c]"]
)
def test_lark_refuses_what_is_refused(lark: Lark, source: str) -> None:
    with pytest.raises(UnexpectedInput):
        lark.parse(source, start="module")
