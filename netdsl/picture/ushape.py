"""The U of a U-Net: where skips nest, the way down stands on the left, the way up on the right, each skip between them.

    UShape -> Shape

Where the flow goes to the right, the U lies on its side: the way down is above, the way up goes back below it.
The right arm is put together as everything is, and then turned by half a turn: its flow goes up, and its skips come
from the left. What is written stays as it is. A level may have several skips: they go down beside its left side, and
across below it, the first above the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import pairwise

from netdsl.picture.compose import Composer
from netdsl.picture.joints import FIRST, LAST, NEXT, STRAIGHT, Track
from netdsl.picture.levels import Level, UShape
from netdsl.picture.shapes import Cell, Chip, Port, Shape, Style
from netdsl.picture.terms import Item
from netdsl.record import mutable
from netdsl.stack import deep

BETWEEN = 44.0  # the arms
NOTE, BESIDE = (
    14.0,
    8.0,
)  # the height of what is written beside a line, and what is free before and after it


@deep
def turned(shape: Shape, is_down: bool) -> Shape:
    """Turn a shape by half a turn; what is written stays on its side of a line, where that begins."""
    length = shape.length
    found = Shape(shape.right, shape.left, length, box=shape.box, sides=shape.sides)
    found.enters, found.leaves = -shape.enters, -shape.leaves
    x, y, across, along = shape.rect
    found.rect = (-x - across, length - y - along, across, along)
    found.tops = [Port(port.net, -port.u, port.ends) for port in shape.tops]
    found.bots = [Port(port.net, -port.u) for port in shape.bots]
    found.wants = {net: -u for net, u in shape.wants.items()}
    found.parts = [
        (-u, length - v - part.length, turned(part, is_down)) for u, v, part in shape.parts
    ]
    found.tracks = [
        Track(t.net, tuple((-u, length - v) for u, v in t.points), t.arrow) for t in shape.tracks
    ]
    found.chips = [
        Chip(c.net, -c.u - c.across, length - c.v - c.along, c.across, c.along, c.label)
        for c in shape.chips
    ]
    found.notes = [
        (net, -u, length - v - (NOTE if is_down else label.width + BESIDE), label, is_before)
        for net, u, v, label, is_before in shape.notes
    ]
    return found


@mutable
class _Arm:
    """Shapes one after the other, and where each stands."""

    shapes: list[Shape]
    us: list[float] = field(default_factory=list)
    vs: list[float] = field(default_factory=list)


def u_shape(
    u: UShape, cells: Mapping[int, Cell], opened: frozenset[int], style: Style
) -> Shape | None:
    """Put a U together; None where more than one tensor leads from part to part."""
    down = Composer(cells, opened, style)
    up = Composer(cells, opened, Style(style.is_down, turned=True))
    left = _Arm([down.entered(level.down) for level in u.levels])
    rising = [up.entered(level.up, _from_below(level, cells)) for level in u.levels]
    right = _Arm([turned(shape, style.is_down) for shape in rising])
    bottom = down.entered(u.bottom)
    ways = _ways(u, left.shapes, right.shapes, bottom)
    if ways is None:
        return None
    _set_across(left, right, bottom, ways, whole := Shape(0.0, 0.0, 0.0))
    _set_along(u, left, right)
    return _joined(u, left, right, bottom, ways, whole)


def _from_below(level: Level, cells: Mapping[int, Cell]) -> dict[int, float]:
    """Let what comes from below come in on the axis of the first box."""
    first = level.up.parts[0]
    if not isinstance(first, Item):
        return {}
    return {net: 0.0 for net in cells[first.box].ins if net not in level.nets}


def _ways(u: UShape, left: list[Shape], right: list[Shape], bottom: Shape) -> list[int] | None:
    """Give the tensor from each part to the next, down, across the bottom and up; None where there are several."""
    line = [*left, bottom, *reversed(right)]
    across = {net for level in u.levels for net in level.nets}
    found: list[int] = []
    for at, (one, two) in enumerate(pairwise(line)):
        came = {port.net for port in two.tops}
        nets = {port.net for port in one.bots} & (came - across if at >= len(left) else came)
        if len(nets) != 1:
            return None
        found += nets
    return found


def _out(shape: Shape, net: int) -> float:
    return next(port.u for port in shape.bots if port.net == net)


def _set_across(left: _Arm, right: _Arm, bottom: Shape, ways: list[int], whole: Shape) -> None:
    """Give each part its axis: every line from part to part is straight, the bottom stands between the arms."""
    depth = len(left.shapes)
    left.us = [0.0]
    for at in range(1, depth):
        before, shape, net = left.shapes[at - 1], left.shapes[at], ways[at - 1]
        left.us.append(left.us[-1] + _out(before, net) - shape.wants[net])
    us = [-right.shapes[-1].wants[ways[depth]]]
    for at in range(depth - 2, -1, -1):
        before, shape, net = right.shapes[at + 1], right.shapes[at], ways[2 * depth - 1 - at]
        us.append(us[-1] + _out(before, net) - shape.wants[net])
    us.reverse()
    reach = max(u + shape.right for u, shape in zip(left.us, left.shapes, strict=True))
    nearest = min(u - shape.left for u, shape in zip(us, right.shapes, strict=True))
    enters = bottom.wants[ways[depth - 1]]
    place = max(reach + BETWEEN - nearest, 2 * (bottom.right - enters) + BETWEEN)
    right.us = [place + u for u in us]
    whole.enters = place / 2 - enters  # of the bottom, until all is joined


def _set_along(u: UShape, left: _Arm, right: _Arm) -> None:
    """Give each part its place along the flow: what goes across is straight, no part of an arm meets the next."""
    v, room = 0.0, -float("inf")  # where the next part of the way up may begin
    for level, shape, other in zip(u.levels, left.shapes, right.shapes, strict=True):
        track = v + shape.length + FIRST
        top = track - _height(other, len(level.nets))
        v += max(room - top, 0.0)
        top = max(top, room)
        left.vs.append(v)
        right.vs.append(top)
        below = top + other.length
        more = NEXT * (len(level.nets) - 1)
        room = below + STRAIGHT + (0.0 if other.parts[0][2].sides else LAST + FIRST + more)
        v += shape.length + FIRST + LAST + more


def _height(shape: Shape, count: int) -> float:
    """Give where the first of some skips comes to a part of the way up: to the side of its first box, or below it."""
    _, v, first = shape.parts[0]
    if not first.sides:
        return shape.length + LAST
    return v + first.rect[1] + (first.rect[3] - _apart(shape, count) * (count - 1)) / 2


def _apart(shape: Shape, count: int) -> float:
    """Give how far apart some skips come to a part of the way up."""
    _, _, first = shape.parts[0]
    room = (first.rect[3] - FIRST) / (count - 1) if first.sides and count > 1 else NEXT
    return min(room, NEXT)


def _joined(
    u: UShape, left: _Arm, right: _Arm, bottom: Shape, ways: list[int], whole: Shape
) -> Shape:
    """Draw the lines: down the left arm, to the bottom and from it, up the right arm, and across."""
    depth, place = len(left.shapes), whole.enters
    parts = [*zip(left.us, left.vs, left.shapes, strict=True)]
    rising = [*zip(right.us, right.vs, right.shapes, strict=True)]
    for at in range(1, depth):
        (u0, v0, one), (_, v1, two) = parts[at - 1], parts[at]
        x = u0 + _out(one, ways[at - 1])
        line = ((x, v0 + one.length), (x, v1))
        whole.tracks.append(Track(ways[at - 1], line, _ends(two, ways[at - 1])))
    u0, v0, one = parts[-1]
    net, end = ways[depth - 1], v0 + one.length
    u1, v1, first = rising[-1]
    nets = u.levels[-1].nets
    turn = (
        end
        + FIRST
        + (nets.index(net) * _apart(first, len(nets)) if net in nets else NEXT * len(nets))
    )
    begin = max(end + FIRST + NEXT * len(nets) + LAST, v1 + first.length + STRAIGHT)
    x, y = u0 + _out(one, net), place + bottom.wants[net]
    corners = ((x, end), (x, turn), (y, turn), (y, begin))
    whole.tracks.append(Track(net, corners, _ends(bottom, net)))
    parts.append((place, begin, bottom))
    net, low = ways[depth], begin + bottom.length + FIRST
    x, y = place + _out(bottom, net), u1 + first.wants[net]
    corners = ((x, low - FIRST), (x, low), (y, low), (y, v1 + first.length))
    whole.tracks.append(Track(net, corners, _ends(first, net)))
    for at in range(depth - 1):
        (_, v0, upper), (u1, v1, lower) = rising[at], rising[at + 1]
        net = ways[2 * depth - 1 - at]
        x = u1 + _out(lower, net)
        line = ((x, v1), (x, v0 + upper.length))
        whole.tracks.append(Track(net, line, _ends(upper, net)))
    for level, one_side, other in zip(u.levels, parts, rising, strict=False):
        whole.tracks += _across(level.nets, one_side, other)
    return _enclosing([*parts, *rising], low, whole)


def _ends(shape: Shape, net: int) -> bool:
    return any(port.ends for port in shape.tops if port.net == net)


def _across(
    nets: Sequence[int], one: tuple[float, float, Shape], two: tuple[float, float, Shape]
) -> Iterator[Track]:
    """Draw the skips of a level, one below the other."""
    (u0, v0, source), (u1, v1, target) = one, two
    fu, _, first = target.parts[0]
    end, low, apart = v0 + source.length, v1 + target.length, _apart(target, len(nets))
    for at, net in enumerate(nets):
        x, turn = u0 + _out(source, net), end + FIRST + apart * at
        if first.sides:
            yield Track(net, ((x, end), (x, turn), (u1 + fu + first.rect[0], turn)), True)
        else:
            y = u1 + target.wants[net]
            yield Track(net, ((x, end), (x, turn), (y, turn), (y, low)), _ends(target, net))


def _enclosing(parts: list[tuple[float, float, Shape]], low: float, whole: Shape) -> Shape:
    """Let a shape reach around its parts, from its first on."""
    top = min(v for _, v, _ in parts)
    whole.parts = [(u, v - top, shape) for u, v, shape in parts]
    whole.tracks = [
        Track(t.net, tuple((x, y - top) for x, y in t.points), t.arrow) for t in whole.tracks
    ]
    whole.left = max(shape.left - u for u, _, shape in parts)
    whole.right = max(shape.right + u for u, _, shape in parts)
    whole.length = max([low, *(v + shape.length for _, v, shape in parts)]) - top + FIRST
    whole.enters = whole.leaves = 0.0
    return whole
