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
from netdsl.syntax.recovery import BODY, SETTINGS, TOP, begins_line_and_statement
from netdsl.syntax.table import END, Rule, load_table
from netdsl.syntax.tokens import HARD_WORDS, Tokens

# The rules that list statements: after a mistake, reading goes on in the innermost list.
STATEMENT_LISTS = (TOP, BODY, SETTINGS)

# How many levels of brackets and braces may be open; and, for what nests without brackets (`- - x`, `a ** b ** c`,
# `else if`), how many states.
_MOST_BRACKETS = 100
_TALLEST_STACK = 2000
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")

# Stops the automaton wherever it stands: no rule takes it.
_HALT = "!halt"

# Makes the value of a rule from a builder, its span and the values of its symbols; None passes a single value on.
Action = Callable[[Any, Span, list[Any]], Any] | None
# For each rule its origin, its size and its action.
Reductions = list[tuple[str, int, Action]]


@cache
def list_states() -> dict[int, str]:
    """Give the states in which the parser is between two statements, and of which list."""
    moves = load_table().moves
    return {row[name]: name for row in moves for name in STATEMENT_LISTS if name in row}


@cache
def _climbs() -> dict[tuple[int, int, str], int]:
    return {}


class Automaton:
    """One run over one sequence of tokens."""

    def __init__(self, tokens: Tokens, builder: Any, start: str) -> None:
        self.table = load_table()
        self.tokens = tokens
        self.index = 0
        self.states = [self.table.starts[start]]
        self.values: list[Any] = []
        self.begins: list[int] = []
        self._end_state = self.table.ends[start]
        self._builder = builder
        self._reductions = reductions_by(builder.__class__)
        self._start = start
        self.is_too_deep = False

    def run(self) -> bool:
        """Read on until all is read (True; the result is `values[-1]`) or a token does not fit (False)."""
        moves, rules, builder = self.table.moves, self._reductions, self._builder
        valued = self.table.valued | self.table.words
        states, values, begins = self.states, self.values, self.begins
        file, soft_words = self.tokens.file, self.table.words - HARD_WORDS
        kinds, starts, ends = self.tokens.kinds, self.tokens.starts, self.tokens.ends
        index, self.is_too_deep = self.index, False
        end = ends[index - 1] if index else 0
        while True:
            row = moves[states[-1]]
            kind = kinds[index]
            move = row.get(kind)
            if move is None:
                if kind in soft_words and not begins_line_and_statement(self.tokens, index):
                    kind = "NAME"
                    move = row.get(kind)
                if move is None:
                    self.index = index
                    return False
            if move >= 0:
                if len(states) > _MOST_BRACKETS and self._goes_too_deep(kind):
                    self.index, self.is_too_deep = index, True
                    return False
                states.append(move)
                begins.append(starts[index])
                end = ends[index]
                values.append(Span(file, starts[index], end) if kind in valued else None)
                index += 1
                continue
            origin, size, action = rules[~move]
            if action is None:
                states[-1] = self._pass_on(states[-2], states[-1], kind)
            elif size == 1:
                values[-1] = action(builder, Span(file, begins[-1], end), values[-1:])
                states[-1] = moves[states[-2]][origin]
            elif size:
                values[-size:] = (action(builder, Span(file, begins[-size], end), values[-size:]),)
                del states[-size:], begins[1 - size :]
                states.append(moves[states[-1]][origin])
            else:
                values.append(action(builder, Span(file, starts[index], starts[index]), []))
                begins.append(starts[index])
                states.append(moves[states[-1]][origin])
            if kind == END and states[-1] == self._end_state:
                return True

    def _goes_too_deep(self, kind: str) -> bool:
        """Tell whether a token opens a level more than later passes, which recurse, are to follow."""
        if len(self.states) > _TALLEST_STACK:
            return True
        if kind not in _OPENERS:
            return False
        text, begins = self.tokens.file.text, self.begins
        signs = [text[begins[i]] for i, value in enumerate(self.values) if value is None]
        levels = sum(sign in _OPENERS for sign in signs) - sum(sign in _CLOSERS for sign in signs)
        return levels >= _MOST_BRACKETS

    def _pass_on(self, below: int, state: int, kind: str) -> int:
        """Climb the rules that pass a single value on, as from a name up to a whole expression.

        A dozen levels of operators lie between the two; where a climb from one state ends is remembered.
        """
        climbs = _climbs()
        key = (below, state, kind)
        top = climbs.get(key)
        if top is None:
            top = climbs[key] = self._climb(below, state, kind)
        return top

    def _climb(self, below: int, state: int, kind: str) -> int:
        moves = self.table.moves
        while (move := moves[state].get(kind)) is not None and move < 0:
            origin, _, action = self._reductions[~move]
            if action is not None:
                break
            state = moves[below][origin]
            if kind == END and state == self._end_state:
                break
        return state

    def accepted(self) -> frozenset[str]:
        """Give the kinds of token that could have stood here.

        The automaton may have taken steps that the token allowed and that led nowhere; so the statement is read again,
        up to the token, on a stack of states alone.
        """
        height, first = 1, 0
        if self._start == "module":
            _, height = self.innermost_list()
            first = self.tokens.index_at(self._offset_above(height))
        states = self.states[:height]
        for index in range(first, self.index):
            kind = self.tokens.kinds[index]
            if not self._shift(states, kind):
                self._shift(states, "NAME")
        row = self.table.moves[states[-1]]
        return frozenset(
            k for k in row if k in self.table.terminals and self._shift(list(states), k)
        )

    def _offset_above(self, height: int) -> int:
        """Give the offset where what stands on the stack above a height begins: the statement being read."""
        if height <= len(self.begins):
            return self.begins[height - 1]
        return self.tokens.starts[self.index]

    def accepts(self, kind: str) -> bool:
        """Tell whether a token would be shifted, after the reductions that it brings about."""
        return self._shift(list(self.states), kind)

    def _shift(self, states: list[int], kind: str) -> bool:
        """Make the moves of a token on a stack of states alone, and tell whether it came to be shifted."""
        moves, rules = self.table.moves, self.table.rules
        if kind not in moves[states[-1]]:
            return False
        while (move := moves[states[-1]].get(kind)) is not None:
            if move >= 0:
                states.append(move)
                return True
            rule = rules[~move]
            if rule.size:
                del states[-rule.size :]
            states.append(moves[states[-1]][rule.origin])
            if kind == END and states[-1] == self._end_state:
                return True
        return False

    # -- after a mistake ------------------------------------------------------------------------

    def states_of_list(self) -> list[int]:
        """Give a copy of the stack of states (after `unwind`), to try on it how a text would be read."""
        return list(self.states)

    def shifts(self, states: list[int], tokens: Tokens, index: int) -> bool:
        """Tell whether a token would be read on such a stack, as a name where a word of the language may be one."""
        kind = tokens.kinds[index]
        if self._shift(states, kind):
            return True
        is_soft = kind in self.table.words and kind not in HARD_WORDS
        is_name = is_soft and not begins_line_and_statement(tokens, index)
        return is_name and self._shift(states, "NAME")

    def complete_statement(self) -> None:
        """Close the statement being read, if it is whole: then the mistake lies in what follows."""
        if self.accepts("let"):
            self._feed("let")

    def innermost_statement(self) -> tuple[str, int]:
        """Give the list of statements that is being read, and the offset where the present statement began."""
        name, height = self.innermost_list()
        return name, self._offset_above(height)

    def innermost_list(self) -> tuple[str, int]:
        """Give the list of statements that is being read, and the height of the stack up to its state."""
        lists = list_states()
        for height in range(len(self.states), 0, -1):
            state = self.states[height - 1]
            row = self.table.moves[state]
            name = lists.get(state) or next((n for n in STATEMENT_LISTS if n in row), None)
            if name is not None:
                return name, height
        raise AssertionError("no list of statements is open")

    def unwind(self) -> tuple[str, int]:
        """Forget the statement being read: give the list it was in, and the offset where it began."""
        name, height = self.innermost_list()
        state = self.states[height - 1]
        begin = self._offset_above(height)
        del self.states[height:], self.values[height - 1 :], self.begins[height - 1 :]
        if state not in list_states():
            self.states.append(self.table.moves[state][name])
            self.values.append([])
            self.begins.append(begin)
        return name, begin

    def declaration_offset(self) -> int:
        """Give the offset where the declaration begins whose body is being read (after `unwind`)."""
        lists = list_states()
        for height in range(len(self.states) - 2, 0, -1):
            if lists.get(self.states[height]) == TOP:
                return self.begins[height]
        return 0

    def close(self) -> None:
        """Close the body that is being read, as if its `}` stood here."""
        self._feed("}")

    def _feed(self, kind: str) -> None:
        """Read a token that is not in the text, as if it stood before the next one."""
        tokens, index = self.tokens, self.index
        place = tokens.starts[index]
        before = tokens.ends[index - 1] if index else 0
        self.tokens = Tokens(tokens.file)
        self.tokens.add(_HALT, before, before)
        self.tokens.add(kind, place, place)
        self.tokens.add(_HALT, place, place)
        self.index = 1
        self.run()
        self.tokens, self.index = tokens, index


@cache
def reductions_by(builder: type) -> Reductions:
    """Bind the rules of the grammar to the methods of a class of builders."""
    return [(rule.origin, rule.size, _action(rule, builder)) for rule in load_table().rules]


def _action(rule: Rule, builder: type) -> Action:
    """Make the function that gives a rule its value."""
    keep = rule.keep
    if rule.callback is None and not rule.collects:
        (only,) = keep
        assert only is not None
        return None if rule.size == 1 else lambda built, span, values: values[only]
    if rule.callback is None:
        return _collector(keep)
    method = getattr(builder, rule.callback)
    if keep == tuple(range(rule.size)):
        return lambda built, span, values: method(built, span, *values)
    if all(k is None or k >= 0 for k in keep):
        return lambda built, span, values: method(
            built, span, *[None if k is None else values[k] for k in keep]
        )
    return lambda built, span, values: method(built, span, *_spread(keep, values))


def _collector(keep: tuple[int | None, ...]) -> Action:
    """Give the function that gathers a list; one that grows from the left grows in place."""
    first = keep[0]
    if first is not None and first < 0:
        return lambda built, span, values: _grown(values[~first], keep[1:], values)
    return lambda built, span, values: _spread(keep, values)


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
