"""Axes and sizes as the functions of `keras.ops` treat them: numpy's broadcasting, axes to reduce, lists of sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.catalog.argument_types import LARGEST
from netdsl.catalog.kind import Refusal
from netdsl.catalog.operations.call import OpCall, spell_value
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    UnequalInputs,
    UnknownDimension,
    WrongAxis,
    WrongValue,
)
from netdsl.tensor import (
    UNKNOWN,
    Dim,
    Shape,
    Sym,
    TensorSpec,
    Unknown,
    equal,
    product,
    spell_shape,
    sum_of,
)
from netdsl.value import Value

#: What to do where a size has no number, as that of the batch.
_NO_SIZE = "the batch has no number before data arrives: add to zeros of its size, `ops.zeros_like(x[:, :1])`"


def broadcast(call: OpCall, *shapes: Shape) -> Shape:
    """Stretch shapes over each other, aligned at the end: (None, 5, 1), (7,) -> (None, 5, 7).

    Keras takes an unknown size to fit any number that it meets, and gives the number.
    """
    result = shapes[0]
    for shape in shapes[1:]:
        result = _stretch(call, result, shape)
    return result


def _stretch(call: OpCall, left: Shape, right: Shape) -> Shape:
    rank = max(len(left), len(right))
    lefts = (1,) * (rank - len(left)) + left
    rights = (1,) * (rank - len(right)) + right
    return tuple(_stretch_dim(call, a, b, left, right) for a, b in zip(lefts, rights, strict=True))


def _stretch_dim(call: OpCall, left: Dim, right: Dim, whole: Shape, other: Shape) -> Dim:
    if left == 1 or right == 1:
        return right if left == 1 else left
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        known = right if isinstance(left, Unknown) else left
        return known if isinstance(known, int) else UNKNOWN
    if not call.holds(equal(left, right)):
        raise Refusal(
            UnequalInputs,
            f"{left} meets {right}: {spell_shape(whole)} and {spell_shape(other)} do not stretch over each other",
            help="sizes are compared from the last axis on, and each pair must be equal or hold a 1",
        )
    return right if isinstance(right, int) else left


def axis_of(axis: Value, rank: int, shape: Shape, argument: str = "axis") -> int:
    """Count an axis from the front, and refuse one that is not there: -1 of rank 3 -> 2."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise Refusal(
            WrongArgument,
            f"`{argument}` takes an integer, this is {spell_value(axis)}",
            blames=argument,
        )
    if not -rank <= axis < rank:
        there = f"axes 0 to {rank - 1}" if rank else "no axis"
        raise Refusal(
            WrongAxis, f"axis {axis} of {spell_shape(shape)}, which has {there}", blames=argument
        )
    return axis % rank


def axes_of(axes: Value, shape: Shape, argument: str = "axis") -> list[int]:
    """Count axes from the front; None means all of them, and one that is named twice is refused."""
    rank = len(shape)
    if axes is None:
        return list(range(rank))
    listed = list(axes) if isinstance(axes, (tuple, list)) else [axes]
    found: list[int] = []
    for axis in listed:
        place = axis_of(axis, rank, shape, argument)
        if place in found:
            raise Refusal(
                WrongAxis, f"axis {axis} of {spell_shape(shape)} is named twice", blames=argument
            )
        found.append(place)
    return found


def reduced(shape: Shape, axes: Value, keepdims: bool = False, argument: str = "axis") -> Shape:
    """Take axes away, or leave them as 1: (None, 7, 8), axis=1 -> (None, 8)."""
    gone = axes_of(axes, shape, argument)
    if keepdims:
        return tuple(1 if i in gone else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in gone)


def without(shape: Shape, *axes: int) -> Shape:
    return tuple(dim for i, dim in enumerate(shape) if i not in axes)


def replaced(shape: Shape, axis: int, dim: Dim) -> Shape:
    return (*shape[:axis], dim, *shape[axis + 1 :])


def inserted(shape: Shape, axis: int, dim: Dim) -> Shape:
    return (*shape[:axis], dim, *shape[axis:])


def total(shape: Shape) -> Dim:
    """Count the elements; unknown where Keras does not know a size, even if another size is 0."""
    known = all(isinstance(dim, int) for dim in shape)
    count = product(shape)
    return UNKNOWN if isinstance(count, int) and not known else count


def joined_size(call: OpCall, tensors: Sequence[TensorSpec], axis: int, argument: str) -> Dim:
    """Check that tensors agree on all axes but one (on all where it is -1), and add that one up."""
    first = tensors[0].shape
    for number, x in enumerate(tensors[1:], start=2):
        call.ranked(x, argument, rank=len(first))
        for place, (left, right) in enumerate(zip(first, x.shape, strict=True)):
            if place != axis and not call.holds(equal(left, right)):
                raise Refusal(
                    UnequalInputs,
                    f"axis {place} is {left} in tensor 1 and {right} in tensor {number} "
                    f"({spell_shape(first)} and {spell_shape(x.shape)})",
                    blames=argument,
                )
    if axis < 0:
        return 0
    return sum_of(x.shape[axis] for x in tensors)


def known_to_both(left: Dim, right: Dim) -> str:
    """Say the way out where one of two sizes is a number and Keras does not know the other."""
    if isinstance(left, int) == isinstance(right, int):
        return ""
    return (
        "Keras takes a size that it does not know for another one: give both as numbers, "
        "the batch with `batch_size=…`"
    )


def size(value: Value, argument: str, minimum: int = 0) -> int:
    """Give an argument that is a size: a whole number that is known when the model is built."""
    if isinstance(value, (Sym, Unknown)):
        raise Refusal(
            UnknownDimension,
            f"`{argument}` holds {value}, and a number is needed when the model is built",
            blames=argument,
        )
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(
            WrongArgument,
            f"`{argument}` takes whole numbers, this is {spell_value(value)}",
            blames=argument,
            help=_NO_SIZE if value is None else "",
        )
    if value < minimum:
        raise Refusal(
            WrongValue, f"`{argument}` holds {value}, and {minimum} is the least", blames=argument
        )
    return value


def offset(value: Value, argument: str) -> int:
    """Give an argument that counts to either side: the diagonal that is meant, quarters of a turn."""
    return size(value, argument, -LARGEST)


def sizes(
    value: Value, argument: str, count: int | None = None, minimum: int = 0
) -> tuple[int, ...]:
    """Give an argument that is a list of sizes; a single number stands for all of `count`."""
    if not isinstance(value, (tuple, list)):
        single = size(value, argument, minimum)
        return (single,) * (1 if count is None else count)
    found = tuple(size(item, argument, minimum) for item in value)
    if count is not None and len(found) != count:
        raise Refusal(
            WrongValue,
            f"`{argument}` takes {count} numbers, {len(found)} {'is' if len(found) == 1 else 'are'} given",
            blames=argument,
            help=f"write one for each of the {count} axes"
            + ", or one number for all" * bool(found),
        )
    return found


def number(value: Value, argument: str) -> float:
    """Give an argument that is a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refusal(
            WrongArgument,
            f"`{argument}` takes a number, this is {spell_value(value)}",
            blames=argument,
        )
    return value


def whole(values: Iterable[Value]) -> bool:
    """Tell whether all values are whole numbers."""
    return all(isinstance(v, int) and not isinstance(v, bool) for v in values)
