"""Masks: which outputs of a layer carry one, as Keras's `_keras_mask` travels while a model is built.

A layer's kind says what becomes of the mask of its input (`LayerKind.mask`). Functions of `keras.ops`, models used
as layers and layers of the user's own give tensors without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netdsl.catalog.kind import Call, Inference, Structure, flatten_structure
from netdsl.tensor import TensorSpec


def with_masks(call: Call, inference: Inference) -> Inference:
    """Mark the outputs of a layer that carry a mask, and no others."""
    carried = iter(_carried(call, sum(1 for _ in flatten_structure(inference.outputs))))
    return _replaced(inference, _marked(inference.outputs, carried))


def without_masks(inference: Inference) -> Inference:
    """Take the masks off all outputs."""
    return _replaced(inference, _marked(inference.outputs, iter(())))


def _replaced(inference: Inference, outputs: Structure) -> Inference:
    return inference if outputs == inference.outputs else replace(inference, outputs=outputs)


def _marked(structure: Structure, carried: Iterator[bool]) -> Structure:
    if isinstance(structure, TensorSpec):
        masked = next(carried, False)
        return structure if structure.masked == masked else replace(structure, masked=masked)
    return tuple(_marked(part, carried) for part in structure)


def _carried(call: Call, outputs: int) -> list[bool]:
    """Say of each output, in order, whether it carries a mask; those after the last have none."""
    call = _with_given_mask(call)
    policy = call.kind.mask
    if callable(policy):
        told = policy(call)
        return [told] * outputs if isinstance(told, bool) else list(told)
    if policy == "carry":
        if outputs == len(call.inputs) > 1:
            return [x.masked for x in call.inputs]
        return [bool(call.inputs) and call.x.masked] * outputs
    return [policy == "make"] * outputs


def _with_given_mask(call: Call) -> Call:
    """A mask that is given at call time takes the place of the one that travels with the input."""
    if not isinstance(call.call_arguments.get("mask"), TensorSpec) or not call.inputs:
        return call
    return replace(call, inputs=(replace(call.x, masked=True), *call.inputs[1:]))
