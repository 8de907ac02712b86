"""What layers have made of pixels from 0 to 255: where each colour lies, and in which order the colours stand."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TypeVar

from netdsl.record import record

T = TypeVar("T")

#: The brightest pixel of a picture as it is stored.
BRIGHTEST = 255


@record
class Range:
    """The least and the largest value of a pixel."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def is_like(self, other: Range) -> bool:
        """Tell whether two ranges are the same but for roundings such as 1/256 for 1/255."""
        width = max(self.high - self.low, other.high - other.low)
        return max(abs(self.low - other.low), abs(self.high - other.high)) <= width / 20


RAW, UNIT, SIGNED = Range(0, BRIGHTEST), Range(0, 1), Range(-1, 1)


@record
class Colours:
    """Where the colours of a picture lie, one range for each, or one for all of them.

    `order` tells which colour of the picture stands at each place, and is empty where that is not known, or not
    changed. `learned` is what arrived at a layer that has scaled it by numbers of its own, which only training tells;
    the ranges are then of what was done to 0 to 255 after it.
    """

    ranges: tuple[Range, ...] = (RAW,)
    order: tuple[int, ...] = ()
    learned: Colours | None = None

    @property
    def range(self) -> Range | None:
        """The range of all colours; None where only training tells."""
        if self.learned is not None:
            return None
        return Range(min(r.low for r in self.ranges), max(r.high for r in self.ranges))

    def scaled(self, factors: Sequence[float], summands: Sequence[float]) -> Colours | None:
        """Multiply and add, by one number for all colours or one for each; None where their number differs."""
        count = max(len(self.ranges), len(factors), len(summands))
        parts = [_spread(part, count) for part in (self.ranges, factors, summands)]
        if not all(parts):
            return None
        ranges = tuple(_moved(r, f, s) for r, f, s in zip(*parts, strict=True))
        return Colours(ranges, self.order, self.learned)

    def normalized(self, means: Sequence[float], variances: Sequence[float]) -> Colours | None:
        """Take means off and divide by deviations, as `Normalization` with numbers does."""
        if len(means) != len(variances) or not all(v > 0 for v in variances):
            return None
        factors = [1 / sqrt(variance) for variance in variances]
        return self.scaled(factors, [-m * f for m, f in zip(means, factors, strict=True)])

    def arranged(self, places: Sequence[int]) -> Colours:
        """Take the colours in another order."""
        order = self.order or tuple(range(len(places)))
        ranges = _spread(self.ranges, len(places))
        return Colours(
            tuple(ranges[p] for p in places), tuple(order[p] for p in places), self.learned
        )

    def mixed(self) -> Colours | None:
        """Forget which colour is which; None where that leaves nothing to tell."""
        return Colours(self.ranges[:1], (), self.learned) if len(set(self.ranges)) == 1 else None

    def is_like(self, other: Colours) -> bool:
        """Tell whether two are the same but for roundings, as far as both are known."""
        count = max(len(self.ranges), len(other.ranges))
        own, others = _spread(self.ranges, count), _spread(other.ranges, count)
        if not own or not others or _order(self, count) != _order(other, count):
            return False
        if (self.learned is None) != (other.learned is None):
            return False
        if self.learned and other.learned and not self.learned.is_like(other.learned):
            return False
        return all(a.is_like(b) for a, b in zip(own, others, strict=True))

    def __str__(self) -> str:
        spelled = [f"{r.low:.4g} to {r.high:.4g}" for r in self.ranges]
        told = (
            spelled[0]
            if len(set(spelled)) == 1
            else ", ".join(spelled[:-1]) + f" and {spelled[-1]}"
        )
        return told + (" in the order blue, green, red" if self.order == (2, 1, 0) else "")


def _order(colours: Colours, count: int) -> tuple[int, ...]:
    return colours.order or tuple(range(count))


def _spread(parts: Sequence[T], count: int) -> tuple[T, ...]:
    """Give one part for each of several colours; nothing where there is another number of them."""
    if len(parts) == 1:
        return tuple(parts) * count
    return tuple(parts) if len(parts) == count else ()


def _moved(range_: Range, factor: float, summand: float) -> Range:
    ends = sorted(end * factor + summand for end in (range_.low, range_.high))
    return Range(*(round(end, 6) for end in ends))
