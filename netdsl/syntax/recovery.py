"""Finds where to read on after a statement that could not be read.

Line ends mean nothing to the grammar, but people begin a statement on a line of its own, indented like its neighbours:
so the next statement is looked for at the start of a line, by the words it begins with, outside the brackets that
the broken statement opened, or, where one of these was never closed, no further to the right than the statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netdsl.syntax.table import END
from netdsl.syntax.tokens import Tokens

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {")": "(", "]": "[", "}": "{"}
TOP_WORDS = frozenset({"from", "let", "fn", "defaults", "block", "model", "train", "extern", "assert"})
BODY_WORDS = frozenset({"input", "let", "fn", "defaults", "assert", "layer", "output"})
# The words that begin a statement at top level and nowhere else.
ONLY_TOP_WORDS = TOP_WORDS - BODY_WORDS
_NAMED = frozenset({"let", "fn", "block", "model", "train", "input", "layer", "defaults"})


@dataclass(frozen=True, slots=True)
class Resumption:
    """Read on at token `index`; `closes` tells that the body around the broken statement ends before it."""

    index: int
    closes: bool = False


@dataclass(slots=True)
class Brackets:
    """Which bracket closes which, over a whole file; what has no partner is left out."""

    partner: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tokens: Tokens) -> Brackets:
        found = cls()
        waiting: list[int] = []
        for index, kind in enumerate(tokens.kinds):
            if kind in OPENERS:
                waiting.append(index)
            elif kind in CLOSERS:
                found._close(tokens, waiting, index)
        return found

    def _close(self, tokens: Tokens, waiting: list[int], index: int) -> None:
        """Match a closing bracket; a brace closes over brackets that were left open, nothing else does."""
        wanted = CLOSERS[tokens.kinds[index]]
        if wanted == "{":
            while waiting and tokens.kinds[waiting[-1]] != "{":
                waiting.pop()
        if waiting and tokens.kinds[waiting[-1]] == wanted:
            opener = waiting.pop()
            self.partner[opener] = index
            self.partner[index] = opener


def begins_statement(tokens: Tokens, index: int, where: str) -> bool:
    """Tell whether a token looks like the beginning of a statement of the list `where`."""
    kind = tokens.kinds[index]
    following = tokens.kinds[min(index + 1, len(tokens.kinds) - 1)]
    if where == "<top_statements>" or kind in ONLY_TOP_WORDS:
        return kind in TOP_WORDS and _fits(kind, following)
    if where == "<body_statements>" and kind in BODY_WORDS and _fits(kind, following):
        return True
    return _is_target(tokens, index)


def _fits(word: str, following: str) -> bool:
    """Tell a word that begins a statement from the same word as a name, by what follows."""
    if word in _NAMED:
        return _is_word(following)
    if word == "from":
        return following == "STRING" or _is_word(following)
    if word == "extern":
        return following in ("layer", "fn")
    return following not in ("=", ",", ")", "]", "}", ":", ".", END)


def _is_word(kind: str) -> bool:
    return kind == "NAME" or kind.isidentifier()


def _is_target(tokens: Tokens, index: int) -> bool:
    """Tell whether `name =` or `a, b =` begins here."""
    kinds = tokens.kinds
    while _is_word(kinds[index]):
        following = kinds[index + 1]
        if following != ",":
            return following == "="
        index += 2
    return False


def resume_after(
    tokens: Tokens, brackets: Brackets, where: str, began: int, stopped: int, margin: int
) -> Resumption:
    """Give the place to read on, behind the statement from token `began` that stopped making sense at `stopped`.

    `margin` is the column of the declaration whose body is being read.
    """
    column = _indentation(tokens, began)
    waiting: list[int] = []
    for index in range(began, len(tokens.kinds)):
        kind = tokens.kinds[index]
        if kind == END:
            return Resumption(index, closes=where != "<top_statements>")
        if index > began and _begins_anew(tokens, brackets, where, index, stopped, column, waiting):
            closes = where != "<top_statements>" and kind in ONLY_TOP_WORDS
            if not closes or tokens.column(index) <= margin:
                return Resumption(index, closes)
        if kind in OPENERS:
            waiting.append(index)
        elif kind in CLOSERS:
            while waiting and tokens.kinds[waiting[-1]] != CLOSERS[kind]:
                waiting.pop()
            if waiting:
                waiting.pop()
            elif kind == "}" and where != "<top_statements>" and index >= stopped:
                return Resumption(index)
    raise AssertionError("a sequence of tokens ends with an end")


def _indentation(tokens: Tokens, index: int) -> int:
    """Give the column of the first token on the line."""
    while not tokens.is_first_on_line(index):
        index -= 1
    return tokens.column(index)


def _begins_anew(
    tokens: Tokens,
    brackets: Brackets,
    where: str,
    index: int,
    stopped: int,
    column: int,
    waiting: list[int],
) -> bool:
    """Tell whether the next statement begins at a token, though brackets may be waiting for their partner."""
    if not tokens.is_first_on_line(index) and tokens.kinds[index - 1] != "!character":
        return False
    if not begins_statement(tokens, index, where):
        return False
    if not waiting:
        return index >= stopped
    if tokens.column(index) > column:
        return False
    return index >= stopped or waiting[-1] not in brackets.partner
