"""Characters that look like one of the language's: `（` for `(`, a no-break space, a full-width comma.

In: a file's tokens. Out: the tokens as they were meant, and a diagnostic for each line that such characters stand on.
So the statement around them is read, and what else is wrong in it is told in the same run.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.syntax import UnknownCharacter
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax.tokens import Tokens, tokenize

_SIGNS = frozenset("()[]{},:=+-*/.<>%")


def as_meant(tokens: Tokens, diagnostics: Diagnostics) -> Tokens:
    """Read the look-alikes of a file as the signs they were meant for, and report them."""
    found = {
        index: plain
        for index, kind in enumerate(tokens.kinds)
        if kind == "!character" and (plain := _sign(tokens, index))
    }
    if not found:
        return tokens
    text = list(tokens.file.text)
    for index, plain in found.items():
        text[tokens.starts[index]] = plain
    for diagnostic in _diagnostics(tokens, found):
        diagnostics.report(diagnostic)
    meant = tokenize(SourceFile(tokens.file.name, "".join(text)))
    meant.file = tokens.file
    return meant


def _sign(tokens: Tokens, index: int) -> str:
    """Give the sign that a character stands for, of the same length; nothing where it is not plain which."""
    char = tokens.text(index)
    if char.isascii():
        return ""
    category = unicodedata.category(char)
    if category == "Zs" or (category == "Cf" and not _splits_a_word(tokens, index)):
        return " "
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain in _SIGNS else ""


def _splits_a_word(tokens: Tokens, index: int) -> bool:
    text, start = tokens.file.text, tokens.starts[index]
    return text[start - 1 : start].isalnum() and text[start + 1 : start + 2].isalnum()


def _diagnostics(tokens: Tokens, found: dict[int, str]) -> Iterator[Diagnostic]:
    """Report the first look-alike of each line, with a change for all of the line."""

    def line(index: int) -> int:
        return tokens.file.position(tokens.starts[index]).line

    for _, indices in groupby(found, line):
        same = list(indices)
        yield _diagnostic(tokens, same[0], found[same[0]], ((i, found[i]) for i in same))


def _diagnostic(
    tokens: Tokens, index: int, plain: str, changes: Iterable[tuple[int, str]]
) -> Diagnostic:
    char = tokens.text(index)
    name = unicodedata.name(char, "no character of Unicode").lower()
    edits = tuple(Edit(tokens.span(i), text) for i, text in changes)
    return UnknownCharacter.at(
        tokens.span(index),
        f"U+{ord(char):04X}, {name}",
        help="write a plain space" if plain == " " else f"write `{plain}`",
        fix=Fix(edits, safe=True),
    )
