"""Whether an initializer can fill the weight it is given.

Keras finds out while the layer is built: `Orthogonal` needs a matrix (and a QR decomposition, which there is
none of in bfloat16), `Identity` exactly two axes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netdsl.catalog.kind import Call, ObjectValue, Refusal, Weight
from netdsl.diagnostics.problems.shapes import WrongDtype, WrongValue
from netdsl.tensor import Dim, spell_shape


def filled_weight(
    call: Call, name: str, shape: Iterable[Dim], *, within: str = "", initializer: str = ""
) -> Weight:
    """Describe a trained weight; refuse where the argument `<name>_initializer` cannot fill it."""
    made = call.weight(name, shape)
    weight = Weight(made.name, made.shape, made.trainable, made.dtype, within)
    argument = initializer or f"{name}_initializer"
    _refuse_misfit(weight, argument, _kind(call.arguments.get(argument)))
    return weight


def _kind(initializer: Any) -> str:
    """Give an initializer's name in one spelling: "orthogonal" and Orthogonal(gain=2) -> "orthogonal"."""
    name = initializer.kind if isinstance(initializer, ObjectValue) else str(initializer)
    return name.lower().removesuffix("initializer")


def _refuse_misfit(weight: Weight, argument: str, kind: str) -> None:
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
