"""Slices, and picking elements by their numbers: `x[:, 0]`, take, one_hot, top_k, scatter."""

from __future__ import annotations

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import axis_of, broadcast, replaced, size, sizes, total
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    array_of,
    gives,
    gives_several,
    spell_value,
)
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    TooFewInputs,
    TooSmall,
    UnequalInputs,
    UnknownDimension,
    WrongAxis,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import (
    UNKNOWN,
    Dim,
    Shape,
    Sym,
    TensorSpec,
    Unknown,
    at_least,
    ceil_div,
    equal,
    maximum,
    minimum,
    spell_shape,
)
from netdsl.value import Value


def get_item(call: OpCall) -> Inference:
    """Take a part of a tensor, by numbers, slices, None and `...` for its axes: (None, 50, 8)[:, 0] -> (None, 8)."""
    x = call.tensor("x")
    _refuse_bare(call.key)
    entries = list(call.key) if isinstance(call.key, (tuple, list)) else [call.key]
    dots = [i for i, e in enumerate(entries) if e is Ellipsis]
    if len(dots) > 1:
        raise Refusal(WrongValue, "`...` stands once in a slice", blames="key")
    used = sum(1 for e in entries if e is not None and e is not Ellipsis)
    if used > x.rank:
        raise Refusal(
            WrongAxis, f"{used} axes are indexed, {spell_shape(x.shape)} has {x.rank}", blames="key"
        )
    full: list[Value] = [slice(None)] * (x.rank - used)
    place = dots[0] if dots else len(entries)
    return gives(
        _taken(call, x.shape, entries[:place] + full + entries[place + bool(dots) :]), x.dtype
    )


def _refuse_bare(key: Value) -> None:
    """Refuse a slice, `None` or `...` by itself: Keras takes a number, or several entries in a tuple."""
    if key is None or key is Ellipsis or isinstance(key, slice):
        what = "`None`" if key is None else "`...`" if key is Ellipsis else "a slice"
        raise Refusal(
            WrongValue,
            f"{what} stands alone, and Keras takes it only beside other entries",
            blames="key",
            help="it is the tensor itself" if key is Ellipsis else "write `, ...` after it",
        )


def _taken(call: OpCall, shape: Shape, entries: list[Value]) -> Shape:
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


def _check_index(call: OpCall, index: Value, length: Dim, axis: int, shape: Shape) -> None:
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
            WrongValue,
            f"index {place} of axis {axis}, which is {length} long in {spell_shape(shape)}",
            blames=f"key {axis}",
            help=_reach(length),
        )


def _reach(length: Dim) -> str:
    last = f"{length - 1}" if isinstance(length, int) else f"{length} - 1"
    return f"its elements are 0 to {last}; -1 is the last"


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
    return ceil_div(_between(start or 0, stop, length), step)


def _between(start: int, stop: int | None, length: Dim) -> Dim:
    """Count the elements between two bounds, each of which Python brings into the axis first."""
    if start < 0 and stop is not None and stop < 0:
        return minimum(maximum(length + stop, 0), max(stop - start, 0))
    if start < 0 and stop is None:
        return minimum(length, -start)
    up_to = length if stop is None else length + stop if stop < 0 else minimum(length, stop)
    return maximum(up_to - (start if start >= 0 else maximum(length + start, 0)), 0)


def _bound(value: Value, what: str) -> int | None:
    if isinstance(value, (Sym, Unknown)):
        raise Refusal(
            UnknownDimension,
            f"{what} of the slice is {value}, and Keras needs a number there",
            blames="key",
        )
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Refusal(
        WrongArgument,
        f"an axis takes a number or a slice, this is {spell_value(value)}",
        blames="key",
        help="elements are picked by a tensor with `ops.take`",
    )


def take(call: OpCall) -> Inference:
    """Pick along an axis by numbers: (None, 50, 8), indices (5,), axis=1 -> (None, 5, 8)."""
    x = call.tensor("x")
    places = written_shape(call.indices, "indices")
    if call.axis is None:
        return gives(places, x.dtype)
    axis = axis_of(call.axis, x.rank, x.shape)
    return gives((*x.shape[:axis], *places, *x.shape[axis + 1 :]), x.dtype)


def written_shape(value: Value, name: str) -> Shape:
    """Give the shape of a tensor, or of lists of whole numbers."""
    if isinstance(value, TensorSpec):
        return value.shape
    if isinstance(value, tuple):
        inner = {written_shape(item, name) for item in value}
        if len(inner) > 1:
            raise Refusal(
                WrongValue, f"the lists in `{name}` are of different lengths", blames=name
            )
        return (len(value), *(inner.pop() if inner else ()))
    if isinstance(value, int):
        return ()
    raise Refusal(
        WrongArgument,
        f"`{name}` takes whole numbers or a tensor of them, this is {spell_value(value)}",
        blames=name,
    )


def take_along_axis(call: OpCall) -> Inference:
    """Pick along an axis by a tensor of the same rank; the other axes stretch."""
    x, indices = call.tensor("x"), call.tensor("indices")
    shape = x.shape if call.axis is not None else (total(x.shape),)
    if len(shape) != indices.rank:
        raise Refusal(
            WrongRank,
            f"{spell_shape(indices.shape)} picks from {spell_shape(shape)}, which has another rank",
            blames="indices",
        )
    axis = 0 if call.axis is None else axis_of(call.axis, x.rank, x.shape)
    return gives(
        broadcast(call, replaced(shape, axis, indices.shape[axis]), indices.shape), x.dtype
    )


