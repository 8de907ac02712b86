"""A chain far longer than a page, in columns side by side, as text is set: each goes on at the head of the next.

Series -> Shape

It is cut where one tensor alone leads on. Columns are as long as a page, or longer where there would be too many: then
the whole has the form of a page; and as long as what can't be cut. So many columns are made as long as one another as
they can be. A narrow chain is set in columns where it is longer than a page at all, if that makes it much shorter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt

from netdsl.picture.compose import Composer
from netdsl.picture.joints import FIRST, LAST, Track
from netdsl.picture.shapes import Cell, Shape, Style
from netdsl.picture.terms import Item, Lane, Series

BETWEEN = 40.0  # two columns
TOO_LONG = 1.5  # so many pages
SHORTER = 0.75  # of its length is much shorter
HALVINGS = 12  # of what the length of columns may be


def in_columns(
    term: Series,
    whole: Shape,
    cells: Mapping[int, Cell],
    opened: frozenset[int],
    style: Style,
    page: tuple[float, float],
) -> Shape | None:
    """Set a series in columns; None where that is not needed, or there is no place to cut. `whole` is it in one."""
    across, along = page
    wide = whole.left + whole.right + BETWEEN
    is_long = whole.length > TOO_LONG * along
    if not is_long and (whole.length <= along or 2 * wide > across):
        return None
    goal = max(along, sqrt(whole.length * wide * along / across))
    starts = [*(v for _, v, _ in whole.parts), whole.length]
    places = _places(term, cells)
    between = pairwise([0, *places, len(term.parts)])
    longest = max(starts[after] - starts[at] for at, after in between)
    cuts = _alike(starts, places, longest, max(goal, longest))
    if len(cuts) < 3:
        return None
    composer = Composer(cells, opened, style)
    pieces = [_piece(term, a, b) for a, b in pairwise(cuts)]
    nets = [_only(term, cut, cells) for cut in cuts[1:-1]]
    found = _beside(pieces, [composer.shape(piece) for piece in pieces], nets)
    return found if is_long or found.length < SHORTER * whole.length else None


def _only(term: Series, at: int, cells: Mapping[int, Cell]) -> int:
    """Give the tensor that alone leads to a part from the one before; -1 where it is not alone."""
    one, two = term.parts[at - 1], term.parts[at]
    if not isinstance(one, Item) or not isinstance(two, Item):
        return -1
    nets = set(cells[one.box].outs) & set(cells[two.box].ins)
    return nets.pop() if len(nets) == 1 and len(cells[two.box].ins) == 1 else -1


def _places(term: Series, cells: Mapping[int, Cell]) -> list[int]:
    """Give the parts before which the series may be cut: no lane passes there."""
    count = len(term.parts)
    passing = [0] * (count + 2)
    for lane in term.lanes:
        passing[lane.start + 1] += 1
        passing[min(lane.stops[-1], count) + 1] -= 1
    found: list[int] = []
    lanes = passing[0]
    for at in range(1, count):
        lanes += passing[at]
        if not lanes and _only(term, at, cells) >= 0:
            found.append(at)
    return found


def _cuts(starts: Sequence[float], places: Sequence[int], goal: float) -> list[int]:
    """Cut as late as may be, so that no column is longer than the goal if that can be; `starts` tells where each part
    begins, and last where all ends."""
    count = len(starts) - 1
    cuts, last = [0], 0
    for at, after in pairwise([*places, count]):
        if starts[after] - starts[last] > goal:
            cuts.append(at)
            last = at
    return [*cuts, count]


def _alike(starts: Sequence[float], places: Sequence[int], least: float, goal: float) -> list[int]:
    """Cut into as few columns as the goal lets be, with the shortest goal that gives so few."""
    cuts = _cuts(starts, places, goal)
    for _ in range(HALVINGS):
        middle = (least + goal) / 2
        tried = _cuts(starts, places, middle)
        if len(tried) > len(cuts):
            least = middle
        else:
            cuts, goal = tried, middle
    return cuts


def _piece(term: Series, begin: int, end: int) -> Series:
    lanes = [
        Lane(lane.net, lane.start - begin, tuple(stop - begin for stop in lane.stops))
        for lane in term.lanes
        if begin <= lane.start < end
    ]
    return Series(term.parts[begin:end], tuple(lanes))


def _beside(pieces: Sequence[Series], shapes: Sequence[Shape], nets: Sequence[int]) -> Shape:
    """Put columns side by side, with the lines from the end of each to the head of the next."""
    head = FIRST + LAST  # above the columns, where lines come to the second and others
    whole = Shape(0.0, 0.0, 0.0)
    u = 0.0
    for at, shape in enumerate(shapes):
        u += shape.left + BETWEEN if at else 0.0
        whole.parts.append((u, head, shape))
        whole.right = u + shape.right
        u += shape.right
    whole.left = shapes[0].left
    whole.length = head + max(shape.length for shape in shapes) + FIRST
    for (u0, _, one), (u1, _, two), net in zip(whole.parts, whole.parts[1:], nets, strict=False):
        start = next(port.u for port in one.bots if port.net == net)
        end = next(port for port in two.tops if port.net == net)
        low = head + one.length
        gap = u0 + one.right + BETWEEN / 2
        corners = (
            (u0 + start, low),
            (u0 + start, low + FIRST),
            (gap, low + FIRST),
            (gap, FIRST),
            (u1 + end.u, FIRST),
            (u1 + end.u, head),
        )
        whole.tracks.append(Track(net, corners, end.ends))
    return whole
