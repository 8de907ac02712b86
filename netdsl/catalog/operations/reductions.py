"""Functions that take axes away (mean, argmax, norm), and those that run along one (cumsum, sort, median)."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    axes_of,
    axis_of,
    number,
    offset,
    reduced,
    replaced,
    size,
    total,
    without,
)
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    gives,
    gives_several,
    no_string,
    spell_value,
)
from netdsl.catalog.operations.elementwise import DtypeRule
from netdsl.catalog.operations.promotion import (
    FLOATX,
    as_float,
    is_float,
    is_integer,
    meet,
    no_bool,
    same,
    summed,
    whole_to_float,
    with_float,
)
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import UnequalInputs, WrongAxis, WrongValue
from netdsl.tensor import UNKNOWN, Dim, TensorSpec, equal, maximum, minimum, spell_shape


def _averaged(dtype: str) -> str:
    """`mean`: whole numbers become the float that holds them with float32."""
    return meet(dtype, FLOATX) if is_integer(dtype) else dtype


def _met(dtype: str) -> str:
    return meet(dtype) if dtype == "uint64" else dtype


def _summed(dtype: str) -> str:
    return summed(dtype)


def _float_or_floatx(dtype: str) -> str:
    return dtype if is_float(dtype) else FLOATX


def _int_to_floatx(dtype: str) -> str:
    """`nanpercentile`: whole numbers to float32, truth values to what meets a float."""
    return FLOATX if "int" in dtype else with_float(dtype)


#: What becomes of the dtype.
REDUCTIONS: Mapping[str, DtypeRule] = {
    **dict.fromkeys("amax amin max min ptp".split(), same),
    **dict.fromkeys("nanmax nanmin".split(), _met),
    **dict.fromkeys("all any".split(), lambda _: "bool"),
    **dict.fromkeys("argmax argmin nanargmax nanargmin count_nonzero".split(), lambda _: "int32"),
    **dict.fromkeys("sum nansum prod nanprod".split(), _summed),
    **dict.fromkeys("std norm".split(), whole_to_float),
    **dict.fromkeys("var nanmean nanmedian nanstd nanvar".split(), with_float),
    "mean": _averaged,
    "median": as_float,
    "logsumexp": lambda _: FLOATX,
}

#: These take one axis only.
ONE_AXIS = frozenset("argmax argmin nanargmax nanargmin".split())

KEEPS_SPARSE = frozenset({"mean", "sum", "nansum"})


def reduction(call: OpCall) -> Inference:
    """Reduce axes, or all of them: (None, 7, 7, 8), axis=(1, 2) -> (None, 8)."""
    x = no_string(call.first)
    if call.function in ONE_AXIS and isinstance(call.axis, tuple):
        raise Refusal(WrongArgument, "`axis` takes one axis here, this is a list", blames="axis")
    if call.arguments.get("initial") is not None:
        call.data("initial")
    shape = reduced(x.shape, call.axis, bool(call.arguments.get("keepdims")))
    dtype = call.arguments.get("dtype") or REDUCTIONS[call.function](x.dtype)
    return gives(shape, dtype, sparse=x.sparse and call.function in KEEPS_SPARSE)


#: Orders of a matrix norm.
MATRIX_ORDERS = (None, "fro", "nuc", float("inf"), float("-inf"), 1, -1, 2, -2)


def norm(call: OpCall) -> Inference:
    """Give the norm of vectors (one axis) or matrices (two)."""
    order = call.ord
    if isinstance(order, str) and order not in ("fro", "nuc"):
        raise Refusal(
            WrongValue,
            f'`ord` is {order!r}, and knows "fro" and "nuc" besides numbers',
            blames="ord",
        )
    count = len(axes_of(call.axis, call.first.shape))
    if call.axis is not None and count > 2:
        raise Refusal(
            WrongValue,
            f"`axis` names {count} axes, and a norm goes along one, of vectors, or two, of matrices",
            blames="axis",
            help="reshape before, so that one axis holds all numbers",
        )
    if count == 1 and isinstance(order, str):
        raise Refusal(
            WrongValue,
            f"`ord` {order!r} is a norm of matrices, and there is one axis",
            blames="ord",
        )
    if count == 2 and order not in MATRIX_ORDERS:
        raise Refusal(
            WrongValue,
            f"`ord` {order!r} is no norm of matrices, and there are two axes",
            blames="ord",
        )
    return reduction(call)


def average(call: OpCall) -> Inference:
    """Give a mean with weights of the same shape, or of the size of the one axis."""
    x = call.numeric("x")
    axis = call.axis
    if isinstance(axis, tuple):
        raise Refusal(WrongArgument, "`axis` takes one axis here, this is a list", blames="axis")
    shape = reduced(x.shape, axis)
    if call.weights is None:
        return gives(shape, with_float(x.dtype))
    weights = call.tensor("weights")
    whole = weights.rank == x.rank and all(
        call.holds(equal(a, b)) for a, b in zip(x.shape, weights.shape, strict=True)
    )
    along = (
        axis is not None
        and weights.rank == 1
        and call.holds(equal(x.shape[axis], weights.shape[0]))
    )
    if not whole and not along:
        raise Refusal(
            UnequalInputs,
            f"weights of shape {spell_shape(weights.shape)} for {spell_shape(x.shape)}",
            blames="weights",
            help="give them the same shape, or one weight for each place of `axis`",
        )
    return gives(shape, meet(x.dtype, "float", weights.dtype))


def quantile(call: OpCall) -> Inference:
    """Give a quantile, or several as a new first axis."""
    x = call.numeric("x")
    shape = reduced(x.shape, call.axis, call.keepdims)
    asked = call.q
    single = 1 if "quantile" in call.function else 0  # a list of one adds no axis to a quantile
    if isinstance(asked, TensorSpec):
        shape = (asked.shape[0], *shape) if asked.rank else shape
    elif isinstance(asked, tuple):
        shape = (len(asked), *shape) if len(asked) > single else shape
    else:
        number(asked, "q")
    return gives(shape, QUANTILES[call.function](x.dtype))


QUANTILES: Mapping[str, DtypeRule] = {
    "quantile": as_float,
    "nanquantile": as_float,
    "percentile": _float_or_floatx,
    "nanpercentile": _int_to_floatx,
}


def moments(call: OpCall) -> Inference:
    """Give mean and variance."""
    x = call.numeric("x")
    shape = reduced(x.shape, call.axes, call.keepdims, "axes")
    return gives_several([shape, shape], x.dtype)


def along(call: OpCall) -> Inference:
    """Run along an axis and keep the shape; without an axis, along all elements in a row."""
    x = no_string(call.first)
    dtype = call.arguments.get("dtype") or x.dtype
    if call.function in ("argsort", "argpartition"):
        dtype = "int32"
    elif call.function != "sort":
        dtype = no_bool(dtype)
    if call.axis is None:
        return gives((total(x.shape),), dtype)
    axis_of(call.axis, x.rank, x.shape)
    return gives(x.shape, dtype)


def argpartition(call: OpCall) -> Inference:
    kth = call.kth
    if isinstance(kth, bool) or not isinstance(kth, int):
        raise Refusal(
            WrongArgument, f"`kth` takes an integer, this is {spell_value(kth)}", blames="kth"
        )
    return along(call)


def diff(call: OpCall) -> Inference:
    """Give differences of neighbours, n times over: 10 long, n=2 -> 8."""
    x = call.numeric("a")
    axis = axis_of(call.axis, x.rank, x.shape)
    shorter = maximum(x.shape[axis] - size(call.n, "n"), 0)
    return gives(replaced(x.shape, axis, shorter), x.dtype)


def trapezoid(call: OpCall) -> Inference:
    """Integrate along an axis."""
    y = call.numeric("y")
    if y.rank == 0:
        return gives((), with_float(y.dtype))
    return gives(without(y.shape, axis_of(call.axis, y.rank, y.shape)), with_float(y.dtype))


def count(call: OpCall) -> Inference:
    """Give the number of elements, as a tensor."""
    call.tensor("x")
    return gives((), "int32")


def bincount(call: OpCall) -> Inference:
    """Count the occurrences of each whole number; how many there are is known when it is run."""
    x = call.numeric("x")
    size(call.minlength, "minlength")
    dtype = "int32" if call.weights is None else meet(x.dtype, _count_weights(call, x).dtype)
    return gives((*x.shape[:-1], UNKNOWN), dtype, sparse=x.sparse or bool(call.sparse))


def _count_weights(call: OpCall, x: TensorSpec) -> TensorSpec:
    """Give the weights of counts, which Keras keeps beside the graph: numbers, one for each element."""
    if isinstance(call.weights, TensorSpec):
        raise Refusal(
            WrongArgument, "`weights` takes no tensor of a model's graph", blames="weights"
        )
    weights = call.data("weights")
    if weights.rank != x.rank or not all(
        call.holds(equal(a, b)) for a, b in zip(weights.shape, x.shape, strict=True)
    ):
        raise Refusal(
            UnequalInputs,
            f"weights of shape {spell_shape(weights.shape)} for {spell_shape(x.shape)}",
            blames="weights",
        )
    return weights


def histogram(call: OpCall) -> Inference:
    """Give counts and the edges of the bins."""
    x = call.numeric("x")
    bins = size(call.bins, "bins")
    limits = call.arguments["range"]
    if limits and (not isinstance(limits, tuple) or len(limits) < 2 or limits[1] < limits[0]):
        raise Refusal(WrongValue, "`range` takes the lower and the upper limit", blames="range")
    return gives_several([(bins,), (bins + 1,)], x.dtype)


def trace(call: OpCall) -> Inference:
    """Add the diagonal of two axes up."""
    x = call.numeric("x")
    offset(call.offset, "offset")
    return gives(without(x.shape, *two_axes(call, x)), summed(x.dtype))


def diagonal(call: OpCall) -> Inference:
    """Put the diagonal of two axes last: (None, 5, 8), axis1=1, axis2=2 -> (None, 5)."""
    x = call.numeric("x")
    first, second = two_axes(call, x)
    length = _diagonal(x.shape[first], x.shape[second], offset(call.offset, "offset"))
    return gives((*without(x.shape, first, second), length), x.dtype)


def two_axes(call: OpCall, x: TensorSpec) -> tuple[int, int]:
    call.ranked(x, "x", min_rank=2)
    first = axis_of(call.axis1, x.rank, x.shape, "axis1")
    second = axis_of(call.axis2, x.rank, x.shape, "axis2")
    if first == second:
        raise Refusal(WrongAxis, f"`axis1` and `axis2` are both axis {first}", blames="axis2")
    return first, second


def _diagonal(rows: Dim, columns: Dim, k: int) -> Dim:
    """Count a diagonal: 5, 8, k 1 -> 5; it is 0 where `k` leads out of the matrix."""
    rest = columns - k if k > 0 else rows + k
    return maximum(minimum(rest, minimum(rows, columns)), 0)


def diag(call: OpCall) -> Inference:
    """Give a matrix of a vector, or the diagonal of a matrix."""
    x = call.numeric("x")
    k = offset(call.k, "k")
    if x.rank == 1:
        side = x.shape[0] + abs(k)
        return gives((side, side), x.dtype)
    call.ranked(x, "x", rank=2)
    return gives((_diagonal(x.shape[0], x.shape[1], k),), x.dtype)


def diagflat(call: OpCall) -> Inference:
    """Give a matrix with all elements on a diagonal."""
    x = call.numeric("x")
    side = total(x.shape) + abs(offset(call.k, "k"))
    return gives((side, side), x.dtype)


RULES: dict[str, OpRule] = {
    **dict.fromkeys(REDUCTIONS, reduction),
    **dict.fromkeys(QUANTILES, quantile),
    **dict.fromkeys("cumsum cumprod nancumsum nancumprod argsort sort".split(), along),
    "norm": norm,
    "average": average,
    "moments": moments,
    "argpartition": argpartition,
    "diff": diff,
    "trapezoid": trapezoid,
    "size": count,
    "bincount": bincount,
    "histogram": histogram,
    "trace": trace,
    "diagonal": diagonal,
    "diag": diag,
    "diagflat": diagflat,
}
