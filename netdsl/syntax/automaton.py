"""The LALR(1) automaton: shifts tokens, and hands completed rules to the builder.

It is Lark's parsing loop over Lark's table, written out for speed and so that `parse.py` can stop it at a token that
does not fit, go back to the list of statements that was being read, and start it again further on. It keeps its own
stack, so no depth of nesting overflows Python's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from netdsl.source import Span
from netdsl.syntax.table import END, Rule, load_table
from netdsl.syntax.tokens import HARD_WORDS, Tokens

# The rules that list statements: after a mistake, reading goes on in the innermost list.
STATEMENT_LISTS = ("<top_statements>", "<body_statements>", "<settings>")

# Stops the automaton wherever it stands: no rule takes it.
_HALT = "!halt"

# Makes the value of a rule from its span and the values of its symbols; None passes a single value on.
Action = Callable[[Span, list[Any]], Any] | None


@cache
def list_states() -> dict[int, str]:
    """Give the states in which the parser is between two statements, and of which list."""
    moves = load_table().moves
    return {row[name]: name for row in moves for name in STATEMENT_LISTS if name in row}


class Automaton:
    """One run over one sequence of tokens."""

    def __init__(self, tokens: Tokens, builder: object, start: str) -> None:
        self.table = load_table()
        self.tokens = tokens
        self.index = 0
        self.states = [self.table.starts[start]]
        self.values: list[Any] = []
        self.begins: list[int] = []
        self._end_state = self.table.ends[start]
        self._rules = [(r.origin, r.size, _action(r, builder)) for r in self.table.rules]

    def run(self) -> bool:
        """Read on until all is read (True; the result is `values[-1]`) or a token does not fit (False)."""
        moves, rules = self.table.moves, self._rules
        valued = self.table.valued | self.table.words
        states, values, begins = self.states, self.values, self.begins
        file, soft_words = self.tokens.file, self.table.words - HARD_WORDS
        kinds, starts, ends = self.tokens.kinds, self.tokens.starts, self.tokens.ends
        index = self.index
        end = ends[index - 1] if index else 0
        while True:
            kind = kinds[index]
            row = moves[states[-1]]
            move = row.get(kind)
            if move is None:
                move = row.get("NAME") if kind in soft_words else None
                if move is None:
                    self.index = index
                    return False
            if move >= 0:
                states.append(move)
                begins.append(starts[index])
                end = ends[index]
                values.append(Span(file, starts[index], end) if kind in valued else None)
                index += 1
                continue
            origin, size, action = rules[~move]
            if size == 1:
                if action is not None:
                    values[-1] = action(Span(file, begins[-1], end), values[-1:])
                states[-1] = moves[states[-2]][origin]
            elif size:
                assert action is not None
                values[-size:] = (action(Span(file, begins[-size], end), values[-size:]),)
                del states[-size:], begins[1 - size :]
                states.append(moves[states[-1]][origin])
            else:
                assert action is not None
                values.append(action(Span(file, starts[index], starts[index]), []))
                begins.append(starts[index])
                states.append(moves[states[-1]][origin])
            if kind == END and states[-1] == self._end_state:
                return True

    def accepted(self) -> set[str]:
        """Give the kinds of token that could stand here."""
        row = self.table.moves[self.states[-1]]
        return {kind for kind in row if kind in self.table.terminals and self.accepts(kind)}

    def accepts(self, kind: str) -> bool:
        """Tell whether a token would be shifted, after the reductions that it brings about."""
        moves, rules = self.table.moves, self.table.rules
        states = list(self.states)
        while (move := moves[states[-1]].get(kind)) is not None:
            if move >= 0:
                return True
            rule = rules[~move]
            if rule.size:
                del states[-rule.size :]
            states.append(moves[states[-1]][rule.origin])
            if kind == END and states[-1] == self._end_state:
                return True
        return False

    # -- after a mistake ------------------------------------------------------------------------

    def unwind(self) -> tuple[str, int]:
        """Forget the statement being read: give the list it was in, and the offset where it began."""
        lists = list_states()
        moves = self.table.moves
        height = len(self.states)
        while height > 0:
            state = self.states[height - 1]
            name = lists.get(state) or next((n for n in STATEMENT_LISTS if n in moves[state]), None)
            if name is not None:
                break
            height -= 1
        else:
            raise AssertionError("no list of statements is open")
        begin = self.begins[height - 1] if height - 1 < len(self.begins) else self.tokens.starts[self.index]
        del self.states[height:], self.values[height - 1 :], self.begins[height - 1 :]
        if state not in lists:
            self.states.append(moves[state][name])
            self.values.append([])
            self.begins.append(begin)
        return name, begin

    def declaration_offset(self) -> int:
        """Give the offset where the declaration begins whose body is being read (after `unwind`)."""
        lists = list_states()
        for height in range(len(self.states) - 2, 0, -1):
            if lists.get(self.states[height]) == "<top_statements>":
                return self.begins[height]
        return 0

    def close(self) -> None:
        """Close the body that is being read, as if its `}` stood here."""
        tokens, index = self.tokens, self.index
        place = tokens.starts[index]
        self.tokens = Tokens(tokens.file, ["}", _HALT], [place, place], [place, place])
        self.index = 0
        self.run()
        self.tokens, self.index = tokens, index


def _action(rule: Rule, builder: object) -> Action:
    """Make the function that gives a rule its value."""
    keep = rule.keep
    if rule.callback is None and not rule.collects:
        (only,) = keep
        assert only is not None
        return None if rule.size == 1 else lambda span, values: values[only]
    if rule.callback is None:
        return _collector(keep)
    method = getattr(builder, rule.callback)
    if keep == tuple(range(rule.size)):
        return lambda span, values: method(span, *values)
    if all(k is None or k >= 0 for k in keep):
        return lambda span, values: method(span, *[None if k is None else values[k] for k in keep])
    return lambda span, values: method(span, *_spread(keep, values))


def _collector(keep: tuple[int | None, ...]) -> Action:
    """Give the function that gathers a list; one that grows from the left grows in place."""
    first = keep[0]
    if first is not None and first < 0:
        return lambda span, values: _grown(values[~first], keep[1:], values)
    return lambda span, values: _spread(keep, values)


def _grown(found: list[Any], keep: tuple[int | None, ...], values: list[Any]) -> list[Any]:
    found.extend(_spread(keep, values))
    return found


def _spread(keep: tuple[int | None, ...], values: list[Any]) -> list[Any]:
    """Pick the kept values, splicing in those that are lists."""
    picked: list[Any] = []
    for place in keep:
        if place is None:
            picked.append(None)
        elif place < 0:
            picked.extend(values[~place])
        else:
            picked.append(values[place])
    return picked
