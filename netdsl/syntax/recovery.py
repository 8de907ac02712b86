"""Finds where to read on after a statement that could not be read.

Line ends mean nothing to the grammar, but people begin a statement on a line of its own, indented like its neighbours:
so the next statement is looked for at the start of a line, by the words it begins with, outside the brackets that
the broken statement opened, or, where one of these was never closed, no further to the right than the statement.
"""

from __future__ import annotations

from typing import NamedTuple

from netdsl.syntax.grammar import END
from netdsl.syntax.tokens import HARD_WORDS, Tokens

# The lists of statements, by the rules of the grammar that read them.
TOP, BODY, SETTINGS = "top_statements", "body_statements", "settings"
# That of a body in the braces of a stage, once it has a statement: one like the body of a block.
INNER = "inner_statements"

OPENERS = {"(": ")", "[": "]", "{": "}"}
CLOSERS = {")": "(", "]": "[", "}": "{"}
TOP_WORDS = frozenset(
    {"from", "let", "fn", "defaults", "block", "model", "train", "extern", "assert"}
)
BODY_WORDS = frozenset(
    {"input", "inputs", "let", "fn", "defaults", "assert", "layer", "weight", "output"}
)
# The words that begin a statement at top level and nowhere else.
ONLY_TOP_WORDS = TOP_WORDS - BODY_WORDS
STATEMENT_WORDS = TOP_WORDS | BODY_WORDS
# What opens a block of lines in Python.
_OPEN_BLOCKS = frozenset({"for", "if", "elif", "else", "while", "with", "def", "class", "try"})
_NAMED = frozenset(
    {"let", "fn", "block", "model", "train", "input", "inputs", "layer", "weight", "defaults"}
)

# First in braces these are no names, whatever follows.
ALWAYS_FIRST = frozenset({"output", "assert"})

_KINDS = frozenset({"STRING", "FSTRING", "NUMBER"})
# What follows `output` or `assert`. As names these might be called or indexed, but not at the start of a line.
_BEGIN_VALUE = _KINDS | {"(", "[", "{", "-", "not", "if", "for", "_", "True", "False", "None"}


# Words that may follow a name: `layer as x`, `extern fn model from …`.
_INFIX_WORDS = frozenset({"as", "from", "import", "weights"})
# At top level no statement begins with a plain name; these would make a name of a word of the language.
_NEVER_SECOND = frozenset({"=", ",", ")", "]", "}", ":", ".", "->"})


class Resumption(NamedTuple):
    """Read on at a token; `closes` tells that the body around the broken statement ends before it."""

    token: int
    closes: bool = False


class Brackets:
    """Which bracket closes which, over a whole file; what has no partner is left out."""

    def __init__(self, tokens: Tokens) -> None:
        self.partner: dict[int, int] = {}
        waiting: list[int] = []
        for index, kind in enumerate(tokens.kinds):
            if kind in OPENERS:
                waiting.append(index)
            elif kind in CLOSERS:
                self._close(tokens, waiting, index)

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
    if where == TOP:
        return kind in TOP_WORDS and following not in _NEVER_SECOND
    if kind in ONLY_TOP_WORDS and begins_with(kind, following):
        return True
    if where == BODY and kind in BODY_WORDS and begins_with(kind, following):
        return True
    if where == SETTINGS and following == ":" and tokens.is_first_on_line(index):
        return is_name(kind)  # `optimizer: adam`, as elsewhere
    return _is_target(tokens, index)


def begins_line_and_statement(tokens: Tokens, index: int) -> bool:
    """Tell whether a statement begins on its own line by a word of the language: there the word is no name."""
    kind = tokens.kinds[index]
    if kind not in STATEMENT_WORDS or not tokens.is_first_on_line(index):
        return False
    return begins_with(kind, tokens.kinds[index + 1])


def is_name_in_braces(tokens: Tokens, index: int) -> bool:
    """Tell whether a word that begins statements, first in braces, is a name: nothing follows that it would name."""
    kind = tokens.kinds[index]
    if index == 0 or kind not in STATEMENT_WORDS or tokens.kinds[index - 1] != "{":
        return False
    following, behind = tokens.kinds[index + 1], tokens.kinds[min(index + 2, len(tokens.kinds) - 1)]
    names = is_name(following) and (following != "as" or behind in ("=", ":"))
    return kind not in ALWAYS_FIRST and not names


def begins_with(word: str, following: str) -> bool:
    """Tell by what follows whether a word begins a statement, and is no name."""
    if following in _INFIX_WORDS:
        return False
    if word in _NAMED:
        return is_name(following) or following in ("_", "None", "True", "False", "for")
    if word == "from":
        return following == "STRING" or is_name(following)
    if word == "extern":
        return is_name(following)
    return is_name(following) or following in _BEGIN_VALUE


def is_name(kind: str) -> bool:
    """Tell whether a token is a name, or a word of the language that may be one."""
    return kind == "NAME" or (kind.isidentifier() and kind not in HARD_WORDS and kind not in _KINDS)


def _is_target(tokens: Tokens, index: int) -> bool:
    """Tell whether `name =` or `a, b =` begins here."""
    kinds = tokens.kinds
    while is_name(kinds[index]):
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
    if where != TOP and _is_top_statement(tokens, began, margin):
        return Resumption(began, closes=True)
    column = indentation(tokens, began)
    if tokens.text(began) in _OPEN_BLOCKS:
        stopped = _end_of_block(tokens, began, column, stopped)
        began = max(began, stopped - 1)
    waiting: list[int] = []
    for index in range(began, len(tokens.kinds)):
        kind = tokens.kinds[index]
        if kind == END:
            return Resumption(index, closes=where != TOP)
        if index > began and _begins_anew(tokens, brackets, where, index, stopped, column, waiting):
            is_top = where != TOP and kind in ONLY_TOP_WORDS
            if not is_top or _is_top_statement(tokens, index, margin):
                return Resumption(index, closes=is_top)
        if kind in OPENERS:
            waiting.append(index)
        elif kind in CLOSERS:
            if any(tokens.kinds[i] == CLOSERS[kind] for i in waiting):
                while tokens.kinds[waiting.pop()] != CLOSERS[kind]:
                    pass  # what was left open inside
            elif kind == "}" and where != TOP and index >= stopped:
                return Resumption(index)
    raise AssertionError("a sequence of tokens ends with an end")


def _end_of_block(tokens: Tokens, began: int, column: int, stopped: int) -> int:
    """Give the token behind the lines that are Python's body of `for x in y:`, or where reading stopped."""
    index = began + 1
    while tokens.kinds[index] != END and not tokens.is_first_on_line(index):
        index += 1
    if tokens.kinds[index - 1] != ":":
        return stopped
    while tokens.kinds[index] not in (END, "}") and (
        not tokens.is_first_on_line(index) or tokens.column(index) > column
    ):
        index += 1
    return max(index, stopped)


def _is_top_statement(tokens: Tokens, index: int, margin: int) -> bool:
    """Tell a declaration no further in than the one whose body is being read: that body was never closed."""
    if tokens.kinds[index] not in ONLY_TOP_WORDS or not tokens.is_first_on_line(index):
        return False
    return tokens.column(index) <= margin and begins_statement(tokens, index, TOP)


def indentation(tokens: Tokens, index: int) -> int:
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
        # A word that begins statements is taken for a name where a value is missing, and found out one later.
        return index >= stopped - 1
    if tokens.column(index) > column:
        return False
    return index >= stopped or waiting[-1] not in brackets.partner
