"""Whether an initializer can fill the weight it is given.

Keras finds out while the layer is built: `Orthogonal` needs a matrix (and a QR decomposition, which there is
none of in bfloat16), `Identity` exactly two axes, `STFT` a kernel of one channel. A `Constant` may be a nested list
that repeats over the weight; one that is larger Keras takes in silence, and the model does not load again.
"""

from __future__ import annotations

from typing import TypeGuard

from netdsl.catalog.object_value import ObjectValue
from netdsl.catalog.refusal import Refusal
from netdsl.catalog.signature import signature
from netdsl.catalog.weight import Weight
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongValue
from netdsl.tensor import Dim, Shape, spell_shape
from netdsl.value import Arguments, Value

#: Initializers that fill a weight with one value, of whatever dtype it is.
_CONSTANTS = ("zeros", "ones", "constant")


def draws(value: Value) -> TypeGuard[ObjectValue]:
    """Tell whether a value is a configured initializer that draws: one object gives all weights of a shape the same."""
    if not isinstance(value, ObjectValue) or value.family != "initializer":
        return False
    found = signature("initializer", value.kind)
    return found is None or found.parameter("seed") is not None


def check_filling(arguments: Arguments, weight: Weight) -> None:
    """Refuse a weight that its own argument cannot fill, as `kernel_initializer` fills `kernel`."""
    part = weight.name.removesuffix("_kernel")
    for argument in (f"{weight.name}_initializer", f"{part}_initializer", "depthwise_initializer"):
        if argument in arguments:
            refuse_misfit(weight, argument, arguments[argument])
            return


def refuse_misfit(weight: Weight, argument: str, initializer: Value) -> None:
    """Refuse a weight that this initializer cannot fill."""
    kind = _kind(initializer)
    if "float" not in weight.dtype and initializer is not None:
        _refuse_integers(weight, argument, kind, initializer)
    if kind in ("identity", "orthogonal"):
        _refuse_matrix(weight, argument, kind)
    elif kind == "stft":
        _refuse_stft(weight, argument)
    elif kind == "constant" and isinstance(initializer, ObjectValue):
        _refuse_constant(weight, argument, initializer.arguments.get("value", 0.0))


def _kind(initializer: Value) -> str:
    """Give an initializer's name in one spelling: "orthogonal" and Orthogonal(gain=2) -> "orthogonal"."""
    name = initializer.kind if isinstance(initializer, ObjectValue) else str(initializer)
    return name.lower().removesuffix("initializer")


def _refuse_integers(weight: Weight, argument: str, kind: str, initializer: Value) -> None:
    """Refuse to fill a weight of integers or booleans with what Keras draws in floats alone."""
    if kind in _CONSTANTS:
        return
    if kind in ("randomuniform", "uniform") and isinstance(initializer, ObjectValue):
        bounds = [initializer.arguments.get(bound, 0) for bound in ("minval", "maxval")]
        low, high = (int(b) if isinstance(b, (int, float)) else 0 for b in bounds)  # as in Keras
        if low < high and weight.dtype in ("int32", "int64"):
            return
    raise Refusal(
        WrongDtype,
        f"`{weight.name}` is of {weight.dtype} by the layer's `dtype`, and its initializer draws floats",
        blames="dtype",
        help=f'leave `dtype` out, or fill the weight with a constant, as `{argument}="zeros"` does',
    )


def _refuse_stft(weight: Weight, argument: str) -> None:
    if len(weight.shape) != 3 or weight.shape[1] != 1:
        raise Refusal(
            WrongValue,
            f"`{weight.name}` has shape {spell_shape(weight.shape)}, the kernel of a Fourier transform is "
            "(frame, 1, frequencies)",
            blames=argument,
        )


def _refuse_constant(weight: Weight, argument: str, value: Value) -> None:
    shape = _nested_shape(value)
    repeated = len(shape) <= len(weight.shape) and all(
        size in (1, whole)
        for size, whole in zip(reversed(shape), reversed(weight.shape), strict=False)
    )
    if not repeated:
        raise Refusal(
            WrongValue,
            f"`{weight.name}` has shape {spell_shape(weight.shape)}, and the constant {spell_shape(shape)}",
            blames=argument,
            help="give a number, or lists whose lengths are those of the weight, or 1 where they repeat",
        )


def _nested_shape(value: Value) -> Shape:
    """Measure lists in lists by their first elements: [[1, 2], [3, 4]] -> (2, 2)."""
    shape: list[Dim] = []
    while isinstance(value, (list, tuple)):
        shape.append(len(value))
        value = value[0] if value else 0
    return tuple(shape)


def _refuse_matrix(weight: Weight, argument: str, kind: str) -> None:
    rank = len(weight.shape)
    if kind == "identity" and rank != 2:
        raise Refusal(
            WrongValue,
            f"`{weight.name}` has shape {spell_shape(weight.shape)}, an identity has two axes",
            blames=argument,
        )
    if kind == "orthogonal" and rank < 2:
        raise Refusal(
            WrongValue,
            f"`{weight.name}` has shape {spell_shape(weight.shape)}, which is no matrix",
            blames=argument,
            help='use an initializer that fills a vector, such as "zeros"',
        )
    if kind == "orthogonal" and weight.dtype == "bfloat16":
        raise Refusal(
            WrongDtype,
            f"the orthogonal `{argument}` cannot make `{weight.name}` in bfloat16",
            blames=argument,
            help='use `dtype="mixed_bfloat16"`, which keeps the weights in float32',
        )
