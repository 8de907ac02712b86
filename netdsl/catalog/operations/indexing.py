"""Slices, and picking elements by their numbers: `x[:, 0]`, take, one_hot, top_k, scatter."""

from __future__ import annotations

from typing import Any

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.call import OpCall, OpRule, gives, spell_value
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import UnknownDimension, WrongAxis, WrongValue
from netdsl.tensor import (
    UNKNOWN,
    Dim,
    Shape,
    Sym,
    Unknown,
    at_least,
    ceil_div,
    maximum,
    spell_shape,
)


def get_item(call: OpCall) -> Inference:
    """Take a part of a tensor, by numbers, slices, None and `...` for its axes: (None, 50, 8)[:, 0] -> (None, 8)."""
    x = call.tensor("x")
    entries = list(call.key) if isinstance(call.key, (tuple, list)) else [call.key]
    dots = [i for i, e in enumerate(entries) if e is Ellipsis]
    if len(dots) > 1:
        raise Refusal(WrongValue, "`...` stands once in a slice", blames="key")
    used = sum(1 for e in entries if e is not None and e is not Ellipsis)
    if used > x.rank:
        raise Refusal(WrongAxis, f"{used} axes are indexed, {spell_shape(x.shape)} has {x.rank}", blames="key")
    full: list[Any] = [slice(None)] * (x.rank - used)
    place = dots[0] if dots else len(entries)
    return gives(_taken(call, x.shape, entries[:place] + full + entries[place + bool(dots) :]), x.dtype)


def _taken(call: OpCall, shape: Shape, entries: list[Any]) -> Shape:
    found: list[Dim] = []
    axis = 0
    for entry in entries:
        if entry is None:
            found.append(1)
            continue
        length = shape[axis]
        if isinstance(entry, slice):
            found.append(sliced(entry, length))
        else:
            _check_index(call, entry, length, axis, shape)
        axis += 1
    return tuple(found)


def _check_index(call: OpCall, index: Any, length: Dim, axis: int, shape: Shape) -> None:
    place = _bound(index, "an index")
    if place is None or isinstance(index, bool):
        raise Refusal(
            WrongArgument,
            f"an axis takes a number or a slice, this is {spell_value(index)}",
            blames="key",
            help="elements are picked by a tensor with `ops.take`",
        )
    reach = place + 1 if place >= 0 else -place
    if not call.holds(at_least(length, reach)):
        raise Refusal(
            WrongAxis,
            f"index {place} of axis {axis}, which is {length} long in {spell_shape(shape)}",
            blames="key",
        )


def sliced(part: slice, length: Dim) -> Dim:
    """Count what a slice leaves of an axis: 10[2:-1] -> 7; H[1:] -> H - 1, ?[:5] -> ?."""
    start, stop, step = (_bound(v, "a bound") for v in (part.start, part.stop, part.step))
    if step == 0:
        raise Refusal(WrongValue, "the step of a slice is 0", blames="key")
    if isinstance(length, int):
        return len(range(*slice(start, stop, step).indices(length)))
    if isinstance(length, Unknown):
        return length
    return _symbolic(start, stop, step or 1, length)


def _symbolic(start: int | None, stop: int | None, step: int, length: Sym) -> Dim:
    if step < 0:
        return ceil_div(length, -step) if (start, stop) == (None, None) else UNKNOWN
    low = 0 if start is None else _inside(start, length)
    high = length if stop is None else _inside(stop, length)
    whole = high - low
    if start is not None and stop is not None:
        whole = maximum(whole, 0)
    return ceil_div(whole, step)


def _inside(place: int, length: Sym) -> Dim:
    """Clamp a bound to the axis, as Python does; a size of at least 1 is taken for granted."""
    if at_least(length, abs(place)) is True:
        return place if place >= 0 else length + place
    if place < 0:
        return maximum(length + place, 0)
    return length + place - maximum(length, place)  # the smaller of the two


def _bound(value: Any, what: str) -> int | None:
    if isinstance(value, (Sym, Unknown)):
        raise Refusal(UnknownDimension, f"{what} of the slice is {value}, and Keras needs a number there", blames="key")
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Refusal(
        WrongArgument,
        f"an axis takes a number or a slice, this is {spell_value(value)}",
        blames="key",
        help="elements are picked by a tensor with `ops.take`",
    )


RULES: dict[str, OpRule] = {"get_item": get_item, "getitem": get_item}
