"""The levels of a U-Net: where skips nest, each goes from a part of the way down to one of the way up.

Series with nested lanes -> UShape
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, groupby, pairwise
from typing import TypeAlias

from netdsl.picture.grid import Scale
from netdsl.picture.terms import Item, Lane, Row, Series
from netdsl.record import record

FEWEST = 3  # levels that make a U
SHRINKING = 2  # levels that make one where the maps of each are smaller than those around it

#: How large the map of a tensor is; None where it is none.
ScaleOf: TypeAlias = Callable[[int], Scale | None]


@record(eq=False)
class Level:
    """A part of the way down, the tensors that go across, and the part of the way up that they come to."""

    down: Series
    nets: tuple[int, ...]
    up: Series


@record(eq=False)
class UShape:
    """The levels of a U from above, and what lies at its bottom."""

    levels: tuple[Level, ...]
    bottom: Series


def are_levels(nets: Sequence[int], scale_of: ScaleOf) -> bool:
    """Tell whether tensors, one for each of what is within one another, are so many that they make levels: two do if
    their maps shrink, which tells them from a residual within another."""
    if len(nets) >= FEWEST:
        return True
    scales = [scale for net in nets if (scale := scale_of(net)) is not None]
    is_shrinking = all(a[0] == b[0] and a[1] > b[1] for a, b in pairwise(scales))
    return len(nets) >= SHRINKING and len(scales) == len(nets) and is_shrinking


def find_u(term: Series | None, scale_of: ScaleOf) -> UShape | None:
    """See a U in a series: levels whose skips are within those of the one before, and nothing else that passes from
    part to part but what leads on."""
    if term is None:
        return None
    across = _across_of(term)
    while len(across) >= SHRINKING:
        found = _levels(term, across, scale_of)
        if found is not None:
            return found
        across = across[:-1]  # it may lie at the bottom
    return None


def _levels(term: Series, across: list[Lane], scale_of: ScaleOf) -> UShape | None:
    """Cut a series into the levels of a U, with a level for each place where some skips end."""
    ends = [(stop, next(lanes).net) for stop, lanes in groupby(across, lambda lane: lane.stops[0])]
    stops = [stop for stop, _ in ends]
    if not are_levels([net for _, net in ends], scale_of) or across[-1].start + 2 >= stops[-1]:
        return None
    is_nested = all(a > b for a, b in pairwise(stops))
    if not is_nested or not all(_is_met(term, stop) for stop in stops):
        return None
    levels = [[lane for lane in across if lane.stops[0] == stop] for stop in stops]
    starts = [level[-1].start for level in levels]
    cuts = [-1, *starts, *(stop - 1 for stop in reversed(stops)), len(term.parts) - 1]
    segments = [_segment(term, a + 1, b, across) for a, b in pairwise(cuts)]
    found = [segment for segment in segments if segment is not None]
    if len(found) < len(segments):
        return None
    depth = len(levels)
    made = tuple(
        Level(found[at], tuple(lane.net for lane in level), found[2 * depth - at])
        for at, level in enumerate(levels)
    )
    return UShape(made, found[depth])


def _across_of(term: Series) -> list[Lane]:
    """Give the lanes that may go across, from the outermost on: those that pass where most do."""
    long = [lane for lane in term.lanes if lane.start >= 0 and lane.stops[0] - lane.start > 2]
    change = [0] * (len(term.parts) + 2)
    for lane in long:
        change[lane.start + 1] += 1
        change[lane.stops[0]] -= 1
    passing = [*accumulate(change)]
    bottom = passing.index(max(passing))
    found = [lane for lane in long if lane.start < bottom < lane.stops[0]]
    return sorted(found, key=lambda lane: (lane.start, -lane.stops[0]))


def _is_met(term: Series, at: int) -> bool:
    """Tell whether skips may end at a part: at a box, or where one of several reads them."""
    return at < len(term.parts) and isinstance(term.parts[at], (Item, Row))


def _segment(term: Series, begin: int, end: int, across: list[Lane]) -> Series | None:
    """Cut a part out of a series; None where it is empty, or a lane leads in or out of it. What goes across leaves
    it at its end; that, and what leads on to its beginning, may be read on in it."""
    if begin > end:
        return None
    lanes: list[Lane] = []
    for lane in term.lanes:
        stops = lane.stops
        if lane in across:
            if begin <= lane.start < end:
                lanes.append(Lane(lane.net, lane.start - begin, (end + 1 - begin,)))
            if stops[0] != begin:
                continue
            stops = stops[1:]
            if not stops:
                continue
        elif lane.start >= end or stops[-1] < begin:
            continue
        elif lane.start < begin - 1:
            return None
        if stops[-1] > end:
            return None
        start = lane.start - begin if lane.start >= begin else -1
        lanes.append(Lane(lane.net, start, tuple(stop - begin for stop in stops)))
    return Series(term.parts[begin : end + 1], tuple(lanes))
