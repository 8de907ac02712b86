"""The lines between two parts that follow one another: straight ones, and those that turn on a track of their own.

    pins above, pins below -> lines, and how long the joint is

Tensors that end in one and the same place share a track, and enter together. Two that would touch have different ones;
where one comes from above just where another goes on below, it turns first. Where each of several would have to, as two
that change places, one of them turns twice: on its first track it goes to where nothing else is, on its second from
there on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import cached_property
from heapq import heappop, heappush
from itertools import pairwise

from netdsl.record import mutable, record

STRAIGHT = 16.0  # where nothing turns
FIRST = 7.0  # from above to the first track
NEXT = 7.0  # between tracks
LAST = 14.0  # from the last track to what is below: room for an arrow
APART = 4.0  # between two lines on one track
MOST_WEIGHED = 24  # of more buses it is not asked in which order the fewest lines cross


@record
class Pin:
    """Where a tensor comes or goes; `ends` tells that it ends there with an arrow."""

    u: float
    ends: bool = False


@record
class Track:
    """A line, by its corners."""

    net: int
    points: tuple[tuple[float, float], ...]
    arrow: bool = False


@mutable
class Joint:
    """The pins of each tensor; `beside` are places of lines that may pass."""

    beside: Sequence[float] = ()
    ups: dict[int, list[Pin]] = field(default_factory=dict)
    downs: dict[int, list[Pin]] = field(default_factory=dict)

    def above(self, net: int, pin: Pin) -> None:
        self.ups.setdefault(net, []).append(pin)

    def below(self, net: int, pin: Pin) -> None:
        self.downs.setdefault(net, []).append(pin)


@mutable
class _Bus:
    """Tensors that share a track. One that turns twice goes from its own at `way` to that of its `rest`."""

    nets: list[int]
    ups: list[float]
    downs: list[float]
    low: float = 0.0
    high: float = 0.0
    level: int = -1
    way: float = 0.0
    rest: _Bus | None = None

    def measure(self, *ways: float) -> None:
        """Find out how far it reaches."""
        self.low = min(*self.ups, *self.downs, *ways)
        self.high = max(*self.ups, *self.downs, *ways)

    def corners(self, up: float, down: float) -> Iterator[tuple[float, float]]:
        """Give where a line turns on its way from above to below."""
        v = FIRST + NEXT * self.level
        yield up, v
        if self.rest is not None:
            yield self.way, v
            v = FIRST + NEXT * self.rest.level
            yield self.way, v
        yield down, v


@record
class Routed:
    """The lines of a joint, from 0 on, and its length."""

    tracks: tuple[Track, ...]
    length: float


def route(joint: Joint) -> Routed:
    """Draw the lines of a joint."""
    nets = [net for net in joint.downs if net in joint.ups]
    if not nets:
        return Routed((), STRAIGHT)
    buses = _buses(joint, nets)
    levels = _set_levels(buses, joint.beside)
    ends = any(pin.ends for net in nets for pin in joint.downs[net])
    length = FIRST + NEXT * (levels - 1) + (LAST if ends else FIRST) if levels else STRAIGHT
    tracks: list[Track] = []
    for bus in buses:
        for net in bus.nets:
            for up in joint.ups[net]:
                for down in joint.downs[net]:
                    turns = bus.corners(up.u, down.u) if up.u != down.u else ()
                    points = ((up.u, 0.0), *turns, (down.u, length))
                    tracks.append(Track(net, points, down.ends))
    return Routed(tuple(tracks), length)


def _buses(joint: Joint, nets: Sequence[int]) -> list[_Bus]:
    """Give each tensor a track, one for all that end in the same place and nowhere else."""
    buses: list[_Bus] = []
    ending: dict[float, _Bus] = {}
    for net in nets:
        ups = [pin.u for pin in joint.ups[net]]
        downs = [pin.u for pin in joint.downs[net]]
        only = joint.downs[net][0] if len(joint.downs[net]) == 1 else None
        if only is not None and only.ends and only.u in ending:
            bus = ending[only.u]
            bus.nets.append(net)
            bus.ups += ups
            continue
        bus = _Bus([net], ups, downs)
        buses.append(bus)
        if only is not None and only.ends:
            ending[only.u] = bus
    return buses


def _set_levels(buses: Sequence[_Bus], beside: Sequence[float]) -> int:
    """Give each bus the first track where it touches no other, below those that have to turn before it; tell how many
    tracks there are."""
    for bus in buses:
        bus.measure()
    turning = [bus for bus in buses if bus.low != bus.high]
    ends = [u for bus in buses for u in (*bus.ups, *bus.downs)]
    placed: list[_Bus] = []
    for bus, before in _Order(turning, ends, beside).given():
        least = max((a.level + 1 for a in before), default=0)
        levels = {a.level for a in placed if _touch(a, bus)}
        while least in levels:
            least += 1
        bus.level = least
        placed.append(bus)
    return max((bus.level + 1 for bus in placed), default=0)


class _Order:
    """The order in which buses get their tracks: each comes after those that have to turn before it, which come from
    above just where it goes on below; of several that would all have to, one turns twice. Otherwise so that few lines
    cross."""

    def __init__(
        self, buses: Sequence[_Bus], ends: Sequence[float], beside: Sequence[float]
    ) -> None:
        self.buses = sorted(buses, key=lambda bus: (bus.low, bus.high))
        self.ends, self.beside = ends, beside
        ups = sorted((u, at) for at, bus in enumerate(self.buses) for u in bus.ups)
        places = [u for u, _ in ups]
        self.before: list[set[int]] = []
        self.after: list[list[int]] = [[] for _ in self.buses]
        for at, bus in enumerate(self.buses):
            near = (
                (bisect_right(places, u - APART), bisect_left(places, u + APART)) for u in bus.downs
            )
            found = {other for begin, end in near for _, other in ups[begin:end]} - {at}
            self.before.append(found)
            for other in found:
                self.after[other].append(at)
        self.waits = [len(found) for found in self.before]  # for so many
        self.more = _more_crossings(self.buses) if len(self.buses) <= MOST_WEIGHED else {}
        self.half: dict[int, int] = {}  # the second half of what turns twice

    def given(self) -> Iterator[tuple[_Bus, list[_Bus]]]:
        """Give the buses in order, each with those that turn before it."""
        free = [at for at, count in enumerate(self.waits) if not count]
        is_given = [False] * len(self.buses)
        first = 0
        while True:
            while first < len(self.buses) and is_given[first]:
                first += 1
            if first == len(self.buses):
                return
            if not free:
                free.append(self._cut(self._going_round(first, is_given)))
                is_given.append(False)
            at = self._next(free, is_given)
            above = {other for other in range(len(is_given)) if self.more.get((other, at), 0) < 0}
            over = [other for other in {*self.before[at], *above} if is_given[other]]
            is_given[at] = True
            yield self.buses[at], [self.buses[other] for other in over]
            for after in self.after[at]:
                waiting = self.half.get(after, after)
                self.waits[waiting] -= 1
                if not self.waits[waiting]:
                    heappush(free, waiting)  # a list in any order where crossings are weighed

    def _next(self, free: list[int], is_given: Sequence[bool]) -> int:
        """Take one of those that wait for none: that which crosses the fewest others if it is above them."""
        if not self.more:
            return heappop(free)
        waiting = [at for at, is_done in enumerate(is_given) if not is_done]
        costs = {at: sum(self.more.get((at, other), 0) for other in waiting) for at in free}
        at = min(free, key=lambda at: (costs[at], at))
        free.remove(at)
        return at

    def _going_round(self, at: int, is_given: Sequence[bool]) -> int:
        """Of buses that wait for one another, give the one that has the fewest ends."""
        seen: dict[int, None] = {}
        while at not in seen:
            seen[at] = None
            at = min(other for other in self.before[at] if not is_given[other])
        way = [*seen]
        ring = way[way.index(at) :]
        return min(ring, key=lambda at: (len(self.buses[at].ups) + len(self.buses[at].downs), at))

    def _cut(self, at: int) -> int:
        """Let a bus turn twice: its first half waits for nothing, its second keeps nothing waiting."""
        bus = self.buses[at]
        bus.way = self._free_place(bus.low, bus.high)
        rest = bus.rest = _Bus(bus.nets, [], bus.downs)
        bus.downs = []
        bus.measure(bus.way)
        rest.measure(bus.way)
        self.half[at] = len(self.buses)
        self.buses.append(rest)
        self.before.append({*self.before[at], at})
        self.waits.append(self.waits[at] + 1)
        self.before[at], self.waits[at] = set(), 0
        self.after[at].append(self.half[at])
        self.after.append([])
        return at

    def _free_place(self, low: float, high: float) -> float:
        """Give the middle of the widest gap between lines, and keep it."""
        taken = sorted(u for u in self.taken if low <= u <= high)
        one, two = max(pairwise(taken), key=lambda gap: gap[1] - gap[0])
        self.taken.append((one + two) / 2)
        return self.taken[-1]

    @cached_property
    def taken(self) -> list[float]:
        """Where lines are that come from above, go on below or pass."""
        return [*self.ends, *self.beside]


def _more_crossings(buses: Sequence[_Bus]) -> dict[tuple[int, int], int]:
    """Give how much more often two buses cross with the first above the second than the other way round, where that
    is not the same."""
    found: dict[tuple[int, int], int] = {}
    for at, one in enumerate(buses):
        for other in range(at):
            two = buses[other]
            if _touch(one, two):
                more = _crossings(one, two) - _crossings(two, one)
                if more:
                    found[at, other], found[other, at] = more, -more
    return found


def _crossings(above: _Bus, below: _Bus) -> int:
    """Count how often two buses cross, one above the other."""
    coming = sum(above.low < up < above.high for up in below.ups)
    return coming + sum(below.low < down < below.high for down in above.downs)


def _touch(one: _Bus, two: _Bus) -> bool:
    return one.low - APART < two.high and two.low - APART < one.high


def moved(tracks: Sequence[Track], u: float, v: float) -> list[Track]:
    """Give lines elsewhere."""
    return [Track(t.net, tuple((x + u, y + v) for x, y in t.points), t.arrow) for t in tracks]
