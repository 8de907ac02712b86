"""Source text and places in it.

A `Span` is a half-open range of character offsets into one `SourceFile`. Lines and columns exist only at the
edge: `SourceFile.position` turns an offset into a (line, column) pair, counted from 1, in characters.
"""

from __future__ import annotations

import bisect
import hashlib
from dataclasses import field
from itertools import accumulate
from typing import NamedTuple

from netdsl.record import record

#: Characters that are seen around a place.
AROUND = 400


class Position(NamedTuple):
    """A place for people: line and column, both from 1; columns count characters."""

    line: int
    column: int


@record(eq=False)
class SourceFile:
    """A named text; files compare by identity. `\\n` and `\\r\\n` end a line, nothing else does."""

    name: str
    text: str = field(repr=False)
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0, *accumulate(len(line) + 1 for line in self.text.split("\n")[:-1])]
        object.__setattr__(self, "_starts", starts)

    def position(self, offset: int) -> Position:
        """Give line and column of an offset; offsets past the end are the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect.bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """Give one line without its line ending."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\n").removesuffix("\r")

    @property
    def digest(self) -> str:
        """The first eight hexadecimal digits of the text's sha256."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


@record
class Span:
    """Characters `start` up to, not including, `end` of a file."""

    file: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    @property
    def before(self) -> str:
        """The text just before it: what stands there is seen in it, without the whole of a long file."""
        return self.file.text[max(0, self.start - AROUND) : self.start]

    @property
    def behind(self) -> str:
        """The text just behind it."""
        return self.file.text[self.end : self.end + AROUND]

    @property
    def first(self) -> Position:
        return self.file.position(self.start)

    @property
    def last(self) -> Position:
        """The position just after the span (the end is exclusive)."""
        return self.file.position(self.end)

    def to(self, other: Span) -> Span:
        """Cover both spans and what lies between them."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))
