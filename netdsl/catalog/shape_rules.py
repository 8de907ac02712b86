"""Shape arithmetic that layer families share: windows, axes, margins, broadcasting.

Everything works on dimensions that are numbers, symbolic or unknown. What depends on a symbolic size is
recorded on the `Call`; what can never hold is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from netdsl.catalog.kind import Call, Inference, Refusal
from netdsl.diagnostics.problems.shapes import (
    TooSmall,
    UnequalInputs,
    WrongAxis,
    WrongDtype,
    WrongValue,
)
from netdsl.tensor import (
    UNKNOWN,
    Dim,
    Shape,
    TensorSpec,
    Unknown,
    at_least,
    ceil_div,
    equal,
    spell_shape,
)


def numeric(call: Call) -> None:
    """Refuse strings where a layer computes with what arrives (Keras fails only when it is run)."""
    for index, x in enumerate(call.inputs):
        if x.dtype == "string":
            raise Refusal(
                WrongDtype,
                f"{x} arrives, and the layer computes with numbers",
                blames=("input", index),
                help="turn strings into numbers first, for example with `TextVectorization()`, "
                "`StringLookup()` or `Hashing(num_bins=100)`",
            )


def image(call: Call, spatial: int) -> TensorSpec:
    """Give the only input of a layer that works on `spatial` axes, a batch and channels."""
    numeric(call)
    return call.one(rank=spatial + 2)


def elementwise(call: Call) -> Inference:
    """Keep the shape and give the compute dtype; a list is mapped tensor by tensor, as Keras does while it builds."""
    if not call.is_list:
        return mapped(call)
    caveat = f"{_count_of(call)}, and it computes on one tensor: Keras fails when data arrives"
    return replace(mapped(call), caveats=(caveat,))


def mapped(call: Call) -> Inference:
    """Do as `elementwise` does, for the few layers that run on a list as well."""
    numeric(call)
    if not call.is_list:
        return call.gives(call.one().shape)
    return Inference(tuple(TensorSpec(x.shape, call.compute_dtype) for x in call.inputs))


def _count_of(call: Call) -> str:
    count = len(call.inputs)
    return "a list of one tensor arrives" if count == 1 else f"a list of {count} arrives"


def keeps_any_mask(call: Call) -> bool:
    """Carry the mask of the input, or the one that is given at call time."""
    return call.call_arguments.get("mask") is not None or any(x.masked for x in call.inputs)


def check_beside(call: Call, name: str, given: object, wanted: Shape, what: str) -> None:
    """Refuse a mask or weights given at call time whose sizes are not those beside which they stand.

    Keras computes a shape without them, and fails when data arrives. A size of 1 is stretched.
    """
    if given is None:
        return
    if not isinstance(given, TensorSpec):
        raise Refusal(WrongValue, f"`{name}` is one tensor, and a list is given", blames=name)
    pairs = zip(given.shape, wanted, strict=False)
    if given.rank != len(wanted) or not all(a == 1 or call.holds(equal(a, b)) for a, b in pairs):
        raise Refusal(
            UnequalInputs,
            f"`{name}` is {spell_shape(given.shape)}, and {what} is {spell_shape(wanted)}",
            blames=name,
        )


def channel_axis(data_format: str | None) -> int:
    """Give the axis of the channels: -1, or 1 for "channels_first"."""
    return 1 if data_format == "channels_first" else -1


def split_axes(shape: Shape, data_format: str | None) -> tuple[Dim, Shape, Dim]:
    """Take a shape apart: (None, 32, 16, 3) -> None, (32, 16), 3."""
    if data_format == "channels_first":
        return shape[0], shape[2:], shape[1]
    return shape[0], shape[1:-1], shape[-1]


def join_axes(batch: Dim, spatial: Iterable[Dim], channels: Dim, data_format: str | None) -> Shape:
    """Put a shape together again: None, (32, 16), 3 -> (None, 32, 16, 3)."""
    if data_format == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def first_spatial_axis(data_format: str | None) -> int:
    """Give the number of the first spatial axis, for messages."""
    return 2 if data_format == "channels_first" else 1


def axis_of(call: Call, axis: int, shape: Shape, argument: str = "axis") -> int:
    """Count an axis from the front, and refuse one that is not there: -1 of rank 3 -> 2."""
    rank = len(shape)
    if not -rank <= axis < rank:
        raise Refusal(
            WrongAxis,
            f"axis {axis} of {spell_shape(shape)}, which has axes 0 to {rank - 1}",
            blames=argument,
            help=f"the last axis is `{argument}=-1`",
        )
    return axis % rank


def axes_of(call: Call, axes: int | Sequence[int], shape: Shape) -> list[int]:
    """Count axes from the front in the order they are written; refuse one that is named twice."""
    found: list[int] = []
    for axis in [axes] if isinstance(axes, int) else axes:
        place = axis_of(call, axis, shape)
        if place in found:
            raise Refusal(
                WrongAxis, f"axis {axis} of {spell_shape(shape)} is named twice", blames="axis"
            )
        found.append(place)
    return found


def window_count(
    call: Call,
    axis: int,
    length: Dim,
    window: int,
    stride: int = 1,
    dilation: int = 1,
    padding: str = "valid",
    *,
    blames: str,
) -> Dim:
    """Count the places of a sliding window.

    32 long, window 3, "valid" -> 30; stride 2, "same" -> 16; H, window 3, stride 2 -> (H - 3) // 2 + 1
    """
    if padding != "valid":
        return ceil_div(length, stride)
    reach = (window - 1) * dilation + 1
    if not call.holds(at_least(length, reach)):
        raise Refusal(
            TooSmall,
            f"axis {axis} of {spell_shape(call.x.shape)} is {length} and the window spans {reach}",
            blames=blames,
            help='use `padding="same"`, a smaller window, or shrink the input less before it',
        )
    return (length - reach) // stride + 1


def window_counts(
    call: Call,
    lengths: Shape,
    window: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    *,
    blames: str,
) -> Shape:
    """Count the places of a window along each spatial axis; `padding` is the call's."""
    first = first_spatial_axis(call.data_format)
    return tuple(
        window_count(
            call,
            first + i,
            length,
            window[i],
            strides[i],
            dilation[i],
            call.padding,
            blames=blames,
        )
        for i, length in enumerate(lengths)
    )


