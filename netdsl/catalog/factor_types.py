"""How far an augmentation goes: a number or a pair of them, often a share of something that people count otherwise."""

from __future__ import annotations

from netdsl.catalog.argument_types import (
    NUMBER,
    ArgumentMismatch,
    ArgumentType,
    Number,
    accept_items,
    out_of_range,
)
from netdsl.diagnostics.problems.arguments import ArgumentOutOfRange
from netdsl.record import record
from netdsl.value import Value


@record
class Unit:
    """What a share is a share of, for those who count in something else.

    `whole` is how many of those make 1, where it is certain that somebody who writes a large number counts them.
    """

    share: str
    example: str
    whole: int = 0

    def mismatch(self, value: Value, spelled: str) -> ArgumentMismatch:
        """Say that a number, or a pair of them, is outside what is possible, and how it is written as a share."""
        found = out_of_range(value, spelled)
        found.help = f"write {self.share}: {self.example}"
        ends = value if isinstance(value, list | tuple) else [value]
        counts = [n for n in ends if isinstance(n, int) and abs(n) <= self.whole]
        if self.whole and len(counts) == len(ends):
            shares = [self._share(n) for n in counts]
            found.suggestion = shares[0] if ends is not value else f"({', '.join(shares)})"
            found.help = f"did you mean `{found.suggestion}`, {self.share}?"
        return found

    def _share(self, number: int) -> str:
        """45 of 360 is 0.125; 30 of 360 has no end, and is left to be divided."""
        share = number / self.whole
        return f"{share:g}" if round(share, 4) == share else f"{number} / {self.whole}"


@record
class Share(Number):
    """One number that is a share of something."""

    unit: Unit | None = None

    def accept(self, value: Value) -> float:
        try:
            return super().accept(value)
        except ArgumentMismatch as refusal:
            if self.unit is None or refusal.problem is not ArgumentOutOfRange:
                raise
            raise self.unit.mismatch(value, self.spelled) from None


@record
class Factor(ArgumentType):
    """How far an augmentation goes: one number, or a pair that it is drawn between."""

    low: float = -1.0
    high: float = 1.0
    open_low: bool = False
    pairs_overlap: bool = True  # a pair need only overlap the bounds; else both ends lie within
    unit: Unit | None = None

    def accept(self, value: Value) -> Value:
        try:
            return self._within(value)
        except ArgumentMismatch as refusal:
            if self.unit is None or refusal.problem is not ArgumentOutOfRange:
                raise
            raise self.unit.mismatch(value, self.spelled) from None

    def _within(self, value: Value) -> Value:
        within = Number(self.spelled, self.low, self.high, self.open_low)
        if not isinstance(value, list | tuple):
            return within.accept(value)
        ends = accept_items(value, NUMBER if self.pairs_overlap else within, self.spelled, 2)
        if ends[0] > self.high or ends[1] < self.low:
            raise out_of_range(value, self.spelled)
        return ends


def factor(
    low: float,
    high: float,
    *,
    pairs_overlap: bool = True,
    open_low: bool = False,
    unit: Unit | None = None,
) -> Factor:
    """Make the type of an augmentation's strength between bounds."""
    bounds = f"above {low:g}, up to {high:g}" if open_low else f"from {low:g} to {high:g}"
    spelled = f"a number {bounds}, or a pair of them"
    return Factor(spelled, low, high, open_low, pairs_overlap, unit)


FROM_ZERO_TO_ONE = factor(0, 1)
SHARE_IN_BOUNDS = factor(0, 1, pairs_overlap=False)
ZOOM = factor(-1, 1, pairs_overlap=False, open_low=True)

OF_WHAT_ARRIVES = Unit(
    "the deviation on the scale of what arrives", "25 levels of 255 are `25 / 255`"
)
DEVIATION = Share("a number from 0 to 1", 0.0, 1.0, unit=OF_WHAT_ARRIVES)
OF_A_TURN = Unit("a share of a turn", "45 degrees are `0.125`", 360)
OF_HEIGHT = Unit("a share of the image's height", "10 pixels of 224 are `10 / 224`")
OF_WIDTH = Unit("a share of the image's width", "10 pixels of 224 are `10 / 224`")
OF_IMAGE = Unit("how far the border moves, as a share of the image", "`0.2`")
OF_RANGE = Unit("a share of `value_range`", "50 levels of 255 are `50 / 255`")
OF_COLOURS = Unit("a share of the circle of colours", "18 degrees are `0.05`")
OF_STRONGEST = Unit("a share of the strongest change", "9 steps of 10 are `0.9`", 10)
MAGNITUDE = factor(0, 1, pairs_overlap=False, unit=OF_STRONGEST)
OF_LEVELS = factor(0, 1, pairs_overlap=False, unit=OF_RANGE)
