"""From a box to the term of what is in it: which boxes follow one another, which stand side by side.

    Box -> Term

A box that can be compared with all others of its region (whatever comes before leads to it, and it leads to whatever
comes after) lies on the spine. What lies between two of the spine and hangs together is a column; what has no spine of
its own is laid out in ranks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from netdsl.picture.boxes import Box
from netdsl.picture.grid import Scale, grid
from netdsl.picture.ladder import ladder
from netdsl.picture.levels import SHRINKING, ScaleOf, are_levels, find_u
from netdsl.picture.ranks import rank
from netdsl.picture.terms import Align, Grid, Item, Lane, Row, Series, Term
from netdsl.record import record
from netdsl.stack import deep

#: How many times as long as the others one of several columns is, where it is the main one.
MAIN = 2


#: So many lanes that are not within one another, or lead among boxes side by side, are easier to follow in a grid, if
#: there are scales.
TANGLED, AMONG = 6, 4

#: So many boxes lead to an output beside the flow, and do not keep what follows from standing on the spine.
LONGEST_TAP = 2

#: So many boxes lead from a tensor to where it meets the flow again. Where several such ways are within one another, as
#: where the skips of a U are projected, they stand beside what comes last before there.
LONGEST_BRIDGE = 3

#: By so many boxes the other way is longer.
LONGER = 2


@record
class Bridge:
    """A short way beside a longer one: what gives its tensor, the boxes on it, and what joins it with the other."""

    start: int
    way: tuple[int, ...]
    end: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.start, *self.way, self.end))


def _within_one_another(bridges: Sequence[Bridge]) -> list[Bridge]:
    """Give the most of them of which each is within the one before; none where two cross."""
    best: list[Bridge] = []
    around: list[Bridge] = []
    for bridge in sorted(bridges, key=lambda b: (b.start, -b.end)):
        while around and around[-1].end <= bridge.start:
            around.pop()
        if around and around[-1].end < bridge.end:
            return []
        around.append(bridge)
        if len(around) > len(best):
            best = around[:]
    return best


class Region:
    """The boxes of a region by their place in it, and the tensors between them."""

    def __init__(self, box: Box, scale_of: ScaleOf) -> None:
        self.boxes = box.children
        self.scale_of = scale_of  # how large the map of a tensor is, None where it is none
        self.leaving = frozenset(box.outs)
        self.source = {net: at for at, child in enumerate(box.children) for net in child.outs}
        self.readers: dict[int, list[int]] = {}
        for at, child in enumerate(box.children):
            for net in child.ins:
                self.readers.setdefault(net, []).append(at)
        count = len(box.children)
        self.after: list[list[int]] = [[] for _ in range(count)]
        self.before: list[list[int]] = [[] for _ in range(count)]
        for net, readers in self.readers.items():
            start = self.source.get(net, -1)
            for end in readers:
                if 0 <= start < end and (not self.after[start] or self.after[start][-1] != end):
                    self.after[start].append(end)
                    self.before[end].append(start)

    def scale(self, item: int) -> Scale | None:
        """Tell how large the maps are that a box gives, an output gets; None where it is none, or they differ."""
        box = self.boxes[item]
        found = {self.scale_of(net) for net in box.outs or box.ins[:1]}
        return found.pop() if len(found) == 1 else None

    def term(self) -> Term:
        """Arrange the whole region."""
        return self.arranged(range(len(self.boxes)))

    @deep
    def arranged(self, items: Sequence[int]) -> Term:
        """Arrange some boxes, which stand in the order of the flow."""
        if len(items) == 1:
            return Item(self.boxes[items[0]].number)
        groups, ways = self._groups(items)
        groups, grids = self._grids(groups)
        parts = [*self._parts(groups, grids, ways)]
        if len(parts) == 1:
            return parts[0]
        lanes = tuple(self.lanes(groups))
        wide = [at for at, group in enumerate(groups) if len(group) > 1 and ways.isdisjoint(group)]
        among = sum(lane.start in wide or not {*lane.stops}.isdisjoint(wide) for lane in lanes)
        is_tangled = among >= AMONG or (len(lanes) >= TANGLED and not _are_nested(lanes))
        series = Series(tuple(parts), lanes)
        if not is_tangled or find_u(series, self.scale_of) is not None:
            return series
        return self._in_grid(groups, parts, lanes) or series

    def _parts(
        self,
        groups: Iterable[list[int]],
        grids: Mapping[int, Grid] = MappingProxyType({}),
        ways: frozenset[int] = frozenset(),
    ) -> Iterator[Term]:
        """Give the term of each group: of one that is a grid, of columns side by side, of a box, of ranks."""
        for group in groups:
            columns = [] if group[0] in grids else self._columns(group)
            if not columns:
                yield grids[group[0]]
            elif len(columns) > 1:
                yield self._row(columns, ways)
            elif len(group) == 1:
                yield Item(self.boxes[group[0]].number)
            else:
                yield rank(self, group)

    def _in_grid(
        self, groups: list[list[int]], parts: list[Term], lanes: Sequence[Lane]
    ) -> Term | None:
        """Put what gives maps in a grid, below what comes before all lanes on other scales, and before all that makes
        something else of maps, as heads do."""
        begin = max(min(lane.start for lane in lanes), 0)
        while begin and self._is_on_scales(groups[begin - 1][-1], groups[begin][0]):
            begin -= 1
        rest = sorted(item for group in groups[begin:] for item in group)
        dimensions = {scale[0] for item in rest[:1] if (scale := self.scale(item)) is not None}
        others: set[int] = set()
        for item in rest:
            scale = self.scale(item)
            is_map = scale is not None and scale[0] in dimensions
            if not is_map or not others.isdisjoint(self.before[item]):
                others.add(item)
        maps = [item for item in rest if item not in others]
        found = grid(self, maps) if maps else None
        if found is None or (not begin and not others):
            return found
        after = [*self._between(item for item in rest if item in others)]
        lanes = tuple(self.lanes([*groups[:begin], maps, *after]))
        return Series((*parts[:begin], found, *self._parts(after)), lanes)

    def _is_on_scales(self, item: int, after: int) -> bool:
        """Tell whether a box belongs to the scales below it: it is on the first, or leads to several."""
        return self.scale(item) == self.scale(after) or len(self.after[item]) > 1

    def _grids(self, groups: list[list[int]]) -> tuple[list[list[int]], dict[int, Grid]]:
        """Give the groups that are grids, by their first box, each with what leads into it from farther up."""
        grids: dict[int, Grid] = {}
        joined: list[list[int]] = []
        for group in groups:
            joined.append(group)
            if len(group) == 1 or len(self._columns(group)) > 1:
                continue
            heads = ladder(self, group)
            if heads is not None:
                term, rest = heads
                joined[-1] = [item for item in group if item not in rest]
                grids[joined[-1][0]] = term
                joined += self._between(rest)
            if heads is not None or grid(self, group) is None:
                continue
            nets = (net for item in group for net in self.boxes[item].ins)
            first = min((self.source[net] for net in nets if net in self.source), default=group[0])
            whole = group
            while len(joined) > 1 and joined[-2][-1] >= first and joined[-2][0] not in grids:
                whole = [*joined[-2], *whole]
                joined[-2:] = [whole]
            found = grid(self, whole)
            if found is not None:
                grids[whole[0]] = found
        return joined, grids

    def _groups(self, items: Sequence[int]) -> tuple[list[list[int]], frozenset[int]]:
        """Give each box of the spine, and what lies between two of them, in order; what only leads to an output stands
        beside the next boxes of the spine, not beside all that follow. Give too what stands on a bridge."""
        taps = [tap for tap in map(self._tap, items) if tap and set(items).issuperset(tap)]
        bridges = self._bridges(items)
        while True:
            ways = frozenset(item for bridge in bridges for item in bridge.way)
            aside = ways.union(*taps)
            groups = [*self._between([item for item in items if item not in aside])]
            if not all(self._span(bridge, groups) for bridge in bridges):
                bridges = []
                continue
            fitting = [tap for tap in taps if self._attach(tap, groups, ways)]
            if len(fitting) == len(taps):
                return groups, ways
            taps = fitting

    def _bridges(self, items: Sequence[int]) -> list[Bridge]:
        """Give the short ways beside a long one, from a tensor to where it meets the flow again, if several are within
        one another."""
        inside = set(items)
        found = [bridge for bridge in map(self._bridge, items) if bridge is not None]
        found = [bridge for bridge in found if inside.issuperset(bridge)]
        if len(found) < SHRINKING:
            return []
        depth: dict[int, int] = {}
        for item in items:
            depth[item] = 1 + max((depth.get(i, 0) for i in self.before[item]), default=0)
        long = [b for b in found if depth[b.end] - depth[b.start] > len(b.way) + LONGER]
        best = _within_one_another(long)
        nets = [self.boxes[bridge.way[0]].ins[0] for bridge in best]
        return best if are_levels(nets, self.scale_of) else []

    def _bridge(self, item: int) -> Bridge | None:
        """Give the way over a box, if it is short, from a tensor that others read too to what joins it with another."""
        nets = self.boxes[item].ins
        if len(nets) != 1 or len(self.readers[nets[0]]) < 2 or nets[0] not in self.source:
            return None
        way = [item]
        while len(way) <= LONGEST_BRIDGE:
            box, after = self.boxes[way[-1]], self.after[way[-1]]
            if len(box.outs) != 1 or box.outs[0] in self.leaving or len(after) != 1:
                return None
            if len(self.boxes[after[0]].ins) > 1:
                return Bridge(self.source[nets[0]], tuple(way), after[0])
            way += after
        return None

    def _span(self, bridge: Bridge, groups: list[list[int]]) -> bool:
        """Put a way beside what comes last before its end; False where it does not lead over several groups."""
        ends = ([bridge.start], [bridge.end])
        begin, end = (next((i for i, g in enumerate(groups) if g == one), -1) for one in ends)
        if begin < 0 or end < begin + LONGER:
            return False
        groups[end - 1] = sorted((*groups[end - 1], *bridge.way))
        return True

    def _attach(self, tap: list[int], groups: list[list[int]], ways: frozenset[int]) -> bool:
        """Put what leads to an output beside as many boxes of the spine as it has, if it comes from there; beside none
        that others lead to, but the first."""
        source = self.source[self.boxes[tap[0]].ins[0]]
        at = next((at for at, group in enumerate(groups, 1) if group == [source]), len(groups))
        end = at + 1
        while end < at + len(tap) and end < len(groups) and self._is_fed_once(groups[end]):
            end += 1
        if at >= len(groups) or len({*groups[at]} - ways) > 1:
            return False
        groups[at:end] = [[*(item for group in groups[at:end] for item in group), *tap]]
        return True

    def _is_fed_once(self, group: list[int]) -> bool:
        return len(group) == 1 and len(self.boxes[group[0]].ins) == 1

    def _tap(self, item: int) -> list[int]:
        """Give a box, with what follows it, if it is a short way from a tensor that others read to an output."""
        box = self.boxes[item]
        if len(box.ins) != 1 or len(self.readers[box.ins[0]]) < 2 or box.ins[0] not in self.source:
            return []
        tap = [item]
        while len(tap) <= LONGEST_TAP:
            box = self.boxes[tap[-1]]
            if box.role == "output":
                return tap
            if (
                len(box.outs) != 1
                or len(self.readers.get(box.outs[0], ())) != 1
                or box.outs[0] in self.leaving
            ):
                return []
            tap.append(self.readers[box.outs[0]][0])
            if len(self.boxes[tap[-1]].ins) != 1:
                return []
        return []

    def _between(self, items: Iterable[int]) -> Iterable[list[int]]:
        items = [*items]
        spine = self._spine(items)
        between: list[int] = []
        for item, is_spine in zip(items, spine, strict=True):
            if not is_spine:
                between.append(item)
                continue
            if between:
                yield between
                between = []
            yield [item]
        if between:
            yield between

    def _spine(self, items: Sequence[int]) -> list[bool]:
        """Tell of each box whether it is before or after every other."""
        place = {item: at for at, item in enumerate(items)}
        count = len(items)
        found = [True] * count
        farthest = -1  # where what comes before leads to at the latest
        for at, item in enumerate(items):
            found[at] = farthest <= at
            nearest = min((place[i] for i in self.after[item] if i in place), default=count)
            farthest = max(farthest, nearest)
        earliest = count
        for at in range(count - 1, -1, -1):
            found[at] = found[at] and earliest >= at
            last = max((place[i] for i in self.before[items[at]] if i in place), default=-1)
            earliest = min(earliest, last)
        return found

    def _columns(self, items: Sequence[int]) -> list[list[int]]:
        """Cut boxes into what hangs together."""
        root = {item: item for item in items}

        def find(item: int) -> int:
            while root[item] != item:
                root[item] = item = root[root[item]]
            return item

        for item in items:
            for other in self.after[item]:
                if other in root:
                    one, two = sorted((find(item), find(other)))
                    root[two] = one
        columns: dict[int, list[int]] = {}
        for item in items:
            columns.setdefault(find(item), []).append(item)
        return list(columns.values())

    def _row(self, columns: list[list[int]], ways: frozenset[int]) -> Row:
        is_bridged = not ways.isdisjoint(item for column in columns for item in column)
        aside = [
            column
            for column in columns
            if self._is_aside(column) or (is_bridged and not self._goes_on(column))
        ]
        columns = [column for column in columns if column not in aside]
        sizes = [sum(self.boxes[i].size for i in column) for column in columns]
        order = sorted(range(len(sizes)), key=lambda at: -sizes[at])
        is_main = len(order) == 1 or (order and sizes[order[0]] >= MAIN * sizes[order[1]])
        flow = [at for at in order if ways.isdisjoint(columns[at])]
        goes_on = [at for at in flow if self._goes_on(columns[at])]
        if len(goes_on) == 1:
            order, is_main = [goes_on[0], *(at for at in order if at != goes_on[0])], True
        if is_main:
            columns = [columns[order[0]], *columns[: order[0]], *columns[order[0] + 1 :]]
        aligned = tuple(self._align(column) for column in (*aside, *columns))
        terms = tuple(map(self.arranged, (*aside, *columns)))
        return Row(terms, aligned, len(aside) if is_main else -1)

    def _goes_on(self, column: list[int]) -> bool:
        """Tell whether a column leads to what comes after its row."""
        return any(self.leaves(item, set(column)) for item in column)

    def _is_aside(self, column: list[int]) -> bool:
        """Tell whether a column is joined to the others by names alone: then it stands before them."""
        own = set(column)
        return (
            all(self.boxes[item].role != "output" for item in column)
            and not any(net for item in column for net in self._entering(item, own))
            and not self._goes_on(column)
        )

    def _align(self, column: list[int]) -> Align:
        """What nothing leads to stands near what reads it, and what leads nowhere near what it comes from."""
        own = set(column)
        if self._is_aside(column):
            return "start"
        if not any(net for item in column for net in self._entering(item, own)):
            return "end"
        return "middle" if self._goes_on(column) else "start"

    def _entering(self, item: int, own: set[int]) -> list[bool]:
        return [self.source.get(net, -1) not in own for net in self.boxes[item].ins]

    def leaves(self, item: int, own: set[int]) -> bool:
        """Tell whether a box gives something to others than some."""
        nets = self.boxes[item].outs
        return any(n in self.leaving or not own.issuperset(self.readers.get(n, ())) for n in nets)

    def lanes(self, groups: Sequence[Sequence[int]]) -> Iterable[Lane]:
        """Give the tensors that pass a part of a series."""
        part = {item: at for at, group in enumerate(groups) for item in group}
        count = len(groups)
        seen: set[int] = set()
        for group in groups:
            for item in group:
                for net in (*self.boxes[item].ins, *self.boxes[item].outs):
                    if net in seen:
                        continue
                    seen.add(net)
                    start = part.get(self.source.get(net, -1), -1)
                    stops = self._stops(net, start, part, count)
                    if stops:
                        yield Lane(net, start, stops)

    def _stops(self, net: int, start: int, part: dict[int, int], count: int) -> tuple[int, ...]:
        readers = self.readers.get(net, ())
        stops = {part[reader] for reader in readers if reader in part}
        is_leaving = net in self.leaving or any(reader not in part for reader in readers)
        if start >= 0 and is_leaving and start < count - 1:
            stops.add(count)
        return tuple(sorted(stop for stop in stops if stop > start + 1))


def _are_nested(lanes: Sequence[Lane]) -> bool:
    """Tell whether of any two lanes that meet one is within the other, as the skips of a U."""
    ordered = sorted(lanes, key=lambda lane: (lane.start, -lane.stops[-1]))
    around: list[Lane] = []
    for lane in ordered:
        while around and around[-1].stops[-1] <= lane.start + 1:
            around.pop()
        if around and lane.stops[-1] > around[-1].stops[-1]:
            return False
        around.append(lane)
    return True
