"""A small language of layouts: what may be broken over lines, and how it looks then.

A layout is a string, a tuple of layouts, or one of the classes below. A `Group` is written on one line where that
fits, else each `Line` directly in it becomes a line end (Wadler, A prettier printer, 2003). What holds a
`HARD_LINE` or a `Suffix` never fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

WIDTH = 100
INDENT = 4


class Line:
    """A place to break: `flat` is written where the group around it stays on one line."""

    __slots__ = ("flat",)

    def __init__(self, flat: str) -> None:
        self.flat = flat


class Indent:
    """What it holds is indented one level further."""

    __slots__ = ("holds",)

    def __init__(self, *holds: Layout) -> None:
        self.holds = holds


class Group:
    """What it holds stands on one line, or is broken at every line of its own."""

    __slots__ = ("breaks", "holds")

    def __init__(self, *holds: Layout, breaks: bool = False) -> None:
        self.holds = holds
        self.breaks = breaks or must_break(holds)


class Either:
    """One layout where the group around it is broken, another where it is not."""

    __slots__ = ("broken", "flat")

    def __init__(self, broken: Layout, flat: Layout) -> None:
        self.broken = broken
        self.flat = flat


class Suffix:
    """A comment that is written at the end of the line, wherever that comes."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Guarded:
    """A word that stands in parentheses where a line begins with it and the text behind it lets it be misread."""

    __slots__ = ("is_misread", "word")

    def __init__(self, word: str, is_misread: Callable[[str], bool]) -> None:
        self.word = word
        self.is_misread = is_misread


Layout: TypeAlias = str | tuple["Layout", ...] | Line | Indent | Group | Either | Suffix | Guarded

SOFT_LINE = Line("")
SPACE_LINE = Line(" ")
# Breaks every group around it.
HARD_LINE = Line("\n")
# An empty line, if followed by a hard line.
BLANK_LINE = Line("\n\n")


def must_break(layout: Layout) -> bool:
    """Tell whether a layout cannot stand on one line."""
    match layout:
        case tuple():
            return any(must_break(part) for part in layout)
        case Line():
            return "\n" in layout.flat
        case Indent():
            return must_break(layout.holds)
        case Group():
            return layout.breaks
        case Either():
            return must_break(layout.flat)
        case Suffix():
            return True
    return False


def separated(items: Iterable[Layout], separator: Layout) -> tuple[Layout, ...]:
    """Put a separator between items."""
    parts: list[Layout] = []
    for item in items:
        if parts:
            parts.append(separator)
        parts.append(item)
    return tuple(parts)


def filled(items: Iterable[Layout]) -> tuple[Layout, ...]:
    """Put as many items on each line as fit."""
    first, *others = items
    return (first, *(Group(SPACE_LINE, item) for item in others))


# One piece of work of the printer: how far indented, whether broken, and what.
_Piece = tuple[int, bool, Layout]


