"""The types of arguments that only layers have: where the channels are, a target shape, an order of axes."""

from __future__ import annotations

from netdsl.catalog.argument_types import (
    INTEGER,
    NON_NEGATIVE,
    ArgumentMismatch,
    ArgumentType,
    Integer,
    Mapped,
    Text,
    choice,
    items,
    mismatch,
    out_of_range,
    repeated,
)
from netdsl.catalog.spell import spell
from netdsl.record import record
from netdsl.value import Value


@record
class DataFormat(ArgumentType):
    """Where the channels are; `None` is Keras's own setting, which is the last axis."""

    spelled: str = '`"channels_last"` or `"channels_first"`, or `None`'

    folds: bool = True

    def accept(self, value: Value) -> str:
        if value is None:
            return "channels_last"
        return choice("channels_last", "channels_first", folds=self.folds).accept(value)


@record
class OddSizes(ArgumentType):
    """The kernel of a blur: odd, so that it has a centre."""

    spelled: str = "a positive odd integer, or a pair of them"

    def accept(self, value: Value) -> tuple[int, ...]:
        sizes = repeated(2).accept(value)
        if any(size % 2 == 0 for size in sizes):
            raise out_of_range(value, self.spelled)
        return sizes


@record
class LayerName(Text):
    """A name for a layer; Keras keeps the slash for paths."""

    spelled: str = "a string without `/`"

    def accept(self, value: Value) -> str:
        if "/" in super().accept(value):
            raise mismatch(value, self.spelled)
        return str(value)


@record
class Permutation(ArgumentType):
    """The axes after the batch in a new order, counted from 1."""

    spelled: str = "the axes from 1 in a new order, such as `(2, 1)`"

    def accept(self, value: Value) -> tuple[int, ...]:
        order = items(INTEGER, self.spelled, minimum=1).accept(value)
        if sorted(order) != list(range(1, len(order) + 1)):
            raise out_of_range(value, self.spelled)
        return order


@record
class RenormClipping(ArgumentType):
    """How far the renorm correction of `BatchNormalization` may go."""

    spelled: str = 'a dict with some of `"rmin"`, `"rmax"` and `"dmax"`'

    def accept(self, value: Value) -> dict[Value, Value]:
        given = Mapped(self.spelled, NON_NEGATIVE).accept(value)
        if not set(given) <= {"rmin", "rmax", "dmax"}:
            raise mismatch(value, self.spelled)
        if given.get("rmax", 1.0) < given.get("rmin", 0.0):
            raise ArgumentMismatch(f"is `{spell(value)}`, where `rmax` is below `rmin`")
        return given


@record
class TargetShape(ArgumentType):
    """A shape without the batch, in which one size may be -1: what is left."""

    spelled: str = "a tuple of positive integers, one of which may be -1"

    def accept(self, value: Value) -> tuple[int, ...]:
        if not isinstance(value, list | tuple):
            raise mismatch(value, self.spelled)
        sizes = items(Integer("an integer", -1), self.spelled).accept(value)
        if sizes.count(-1) > 1:
            help = "keep one `-1`, which stands for what is left, and give the other size"
            raise ArgumentMismatch(f"is `{spell(value)}`, where -1 stands more than once", help)
        return sizes
