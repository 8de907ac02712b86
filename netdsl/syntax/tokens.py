"""Cuts a text into tokens: one pass of one regular expression, made from the grammar's terminals.

A word of the language is a token of its own kind wherever it stands; the parser takes it for a name where the
grammar asks for one. What is no token at all (a lone `;`, a string without an end) becomes a token whose kind
begins with `!`: no rule takes it, so the parser stops there and says what it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import field
from functools import cache

from netdsl.record import mutable
from netdsl.source import SourceFile, Span
from netdsl.syntax.grammar import END, Grammar, load_grammar
from netdsl.syntax.tree import Comment

# Words that Python reserves for the same purpose; they are never names.
HARD_WORDS = frozenset(
    {"True", "False", "None", "and", "or", "not", "in", "is", "if", "else", "for", "_"}
)

#: The words that a parameter's type may be.
TYPE_WORDS = (
    *("int", "float", "bool", "str", "shape", "list", "dict", "any", "layer"),
    *("activation", "initializer", "regularizer", "constraint"),
)

MAX_TOKENS = (
    250_000  # of a file and all that it imports, comments among them: more takes long to read
)
MAX_LENGTH = 4_000_000  # characters of a file

# What people write that is not netdsl, cut out whole so that a message can name it. A C comment is looked for only so
# far: a file of nothing but `/*` is else searched to its end for each.
_FOREIGN = r"=>|\|>|-->|→|⟶|:=|===|!==|<>|&&|\|\||<<|>>|\.\.(?!\.)|/\*[\s\S]{0,500}?\*/|(?:\*\*|//|[-+*/%@&|^])="
_PREFIX = r"(?:[rR][fF]?|[fF][rR]?|[uU])?"
_STRAY = (
    ("bytes", r"(?:[bB][rR]?|[rR][bB])(?=[\"'])"),
    ("open_long_string", rf"{_PREFIX}(?:\"\"\"|''')[\s\S]*"),
    ("open_string", rf"{_PREFIX}[\"'][^\n]*"),
)


@mutable
class Room:
    """How many words may still be read: of the files of one compilation, and of what stands inside their literals."""

    left: int = field(default_factory=lambda: MAX_TOKENS)

    def take(self, count: int) -> bool:
        """Take room for some words; False where there is none left."""
        self.left -= count
        return self.left >= 0


class Tokens:
    """The tokens of a stretch of a file as three lists in step, closed by an `$END` token, and its comments.

    Of what is too long to be read there are no tokens; `too_long` is where it went over the limit.
    """

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.kinds: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.comments: list[Comment] = []
        self.too_long: Span | None = None

    def add(self, kind: str, start: int, end: int) -> None:
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)

    def span(self, index: int) -> Span:
        return Span(self.file, self.starts[index], self.ends[index])

    def text(self, index: int) -> str:
        return self.file.text[self.starts[index] : self.ends[index]]

    def index_at(self, offset: int) -> int:
        """Give the first token that starts at the offset or after it."""
        return bisect_left(self.starts, offset)

    def is_first_on_line(self, index: int) -> bool:
        if index == 0:
            return True
        return "\n" in self.file.text[self.ends[index - 1] : self.starts[index]]

    def column(self, index: int) -> int:
        """Give the characters between the start of the line and the token."""
        return self.starts[index] - (self.file.text.rfind("\n", 0, self.starts[index]) + 1)


@cache
def _scanner() -> tuple[re.Pattern[str], frozenset[str]]:
    grammar = load_grammar()
    return re.compile(_token_pattern(grammar)), grammar.words


def _token_pattern(grammar: Grammar) -> str:
    operators = sorted((w for w in grammar.literals if not w.isidentifier()), key=len, reverse=True)
    alternatives = [
        ("FSTRING", grammar.patterns["FSTRING"]),
        ("STRING", grammar.patterns["STRING"]),
        *_STRAY,
        ("NAME", grammar.patterns["NAME"]),
        ("NUMBER", rf"(?:{grammar.patterns['NUMBER']})(?!\w|\.[0-9])"),
        ("number", r"\.?[0-9]\w*(?:\.\w+)*"),
        ("foreign", _FOREIGN),
        ("operator", "|".join(map(re.escape, operators))),
        ("COMMENT", grammar.patterns["COMMENT"]),
        ("end", r"\Z"),
        ("character", r"[\s\S]"),
    ]
    groups = "|".join(f"(?P<{name}>{pattern})" for name, pattern in alternatives)
    return rf"(?:{grammar.patterns['SPACE']})?(?:{groups})"


def tokenize(
    file: SourceFile, start: int = 0, end: int | None = None, room: Room | None = None
) -> Tokens:
    """Cut the characters `start` up to `end` of a file into tokens, as many as there is room for."""
    pattern, words = _scanner()
    text = file.text
    end = len(text) if end is None else end
    tokens = Tokens(file)
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    most = MAX_TOKENS if room is None else room.left
    if end - start > MAX_LENGTH:
        return _too_long(file, start + MAX_LENGTH, start + MAX_LENGTH)
    position = start + 1 if start == 0 and text.startswith("\ufeff") else start
    for match in pattern.finditer(text, position, end):
        group = match.lastgroup
        assert group is not None
        first, last = match.span(group)
        if len(kinds) > most:
            return _too_long(file, first, last)
        if group == "NAME":
            word = text[first:last]
            kind = word if word in words else _name_kind(word)
        elif group == "operator":
            kind = text[first:last]
        elif group == "COMMENT":
            tokens.comments.append(Comment(first, text[first:last].rstrip("\r")))
            most -= 1
            continue
        elif group in ("NUMBER", "STRING", "FSTRING"):
            kind = group
        elif group == "end":
            break
        else:
            kind = "!" + group
        kinds.append(kind)
        starts.append(first)
        ends.append(last)
    tokens.add(END, end, end)
    if room is not None:
        room.take(len(kinds) + len(tokens.comments))
    return tokens


def _too_long(file: SourceFile, start: int, end: int) -> Tokens:
    tokens = Tokens(file)
    tokens.too_long = Span(file, start, end)
    tokens.add(END, len(file.text), len(file.text))
    return tokens


def _name_kind(word: str) -> str:
    """Tell a name from a word that only looks like one (`x²`), which Python would refuse."""
    return "NAME" if word.isascii() or word.isidentifier() else "!name"
