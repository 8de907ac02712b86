"""From boxes to sizes: how large each is, closed and open, and what is written beside its tensors.

Nested -> Cells
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from functools import partial

from netdsl.picture.arrange import Region
from netdsl.picture.boxes import Box, Line, chain_of
from netdsl.picture.grid import Scale
from netdsl.picture.levels import UShape
from netdsl.picture.measure import width
from netdsl.picture.nest import Nested
from netdsl.picture.shapes import TAG, TAG_NEXT, Cell, Label
from netdsl.picture.words import range_words, shape_words
from netdsl.record import mutable

NAME = 11.0  # sizes of type: names and heads, what sticks to them, shapes and counts
STUCK = 9.5
SMALL = 9.0
TAGGED, TAG_SIDE = 9.0, 7.0  # a name in place of a line, and what is beside it in its frame
LINE, STUCK_LINE = 22.0, 15.0  # heights
HEAD = 22.0
SIDE = 9.0  # beside a text
SPACE = 5.0  # between a name and its arguments
SHEETS = 6.0  # of a repeat
MARK = 15.0
MOST_NAMES = 3  # of what is in a repeat that has no name of its own
MOST_INSIDE = 220.0  # how wide what is told of the inside of a closed block may be
TOGETHER = 140.0  # how wide a line of several that stick may be


@mutable
class Cells:
    """The boxes of a picture with their sizes."""

    nested: Nested
    cells: dict[int, Cell] = field(default_factory=dict)
    boxes: dict[int, Box] = field(default_factory=dict)
    costs: Mapping[int, str] = field(default_factory=dict)  # what is told of each, by its number
    u: UShape | None = None  # what of the picture is drawn as a U


def measure(nested: Nested, costs: Mapping[int, str], *, is_down: bool = True) -> Cells:
    """Size every box and arrange what is in it; `costs` is told with the arguments of layers."""
    found = Cells(nested, costs=costs)
    scale = partial(scale_of, nested)
    for box in nested.root.within():
        if box.role == "layer" and costs.get(box.number):
            first = box.lines[0]
            told = " · ".join(filter(None, (first.arguments, costs[box.number])))
            box.lines[0] = Line(first.name, told, first.family)
    beside: dict[
        int, frozenset[int]
    ] = {}  # what is read in each region, for whose boxes it is written where it begins
    for box in nested.root.within():
        beside[box.number] = frozenset(net for child in box.children for net in child.ins)
        around = -1 if box.parent is None else box.parent.number
        found.boxes[box.number] = box
        wide, high = closed_size(box, costs)
        tags = tuple((net, tag_label(nested.tags[net])) for net in box.tags)
        if is_down:
            high = max(high, (TAG + TAG_NEXT) * len(tags) + TAG_NEXT)
        else:
            wide = max(wide, sum(label.width + TAG_NEXT for _, label in tags))
        found.cells[box.number] = Cell(
            box.number,
            wide if is_down else high,
            high if is_down else wide,
            head=0.0 if is_bare(box) else HEAD,
            least=head_width(box) + 2 * SIDE,
            ins=tuple(box.ins),
            outs=tuple(box.outs),
            labels=_labels(box, nested, beside.get(around, frozenset())),
            joins=box.joins,
            stack=SHEETS if box.times > 1 else 0.0,
            term=None if box.is_leaf or not box.children else Region(box, scale).term(),
            tags=tags,
        )
    return found


def scale_of(nested: Nested, net: int) -> Scale | None:
    """Tell how many dimensions a map has and how large it is, without the batch and its features."""
    shape = nested.network.tensors[net].spec.shape
    sizes = [size for size in shape[1:-1] if isinstance(size, int)]
    is_known = sizes and len(sizes) == len(shape) - 2
    return (len(sizes), math.prod(sizes)) if is_known else None


def tag_label(name: str) -> Label:
    """Give a name that stands in place of a line, and how wide it is with its frame."""
    return Label(name, math.ceil(width(name, TAGGED, "Bold")) + 2 * TAG_SIDE)


def is_bare(box: Box) -> bool:
    """Tell whether an open box has no head."""
    return box.role == "root"


def count_words(box: Box) -> str:
    """Say how often a box stands there."""
    return f"× {box.times}" if box.times > 1 else ""


def gap_before(line: Line) -> float:
    """Give the space between a name and its arguments."""
    return SPACE if line.name and not line.arguments.startswith("(") else 0.0


def head_width(box: Box) -> float:
    """Measure what stands in the head of a box, its count and mark too."""
    line = box.lines[0] if box.lines else None
    wide = 0.0
    if line is not None:
        wide = width(line.name, NAME, "Bold")
        if line.arguments:
            wide += gap_before(line) + width(line.arguments, NAME)
    count = count_words(box)
    if count:
        wide += (SPACE if wide else 0.0) + width(count, NAME, "Bold")
    return wide + (MARK + 2 if box.mark else 0.0)


def closed_size(box: Box, costs: Mapping[int, str]) -> tuple[float, float]:
    """Give width and height of a box that shows its lines alone."""
    if box.role == "tag":
        return tag_label(box.lines[0].name).width, TAG
    wide = head_width(box)
    high = LINE
    for text, _ in stuck_words(box):
        wide = max(wide, width(text, STUCK))
        high += STUCK_LINE
    if not box.is_leaf:
        wide = max(wide, width(inside_words(box, costs), SMALL))
        high = LINE + 12
    return 2 * math.ceil(wide / 2 + SIDE), high


def stuck_words(box: Box) -> list[tuple[str, str]]:
    """Give what sticks to a layer, several on a line where there is room, and the family of the first."""
    found: list[tuple[str, str]] = []
    for line in box.lines[1:] if box.is_leaf else ():
        text = f"{line.name} {line.arguments}".strip()
        joined = f"{found[-1][0]} · {text}" if found else ""
        if joined and width(joined, STUCK) <= TOGETHER:
            found[-1] = joined, found[-1][1]
        else:
            found.append((text, line.family))
    return found


def inside_words(box: Box, costs: Mapping[int, str]) -> str:
    """Say of a closed block what is in it, and what it costs."""
    count = f"{box.size:,} layers" if box.size > 1 else "1 layer"
    if box.single is not None:
        texts = [f"{line.name} {line.arguments}".strip() for line in box.single.lines]
        whole = " · ".join(texts)
        return whole if width(whole, SMALL) <= MOST_INSIDE else " · ".join([*texts[:1], "…"])
    if not box.lines:
        names = _names_in(box)
        count = f"{', '.join(names[:MOST_NAMES])}{', …' if len(names) > MOST_NAMES else ''}"
    return " · ".join(filter(None, (count, costs.get(box.number))))


def _names_in(box: Box) -> list[str]:
    return [
        *dict.fromkeys(c.lines[0].name or c.lines[0].arguments for c in box.children if c.lines)
    ]


def names_all(box: Box) -> bool:
    """Tell whether a closed box names all that is in it."""
    return not box.lines and len(_names_in(box)) <= MOST_NAMES


def _labels(box: Box, nested: Nested, read: frozenset[int]) -> Mapping[int, Label]:
    """Give the shapes of what leaves a box, where they are not the shape of what came.

    `read` is what others of its region read: the shape of what only leaves the region stands outside.
    """
    is_repeated = any(around.times > 1 for around in chain_of(box.parent))
    came = [_shape(net, nested, is_repeated) for net in box.ins[:1]]
    labels: dict[int, Label] = {}
    for net in box.outs:
        text = _shape(net, nested, is_repeated)
        if text not in came and net in read and (net == box.outs[0] or len(box.outs) < 2):
            labels[net] = Label(text, width(text, SMALL))
    return labels


def _shape(net: int, nested: Nested, is_repeated: bool) -> str:
    """Write a shape: inside a repeat from that of the first turn to that of the last, outside that of the last."""
    first, last = (nested.network.tensors[n].spec for n in (net, nested.last_of.get(net, net)))
    return range_words(first, last) if is_repeated else shape_words(last)
