"""One reading of a sequence of words by Lark's LALR(1) parser.

Lark's engine shifts words and completes rules; the functions of `reductions.py`, bound to a builder, make a rule's
value at once, so that no tree lies between. A reading can be stopped at a word that does not fit, taken back to the
list of statements that was being read, and started again further on. The parser keeps its own stack, so no depth of
nesting overflows Python's.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import IntParseTable
from lark.parsers.lalr_parser_state import ParseConf, ParserState

from netdsl.syntax.grammar import END, load_grammar
from netdsl.syntax.recovery import (
    BODY,
    INNER,
    SETTINGS,
    TOP,
    begins_line_and_statement,
    is_name_in_braces,
)
from netdsl.syntax.reductions import Parsed, Read, Reductions
from netdsl.syntax.table import table_of
from netdsl.syntax.tokens import HARD_WORDS, Tokens
from netdsl.syntax.words import TooDeep, Word, word

# The rules that list statements: after a mistake, reading goes on in the innermost list.
STATEMENT_LISTS = (TOP, BODY, SETTINGS)

# How many levels of brackets and braces may be open; and, for what nests without brackets (`- - x`, `a ** b ** c`,
# `else if`), how many states.
_MOST_BRACKETS = 100
_TALLEST_STACK = 2000
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")


@cache
def _table() -> IntParseTable:
    """Give the table that Lark's parser works by."""
    return table_of(load_grammar().engine)


@cache
def _silent(start: str) -> ParseConf[int]:
    """Give the parser's table with functions that make no values, to try how a text would be read."""
    return ParseConf(_table(), {}, start)


@cache
def list_states() -> dict[int, str]:
    """Give the states in which the parser is between two statements, and of which list."""
    rows = _table().states.values()
    found = {row[name][1]: name for row in rows for name in STATEMENT_LISTS if name in row}
    return found | dict.fromkeys(_inner_states(), BODY)


@cache
def _inner_states() -> frozenset[int]:
    """Give the states in which the parser is between two statements in the braces of a stage."""
    return frozenset(row[INNER][1] for row in _table().states.values() if INNER in row)


