"""Functions that lay elements out anew: reshape, transpose, pad, repeat, broadcast_to, rearrange."""

from __future__ import annotations

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    axes_of,
    axis_of,
    broadcast,
    offset,
    replaced,
    size,
    sizes,
    total,
    without,
)
from netdsl.catalog.operations.call import OpCall, OpRule, as_operand, gives, spell_value
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    SizeMismatch,
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
    divides,
    equal,
    spell_shape,
)
from netdsl.value import Value


def reshape(call: OpCall) -> Inference:
    """Lay all elements out in another shape, the batch included: (None, 12), (-1, 3, 4) -> (None, 3, 4)."""
    x = call.tensor("x")
    written = call.newshape if isinstance(call.newshape, tuple) else (call.newshape,)
    wanted = tuple(_new_size(dim) for dim in written)
    if wanted.count(-1) > 1:
        raise Refusal(
            WrongValue,
            f"-1 stands {wanted.count(-1)} times in {wanted}, and once is all",
            blames="newshape",
        )
    if any(isinstance(dim, Unknown) for dim in x.shape):
        return gives((UNKNOWN if d == -1 else d for d in wanted), x.dtype, sparse=x.sparse)
    return gives(_filled(call, x.shape, wanted), x.dtype, sparse=x.sparse)


def _new_size(dim: Value) -> int:
    if dim is None or isinstance(dim, (Sym, Unknown)):
        raise Refusal(
            WrongArgument if dim is None else UnknownDimension,
            f"`newshape` holds {dim}, which Keras does not know when the model is built",
            blames="newshape",
            help="write -1 for the one size that is worked out",
        )
    return size(dim, "newshape", -1)


