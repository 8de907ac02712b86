"""Functions that need no tensor: arange, zeros, eye, linspace. Keras computes them at once."""

from __future__ import annotations

import math

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import axis_of, broadcast, inserted, number, size, sizes
from netdsl.catalog.operations.call import OpCall, OpRule, array_of, as_operand, gives
from netdsl.catalog.operations.elementwise import converted
from netdsl.catalog.operations.promotion import FLOATX, is_integer, meet
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongValue
from netdsl.tensor import TensorSpec
from netdsl.value import Value


def arange(call: OpCall) -> Inference:
    """Count from `start` (0) in steps up to and without `stop`: arange(50) -> int32(50,)."""
    written = [v for v in (call.start, call.stop, call.step) if v is not None]
    for name in ("start", "stop", "step"):
        if call.arguments[name] is not None:
            _known(call.arguments[name], name)
    start, stop = (0, call.start) if call.stop is None else (call.start, call.stop)
    step = 1 if call.step is None else call.step
    if start is None or stop is None:
        raise Refusal(WrongValue, "`start` is `None`, not a number", blames="start")
    if step == 0:
        raise Refusal(WrongValue, "`step` is 0", blames="step")
    if (
        call.dtype is not None
        and is_integer(call.dtype)
        and any(isinstance(v, float) for v in written)
    ):
        raise Refusal(WrongDtype, f"fractions do not count in {call.dtype}", blames="dtype")
    if not all(map(math.isfinite, (start, stop, step))):
        raise Refusal(
            WrongValue, "a count from, to and by what is no number has no length", blames="stop"
        )
    length = max(_steps(start, stop, step), 0)
    return gives((length,), call.dtype or meet(*(type(v).__name__ for v in written)))


def _steps(start: float, stop: float, step: float) -> int:
    """Count the steps, what is left of one included; fractions as Python divides them, whole numbers exactly."""
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int):
        return -((start - stop) // step)
    return math.ceil((stop - start) / step)


def _known(value: Value, name: str) -> float:
    if isinstance(value, TensorSpec):
        raise Refusal(
            WrongArgument,
            f"`{name}` takes a number, and the length of what a tensor would give is not known",
            blames=name,
        )
    return number(value, name)


def filled(call: OpCall) -> Inference:
    """Give a tensor of a given shape: zeros, ones, full."""
    if call.function == "full":
        as_operand(call.fill_value, "fill_value")
    return gives(sizes(call.shape, "shape"), _numbers(call.dtype or FLOATX))


def _numbers(dtype: str) -> str:
    if dtype == "string":
        raise Refusal(WrongDtype, "a constant of strings cannot be part of a model", blames="dtype")
    return dtype


def square(call: OpCall) -> Inference:
    """Give a matrix with ones on or below a diagonal: eye, identity, tri."""
    rows = size(call.n if call.function == "identity" else call.N, "N")
    columns = rows if call.arguments.get("M") is None else size(call.M, "M")
    return gives((rows, columns), _numbers(call.dtype or FLOATX))


def spaced(call: OpCall) -> Inference:
    """Give numbers from `start` to `stop` at even steps, of numbers or tensors: linspace, logspace."""
    start, stop = call.operand("start"), call.data("stop")
    shape = broadcast(call, start.shape, stop.shape)
    axis = axis_of(call.axis, len(shape) + 1, shape)
    if call.arguments.get("retstep"):
        raise Refusal(
            WrongValue,
            "`retstep=True` gives the step too, and Keras gives no tensor for it",
            blames="retstep",
        )
    count = size(call.num, "num")
    symbolic = isinstance(call.start, TensorSpec) or isinstance(call.stop, TensorSpec)
    strong = {"int": "int64", "float": FLOATX}.get(start.dtype, start.dtype)
    dtype = (
        meet(call.dtype or strong, "float")
        if symbolic
        else call.dtype or meet(start.dtype, stop.dtype, "float")
    )
    return gives(inserted(shape, axis, count), dtype)


def array(call: OpCall) -> Inference:
    """Give a tensor of written numbers, or a tensor that arrives."""
    if isinstance(call.x, TensorSpec):
        return converted(call)
    written = array_of(call.x, "x")
    return gives(written.shape, _numbers(call.dtype or written.dtype))


def window(call: OpCall) -> Inference:
    """Give a window function of so many points; Keras takes no tensor of the graph for the number."""
    if call.function == "kaiser":
        number(call.beta, "beta")
    return gives((size(call.x, "x"),), FLOATX)


RULES: dict[str, OpRule] = {
    "arange": arange,
    **dict.fromkeys("zeros ones empty full".split(), filled),
    **dict.fromkeys("eye identity tri".split(), square),
    **dict.fromkeys("linspace logspace geomspace".split(), spaced),
    **dict.fromkeys("array convert_to_tensor".split(), array),
    **dict.fromkeys("bartlett blackman hamming hanning kaiser".split(), window),
}
