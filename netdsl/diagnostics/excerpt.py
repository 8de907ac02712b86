"""The source lines of a diagnostic, with their gutter, carets and labels.

`draw_excerpt` takes the labels that fall into one file. The primary place is underlined with carets, related ones
with dashes; a place of several lines gets a bracket in a margin left of the text. Lines far apart are elided
with `...`, and a long line is cut around what is marked on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from itertools import groupby

from netdsl.diagnostics.diagnostic import Label
from netdsl.diagnostics.visible import clean, show
from netdsl.record import mutable, record
from netdsl.source import SourceFile

#: The longest piece of a source line that is shown, and what is kept before a mark, in characters.
LINE_LIMIT = 140
LEAD_IN = 30

#: A place of at most this many lines is shown whole.
WHOLE_SPAN = 5

_SGR = {
    "error": "1;31",
    "warning": "1;33",
    "advice": "1;36",
    "related": "1;34",
    "gutter": "1;34",
    "title": "1",
}


@record
class Paint:
    """Colours a text, or leaves it alone."""

    color: bool

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if self.color and style and text else text


@mutable
class Mark:
    """A label by lines (from 1) and characters (from 0, `end` exclusive); `slot` is its column in the margin."""

    first_line: int
    start: int
    last_line: int
    end: int
    text: str
    sign: str
    style: str
    slot: int = -1

    @property
    def is_multiline(self) -> bool:
        return self.first_line != self.last_line


@mutable
class Row:
    """What is printed right of the gutter under a source line: characters at columns, then perhaps a text."""

    cells: dict[int, tuple[str, str]] = field(default_factory=dict)
    text: str = ""

    def put(self, column: int, text: str, style: str) -> None:
        for offset, char in enumerate(text):
            self.cells[column + offset] = (char, style)

    @property
    def width(self) -> int:
        return max(self.cells, default=-1) + 1

    def painted(self, paint: Paint) -> str:
        filled = [self.cells.get(column, (" ", "")) for column in range(self.width)]
        runs = groupby(filled, key=lambda cell: cell[1])
        return "".join(paint("".join(char for char, _ in run), style) for style, run in runs)


@record
class Piece:
    """The part of a source line that is printed, and the column of each of the line's characters."""

    text: str
    begin: int
    columns: tuple[int, ...]
    indent: int

    def column(self, character: int) -> int:
        return self.columns[max(0, min(character - self.begin, len(self.columns) - 1))]


def draw_excerpt(
    file: SourceFile,
    labels: Iterable[Label],
    primary: Label,
    severity: str,
    width: int,
    paint: Paint,
) -> list[str]:
    """Draw the marked lines of one file; `width` is that of the line numbers."""
    marks = [_mark(label, label is primary, severity) for label in labels]
    margin = 2 * _assign_slots(marks)
    bar = paint(" " * (width + 1) + "|", "gutter")
    rows, before = [bar], 0
    for line in _shown_lines(marks):
        if before and line > before + 1:
            rows.append("..." + " " * width + _margin(marks, line, margin).painted(paint))
        before = line
        number = paint(f"{line:>{width}} |", "gutter")
        source, *under = _draw_line(file.line_text(line), line, marks, margin, paint)
        rows.append(f"{number} {source}")
        rows += [f"{bar} {row}" for row in under]
    return rows


def _mark(label: Label, is_primary: bool, severity: str) -> Mark:
    first, last = label.span.first, label.span.last
    last_line, end = last.line, last.column - 1
    if end == 0 and last_line > first.line:  # the line break is part of the span
        last_line -= 1
        end = len(label.span.file.line_text(last_line)) + 1
    text = clean(label.text).replace("\n", " ")
    sign, style = ("^", severity) if is_primary else ("-", "related")
    return Mark(first.line, first.column - 1, last_line, end, text, sign, style)


def _assign_slots(marks: Sequence[Mark]) -> int:
    """Give each place of several lines a column of the margin that is free over all of its lines."""
    taken: list[tuple[int, int]] = []  # where the latest mark of each slot ends
    for mark in sorted((m for m in marks if m.is_multiline), key=lambda m: (m.first_line, m.start)):
        free = [slot for slot, end in enumerate(taken) if end <= (mark.first_line, mark.start)]
        mark.slot = free[0] if free else len(taken)
        taken[mark.slot : mark.slot + 1] = [(mark.last_line, mark.end)]
    return len(taken)


def _shown_lines(marks: Iterable[Mark]) -> list[int]:
    """Give the lines to print: each marked one, and one that would be alone between two of them."""
    lines: set[int] = set()
    for mark in marks:
        whole = mark.last_line - mark.first_line < WHOLE_SPAN
        lines |= set(range(mark.first_line, mark.last_line + 1)) if whole else set()
        lines |= {mark.first_line, mark.last_line}
    return sorted(lines | {line + 1 for line in lines if line + 2 in lines})


