"""Functions that join tensors or take them apart: concatenate, stack, split, unstack, meshgrid, append."""

from __future__ import annotations

from itertools import pairwise

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    axis_of,
    inserted,
    joined_size,
    replaced,
    size,
    sizes,
    total,
    without,
)
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    gives,
    gives_several,
    joined_dtype,
    spell_value,
)
from netdsl.catalog.operations.promotion import FLOATX
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    TooFewInputs,
    UnevenSplit,
    UnknownDimension,
    WrongAxis,
    WrongValue,
)
from netdsl.tensor import UNKNOWN, Dim, Shape, TensorSpec, divides, spell_shape
from netdsl.value import Value


def concatenate(call: OpCall) -> Inference:
    """Join along an axis, 0 unless said; the batch is axis 0."""
    xs = call.tensors("xs")
    if call.axis is None:
        raise Refusal(WrongArgument, "`axis` takes an integer, this is `None`", blames="axis")
    axis = axis_of(call.axis, xs[0].rank, xs[0].shape)
    length = joined_size(call, xs, axis, "xs")
    return gives(
        replaced(xs[0].shape, axis, length), joined_dtype(*xs), sparse=all(x.sparse for x in xs)
    )


def stack(call: OpCall) -> Inference:
    """Join along a new axis."""
    xs = call.tensors("x")
    axis = axis_of(call.axis, xs[0].rank + 1, xs[0].shape)
    joined_size(call, xs, -1, "x")
    return gives(inserted(xs[0].shape, axis, len(xs)), joined_dtype(*xs))


#: The axis that is joined, and the rank that tensors are brought to before.
ALONG = {"vstack": 0, "hstack": 1, "dstack": 2}


def stack_along(call: OpCall) -> Inference:
    """Join along axis 0, 1 or 2; `dstack` gives vectors and matrices a third axis."""
    xs = call.tensors("xs")
    axis = ALONG[call.function]
    if call.function == "dstack":
        xs = tuple(x.with_shape(_three_axes(x.shape)) for x in xs)
    if xs[0].rank <= axis:
        raise Refusal(
            WrongAxis, f"joins axis {axis}, and {spell_shape(xs[0].shape)} has none", blames="xs"
        )
    length = joined_size(call, xs, axis, "xs")
    return gives(replaced(xs[0].shape, axis, length), joined_dtype(*xs))


def _three_axes(shape: Shape) -> Shape:
    if len(shape) == 1:
        return (1, shape[0], 1)
    return shape + (1,) * (3 - len(shape))


def append(call: OpCall) -> Inference:
    """Join two along an axis, or all elements in a row."""
    left, right = call.tensor("x1"), call.tensor("x2")
    dtype = joined_dtype(left, right)
    if call.axis is None:
        return gives((total(left.shape) + total(right.shape),), dtype)
    axis = axis_of(call.axis, left.rank, left.shape)
    for name, x in (("x1", left), ("x2", right)):
        if axis < x.rank and not isinstance(x.shape[axis], int):
            raise Refusal(
                UnknownDimension,
                f"axis {axis} of {spell_shape(x.shape)} is not known, and Keras adds it up",
                blames=name,
                help="`ops.concatenate` joins tensors of unknown size too",
            )
    return gives(replaced(left.shape, axis, joined_size(call, (left, right), axis, "x2")), dtype)


#: The axis of those that take no `axis`, and the rank they need.
SPLIT_AXES = {"vsplit": (0, 2), "hsplit": (1, 1), "dsplit": (2, 3)}


#: Tensors that one operation may give.
MOST_PARTS = 10_000


def split(call: OpCall) -> Inference:
    """Cut an axis into equal parts, or at places: 10 long, 2 -> 5, 5; (3, 7) -> 3, 4, 3."""
    x = call.tensor("x")
    if call.function == "split":
        axis = axis_of(call.axis, x.rank, x.shape)
    else:
        axis, rank = SPLIT_AXES[call.function]
        call.ranked(x, "x", min_rank=rank)
        axis = min(axis, x.rank - 1)
    parts = call.indices_or_sections
    lengths = (
        _cut_at(sizes(parts, "indices_or_sections"), x.shape[axis])
        if isinstance(parts, tuple)
        else _equal(call, parts, x.shape[axis], axis)
    )
    return gives_several([replaced(x.shape, axis, length) for length in lengths], x.dtype)


