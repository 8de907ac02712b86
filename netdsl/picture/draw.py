"""From a composed shape to what is drawn: every box, line and text at its place.

Shape -> Drawing
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from netdsl.picture.boxes import Box
from netdsl.picture.cells import (
    HEAD,
    LINE,
    MARK,
    NAME,
    SHEETS,
    SIDE,
    SMALL,
    SPACE,
    STUCK,
    STUCK_LINE,
    TAGGED,
    Cells,
    closed_size,
    count_words,
    gap_before,
    head_width,
    inside_words,
    is_bare,
    stuck_words,
)
from netdsl.picture.drawing import Drawing, Mark, Path, Rect, Text, TextRole
from netdsl.picture.joints import Track
from netdsl.picture.measure import Weight, width
from netdsl.picture.shapes import TAG, Chip, Label, Shape
from netdsl.record import mutable

MARGIN = 16.0
CHIP = 11.0  # of a mark


@mutable
class Placed:
    """A box at its place; lines and labels beside."""

    boxes: list[tuple[int, float, float, float, float]]
    tracks: list[Track]
    notes: list[tuple[int, float, float, Label, bool]]
    chips: list[Chip]


def flatten(shape: Shape, is_down: bool) -> Placed:
    """Give everything in a shape at its place in the picture, boxes from the outside in."""
    placed = Placed([], [], [], [])
    pending = [(MARGIN + shape.left, MARGIN, shape)]
    while pending:
        u, v, part = pending.pop()
        if part.box >= 0:
            x, y, across, along = part.rect
            at = (u + x, v + y, across, along) if is_down else (v + y, u + x, along, across)
            placed.boxes.append((part.box, *at))
        for track in part.tracks:
            points = tuple((u + a, v + b) if is_down else (v + b, u + a) for a, b in track.points)
            placed.tracks.append(Track(track.net, points, track.arrow))
        for net, a, b, label, is_before in part.notes:
            x, y = (u + a, v + b) if is_down else (v + b, u + a)
            placed.notes.append((net, x, y, label, is_before))
        for chip in part.chips:
            x, y = (u + chip.u, v + chip.v) if is_down else (v + chip.v, u + chip.u)
            size = (chip.across, chip.along) if is_down else (chip.along, chip.across)
            placed.chips.append(Chip(chip.net, x, y, *size, chip.label))
        pending += [(u + a, v + b, inner) for a, b, inner in reversed(part.parts)]
    return placed


def draw(
    cells: Cells,
    shape: Shape,
    opened: frozenset[int],
    *,
    is_down: bool = True,
    shades: Mapping[int, str] | None = None,
) -> Drawing:
    """Draw a composed picture."""
    placed = flatten(shape, is_down)
    wide = math.ceil(shape.left + shape.right + 2 * MARGIN)
    high = math.ceil(
        shape.length + 2 * MARGIN
    )  # whole, so that no edge of a PNG is half seen through
    if not is_down:
        wide, high = high, wide
    marks: list[Mark] = [Rect(0, 0, wide, high, 0, "page", "none")]
    texts: list[Mark] = []
    for number, *rect in placed.boxes:
        box = cells.boxes[number]
        if box.role == "root":
            continue
        is_open = number in opened and not box.is_leaf
        x, y, w, h = rect
        for part in outline(box, (x, y, w, h), shades or {}, cells.costs, is_open=is_open):
            (texts if isinstance(part, Text) else marks).append(part)
    for chip in placed.chips:
        marks.append(tag_frame(chip.u, chip.v, chip.across))
        texts.append(tag_text(chip.label.text, chip.u, chip.v, chip.across))
    marks += [Path(t.points, t.arrow, net=t.net) for t in placed.tracks]
    texts += [_note(x, y, label, is_before, is_down) for _, x, y, label, is_before in placed.notes]
    return Drawing(cells.nested.network.name, wide, high, (*marks, *texts))


def tag_frame(x: float, y: float, w: float, box: int = -1) -> Rect:
    """Draw the frame of a name that stands in place of a line; it is drawn as inputs are, which are tensors too."""
    return Rect(x, y, w, TAG, TAG / 2, "family input", "edge input", box)


def tag_text(name: str, x: float, y: float, w: float) -> Text:
    """Write such a name in its frame."""
    wide = width(name, TAGGED, "Bold")
    return Text(x + w / 2, y + 11, name, TAGGED, "Bold", "text", wide, "middle")


def _note(x: float, y: float, label: Label, is_before: bool, is_down: bool) -> Text:
    if not is_down:
        return Text(x + 4, y - 4, label.text, SMALL, "Regular", "quiet", label.width, role="shape")
    if is_before:
        at = x - 4
        return Text(at, y + 11, label.text, SMALL, "Regular", "quiet", label.width, "end", "shape")
    return Text(x + 4, y + 11, label.text, SMALL, "Regular", "quiet", label.width, role="shape")


def outline(
    box: Box,
    rect: tuple[float, float, float, float],
    shades: Mapping[int, str],
    costs: Mapping[int, str],
    *,
    is_open: bool = False,
) -> Iterator[Mark]:
    """Draw a box with what is written in it."""
    x, y, w, h = rect
    if box.role == "tag":
        yield tag_frame(x, y, w, box.number)
        yield tag_text(box.lines[0].name, x, y, w)
        return
    family = box.lines[0].family if box.lines else ""
    fill, stroke = f"family {family}", f"edge {family}"
    radius = 4.0
    if box.single is not None and not is_open:
        family = box.single.lines[0].family
        fill, stroke, radius = f"family {family}", f"edge {family}", 6.0
    elif not box.is_leaf:
        fill, stroke, radius = ("block" if is_open else "closed"), "edge", 6.0
    elif box.role != "layer":
        radius = LINE / 2
    fill = fill if is_open else shades.get(box.number, fill)
    if box.times > 1:
        for sheet in (SHEETS, SHEETS / 2):
            yield Rect(x + sheet, y + sheet, w, h, radius, fill, stroke)
    yield Rect(x, y, w, h, radius, fill, stroke, box.number)
    if is_open:
        yield from _head(box, x, y, w)
    else:
        yield from _lines(box, rect, costs, "text" if box.number in shades else "quiet")


def _head(box: Box, x: float, y: float, w: float) -> Iterator[Mark]:
    if is_bare(box):
        return
    yield Rect(x + 0.5, y + 0.5, w - 1, HEAD - 0.5, 5.5, "head", "none", flat=True)
    yield from head_marks(box, x + SIDE, y + 15)


def _lines(
    box: Box,
    rect: tuple[float, float, float, float],
    costs: Mapping[int, str],
    ink: str,
) -> Iterator[Mark]:
    """Write the lines of a closed box, the first in its middle, what sticks to it below."""
    x, y, w, h = rect
    start = x + (w - head_width(box)) / 2
    y += (h - closed_size(box, costs)[1]) / 2  # what comes by name may make it higher
    yield from head_marks(box, start, y + 15)
    base = y + LINE
    if not box.is_leaf:
        text = inside_words(box, costs)
        wide = width(text, SMALL)
        yield Text(x + w / 2, base + 5, text, SMALL, "Regular", ink, wide, "middle")
        return
    for text, family in stuck_words(box):
        yield Path(((x, base - 1), (x + w, base - 1)), False, f"edge {family}")
        wide = width(text, STUCK)
        yield Text(x + w / 2, base + 9, text, STUCK, "Regular", "text", wide, "middle")
        base += STUCK_LINE


def head_marks(box: Box, x: float, y: float) -> Iterator[Mark]:
    """Write the name of a box, its arguments, count and mark."""
    if not box.lines:
        words: list[tuple[str, Weight, float]] = []
    else:
        line = box.lines[0]
        words = [(line.name, "Bold", 0.0), (line.arguments, "Regular", gap_before(line))]
    words.append((count_words(box), "Bold", SPACE if words else 0.0))
    role: TextRole = "name" if box.is_leaf else "title"
    for text, weight, gap in words:
        if text:
            wide = width(text, NAME, weight)
            yield Text(x + gap, y, text, NAME, weight, "text", wide, role=role)
            x += gap + wide
    if box.mark:
        wide = width(box.mark, SMALL - 1, "Bold")
        middle = x + 2 + MARK / 2
        yield Rect(middle - CHIP / 2, y - 9.5, CHIP, CHIP, CHIP / 2, "mark", "none")
        yield Text(middle, y - 1, box.mark, SMALL - 1, "Bold", "on mark", wide, "middle", "mark")