def _draw_line(text: str, line: int, marks: Sequence[Mark], margin: int, paint: Paint) -> list[str]:
    """Draw one source line, then what is said under it."""
    singles = [m for m in marks if m.first_line == line and not m.is_multiline]
    starts = [m for m in marks if m.first_line == line and m.is_multiline]
    ends = [m for m in marks if m.last_line == line and m.is_multiline]
    piece = _cut(text, [(m.start, m.end) for m in singles] or _edges(starts, ends), margin)
    source = _margin(marks, line, margin)
    slashed = [m for m in starts if m.start <= piece.indent]
    for mark in slashed:
        source.put(2 * mark.slot, "/", mark.style)
    running = [m for m in marks if m.is_multiline and m.first_line < line <= m.last_line]
    rows = _draw_singles(singles, piece, running + slashed, margin, paint)
    running += slashed
    edges = [(m.start, True, m) for m in starts if m not in slashed]
    edges += [(max(m.end - 1, 0), False, m) for m in ends]
    for character, begins, mark in sorted(edges, key=lambda edge: edge[:2]):
        rows.append(_draw_edge(mark, piece.column(character), running, paint, end=not begins))
        running = [*running, mark] if begins else [m for m in running if m is not mark]
    return [source.painted(paint) + piece.text, *rows]


def _edges(starts: Iterable[Mark], ends: Iterable[Mark]) -> list[tuple[int, int]]:
    return [(m.start, m.start + 1) for m in starts] + [(m.end - 1, m.end) for m in ends]


def _margin(marks: Iterable[Mark], line: int, margin: int) -> Row:
    """Start a row with the brackets that run past the beginning of a line."""
    row = Row()
    row.put(0, " " * margin, "")
    for mark in marks:
        if mark.is_multiline and mark.first_line < line <= mark.last_line:
            row.put(2 * mark.slot, "|", mark.style)
    return row


def _cut(text: str, marked: Sequence[tuple[int, int]], margin: int) -> Piece:
    """Choose the part of a line to print: all of it, or what is around the marks."""
    begin, end = 0, len(text)
    if len(text) > LINE_LIMIT:
        low = min((start for start, _ in marked), default=0)
        begin = max(0, min(low - LEAD_IN, len(text) - LINE_LIMIT))
        end = begin + LINE_LIMIT
    before, after = "..." if begin else "", "..." if end < len(text) else ""
    shown = show(text[begin:end])
    columns = tuple(margin + len(before) + column for column in shown.columns)
    indent = len(text) - len(text.lstrip())
    return Piece(before + shown.text + after, begin, columns, indent)


def _draw_singles(
    marks: Sequence[Mark], piece: Piece, running: Sequence[Mark], margin: int, paint: Paint
) -> list[str]:
    """Underline the places within a line; the rightmost is labelled beside its underline, others below."""
    if not marks:
        return []
    under = _running_row(running, margin)
    for mark in sorted(marks, key=lambda m: m.sign == "^"):
        at = piece.column(mark.start)
        under.put(at, mark.sign * max(1, piece.column(mark.end) - at), mark.style)
    ordered = sorted(marks, key=lambda m: (m.start, m.sign == "^"))
    last = ordered[-1]
    rows = [under]
    pending = [m for m in ordered if m.text]
    if last.text and all(m.end <= last.end for m in marks):
        under.text = paint(f" {last.text}", last.style)
        pending.remove(last)
    if pending:
        rows.append(_connectors(pending, piece, running, margin))
    while pending:
        mark = pending.pop()
        row = _connectors([m for m in pending if m.start < mark.start], piece, running, margin)
        at = piece.column(mark.start)
        row.text = " " * (at - row.width) + paint(mark.text, mark.style)
        rows.append(row)
    return [row.painted(paint) + row.text for row in rows]


def _connectors(marks: Iterable[Mark], piece: Piece, running: Sequence[Mark], margin: int) -> Row:
    row = _running_row(running, margin)
    for mark in marks:
        row.put(piece.column(mark.start), "|", mark.style)
    return row


def _running_row(running: Iterable[Mark], margin: int) -> Row:
    row = Row()
    row.put(0, " " * margin, "")
    for mark in running:
        row.put(2 * mark.slot, "|", mark.style)
    return row


def _draw_edge(
    mark: Mark, column: int, running: Sequence[Mark], paint: Paint, *, end: bool = False
) -> str:
    """Draw the line from the margin to the first or the last character of a place of several lines."""
    row = Row()
    slot = 2 * mark.slot
    row.put(slot + 1, "_" * max(0, column - slot - 1) + mark.sign, mark.style)
    for other in running:
        row.put(2 * other.slot, "|", other.style)
    text = paint(f" {mark.text}", mark.style) if end and mark.text else ""
    return row.painted(paint) + text
