"""Takes an f-string apart: its literal text, and where its expressions begin and end.

The expressions themselves are read by the parser, with the grammar of all expressions. The end of one is found
as Python 3.11 finds it: the first `}`, `:` or `!` outside brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netdsl.source import SourceFile
from netdsl.syntax.grammar import END
from netdsl.syntax.literals import NAMED, Flaw, decode_escapes, split_quotes
from netdsl.syntax.tokens import Tokens, tokenize


class Hole(NamedTuple):
    """An expression between braces: its tokens, what follows `!` and `:`, and `label` for `{x=}`."""

    tokens: Tokens
    start: int
    end: int
    label: str
    conversion: str
    format_spec: str


def split_fstring(file: SourceFile, start: int, end: int) -> Iterator[str | Hole | Flaw]:
    """Split the f-string literal at `start` up to `end` into text and holes; offsets are the file's.

    They are given one by one, so that who takes them can stop; after a flaw comes nothing.
    """
    prefix, quotes = split_quotes(file.text[start:end])
    position = start + len(prefix) + len(quotes)
    last = end - len(quotes)
    while position < last:
        part = _text_part(file.text, position, last, "r" in prefix)
        if isinstance(part, Flaw):
            yield part
            return
        text, position = part
        if text:
            yield text
        if position < last:
            hole = _hole(file, position, last)
            if isinstance(hole, Flaw):
                yield hole
                return
            if hole.label:
                yield hole.label
            yield hole
            position = hole.end


_PLAIN = re.compile(r"[^{}\\]+|\\")


def _text_part(text: str, position: int, last: int, raw: bool) -> tuple[str, int] | Flaw:
    """Read literal text up to a single `{` and give it with the offset where it ends."""
    pieces: list[str] = []
    begin = position
    while position < last:
        char = text[position]
        if char == "\\" and not raw:
            named = NAMED.match(text, position, last)
            if named is None and text.startswith("\\N{", position):
                return Flaw("`\\N{` is not closed", position, position + 3)
            position = position + 2 if named is None else named.end()
        elif char not in "{}":
            position = _PLAIN.match(text, position, last).end()  # type: ignore[union-attr]
        elif text.startswith(char * 2, position) and position + 1 < last:
            pieces.append(text[begin : position + 1])
            position = begin = position + 2
        elif char == "{":
            break
        else:
            return Flaw("a lone `}` is written `}}`", position, position + 1)
    pieces.append(text[begin:position])
    value = _decoded(pieces, raw)
    if isinstance(value, Flaw):
        return Flaw(value.reason, begin, position)
    return value, position


def _decoded(pieces: list[str], raw: bool) -> str | Flaw:
    body = "".join(pieces)
    return body.replace("\r\n", "\n") if raw else decode_escapes(body)


_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def _hole(file: SourceFile, start: int, last: int) -> Hole | Flaw:
    """Read the hole whose `{` is at `start`."""
    tokens, stop = _tokens_of_hole(file, start + 1, last)
    if stop is None:
        return Flaw("`{` is not closed", start, start + 1)
    if stop == 0:
        return Flaw("`{}` holds no expression", start, tokens.ends[0])
    label = ""
    if tokens.kinds[stop] == "=":
        label = file.text[start + 1 : tokens.starts[stop + 1]]
    return _tail(tokens, stop, start, last, label)


def _tokens_of_hole(file: SourceFile, start: int, last: int) -> tuple[Tokens, int | None]:
    """Cut a hole into tokens without reading far past its end, so that many holes take linear time."""
    width = 12
    while True:
        end = min(start + width, last)
        tokens = tokenize(file, start, end)
        stop = _end_of_expression(tokens)
        # The last token before the end of the window may be half of one.
        if end == last or (stop is not None and stop < len(tokens.kinds) - 2):
            return tokens, stop
        width *= 4


def _end_of_expression(tokens: Tokens) -> int | None:
    """Give the token after the expression: `}`, `:`, `!` or the `=` of `{x=}`."""
    open_brackets = 0
    for index, kind in enumerate(tokens.kinds):
        if kind in _CLOSERS:
            open_brackets += 1
        elif open_brackets == 0 and _ends_expression(tokens, index):
            return index
        elif kind in _CLOSERS.values():
            open_brackets -= 1
    return None


def _ends_expression(tokens: Tokens, index: int) -> bool:
    kind = tokens.kinds[index]
    if kind == "=":
        return tokens.kinds[index + 1] in ("}", ":", "!character")
    return kind in ("}", ":") or tokens.text(index) in ("!", ":=")


def _tail(tokens: Tokens, stop: int, start: int, last: int, label: str) -> Hole | Flaw:
    """Read `!r`, `:spec` and the closing brace, and cut the tokens off before them."""
    text = tokens.file.text
    end_of_value = tokens.starts[stop]
    position = tokens.ends[stop] if label else end_of_value
    while label and text[position].isspace():
        position += 1
    conversion = format_spec = ""
    if text.startswith("!", position):
        conversion = text[position + 1]
        position += 2
        if conversion not in "rsa":
            return Flaw("a conversion is `!r`, `!s` or `!a`", position - 2, position)
    if text.startswith(":", position):
        close = text.find("}", position, last)
        if close < 0:
            return Flaw("`{` is not closed", start, start + 1)
        format_spec = text[position + 1 : close]
        position = close
        if "{" in format_spec:
            return Flaw("a format spec takes no braces of its own", end_of_value, close)
    if position >= last or text[position] != "}":
        return Flaw("`}` is expected after the expression", position, position + 1)
    if label and not conversion and not format_spec:
        conversion = "r"
    del tokens.kinds[stop:], tokens.starts[stop:], tokens.ends[stop:]
    tokens.add(END, end_of_value, end_of_value)
    return Hole(tokens, start, position + 1, label, conversion, format_spec)