def _filled(call: OpCall, shape: Shape, wanted: tuple[int, ...]) -> Shape:
    elements = total(shape)
    rest = 1
    for dim in wanted:
        rest *= 1 if dim == -1 else dim
    if -1 not in wanted:
        if not call.holds(equal(elements, rest)):
            raise Refusal(
                SizeMismatch,
                f"{spell_shape(shape)} holds {elements} elements, and {wanted} holds {rest}",
                blames="newshape",
            )
        return wanted
    if rest == 0 or not call.holds(divides(rest, elements)):
        raise Refusal(
            SizeMismatch,
            f"{spell_shape(shape)} holds {elements} elements, which {rest} does not divide",
            blames="newshape",
        )
    return tuple(elements // rest if dim == -1 else dim for dim in wanted)


def ravel(call: OpCall) -> Inference:
    """Put all elements in a row."""
    x = call.tensor("x")
    return gives((total(x.shape),), x.dtype)


def transpose(call: OpCall) -> Inference:
    """Order the axes anew; without `axes`, back to front."""
    x = call.tensor("x")
    if call.axes is None:
        return gives(x.shape[::-1], x.dtype, sparse=x.sparse)
    places = axes_of(call.axes, x.shape, "axes")
    if len(places) != x.rank or not isinstance(call.axes, tuple):
        raise Refusal(
            WrongAxis,
            f"`axes` names {len(places)} of the {x.rank} axes of {spell_shape(x.shape)}",
            blames="axes",
        )
    return gives((x.shape[i] for i in places), x.dtype, sparse=x.sparse)


def swapaxes(call: OpCall) -> Inference:
    x = call.tensor("x")
    first = axis_of(call.axis1, x.rank, x.shape, "axis1")
    second = axis_of(call.axis2, x.rank, x.shape, "axis2")
    return gives(_swapped(x.shape, first, second), x.dtype)


def _swapped(shape: Shape, first: int, second: int) -> Shape:
    return replaced(replaced(shape, first, shape[second]), second, shape[first])


def rot90(call: OpCall) -> Inference:
    """Turn by 90 degrees; Keras always swaps the two axes, also for an even number of turns."""
    x = call.ranked(call.tensor("array"), "array", min_rank=2)
    places = call.axes if isinstance(call.axes, tuple) else (call.axes,)
    if len(places) != 2 or places[0] == places[1]:
        raise Refusal(WrongAxis, "`axes` names two different axes", blames="axes")
    first, second = (axis_of(a, x.rank, x.shape, "axes") for a in places)
    caveats = (
        ("Keras says that it swaps the axes, and an even `k` does not",)
        if offset(call.k, "k") % 2 == 0
        else ()
    )
    swapped = _swapped(x.shape, first, second)
    return Inference(TensorSpec(swapped, x.dtype), caveats=caveats if swapped != x.shape else ())


def moveaxis(call: OpCall) -> Inference:
    """Move axes to other places: (None, 5, 8), 1, -1 -> (None, 8, 5)."""
    x = call.tensor("x")
    sources = axes_of(call.source, x.shape, "source")
    targets = axes_of(call.destination, x.shape, "destination")
    if len(sources) != len(targets):
        raise Refusal(
            WrongAxis,
            f"`source` names {len(sources)} axes and `destination` {len(targets)}",
            blames="destination",
        )
    rest = iter(without(x.shape, *sources))
    moved = {target: x.shape[source] for source, target in zip(sources, targets, strict=True)}
    return gives([moved[i] if i in moved else next(rest) for i in range(x.rank)], x.dtype)


def expand_dims(call: OpCall) -> Inference:
    """Add axes of size 1; the numbers count in the new shape."""
    x = call.tensor("x")
    axes = call.axis if isinstance(call.axis, tuple) else (call.axis,)
    rank = x.rank + len(axes)
    places = {axis_of(axis, rank, x.shape) for axis in axes}
    if len(places) < len(axes):
        raise Refusal(WrongAxis, "`axis` names an axis twice", blames="axis")
    rest = iter(x.shape)
    return gives([1 if i in places else next(rest) for i in range(rank)], x.dtype, sparse=x.sparse)


def squeeze(call: OpCall) -> Inference:
    """Take axes of size 1 away: those that are named, or all."""
    x = call.tensor("x")
    if call.axis is None:
        return gives((d for d in x.shape if not _is_one(d)), x.dtype, sparse=x.sparse)
    places = axes_of(call.axis, x.shape)
    for place in places:
        if not _is_one(x.shape[place]):
            raise Refusal(
                WrongAxis,
                f"axis {place} of {spell_shape(x.shape)} is {x.shape[place]} and not 1",
                blames="axis",
            )
    return gives(without(x.shape, *places), x.dtype, sparse=x.sparse)


def _is_one(dim: Dim) -> bool:
    return isinstance(dim, int) and dim == 1


def turned(call: OpCall) -> Inference:
    """Reverse along axes and keep the shape: flip."""
    x = call.tensor("x")
    if call.axis is not None:
        axes_of(call.axis, x.shape)
    return gives(x.shape, x.dtype)


def shifted(call: OpCall) -> Inference:
    """Shift along axes, each by its own number, and keep the shape: roll."""
    steps = len(call.shift) if isinstance(call.shift, tuple) else 1
    axes = len(call.axis) if isinstance(call.axis, tuple) else 1
    if steps != axes and call.axis is not None:
        raise Refusal(
            WrongValue,
            f"`shift` has {steps} number{'s' * (steps > 1)} for {axes} ax{'es' if axes > 1 else 'is'}",
            blames="shift",
            help="write one for each axis",
        )
    return turned(call)


def flipped(call: OpCall) -> Inference:
    """Reverse the first axis (flipud) or the second (fliplr)."""
    x = call.ranked(call.tensor("x"), "x", min_rank=2 if call.function == "fliplr" else 1)
    return gives(x.shape, x.dtype)


def tile(call: OpCall) -> Inference:
    """Repeat the whole along each axis; numbers are aligned at the last axis."""
    x = call.tensor("x")
    times = sizes(call.repeats, "repeats")
    rank = max(x.rank, len(times))
    shape = (1,) * (rank - x.rank) + x.shape
    counts = (1,) * (rank - len(times)) + times
    return gives([dim * n for dim, n in zip(shape, counts, strict=True)], x.dtype)


def repeat(call: OpCall) -> Inference:
    """Repeat each element along an axis, all as often or each as often as it says."""
    x = call.tensor("x")
    times = sizes(call.repeats, "repeats")
    shape = x.shape if call.axis is not None else (total(x.shape),)
    axis = 0 if call.axis is None else axis_of(call.axis, x.rank, x.shape)
    length = shape[axis]
    if isinstance(length, Unknown):
        return gives(shape, x.dtype)
    if len(times) == 1:
        return gives(replaced(shape, axis, length * times[0]), x.dtype)
    if not call.holds(equal(length, len(times))):
        raise Refusal(
            WrongValue,
            f"`repeats` has {len(times)} numbers for {length} elements",
            blames="repeats",
        )
    # Keras does not add up what it cannot count.
    return gives(replaced(shape, axis, sum(times) if isinstance(length, int) else UNKNOWN), x.dtype)


def pad(call: OpCall) -> Inference:
    """Add to both ends of each axis; one pair stands for all axes."""
    x = call.tensor("x")
    margins = _margins(call.pad_width, x)
    if call.constant_values is not None:
        as_operand(call.constant_values, "constant_values")
        if call.mode != "constant":
            raise Refusal(
                WrongValue,
                f'`constant_values` goes with `mode="constant"`, and the mode is "{call.mode}"',
                blames="constant_values",
            )
    if call.mode not in ("constant", "reflect", "symmetric"):
        raise Refusal(
            WrongValue,
            f'`mode` is {spell_value(call.mode)}, and knows "constant", "reflect" and "symmetric"',
            blames="mode",
        )
    return gives(
        [dim + before + after for dim, (before, after) in zip(x.shape, margins, strict=True)],
        x.dtype,
    )


def _margins(width: Value, x: TensorSpec) -> tuple[tuple[int, int], ...]:
    if not isinstance(width, tuple):
        width = (size(width, "pad_width"),) * 2
    if width and not isinstance(width[0], tuple):
        width = (width,)
    pairs = [sizes(pair, "pad_width") for pair in width]
    for pair in pairs:
        if len(pair) != 2:
            raise Refusal(
                WrongValue,
                f"`pad_width` takes pairs of numbers, {pair} is none",
                blames="pad_width",
                help="write how much goes before and behind, `(1, 1)`, or one number for both",
            )
    if len(pairs) not in (1, x.rank):
        raise Refusal(
            WrongValue,
            f"`pad_width` has {len(pairs)} pairs for the {x.rank} axes of {spell_shape(x.shape)}",
            blames="pad_width",
            help="the batch is an axis too: `((0, 0), (1, 1))` leaves it alone",
        )
    whole = pairs * x.rank if len(pairs) == 1 else pairs
    return tuple((before, behind) for before, behind in whole)


def broadcast_to(call: OpCall) -> Inference:
    """Stretch to a shape."""
    x = call.tensor("x")
    shape = sizes(call.shape, "shape")
    if len(shape) < x.rank:
        raise Refusal(
            WrongRank, f"{spell_shape(x.shape)} has more axes than {shape}", blames="shape"
        )
    broadcast(call, x.shape, shape)
    for got, wanted in zip(x.shape[::-1], shape[::-1], strict=False):
        if isinstance(got, int) and got != 1 and got != wanted:
            raise Refusal(
                WrongValue,
                f"{got} does not stretch to {wanted}: {spell_shape(x.shape)} to {shape}",
                blames="shape",
            )
    return gives(shape, x.dtype)


RULES: dict[str, OpRule] = {
    "reshape": reshape,
    "ravel": ravel,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "rot90": rot90,
    "moveaxis": moveaxis,
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "flip": turned,
    "roll": shifted,
    "fliplr": flipped,
    "flipud": flipped,
    "tile": tile,
    "repeat": repeat,
    "pad": pad,
    "broadcast_to": broadcast_to,
}
