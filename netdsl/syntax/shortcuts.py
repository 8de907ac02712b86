"""Takes out of a parser's table the steps that make nothing.

Between a name and the expression that it is lie a dozen rules that pass one value on, one for each level of operators.
Lark's table completes them one after the other; here what a state does once they are all complete is worked out
beforehand, from the state below it, so that the same engine goes there at once. What can be read stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from lark import Lark
from lark.grammar import Rule

from netdsl.syntax.table import Row, table_of


def take_shortcuts(engine: Lark, makes_nothing: Callable[[Rule], bool]) -> None:
    """Change the table of a parser that was just compiled; `makes_nothing` tells the rules to be taken out."""
    table = table_of(engine)
    _Shortcuts(table.states, set(table.end_states.values()), makes_nothing).take()


class _Shortcuts:
    """A table while it is changed; the symbols of rules are in lower case.

    States are added, and the ways to states by rules lead to the added ones.
    """

    def __init__(
        self, rows: dict[int, Row], ends: set[int], makes_nothing: Callable[[Rule], bool]
    ) -> None:
        self._rows = rows
        self._before = {state: dict(row) for state, row in rows.items()}
        self._ends = ends
        self._makes_nothing = makes_nothing
        self._added: dict[Hashable, int] = {}  # by what they do
        self._pending = list(rows)

    def take(self) -> None:
        for state in self._pending:  # which grows
            for symbol, (action, target) in self._before[state].items():
                if symbol.islower():
                    self._rows[state][symbol] = (action, self._shortened(state, target))

    def _shortened(self, below: int, state: int) -> int:
        """Give the state that does at once what `state`, above `below`, comes to do by each word that may follow."""
        row: Row = {}
        reached = {word: self._reached(below, state, word) for word in self._before[state]}
        for word, end in reached.items():
            if word in self._before[end]:
                row[word] = self._before[end][word]
            for symbol, way in self._before[end].items():
                if symbol.islower() and row.setdefault(symbol, way) != way:
                    raise AssertionError(f"two ways on by {symbol}")
        if all(end == state for end in reached.values()):
            return state
        key = tuple(sorted((word, str(action), str(way)) for word, (action, way) in row.items()))
        if key not in self._added:
            self._added[key] = added = len(self._rows)
            self._rows[added] = row
            self._before[added] = dict(row)
            self._pending.append(added)
        return self._added[key]

    def _reached(self, below: int, state: int, word: str) -> int:
        """Give the state in which a word meets a rule that makes something, or is shifted."""
        while word in self._before[state]:
            _, move = self._before[state][word]
            if not isinstance(move, Rule) or not self._makes_nothing(move):
                return state
            _, after = self._before[below][move.origin.name]
            if after in self._ends:
                return state
            state = after
        return state  # where the word does not fit after all
