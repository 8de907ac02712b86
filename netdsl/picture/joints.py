"""The lines between two parts that follow one another: straight ones, and those that turn on a track of their own.

    pins above, pins below -> lines, and how long the joint is

Tensors that end in one and the same place share a track, and enter together. Two that would touch have different ones;
where one comes from above just where another goes on below, it turns first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field

from netdsl.record import mutable, record

STRAIGHT = 16.0  # where nothing turns
FIRST = 7.0  # from above to the first track
NEXT = 7.0  # between tracks
LAST = 14.0  # from the last track to what is below: room for an arrow
MOST_ORDERED = 24  # of many at once, only so many are looked at
APART = 4.0  # between two lines on one track


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
    """The pins of each tensor."""

    ups: dict[int, list[Pin]] = field(default_factory=dict)
    downs: dict[int, list[Pin]] = field(default_factory=dict)

    def above(self, net: int, pin: Pin) -> None:
        self.ups.setdefault(net, []).append(pin)

    def below(self, net: int, pin: Pin) -> None:
        self.downs.setdefault(net, []).append(pin)


@mutable
class _Bus:
    """Tensors that share a track."""

    nets: list[int]
    ups: list[float]
    downs: list[float]
    level: int = -1

    @property
    def low(self) -> float:
        return min(*self.ups, *self.downs)

    @property
    def high(self) -> float:
        return max(*self.ups, *self.downs)


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
    turning = [bus for bus in buses if bus.low != bus.high]
    _set_levels(turning)
    levels = max((bus.level for bus in turning), default=-1) + 1
    ends = any(pin.ends for net in nets for pin in joint.downs[net])
    length = FIRST + NEXT * (levels - 1) + (LAST if ends else FIRST) if levels else STRAIGHT
    tracks: list[Track] = []
    for bus in buses:
        v = FIRST + NEXT * bus.level
        for net in bus.nets:
            for up in joint.ups[net]:
                for down in joint.downs[net]:
                    if up.u == down.u:
                        points = ((up.u, 0.0), (up.u, length))
                        tracks.append(Track(net, points, down.ends))
                    else:
                        corners = ((up.u, 0.0), (up.u, v), (down.u, v), (down.u, length))
                        tracks.append(Track(net, corners, down.ends))
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


def _set_levels(buses: Sequence[_Bus]) -> None:
    """Give each bus the first track where it touches no other, below those that have to turn before it."""
    placed: list[_Bus] = []
    for bus in _in_order(sorted(buses, key=lambda bus: (bus.low, bus.high))):
        least = max((a.level + 1 for a in placed if _before(a, bus)), default=0)
        taken = {a.level for a in placed if _touch(a, bus)}
        while least in taken:
            least += 1
        bus.level = least
        placed.append(bus)


def _in_order(waiting: list[_Bus]) -> Iterator[_Bus]:
    """Give the buses so that each comes after those that have to turn before it, as far as that can be."""
    while waiting:
        few = waiting[:MOST_ORDERED]
        free = (b for b in few if not any(_before(a, b) for a in few if a is not b))
        bus = next(free, waiting[0])
        waiting.remove(bus)
        yield bus


def _before(one: _Bus, two: _Bus) -> bool:
    """Tell whether one comes from above just where the other goes on below."""
    return any(abs(up - down) < APART for up in one.ups for down in two.downs)


def _touch(one: _Bus, two: _Bus) -> bool:
    return one.low - APART < two.high and two.low - APART < one.high


def moved(tracks: Sequence[Track], u: float, v: float) -> list[Track]:
    """Give lines elsewhere."""
    return [Track(t.net, tuple((x + u, y + v) for x, y in t.points), t.arrow) for t in tracks]