def top_k(call: OpCall) -> Inference:
    """Give the largest of the last axis, and where they stand."""
    x = call.ranked(call.numeric("x"), "x", min_rank=1)
    k = size(call.k, "k", 1)
    if not call.holds(at_least(x.shape[-1], k)):
        raise Refusal(
            TooSmall,
            f"`k` is {k}, and the last axis of {spell_shape(x.shape)} has {x.shape[-1]}",
            blames="k",
        )
    shape = (*x.shape[:-1], k)
    return gives_several([shape, shape], x.dtype, "int32")


def in_top_k(call: OpCall) -> Inference:
    """Tell of each row whether the target is among the k largest."""
    targets = call.tensor("targets")
    call.data("predictions")
    size(call.k, "k", 1)
    return gives(targets.shape, "bool")


def searchsorted(call: OpCall) -> Inference:
    """Find where values would stand in a sorted vector."""
    order = call.ranked(call.tensor("sorted_sequence"), "sorted_sequence", rank=1)
    values = call.tensor("values")
    if call.side not in ("left", "right"):
        raise Refusal(
            WrongValue, f'`side` is {call.side!r}, and knows "left" and "right"', blames="side"
        )
    return gives(values.shape, "int32" if isinstance(order.shape[0], int) else "int64")


def unravel_index(call: OpCall) -> Inference:
    """Turn numbers of elements into places, a tensor for each axis."""
    indices = call.tensor("indices")
    shape = sizes(call.shape, "shape")
    return gives_several([indices.shape] * len(shape), indices.dtype)


def scatter(call: OpCall) -> Inference:
    """Give zeros of a shape with values at places."""
    call.data("indices")
    return gives(sizes(call.shape, "shape"), call.tensor("values").dtype)


def updated(call: OpCall) -> Inference:
    """Give the tensor with other values at places: scatter_update, slice_update."""
    x = call.tensor("inputs")
    call.data("updates")
    reduction = call.arguments.get("reduction")
    if reduction is not None and str(reduction).lower() not in ("add", "max", "min", "mul"):
        raise Refusal(
            WrongValue,
            f'`reduction` is {reduction!r}, and knows "add", "max", "min" and "mul"',
            blames="reduction",
        )
    return gives(x.shape, x.dtype)


def part(call: OpCall) -> Inference:
    """Give a part of a given shape from given places on; -1 is the rest of an axis."""
    x = call.tensor("inputs")
    wanted = sizes(call.shape, "shape", x.rank, -1)
    start = call.start_indices
    if isinstance(start, TensorSpec):
        return gives((UNKNOWN if d == -1 else d for d in wanted), x.dtype)
    places = sizes(start, "start_indices", x.rank)
    lengths = [
        dim - at if d == -1 else d for d, dim, at in zip(wanted, x.shape, places, strict=True)
    ]
    for at, length, dim in zip(places, lengths, x.shape, strict=True):
        if isinstance(length, int) and not call.holds(at_least(dim, at + length)):
            raise Refusal(
                TooSmall,
                f"takes {length} from place {at} on, and the axis is {dim} long",
                blames="shape",
            )
    return gives(lengths, x.dtype)


def select(call: OpCall) -> Inference:
    """Give the first choice whose condition holds; Keras says the type of the first choice."""
    conditions, choices = (_alternatives(call, name) for name in ("condlist", "choicelist"))
    if not isinstance(call.choicelist[0], TensorSpec):
        shown = spell_value(call.choicelist[0])
        raise Refusal(
            WrongArgument,
            f"the first of `choicelist` is a tensor, this is {shown}",
            blames="choicelist",
        )
    if len(conditions) != len(choices):
        raise Refusal(
            TooFewInputs,
            f"{len(conditions)} conditions for {len(choices)} choices",
            blames="choicelist",
        )
    broadcast(call, *(x.shape for x in (*conditions, *choices)))
    return gives(choices[0].shape, choices[0].dtype)


def _alternatives(call: OpCall, name: str) -> list[TensorSpec]:
    """Give a list of tensors, among which numbers and lists of them may stand."""
    value = call.arguments[name]
    if not isinstance(value, tuple) or not value:
        raise Refusal(
            WrongArgument,
            f"`{name}` takes a list of tensors, this is {spell_value(value)}",
            blames=name,
        )
    return [x if isinstance(x, TensorSpec) else array_of(x, name) for x in value]


def segments(call: OpCall) -> Inference:
    """Reduce rows by the segment they belong to."""
    data, ids = call.numeric("data"), call.ranked(call.tensor("segment_ids"), "segment_ids", rank=1)
    call.ranked(data, "data", min_rank=1)
    if not call.holds(equal(data.shape[0], ids.shape[0])):
        raise Refusal(
            UnequalInputs,
            f"{ids.shape[0]} numbers of segments for {data.shape[0]} rows",
            blames="segment_ids",
        )
    count = UNKNOWN if call.num_segments is None else size(call.num_segments, "num_segments", 1)
    return gives((count, *data.shape[1:]), data.dtype)


RULES: dict[str, OpRule] = {
    "get_item": get_item,
    "getitem": get_item,
    "take": take,
    "take_along_axis": take_along_axis,
    "top_k": top_k,
    "in_top_k": in_top_k,
    "searchsorted": searchsorted,
    "unravel_index": unravel_index,
    "scatter": scatter,
    "scatter_update": updated,
    "slice_update": updated,
    "slice": part,
    "select": select,
    **dict.fromkeys("segment_max segment_min segment_prod segment_sum".split(), segments),
}
