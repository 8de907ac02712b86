"""Functions that work on each element: of one tensor, or of two that stretch over each other.

`UNARY` and `BINARY` map a function to what it makes of the dtype; `rule` builds the rule from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import axes_of, broadcast, number, offset
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    gives,
    joined_dtype,
    no_string,
    spell_value,
)
from netdsl.catalog.operations.promotion import (
    FLOATX,
    as_float,
    is_integer,
    meet,
    no_bool,
    same,
    small_to_float,
    whole_to_float,
    wide_float,
    with_float,
)
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongValue
from netdsl.tensor import TensorSpec, spell_shape

DtypeRule = Callable[[str], str]


def _bool(_: str) -> str:
    return "bool"


def _floatx(_: str) -> str:
    return FLOATX


def _words(text: str, rule: DtypeRule) -> dict[str, DtypeRule]:
    return dict.fromkeys(text.split(), rule)


#: What becomes of the dtype of one tensor whose shape stays.
UNARY: Mapping[str, DtypeRule] = {
    **_words(
        "abs absolute bitwise_invert bitwise_not conj conjugate copy erf erfinv imag nan_to_num negative real "
        "round rsqrt sign stop_gradient tril triu trunc celu elu gelu hard_shrink hard_sigmoid hard_silu "
        "hard_tanh leaky_relu log_sigmoid relu relu6 selu sigmoid silu soft_shrink softplus softsign "
        "sparse_plus sparse_sigmoid squareplus tanh_shrink",
        same,
    ),
    **_words(
        "angle arccos arccosh arcsin arcsinh arctan arctanh ceil cos cosh floor log log10 log1p log2 sin sinc "
        "sinh sqrt tan tanh",
        as_float,
    ),
    **_words("exp exp2 expm1 fabs", whole_to_float),
    **_words("deg2rad i0 rad2deg", wide_float),
    **_words("clip square", no_bool),
    **_words("isfinite isinf isnan isneginf isposinf isreal logical_not signbit", _bool),
    "cbrt": small_to_float,
    "erfc": with_float,
    "reciprocal": _floatx,
}

#: Functions of one tensor that keep it sparse.
KEEPS_SPARSE = frozenset(
    "abs absolute arcsin arcsinh arctan arctanh ceil conj conjugate copy expm1 fabs floor imag log1p negative real "
    "round sign signbit sin sinh sqrt square tan tanh".split()
)


def unary(call: OpCall) -> Inference:
    """Keep the shape."""
    x = no_string(call.first)
    function = call.function
    return gives(x.shape, UNARY[function](x.dtype), sparse=x.sparse and function in KEEPS_SPARSE)


def _divided(left: str, right: str) -> str:
    return meet(left, right, "float")


def _remainder(left: str, right: str) -> str:
    return no_bool(meet(left, right))


def _truth(left: str, right: str) -> str:
    return "bool"


def _strong(left: str, right: str) -> str:
    """Numbers are int64 and float32 here, not weak."""
    return meet(*({"int": "int64", "float": FLOATX}.get(d, d) for d in (left, right)))


def _strong_float(left: str, right: str) -> str:
    return meet(*({"int": "int64", "float": FLOATX}.get(d, d) for d in (left, right)), "float")


def _length(left: str, right: str) -> str:
    """`hypot` and `heaviside`: whole numbers to floats, 64 bits to 64."""
    dtype = meet(left, right)
    if dtype == "int64":
        return "float64"
    return FLOATX if "int" in dtype and dtype != "uint64" else dtype


BINARY: Mapping[str, Callable[[str, str], str]] = {
    **dict.fromkeys(
        "add subtract multiply maximum minimum fmax fmin power floor_divide".split(), meet
    ),
    **dict.fromkeys("divide divide_no_nan true_divide logaddexp logaddexp2".split(), _divided),
    **dict.fromkeys("mod fmod".split(), _remainder),
    **dict.fromkeys(
        "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor isclose".split(),
        _truth,
    ),
    **dict.fromkeys("gcd lcm".split(), _strong),
    **dict.fromkeys("ldexp nextafter".split(), _strong_float),
    "arctan2": _divided,
    "hypot": _length,
    "heaviside": _length,
}

#: What `sparse` means for the result: both are, either is, or only the first is.
SPARSE: Mapping[str, str] = {
    **dict.fromkeys("add subtract maximum minimum fmax fmin".split(), "both"),
    **dict.fromkeys("divide divide_no_nan true_divide".split(), "first"),
    "multiply": "either",
}


def _is_sparse(function: str, left: TensorSpec, right: TensorSpec) -> bool:
    match SPARSE.get(function):
        case "both":
            return left.sparse and right.sparse
        case "either":  # a number counts as sparse: it leaves zeros as they are
            return left.sparse or right.sparse
        case "first":
            return left.sparse and not right.sparse
    return False


#: Both must be tensors: Keras asks numbers for their shape.
ONLY_TENSORS = frozenset({"hypot", "heaviside"})

#: One may be written as lists of numbers: Keras asks their type for no dtype.
TAKE_LISTS = frozenset(
    "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor isclose arctan2".split()
)


def binary(call: OpCall) -> Inference:
    """Stretch two operands over each other; a number is a scalar."""
    names = list(call.arguments)[:2]
    left, right = (no_string(_side(call, name), name) for name in names)
    sparse = _is_sparse(call.function, left, right)
    dtype = BINARY[call.function](left.dtype, right.dtype)
    shape = broadcast(call, left.shape, right.shape)
    return _as_announced(call, gives(shape, dtype, sparse=sparse), names)


def _side(call: OpCall, name: str) -> TensorSpec:
    if call.function in ONLY_TENSORS:
        return call.tensor(name)
    side = call.data(name) if call.function in TAKE_LISTS else call.operand(name)
    plain = not isinstance(call.arguments[name], TensorSpec)
    return side.with_dtype(FLOATX) if plain and call.function == "arctan2" else side


def _as_announced(call: OpCall, result: Inference, names: list[str]) -> Inference:
    """Give the shape that Keras says, which takes lists of numbers for one number."""
    values = [call.arguments[name] for name in names]
    kinds = {type(value) for value in values}
    if tuple not in kinds or TensorSpec not in kinds:  # without a tensor Keras computes at once
        return result
    said = broadcast(call, *(v.shape if isinstance(v, TensorSpec) else () for v in values))
    given = result.outputs
    assert isinstance(given, TensorSpec)
    if said == given.shape:
        return result
    caveat = (
        f"Keras says that this gives {spell_shape(said)}, and it gives {spell_shape(given.shape)}"
    )
    return replace(result, outputs=given.with_shape(said), caveats=(caveat,))


def bitwise(call: OpCall) -> Inference:
    """Combine bits; a number may only be the second operand, and only in shifts."""
    x = call.numeric("x")
    y = call.y
    shift = "shift" in call.function
    if isinstance(y, int) and not isinstance(y, bool) and shift:
        return gives(x.shape, x.dtype)
    other = call.tensor("y")
    dtype = joined_dtype(x, other)
    if not is_integer(dtype):
        raise Refusal(
            WrongDtype, f"bits of {x.dtype} and {other.dtype} cannot be combined", blames="y"
        )
    # Keras says the first operand's shape here, also where the second is larger.
    broadcast(call, x.shape, other.shape)
    return gives(x.shape, dtype)


def clip(call: OpCall) -> Inference:
    """Bound each element; the bounds are numbers or tensors."""
    for name in ("x_min", "x_max"):
        if call.arguments[name] is not None:
            call.data(name)
    return unary(call)


def where(call: OpCall) -> Inference:
    """Choose between two by a condition, all three stretched over each other."""
    condition = call.data("condition")
    if call.x1 is None or call.x2 is None:
        missing = "x1" if call.x1 is None else "x2"
        raise Refusal(
            WrongArgument,
            f"`{missing}` is missing: `where` chooses between two",
            blames=missing,
            help="for the places where a condition holds, use `ops.nonzero`",
        )
    left, right = call.operand("x1"), call.operand("x2")
    shape = broadcast(call, condition.shape, left.shape, right.shape)
    result = gives(shape, joined_dtype(left, right))
    return _as_announced(call, result, ["condition", "x1", "x2"])


def cast(call: OpCall) -> Inference:
    """Change the dtype; `None` is Keras's default one."""
    x = call.tensor("x")
    return gives(x.shape, call.dtype or FLOATX, sparse=False)