class Reading:
    """One run over one sequence of words; `index` is the word that is offered to the parser next."""

    UNCHECKED_HEIGHT: ClassVar[int] = _MOST_BRACKETS

    def __init__(self, tokens: Tokens, reductions: Reductions, start: str) -> None:
        self.grammar = load_grammar()
        self.tokens = tokens
        self.index = 0
        self.is_too_deep = False
        self._reductions = reductions
        self._start = start
        # Whose methods Lark gives no types.
        self._parser: Any = self.grammar.engine.parse_interactive(self, start)
        self._state = self._parser.parser_state
        self._state.parse_conf = ParseConf(_table(), reductions.functions, start)
        self._result: Parsed = None

    @property
    def states(self) -> list[int]:
        states: list[int] = self._state.state_stack
        return states

    @property
    def value(self) -> Parsed:
        """What the rule gave that was completed last."""
        return self._state.value_stack[-1].value

    def run(self) -> bool:
        """Read on until all is read (True; the result is `value`) or a word does not fit (False)."""
        self.is_too_deep = False
        with self._reductions.of(self):
            while True:
                try:
                    self._parser.resume_parse()
                    return True
                except UnexpectedToken as error:
                    # The word brought rules to their end before it was found not to fit.
                    if error.token.type in ("NAME", END) or not self._feed_as_name():
                        return False
                except TooDeep:
                    self.is_too_deep = True
                    return False

    def _feed_as_name(self) -> bool:
        index, tokens = self.index, self.tokens
        if not self.may_be_name(index) or not self.accepts("NAME"):
            return False
        self._state.feed_token(
            word("NAME", tokens.kinds[index], tokens.file, tokens.starts[index], tokens.ends[index])
        )
        self.index += 1
        return True

    def may_be_name(self, index: int) -> bool:
        """Tell whether a word of the language is a name, where the grammar does not ask for the word."""
        kind = self.tokens.kinds[index]
        if kind not in self.grammar.words or kind in HARD_WORDS:
            return False
        return not begins_line_and_statement(self.tokens, index)

    def is_name_here(self, index: int, state: int) -> bool:
        """Tell whether a word is a name in a state that asks for the word as well: `{ layer -> Dense(4) }`."""
        is_in_braces = INNER in self._state.parse_conf.states[state]
        return is_in_braces and is_name_in_braces(self.tokens, index)

    def check_depth(self, kind: str) -> None:
        """Raise TooDeep where a word opens a level more than later passes, which recurse, are to follow."""
        if len(self.states) > _TALLEST_STACK:
            raise TooDeep
        if kind not in _OPENERS:
            return
        signs = [str(value) for value in self._state.value_stack if isinstance(value, Word)]
        levels = sum(sign in _OPENERS for sign in signs) - sum(sign in _CLOSERS for sign in signs)
        if levels >= _MOST_BRACKETS:
            raise TooDeep

    def accepted(self) -> frozenset[str]:
        """Give the kinds of word that could have stood here.

        The parser may have taken steps that the word allowed and that led nowhere; so the statement is read again,
        up to the word, on a stack of states alone.
        """
        height, first = 1, 0
        if self._start == "module":
            _, height = self.innermost_list()
            first = self.tokens.index_at(self._offset_above(height))
        states = self.states[:height]
        for index in range(first, self.index):
            kind = "NAME" if self.is_name_here(index, states[-1]) else self.tokens.kinds[index]
            if not self._shift(states, kind):
                self._shift(states, "NAME")
        row = self._state.parse_conf.states[states[-1]]
        kinds = (self.grammar.kinds[name] for name in row if name in self.grammar.kinds)
        return frozenset(kind for kind in kinds if self._shift(list(states), kind))

    def _offset_above(self, height: int) -> int:
        """Give the offset where what stands on the stack above a height begins: the statement being read."""
        values = self._state.value_stack
        if height <= len(values):
            offset: int = values[height - 1].start_pos
            return offset
        return self.tokens.starts[self.index]

    def accepts(self, kind: str) -> bool:
        """Tell whether a word would be shifted, after the reductions that it brings about."""
        return self._shift(list(self.states), kind)

    def _shift(self, states: list[int], kind: str) -> bool:
        """Make the moves of a word on a stack of states alone, and tell whether it came to be shifted."""
        name = self.grammar.terminals.get(kind, kind)
        if name not in self._state.parse_conf.states[states[-1]]:
            return False
        trial = ParserState(_silent(self._start), self._state.lexer, states)
        try:
            trial.feed_token(word(name, kind, self.tokens.file, 0, 0), is_end=kind == END)
        except UnexpectedToken:
            return False
        return True

    # After a mistake:

    def states_of_list(self) -> list[int]:
        """Give a copy of the stack of states (after `unwind`), to try on it how a text would be read."""
        return list(self.states)

    def shifts(self, states: list[int], tokens: Tokens, index: int) -> bool:
        """Tell whether a word would be read on such a stack, as a name where a word of the language may be one."""
        kind = tokens.kinds[index]
        if self._shift(states, kind):
            return True
        is_soft = kind in self.grammar.words and kind not in HARD_WORDS
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
        lists, table = list_states(), self._state.parse_conf.states
        for height in range(len(self.states), 0, -1):
            state = self.states[height - 1]
            name = lists.get(state) or next((n for n in STATEMENT_LISTS if n in table[state]), None)
            if name is not None:
                return name, height
        raise AssertionError("no list of statements is open")

    def unwind(self) -> tuple[str, int]:
        """Forget the statement being read: give the list it was in, and the offset where it began."""
        name, height = self.innermost_list()
        states, values = self.states, self._state.value_stack
        begin = self._offset_above(height)
        del states[height:], values[height - 1 :]
        if states[-1] not in list_states():
            states.append(self._state.parse_conf.states[states[-1]][name][1])
            values.append(Read(begin, []))
        return name, begin

    @property
    def is_in_braces(self) -> bool:
        """Whether the statements being read (after `unwind`) stand in the braces of a stage."""
        return self.states[-1] in _inner_states()

    def declaration_offset(self) -> int:
        """Give the offset where the declaration begins whose body is being read (after `unwind`)."""
        lists, states = list_states(), self.states
        for height in range(len(states) - 2, 0, -1):
            if lists.get(states[height]) == TOP:
                offset: int = self._state.value_stack[height].start_pos
                return offset
        return 0

    def close(self) -> None:
        """Close the body that is being read, as if its `}` stood here."""
        self._feed("}")

    def _feed(self, kind: str) -> None:
        """Read a word that is not in the text, as if it stood before the next one."""
        place = self.tokens.starts[self.index]
        with self._reductions.of(self):
            name = self.grammar.terminals[kind]
            self._parser.feed_token(word(name, kind, self.tokens.file, place, place))
