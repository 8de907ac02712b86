"""The table that Lark's parser works by, packed for the file, and unpacked row by row as the parser comes to them.

A file of a spec takes the parser through a tenth of its states, so most of the table need never be made. What stands
in it is Lark's: for each state, by the name of a symbol, a state to shift to or a rule to reduce by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, ValuesView
from struct import pack, unpack
from typing import Any, NamedTuple, TypeAlias

from lark import Lark
from lark.grammar import Rule
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift

#: By a symbol what is done, one of Lark's actions, and the state or the rule for it.
Row: TypeAlias = dict[str, tuple[object, Any]]


class Completed(Rule):
    """A rule as the parser meets it, thousands of times for a file: one and the same object, and compared as that."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class Packed(NamedTuple):
    """A table: its rules, the names of its symbols, for each state pairs of a symbol's number and what is done by it.

    An even number stands for half of it, a state to shift to; an odd one for the rule of that number.
    """

    rules: Sequence[Completed]
    symbols: Sequence[str]
    rows: Sequence[bytes]


def table_of(engine: Lark) -> IntParseTable:
    """Give the table of a parser, in which its rows may be changed."""
    state = engine.parse_interactive("", engine.options.start[0]).parser_state
    table = state.parse_conf.parse_table
    assert isinstance(table, IntParseTable)
    return table


def packed(rows: Mapping[int, Row], rules: Sequence[Rule]) -> Packed:
    """Pack the rows of a table, whose states are numbered from 0 on."""
    symbols = sorted({symbol for row in rows.values() for symbol in row})
    symbol_numbers = {symbol: number for number, symbol in enumerate(symbols)}
    rule_numbers = {rule: number for number, rule in enumerate(rules)}
    packed_rows = []
    for state in range(len(rows)):
        numbers: list[int] = []
        for symbol, (action, move) in rows[state].items():
            done = 2 * move if action is Shift else 2 * rule_numbers[move] + 1
            numbers += (symbol_numbers[symbol], done)
        packed_rows.append(pack(f"<{len(numbers)}H", *numbers))
    completed = [Completed(r.origin, r.expansion, r.order, r.alias, r.options) for r in rules]
    return Packed(completed, symbols, packed_rows)


class Rows(dict[int, Row]):
    """The rows of a table by state, each unpacked when it is asked for."""

    def __init__(self, of: Packed) -> None:
        super().__init__()
        self._packed = of

    def __missing__(self, state: int) -> Row:
        rules, symbols, rows = self._packed
        numbers = unpack(f"<{len(rows[state]) // 2}H", rows[state])
        row: Row = {}
        for symbol, done in zip(numbers[::2], numbers[1::2], strict=True):
            half = done >> 1
            row[symbols[symbol]] = (Reduce, rules[half]) if done & 1 else (Shift, half)
        self[state] = row
        return row

    def values(self) -> ValuesView[Row]:  # type: ignore[override]
        """Give the rows of all states."""
        for state in range(len(self._packed.rows)):
            self[state]
        return super().values()
