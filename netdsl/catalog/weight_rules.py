"""The weights that layers with a kernel share: kernel, bias and the pair of low-rank adaptation."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.catalog.kind import Call, Refusal, Weight
from netdsl.diagnostics.problems.shapes import ConflictingArguments


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