class _Printer:
    """Writes a layout, keeping its own stack, so that no depth overflows Python's."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._column = 0
        self._begins_line = False
        self._has_broken = False
        self._suffixes: list[str] = []
        self._work: list[_Piece] = []

    def write(self, layout: Layout) -> str:
        self._go_through(layout)
        self._end_line()
        return "".join(self._written)

    def breaks(self, layout: Layout) -> bool:
        """Tell whether it takes more than one line, from the first line end on without going further."""
        self._go_through(layout, until_broken=True)
        return self._has_broken

    def _go_through(self, layout: Layout, *, until_broken: bool = False) -> None:
        self._work = [(0, True, layout)]
        while self._work and not (until_broken and self._has_broken):
            indent, broken, piece = self._work.pop()
            match piece:
                case str():
                    self._text(piece)
                case tuple():
                    self._push(indent, broken, piece)
                case Line():
                    self._line(indent, broken, piece)
                case Indent():
                    self._push(indent + INDENT, broken, piece.holds)
                case Group():
                    breaks = piece.breaks or not self._fits(indent, piece.holds)
                    self._push(indent, breaks, piece.holds)
                case Either():
                    self._work.append((indent, broken, piece.broken if broken else piece.flat))
                case Suffix():
                    self._suffixes.append(piece.text)
                case Guarded():
                    self._guarded(piece)

    def _push(self, indent: int, broken: bool, pieces: tuple[Layout, ...]) -> None:
        self._work.extend((indent, broken, piece) for piece in reversed(pieces))

    def _guarded(self, piece: Guarded) -> None:
        is_misread = self._begins_line and piece.is_misread(self._upcoming())
        self._text(f"({piece.word})" if is_misread else piece.word)

    def _upcoming(self) -> str:
        """Give the next text to be written, whatever the line; comments are none."""
        work = list(self._work[-1:])
        following = len(self._work) - 1
        while work or following > 0:
            if not work:
                following -= 1
                work.append(self._work[following])
            indent, broken, piece = work.pop()
            match piece:
                case str() if piece.strip() and not piece.startswith("#"):
                    return piece.strip()
                case tuple():
                    work.extend((indent, broken, part) for part in reversed(piece))
                case Indent() | Group():
                    work.extend((indent, broken, part) for part in reversed(piece.holds))
                case Either():
                    work.append((indent, broken, piece.broken if broken else piece.flat))
                case Guarded():
                    return piece.word
        return ""

    def _text(self, text: str) -> None:
        self._written.append(text)
        self._begins_line = self._begins_line and not text.strip()
        last = text.rfind("\n")
        self._has_broken = self._has_broken or last >= 0
        self._column = self._column + len(text) if last < 0 else len(text) - last - 1

    def _line(self, indent: int, broken: bool, line: Line) -> None:
        if not broken and "\n" not in line.flat:
            self._text(line.flat)
            return
        self._end_line()
        self._has_broken = True
        self._written.append("\n\n" if line is BLANK_LINE else "\n")
        self._written.append(" " * indent)
        self._column = indent
        self._begins_line = True

    def _end_line(self) -> None:
        """Take back the indentation of a line that stayed empty, and write what was to stand at the line's end."""
        while self._written and not self._written[-1].strip(" "):
            self._written.pop()
        for suffix in self._suffixes:
            self._written.append(f"  {suffix}")
        self._suffixes.clear()

    def _fits(self, indent: int, pieces: tuple[Layout, ...]) -> bool:
        """Tell whether pieces on one line, with what follows them up to the next line end, fit."""
        room = WIDTH - self._column
        work: list[_Piece] = [(indent, False, piece) for piece in reversed(pieces)]
        following = len(self._work)
        while room >= 0:
            if not work:
                if following == 0:
                    return True
                following -= 1
                work.append(self._work[following])
            _, broken, piece = work.pop()
            match piece:
                case str():
                    first, line_end, _ = piece.partition("\n")
                    room -= len(first)
                    if line_end:
                        return room >= 0
                case tuple():
                    work.extend((0, broken, part) for part in reversed(piece))
                case Line():
                    if broken or "\n" in piece.flat:
                        return True
                    room -= len(piece.flat)
                case Indent():
                    work.extend((0, broken, part) for part in reversed(piece.holds))
                case Group():
                    # Behind what is measured, a group may yet be broken, so its first line ends the line.
                    mode = broken or piece.breaks
                    work.extend((0, mode, part) for part in reversed(piece.holds))
                case Either():
                    work.append((0, broken, piece.broken if broken else piece.flat))
                case Guarded():
                    room -= len(piece.word) + 2 * self._begins_line
        return False


def write(layout: Layout) -> str:
    """Write a layout as text, without a line end at its end."""
    return _Printer().write(layout)


def breaks(layout: Layout) -> bool:
    """Tell whether a layout takes more than one line."""
    return _Printer().breaks(layout)
