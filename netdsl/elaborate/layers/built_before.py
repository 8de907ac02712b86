"""A shared layer used again: its weights are there, made for what arrived at first.

Keras makes weights once. What arrives later may have sizes that nobody knows where there was a number at first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netdsl.catalog.every_call import run_rule
from netdsl.catalog.kind import Call, Inference, Refusal, Structure
from netdsl.graph import Graph, Operation
from netdsl.tensor import UNKNOWN, Dim, TensorSpec, equal


def first_inputs(operation: Operation, graph: Graph) -> tuple[TensorSpec, ...]:
    """Give the tensors that a shared layer was used on first."""
    for node in graph.nodes:
        if node.operation is operation and node.inputs:
            return tuple(graph.spec(ref) for ref in node.inputs)
    return ()


def infer_again(call: Call, first: tuple[TensorSpec, ...]) -> Inference:
    """Say what a layer gives whose weights were made for `first`.

    Where its rule asks for a number that nobody knows now, the size of then is meant.
    """
    demanded = len(call.demands)
    try:
        return run_rule(call)
    except Refusal as refusal:
        sizes = _needed(call, _sizes_of_then(call.inputs, first))
        found = _as_then(call, sizes)
        if found is None:
            raise refusal from None
        del call.demands[demanded:]
        for (number, axis), size in sizes.items():
            call.holds(equal(call.inputs[number].shape[axis], size))
        return found


#: Sizes by the number of the input and the axis.
Sizes = Mapping[tuple[int, int], int]


def _sizes_of_then(now: tuple[TensorSpec, ...], first: tuple[TensorSpec, ...]) -> Sizes:
    """Give the sizes that were numbers at first and are none now; the batch is left alone.

    Of tensors of other ranks (a layer at each step, and by itself) the last axes are the same.
    """
    found: dict[tuple[int, int], int] = {}
    for number, (x, before) in enumerate(zip(now, first, strict=False)):
        more = x.rank - before.rank
        for axis, size in enumerate(before.shape[1:], start=1 + more):
            if axis > 0 and isinstance(size, int) and not isinstance(x.shape[axis], int):
                found[number, axis] = size
    return found


def _with_sizes(call: Call, sizes: Sizes, times: int = 1) -> Call:
    inputs = tuple(
        x.with_shape(
            sizes[number, axis] * times if (number, axis) in sizes else dim
            for axis, dim in enumerate(x.shape)
        )
        for number, x in enumerate(call.inputs)
    )
    return replace(call, inputs=inputs, demands=[])


def _needed(call: Call, sizes: Sizes) -> Sizes:
    """Leave out the sizes that the rule does without."""
    for place in list(sizes):
        fewer = {key: size for key, size in sizes.items() if key != place}
        if _ask(_with_sizes(call, fewer)) is not None:
            sizes = fewer
    return sizes


def _ask(call: Call) -> Inference | None:
    try:
        return run_rule(call)
    except Refusal:
        return None


def _as_then(call: Call, sizes: Sizes) -> Inference | None:
    """Ask the rule with these sizes; what of the outputs changes with another number is unknown again."""
    if call.kind.is_a(
        "depthwise"
    ):  # Keras counts with the channels that arrive: each has a kernel of its own
        return None
    told, other = _ask(_with_sizes(call, sizes)), _ask(_with_sizes(call, sizes, 2))
    if told is None or other is None:
        return None
    macs: Dim = told.macs if told.macs == other.macs else UNKNOWN
    kept: Dim = told.kept if told.kept == other.kept else UNKNOWN
    # A layer that Keras runs to learn its shape meets its weights there, and their sizes.
    outputs = told.outputs if call.kind.traced else _common(told.outputs, other.outputs)
    return replace(told, outputs=outputs, macs=macs, kept=kept)


def _common(left: Structure, right: Structure) -> Structure:
    if isinstance(left, TensorSpec) and isinstance(right, TensorSpec):
        pairs = zip(left.shape, right.shape, strict=False)
        return left.with_shape(a if a == b else UNKNOWN for a, b in pairs)
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    return tuple(_common(a, b) for a, b in zip(left, right, strict=True))