def _number_of_parts(count: int, name: str) -> int:
    if count > MOST_PARTS:
        raise Refusal(
            WrongValue, f"{MOST_PARTS:,} tensors are the limit, these are {count:,}", blames=name
        )
    return count


def _equal(call: OpCall, parts: Value, length: Dim, axis: int) -> list[Dim]:
    count = _number_of_parts(size(parts, "indices_or_sections", 1), "indices_or_sections")
    if not call.holds(divides(count, length)):
        raise Refusal(
            UnevenSplit,
            f"axis {axis} is {length}, which {count} parts do not share evenly",
            blames="indices_or_sections",
        )
    return [length // count] * count


def _cut_at(places: tuple[int, ...], length: Dim) -> list[Dim]:
    _number_of_parts(len(places) + 1, "indices_or_sections")
    bounds: list[Dim] = [0, *places, length]
    found = [end - start for start, end in pairwise(bounds)]
    if any(isinstance(part, int) and part < 0 for part in found):
        raise Refusal(
            WrongValue,
            f"{places} does not rise from 0 to {length}, the length of the axis",
            blames="indices_or_sections",
        )
    return found


def array_split(call: OpCall) -> Inference:
    """Cut an axis into parts that are as equal as can be: 10 long, 3 -> 4, 3, 3."""
    x = call.tensor("x")
    parts = size(call.indices_or_sections, "indices_or_sections", 1)
    count = _number_of_parts(parts, "indices_or_sections")
    axis = axis_of(call.axis, x.rank, x.shape)
    length = x.shape[axis]
    lengths = [(length + (count - 1 - i)) // count for i in range(count)]
    return gives_several([replaced(x.shape, axis, part) for part in lengths], x.dtype)


def unstack(call: OpCall) -> Inference:
    """Take an axis apart into as many tensors as it is long."""
    x = call.tensor("x")
    axis = axis_of(call.axis, x.rank, x.shape)
    length: Value = x.shape[axis] if call.num is None else size(call.num, "num")
    if not isinstance(length, int):
        raise Refusal(
            UnknownDimension,
            f"axis {axis} of {spell_shape(x.shape)} is {length}, and the number of tensors is not known",
            blames="num",
            help="give `num`",
        )
    count = _number_of_parts(length, "num")
    return gives_several([without(x.shape, axis)] * count, x.dtype)


def meshgrid(call: OpCall) -> Inference:
    """Give a grid of as many axes as there are tensors, one tensor for each."""
    xs: list[TensorSpec] = []
    for x in call.positional:
        if not isinstance(x, TensorSpec):
            raise Refusal(WrongArgument, f"takes tensors, this is {spell_value(x)}", blames="x")
        xs.append(x)
    shape = [total(x.shape) for x in xs]
    if call.indexing == "ij":  # Keras calls these float32, whatever arrives
        return gives_several([tuple(shape)] * len(xs), FLOATX)
    if len(shape) < 2:
        raise Refusal(
            TooFewInputs, f'`indexing="xy"` takes at least 2 tensors, {len(shape)} arrives'
        )
    shape[:2] = shape[1], shape[0]
    return gives_several([tuple(shape)] * len(xs), xs[-1].dtype)


def nonzero(call: OpCall) -> Inference:
    """Give the places of what is not zero, a tensor for each axis; how many there are is known when it is run."""
    x = call.tensor("x")
    return gives_several([(UNKNOWN,)] * x.rank, "int32")


def unique(call: OpCall) -> Inference:
    """Give the different values, and, where they are asked for, places and counts."""
    x = call.tensor("x")
    length: Dim = UNKNOWN if call.size is None else size(call.size, "size")
    axis = None if call.axis is None else axis_of(call.axis, x.rank, x.shape)
    values: Shape = (length,) if axis is None else replaced(x.shape, axis, length)
    shapes = [values]
    if call.return_index:
        shapes.append((length,))
    if call.return_inverse:
        shapes.append(x.shape if axis is None else (x.shape[axis],))
    if call.return_counts:
        shapes.append((length,))
    if len(shapes) == 1:
        return gives(values, x.dtype)
    return gives_several(shapes, x.dtype, *["int32"] * (len(shapes) - 1))


RULES: dict[str, OpRule] = {
    "concatenate": concatenate,
    "stack": stack,
    **dict.fromkeys(ALONG, stack_along),
    "append": append,
    "split": split,
    **dict.fromkeys(SPLIT_AXES, split),
    "array_split": array_split,
    "unstack": unstack,
    "meshgrid": meshgrid,
    "nonzero": nonzero,
    "unique": unique,
}