def converted(call: OpCall) -> Inference:
    """Keep a tensor, in another dtype where one is asked for: convert_to_tensor, ones_like."""
    x = call.first
    keeps = call.function in ("convert_to_tensor", "ones_like", "zeros_like")
    sparse = x.sparse and keeps and call.arguments.get("sparse") is not False
    return gives(x.shape, call.dtype or x.dtype, sparse=sparse)


def full_like(call: OpCall) -> Inference:
    """Give the shape and dtype of a tensor, filled with a number."""
    call.data("fill_value")
    return converted(call)


def view(call: OpCall) -> Inference:
    """Read the same bytes as another dtype; the last axis grows or shrinks with the size of an element."""
    x = call.numeric("x")
    dtype = call.dtype or x.dtype
    old, new = item_size(x.dtype), item_size(dtype)
    if old == new:
        return gives(x.shape, dtype)
    call.ranked(x, "x", min_rank=1)
    last = x.shape[-1]
    if isinstance(last, int) and last * old % new:
        raise Refusal(
            WrongValue,
            f"{last} elements of {old} bytes make no whole number of {new} bytes",
            blames="dtype",
        )
    grown = last if not isinstance(last, int) else last * old // new
    return gives((*x.shape[:-1], grown), dtype)


def item_size(dtype: str) -> int:
    """Give the bytes of an element: float32 -> 4."""
    if dtype == "bool" or dtype.startswith("float8"):
        return 1
    bits = "".join(c for c in dtype.partition("_")[0] if c.isdigit())
    if not bits:
        raise Refusal(WrongDtype, f"{dtype} has no fixed size", blames="dtype")
    return int(bits) // 8


