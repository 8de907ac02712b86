"""The grammar has no conflicts, the saved parser is the grammar's, and Lark's own lexer reads the same language."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from lark import Lark, UnexpectedInput, logger

from netdsl.resources import resource_dir, std_dir
from netdsl.syntax import grammar, table
from tests.syntax.test_expressions import CHAINS, DISPLAYS, PRECEDENCE, WORDS_AS_NAMES
from tests.syntax.test_statements import TOP

SPECS = sorted([*resource_dir("specs").glob("*.net"), *std_dir().glob("*.net")])


@pytest.fixture(scope="module")
def lark() -> Lark:
    return Lark(
        grammar.grammar_text(), parser="lalr", lexer="contextual", start=list(grammar.STARTS)
    )


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    logger.addHandler(caplog.handler)
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.DEBUG)
    try:
        Lark(grammar.grammar_text(), parser="lalr", start=list(grammar.STARTS))
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(level)
        logger.propagate = propagate
    assert not [r.getMessage() for r in caplog.records if "onflict" in r.getMessage()]


def test_the_saved_parser_is_of_this_grammar() -> None:
    first_line = grammar.SHIPPED.read_bytes().splitlines(keepends=True)[0]
    assert first_line == grammar.origin_of(grammar.grammar_text())


def rules_by_state(engine: Lark) -> list[list[str]]:
    """Give what each state of a parser completes, in an order that does not depend on the numbers of states."""
    states = engine.parse_interactive("", "module").parser_state.parse_conf.parse_table.states
    return sorted(
        sorted(
            f"{symbol} {'' if isinstance(arg, int) else arg}" for symbol, (_, arg) in row.items()
        )
        for row in states.values()
    )


def test_a_missing_or_broken_saved_parser_is_made_afresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = grammar.grammar_text()
    expected = rules_by_state(grammar.load_grammar().engine)
    assert rules_by_state(grammar.compile_grammar(text)) == expected
    for content in (
        None,
        b"",
        b"\x00",
        b"lark 1.3, grammar 00\n",
        grammar.origin_of(""),
        grammar.origin_of(text),
    ):
        path = tmp_path / "grammar.lalr"
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        monkeypatch.setattr(grammar, "SHIPPED", path)
        assert grammar._saved(grammar.origin_of(text)) is None
    monkeypatch.setattr(grammar, "SHIPPED", tmp_path / "none")
    grammar.load_grammar.cache_clear()
    assert rules_by_state(grammar.load_grammar().engine) == expected
    grammar.load_grammar.cache_clear()


def test_the_grammar_names_no_layer() -> None:
    rules = [line for line in grammar.grammar_text().splitlines() if not line.startswith("//")]
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


def test_rows_are_unpacked_as_the_parser_comes_to_them() -> None:
    engine = grammar.compile_grammar(grammar.grammar_text())
    rows = dict(table.table_of(engine).states)
    unpacked = table.Rows(table.packed(rows, engine.rules))
    assert dict(unpacked) == {}
    assert str(unpacked[7]) == str(rows[7])
    assert list(unpacked) == [7]
    assert list(unpacked.values()) == [unpacked[state] for state in unpacked]
    assert {state: str(row) for state, row in unpacked.items()} == {
        state: str(row) for state, row in rows.items()
    }
