"""Products of vectors, matrices and tensors, with the multiply-accumulates of one sample."""

from __future__ import annotations

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import axes_of, axis_of, broadcast, total, without
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    gives,
    joined_dtype,
    spell_value,
)
from netdsl.catalog.operations.promotion import meet
from netdsl.diagnostics.problems.shapes import (
    UnequalInputs,
    UnknownDimension,
    WrongAxis,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import (
    Dim,
    Shape,
    TensorSpec,
    Unknown,
    equal,
    maximum,
    minimum,
    product,
    spell_shape,
)


def work(dims: Shape) -> Dim:
    """Multiply sizes, the batch (and whatever else is unknown at the front) counted once: one sample."""
    return product(1 if i == 0 and isinstance(dim, Unknown) else dim for i, dim in enumerate(dims))


def agree(call: OpCall, left: Dim, right: Dim, first: Shape, second: Shape) -> None:
    """Refuse two inner sizes that differ."""
    if not call.holds(equal(left, right)):
        raise Refusal(
            UnequalInputs,
            f"{left} meets {right} where a product needs equal sizes: {spell_shape(first)} and {spell_shape(second)}",
            help="transpose one of them, or check which axis is summed over",
        )


def _product_dtype(left: TensorSpec, right: TensorSpec) -> str:
    if left.dtype == right.dtype == "int8":
        return "int32"
    return meet(
        *({"int": "int64", "float": "float32"}.get(x.dtype, x.dtype) for x in (left, right))
    )


def matmul(call: OpCall) -> Inference:
    """Multiply matrices in the last two axes: (None, 5, 8), (None, 8, 3) -> (None, 5, 3)."""
    left, right = call.numeric("x1"), call.numeric("x2")
    for name, x in (("x1", left), ("x2", right)):
        call.ranked(x, name, min_rank=1)
    first = left.shape if left.rank > 1 else (1, *left.shape)
    second = right.shape if right.rank > 1 else (*right.shape, 1)
    agree(call, first[-1], second[-2], left.shape, right.shape)
    batch = broadcast(call, first[:-2], second[:-2])
    rows = (first[-2],) if left.rank > 1 else ()
    columns = (second[-1],) if right.rank > 1 else ()
    shape = (*batch, *rows, *columns)
    return gives(
        shape,
        _product_dtype(left, right),
        work((*shape, first[-1])),
        sparse=left.sparse and right.sparse,
    )


def dot(call: OpCall) -> Inference:
    """Sum over the last axis of one and the last but one of the other."""
    left, right = call.operand("x1"), call.operand("x2")
    dtype = joined_dtype(left, right)
    if left.rank == 0 or right.rank == 0:
        return gives(broadcast(call, left.shape, right.shape), dtype)
    inner = right.shape[0] if right.rank == 1 else right.shape[-2]
    agree(call, left.shape[-1], inner, left.shape, right.shape)
    if right.rank == 1 < left.rank and isinstance(inner, int) != isinstance(left.shape[-1], int):
        raise Refusal(
            UnknownDimension,
            f"{left.shape[-1]} meets {inner}, and Keras takes only one of them for known",
            help="`ops.matmul` takes a size that is not known",
        )
    rest = () if right.rank == 1 else without(right.shape, right.rank - 2)
    shape = (*left.shape[:-1], *rest)
    return gives(shape, dtype, work((*shape, inner)))


def inner(call: OpCall) -> Inference:
    """Sum over the last axes of both."""
    left, right = call.operand("x1"), call.operand("x2")
    dtype = joined_dtype(left, right)
    if left.rank == 0 or right.rank == 0:
        return gives(left.shape or right.shape, dtype)
    agree(call, left.shape[-1], right.shape[-1], left.shape, right.shape)
    shape = (*left.shape[:-1], *right.shape[:-1])
    return gives(shape, dtype, work((*shape, left.shape[-1])))


def vdot(call: OpCall) -> Inference:
    """Sum over all elements of both."""
    left, right = call.operand("x1"), call.operand("x2")
    agree(call, total(left.shape), total(right.shape), left.shape, right.shape)
    return gives((), joined_dtype(left, right), work(left.shape))


def outer(call: OpCall) -> Inference:
    """Multiply every element of one by every element of the other."""
    left, right = call.operand("x1"), call.operand("x2")
    shape = (total(left.shape), total(right.shape))
    return gives(shape, joined_dtype(left, right), work(shape))


def kron(call: OpCall) -> Inference:
    """Multiply every element of one by the whole of the other."""
    left, right = call.tensor("x1"), call.tensor("x2")
    if left.rank != right.rank:
        raise Refusal(
            WrongRank,
            f"{spell_shape(left.shape)} and {spell_shape(right.shape)} have different ranks",
            blames="x2",
        )
    return gives(
        [a * b for a, b in zip(left.shape, right.shape, strict=True)], joined_dtype(left, right)
    )


def cross(call: OpCall) -> Inference:
    """Multiply vectors of 2 or 3 elements."""
    left, right = call.numeric("x1"), call.numeric("x2")
    axes = (call.axisa, call.axisb, call.axisc) if call.axis is None else (call.axis,) * 3
    first = axis_of(axes[0], left.rank, left.shape, "axisa")
    second = axis_of(axes[1], right.rank, right.shape, "axisb")
    lengths = (left.shape[first], right.shape[second])
    for name, length in zip(("x1", "x2"), lengths, strict=True):
        if isinstance(length, int) and length not in (2, 3):
            raise Refusal(
                WrongValue, f"vectors have 2 or 3 elements, these have {length}", blames=name
            )
    shape = broadcast(call, without(left.shape, first), without(right.shape, second))
    dtype = joined_dtype(left, right)
    size = (3,) if 3 in lengths else ()
    place = axis_of(axes[2], len(shape) + len(size), shape, "axisc")
    return gives((*shape[:place], *size, *shape[place:]), dtype)


def tensordot(call: OpCall) -> Inference:
    """Sum over so many axes, the last of one and the first of the other, or over named ones."""
    left, right = call.operand("x1"), call.operand("x2")
    axes = call.axes
    if isinstance(axes, tuple):
        if len(axes) != 2:
            raise Refusal(
                WrongValue, "`axes` takes a number, or the axes of each of the two", blames="axes"
            )
        if not all(isinstance(side, tuple) for side in axes):
            raise Refusal(
                WrongValue,
                "`axes` takes a number, or a list of axes for each of the two",
                blames="axes",
                help=f"write `axes={[[a] if isinstance(a, int) else list(a or ()) for a in axes]}`",
            )
        gone, other = axes_of(axes[0], left.shape, "axes"), axes_of(axes[1], right.shape, "axes")
    elif (
        isinstance(axes, int) and not isinstance(axes, bool) and axes <= min(left.rank, right.rank)
    ):
        gone, other = list(range(left.rank - max(axes, 0), left.rank)), list(range(max(axes, 0)))
    else:
        raise Refusal(
            WrongAxis, f"`axes` is {spell_value(axes)}, more than the tensors have", blames="axes"
        )
    if len(gone) != len(other):
        raise Refusal(
            WrongValue,
            f"`axes` names {len(gone)} axes of one and {len(other)} of the other",
            blames="axes",
        )
    for a, b in zip(gone, other, strict=True):
        agree(call, left.shape[a], right.shape[b], left.shape, right.shape)
    shape = without(left.shape, *gone) + without(right.shape, *other)
    return gives(shape, joined_dtype(left, right), work((*shape, *(left.shape[a] for a in gone))))


def correlate(call: OpCall) -> Inference:
    """Slide one vector over another."""
    left = call.ranked(call.numeric("x1"), "x1", rank=1)
    right = call.ranked(call.numeric("x2"), "x2", rank=1)
    a, b = left.shape[0], right.shape[0]
    for name, length in (("x1", a), ("x2", b)):
        if not isinstance(length, int):
            raise Refusal(
                WrongValue, f"the length of `{name}` is not known, and Keras needs it", blames=name
            )
    dtype = joined_dtype(left, right)
    dtype = (
        "float64"
        if dtype == "int64"
        else dtype
        if dtype in ("bfloat16", "float16", "float64")
        else "float32"
    )
    longer = maximum(a, b)
    lengths: dict[str, Dim] = {
        "valid": longer - minimum(a, b) + 1,
        "same": longer,
        "full": a + b - 1,
    }
    if call.mode not in list(lengths):
        raise Refusal(
            WrongValue,
            f'`mode` is {spell_value(call.mode)}, and knows "valid", "same" and "full"',
            blames="mode",
        )
    return gives((lengths[call.mode],), dtype)


def cdist(call: OpCall) -> Inference:
    """Give the distance of each row of one from each row of the other."""
    left, right = call.tensor("x", min_rank=2), call.tensor("y", min_rank=2)
    agree(call, left.shape[-1], right.shape[-1], left.shape, right.shape)
    batch = broadcast(call, left.shape[:-2], right.shape[:-2])
    shape = (*batch, left.shape[-2], right.shape[-2])
    return gives(shape, meet(left.dtype, right.dtype, "float"), work((*shape, left.shape[-1])))


RULES: dict[str, OpRule] = {
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "vdot": vdot,
    "outer": outer,
    "kron": kron,
    "cross": cross,
    "tensordot": tensordot,
    "correlate": correlate,
    "cdist": cdist,
}
