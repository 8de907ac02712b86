"""The weights that layers with a kernel share: kernel, bias, low-rank adaptation, quantized kernels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from netdsl.catalog.initial_values import refuse_misfit
from netdsl.catalog.kind import BoundLayer, Call, Refusal, Weight
from netdsl.diagnostics.problems.shapes import ConflictingArguments, WrongWrapped
from netdsl.tensor import Dim

#: How many maxima a float8 kernel remembers, and the tensors it keeps them of.
_FLOAT8_HISTORY = 1024
_FLOAT8_PARTS = ("inputs", "kernel", "outputs_grad")


def filled_weight(
    call: Call, name: str, shape: Iterable[Dim], *, within: str = "", initializer: str = ""
) -> Weight:
    """Describe a trained weight that another part holds, or that another weight's initializer fills."""
    made = call.weight(name, shape)
    weight = Weight(made.name, made.shape, made.trainable, made.dtype, within)
    if initializer:
        refuse_misfit(weight, initializer, call.arguments.get(initializer))
    return weight


def kernel_weights(
    call: Call,
    kernel: Iterable[int],
    bias: Iterable[int] | None,
    *,
    low_rank: tuple[Iterable[int], Iterable[int]] | None = None,
) -> list[Weight]:
    """List the kernel, the bias where there is one, and what `lora_rank` adds, in Keras's order.

    With `lora_rank` the kernel is frozen and a product of two thin float32 matrices is learned beside it;
    `low_rank` gives what their shapes hold besides the rank.
    """
    rank: int = call.arguments.get("lora_rank") or 0
    adapted = rank > 0 and low_rank is not None
    weights = [call.weight("kernel", kernel, trainable=not adapted)]
    if bias is not None:
        weights.append(call.weight("bias", bias))
    if adapted and low_rank is not None:
        _allow_adaptation(call)
        before, after = low_rank
        weights.append(Weight("lora_kernel_a", (*before, rank), dtype="float32"))
        weights.append(Weight("lora_kernel_b", (rank, *after), dtype="float32"))
    return weights


def _allow_adaptation(call: Call) -> None:
    if call.kernel_constraint is not None:
        raise Refusal(
            ConflictingArguments,
            f"`lora_rank={call.lora_rank}` freezes the kernel, and `kernel_constraint` would change it",
            blames="lora_rank",
            help="leave one of the two out",
        )


def quantization_mode(call: Call) -> str | None:
    """Read the mode off a dtype policy: "int8_from_float32" -> "int8", "mixed_float16" -> None."""
    mode, source, _ = str(call.arguments.get("dtype")).partition("_from_")
    return mode if source else None


def product_weights(
    call: Call,
    kernel: Sequence[int],
    bias: Iterable[int] | None,
    *,
    summed: Sequence[int],
    scale: Iterable[int],
    low_rank: tuple[Iterable[int], Iterable[int]],
) -> list[Weight]:
    """List the weights of a dense product, whose kernel a dtype policy may quantize.

    `summed` are the kernel's axes that the product sums over, `scale` is the shape of its int8 scales.
    """
    mode = quantization_mode(call)
    if mode in ("int8", "int4"):
        offset = [call.weight("bias", bias)] if bias is not None else []
        return offset + _quantized(call, mode, kernel, summed, scale)
    plain = kernel_weights(call, kernel, bias, low_rank=low_rank)
    return _float8_statistics() + plain if mode == "float8" else plain


def _quantized(
    call: Call, mode: str, kernel: Sequence[int], summed: Sequence[int], scale: Iterable[int]
) -> list[Weight]:
    """List a kernel of integers and its scales; int4 packs two columns into a byte."""
    if mode == "int4":
        rows = math.prod(kernel[axis] for axis in summed)
        columns = math.prod(size for axis, size in enumerate(kernel) if axis not in summed)
        kernel, scale = (rows, (columns + 1) // 2), (columns,)
    return [
        Weight("kernel", tuple(kernel), False, "int8"),
        call.weight("kernel_scale", scale, trainable=False),
    ]


def _float8_statistics() -> list[Weight]:
    """List the scale and the history of maxima that float8 keeps of each tensor."""
    return [
        weight
        for part in _FLOAT8_PARTS
        for weight in (
            Weight(f"{part}_scale", ()),
            Weight(f"{part}_amax_history", (_FLOAT8_HISTORY,)),
        )
    ]


def frozen(layer: BoundLayer, weights: tuple[Weight, ...]) -> tuple[Weight, ...]:
    """Freeze the weights of a layer inside another where it says `trainable=False`; refuse where Keras does not."""
    if layer.arguments.get("trainable", True):
        return weights
    if layer.definition is not None and layer.definition.holds_layers:
        raise Refusal(
            WrongWrapped,
            f"Keras goes on training the layers inside `{layer.label}` here",
            help="say `trainable=False` of the layer around it, or of those inside",
        )
    return tuple(replace(weight, trainable=False) for weight in weights)
