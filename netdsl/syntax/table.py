"""The LALR(1) parse table of `grammar/netdsl.lark`, compiled by Lark and kept beside this file.

Importing Lark and compiling the grammar takes half a second, reading `table.json` a few milliseconds, so the
table ships ready made. It carries the hash of the grammar it was made from: in a checkout whose grammar has
been edited since, the table is compiled afresh in memory. `python -m netdsl.syntax.table` writes the file.

A symbol is named by what is written for it where that is fixed (`->`, `let`), else by its name in the grammar
(`NAME`); that of a rule stands in angle brackets (`<let>`).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from netdsl.resources import resource_dir

STARTS = ("module", "expr")
END = "$END"
SHIPPED = Path(__file__).with_name("table.json")


class Rule(NamedTuple):
    """What to do when the symbols of a rule have been read.

    `keep` tells which children the rule's value is made of: a number takes that child, `~number` splices in
    the list that the child is, None puts None for an optional part that was left out. `callback` names the
    builder's method; without one the value is the one child, or, for a `collects` rule, the list of them.
    """

    origin: str
    size: int
    callback: str | None
    keep: tuple[int | None, ...]
    collects: bool


class Table(NamedTuple):
    """States are numbers. `moves[state][symbol]` is the next state, or `~rule` to reduce by that rule."""

    moves: list[dict[str, int]]
    rules: list[Rule]
    starts: dict[str, int]
    ends: dict[str, int]
    literals: frozenset[str]
    patterns: dict[str, str]
    valued: frozenset[str]
    words: frozenset[str]
    terminals: frozenset[str]


def grammar_text() -> str:
    """Read the grammar, wherever this installation keeps it."""
    return (resource_dir("grammar") / "netdsl.lark").read_text("utf-8")


def digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode()).hexdigest()


@cache
def load_table() -> Table:
    """Give the table of the installed grammar: the shipped one, or a fresh one where that is out of date."""
    grammar = grammar_text()
    data = _read_shipped()
    if data.get("grammar") != digest(grammar):
        data = compile_table(grammar)
    return _decode(data)


def _read_shipped() -> dict[str, Any]:
    try:
        data = json.loads(SHIPPED.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _decode(data: dict[str, Any]) -> Table:
    lookaheads = [[data["symbols"][i] for i in group] for group in data["lookaheads"]]
    moves = []
    for shifts, reductions in data["states"]:
        row = {
            data["symbols"][i]: target for i, target in zip(shifts[::2], shifts[1::2], strict=True)
        }
        for rule, group in reductions:
            row.update(dict.fromkeys(lookaheads[group], ~rule))
        moves.append(row)
    literals = frozenset(data["literals"])
    return Table(
        moves=moves,
        rules=[
            Rule(origin, size, call, tuple(keep), gathers)
            for origin, size, call, keep, gathers in data["rules"]
        ],
        starts=data["starts"],
        ends=data["ends"],
        literals=literals,
        patterns=data["patterns"],
        valued=frozenset(data["valued"]),
        words=frozenset(word for word in literals if word.isidentifier()),
        terminals=literals | data["patterns"].keys() | {END},
    )


# -- compiling ----------------------------------------------------------------------------------


def compile_table(grammar: str) -> dict[str, Any]:
    """Have Lark compile the grammar and give the table as plain data."""
    from lark import Lark
    from lark.lexer import PatternStr

    lark = Lark(grammar, parser="lalr", start=list(STARTS), maybe_placeholders=True)
    table = lark.parser.parser._parse_table
    spelled = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    symbols = {rule.origin.name: f"<{rule.origin.name}>" for rule in lark.rules} | spelled
    rules = sorted(lark.rules, key=str)
    order = _in_reading_order(table)
    encoded = _encode_states(
        table.states, order, {rule: i for i, rule in enumerate(rules)}, symbols
    )
    return {
        "grammar": digest(grammar),
        "literals": sorted(spelled.values()),
        "patterns": {t.name: t.pattern.value for t in lark.terminals if t.name not in spelled},
        "valued": sorted(
            {spelled.get(s.name, s.name) for rule in rules for s in _kept_terminals(rule)}
        ),
        "rules": [_encode_rule(rule) for rule in rules],
        "starts": {start: order[state] for start, state in table.start_states.items()},
        "ends": {start: order[state] for start, state in table.end_states.items()},
        **encoded,
    }


def _in_reading_order(table: Any) -> dict[int, int]:
    """Number the states as they are reached, because Lark numbers them differently in each process."""
    order: dict[int, int] = {}
    waiting = [table.start_states[start] for start in STARTS]
    for state in waiting:
        if state in order:
            continue
        order[state] = len(order)
        moves = sorted(table.states[state].items())
        waiting.extend(argument for _, (_, argument) in moves if isinstance(argument, int))
    return order


def _encode_states(
    states: dict[int, Any], order: dict[int, int], rules: dict[Any, int], spelled: dict[str, str]
) -> dict[str, Any]:
    """Write each state as its shifts and, by rule, the group of symbols on which it reduces."""
    symbols: dict[str, int] = {}
    groups: dict[tuple[int, ...], int] = {}
    encoded = []
    for state in order:
        shifts: list[int] = []
        reductions: dict[int, list[int]] = {}
        for name, (_, argument) in sorted(states[state].items()):
            symbol = symbols.setdefault(spelled.get(name, name), len(symbols))
            if isinstance(argument, int):
                shifts += [symbol, order[argument]]
            else:
                reductions.setdefault(rules[argument], []).append(symbol)
        pairs = [
            [rule, groups.setdefault(tuple(sorted(group)), len(groups))]
            for rule, group in sorted(reductions.items())
        ]
        encoded.append([shifts, pairs])
    return {
        "symbols": list(symbols),
        "lookaheads": [list(group) for group in groups],
        "states": encoded,
    }


def _kept_terminals(rule: Any) -> list[Any]:
    keep_all = rule.options.keep_all_tokens
    return [s for s in rule.expansion if s.is_term and (keep_all or not s.filter_out)]


def _encode_rule(rule: Any) -> list[Any]:
    """Follow Lark's own shaping of trees: what is dropped, spliced, passed on or left out."""
    collects = rule.origin.name.startswith("_")
    keep: list[int | None] = []
    empty = rule.options.empty_indices or [False] * len(rule.expansion)
    index = 0
    for is_missing in empty:
        if is_missing:
            keep.append(None)
            continue
        symbol = rule.expansion[index]
        if not symbol.is_term and symbol.name.startswith("_"):
            keep.append(~index)
        elif not (symbol.is_term and symbol.filter_out and not rule.options.keep_all_tokens):
            keep.append(index)
        index += 1
    passes_on = rule.options.expand1 and not rule.alias and len(keep) == 1 and (keep[0] or 0) >= 0
    callback = None if collects or passes_on else (rule.alias or rule.origin.name)
    return [f"<{rule.origin.name}>", len(rule.expansion), callback, keep, collects]


if __name__ == "__main__":
    text = json.dumps(compile_table(grammar_text()), separators=(",", ":"), sort_keys=True)
    SHIPPED.write_text(text + "\n", "utf-8")