def along_axes(call: OpCall) -> Inference:
    """Work along axes and keep the shape: softmax."""
    x = no_string(call.first)
    if call.axis is not None:
        axes_of(call.axis, x.shape)
    dtype = FLOATX if call.function == "normalize" else x.dtype
    return gives(x.shape, dtype)


def normalize(call: OpCall) -> Inference:
    """Scale to a norm of 1; Keras calls the result float32, whatever it is."""
    order = call.order
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise Refusal(
            WrongValue, f"`order` is {spell_value(order)}, and 1 is the least", blames="order"
        )
    return along_axes(call)


def isclose(call: OpCall) -> Inference:
    for name in ("rtol", "atol"):
        number(call.arguments[name], name)
    return binary(call)


def allclose(call: OpCall) -> Inference:
    """Give one truth value for the whole."""
    left, right = call.data("x1"), call.data("x2")
    broadcast(call, left.shape, right.shape)
    return gives((), "bool")


def isin(call: OpCall) -> Inference:
    """Say of each element whether the other tensor has it."""
    x = call.tensor("x1")
    return gives(x.shape, "bool")


def digitize(call: OpCall) -> Inference:
    """Put each element into a bin."""
    x = call.numeric("x")
    bins = call.arguments["bins"]
    if isinstance(bins, TensorSpec):
        call.ranked(bins, "bins", rank=1)
    else:
        raise Refusal(
            WrongArgument,
            f"`bins` takes a tensor, this is {spell_value(bins)}",
            blames="bins",
            help="make one: `ops.array([0.0, 1.0])`",
        )
    return gives(x.shape, "int32", sparse=x.sparse)


def polar(call: OpCall) -> Inference:
    x, angle = call.numeric("abs_"), call.data("angle")
    broadcast(call, x.shape, angle.shape)
    return gives(x.shape, FLOATX)


def diagonal_band(call: OpCall) -> Inference:
    """Keep one side of the diagonal of the last two axes: tril, triu."""
    call.ranked(call.first, "x", min_rank=2)
    offset(call.k, "k")
    return unary(call)


RULES: dict[str, OpRule] = {
    **dict.fromkeys(UNARY, unary),
    **dict.fromkeys(BINARY, binary),
    **dict.fromkeys(
        "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift right_shift".split(),
        bitwise,
    ),
    **dict.fromkeys("ones_like zeros_like empty_like".split(), converted),
    **dict.fromkeys("softmax log_softmax sparsemax".split(), along_axes),
    **dict.fromkeys("tril triu".split(), diagonal_band),
    "clip": clip,
    "where": where,
    "cast": cast,
    "saturate_cast": cast,
    "full_like": full_like,
    "view": view,
    "normalize": normalize,
    "isclose": isclose,
    "allclose": allclose,
    "isin": isin,
    "digitize": digitize,
    "polar": polar,
}