def stretch(call: Call, shape: Shape, other: Shape, index: int) -> Shape:
    """Broadcast two shapes without their batch, aligned at the end, as Keras's merge layers do.

    (5, 1), (5, 7) -> (5, 7); (4,), (3, 4) -> (3, 4). What is unknown on either side stays unknown.
    """
    if len(shape) < len(other):
        longer, shorter = other, shape
    else:
        longer, shorter = shape, other
    lead = len(longer) - len(shorter)
    pairs = zip(range(lead, len(longer)), longer[lead:], shorter, strict=True)
    return longer[:lead] + tuple(_stretch_dim(call, a, b, axis, index) for axis, a, b in pairs)


def _stretch_dim(call: Call, left: Dim, right: Dim, axis: int, index: int) -> Dim:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if left == 1 or right == 1:
        return right if left == 1 else left
    if not call.holds(equal(left, right)):
        raise unequal(call, index)
    # Keras knows no more of a symbolic size than that it is one, whatever it meets.
    return right if isinstance(left, int) else left


def unequal(call: Call, index: int) -> Refusal:
    """Word the refusal of input `index`, which does not fit those before it."""
    shape = call.inputs[index].shape
    for before, x in enumerate(call.inputs[:index]):
        for back in range(min(len(shape), x.rank) - 1, 0, -1):
            left, right = x.shape[-back], shape[-back]
            if 1 not in (left, right) and equal(left, right) is False:
                return Refusal(
                    UnequalInputs,
                    f"{_place(x.rank - back, len(shape) - back, left, right, before, index)} "
                    f"({spell_shape(x.shape)} and {spell_shape(shape)})",
                    blames=("input", index),
                    differs=((before, x.rank - back), (index, len(shape) - back)),
                    help="give both the same size, or 1 where one is to be stretched",
                )
    return Refusal(
        UnequalInputs,
        f"{spell_shape(shape)} does not fit the inputs before it",
        blames=("input", index),
    )


def _place(axis: int, other: int, left: Dim, right: Dim, before: int, index: int) -> str:
    """Say which axis differs: axis 1 is 14 in input 1 and 28 in input 2."""
    first = f"axis {axis} is {left} in input {before + 1}"
    second = f"{right} in input {index + 1}"
    return f"{first} and {second}" if axis == other else f"{first} and axis {other} is {second}"
