"""Normalization over the batch, over features, or over groups of channels."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.shape_rules import (
    axes_of,
    axis_of,
    check_beside,
    elementwise,
    keeps_any_mask,
    numeric,
)
from netdsl.diagnostics.problems.shapes import (
    UnevenSplit,
    WrongAxis,
    WrongRank,
)
from netdsl.tensor import TensorSpec, spell_shape


def _sizes(call: Call, axes: Iterable[int]) -> tuple[int, ...]:
    """Give the sizes of the axes that weights are made for; the batch is none of them."""
    shape = call.x.shape
    for axis in axes:
        if axis == 0:
            raise Refusal(
                WrongAxis,
                f"axis 0 of {spell_shape(shape)} is the batch",
                blames="axis",
                help="axes after the batch count from 1, or from -1 at the end",
            )
    return tuple(call.known(shape[axis], axis) for axis in axes)


def _affine(call: Call, shape: tuple[int, ...], *, scale: bool, center: bool) -> list[Weight]:
    """List the learned scale and offset."""
    weights = [call.weight("gamma", shape)] if scale else []
    return [*weights, call.weight("beta", shape)] if center else weights


def batch_normalization(call: Call) -> Inference:
    """Normalise each channel by its mean and variance over everything else.

    (None, 32, 32, 8) -> the same, with gamma, beta, moving_mean and moving_variance of (8,)
    """
    numeric(call)
    x = call.one()
    mask = call.call_arguments.get("mask")
    if isinstance(mask, TensorSpec) and mask.rank != x.rank - 1:
        raise Refusal(
            WrongRank,
            f"the mask {spell_shape(mask.shape)} has rank {mask.rank}; it needs one axis less than "
            f"{spell_shape(x.shape)}",
            blames="mask",
        )
    check_beside(call, "mask", mask, x.shape[:-1], "all but the last axis of the input")
    shape = _sizes(call, [axis_of(call, call.axis, x.shape)])
    weights = _affine(call, shape, scale=call.scale, center=call.center)
    kept = ["moving_mean", "moving_variance"]
    if call.renorm:
        kept += ["moving_stddev", "renorm_mean", "renorm_stddev"]
    weights += [call.weight(name, shape, trainable=False) for name in kept]
    return call.gives(x.shape, weights=weights)


def layer_normalization(call: Call) -> Inference:
    """Normalise every sample over its features. (None, 10, 64) -> the same, gamma and beta of (64,)"""
    numeric(call)
    x = call.one()
    axes = axes_of(call, _in_keras_order(call.axis), x.shape)
    squared = bool(call.arguments.get("rms_scaling"))
    scale, center = call.scale or squared, call.center and not squared
    weights = (
        _affine(call, _sizes(call, axes), scale=scale, center=center) if scale or center else []
    )
    return call.gives(x.shape, weights=weights)


def rms_normalization(call: Call) -> Inference:
    """Divide every sample by its root mean square. (None, 10, 64) -> the same, scale of (64,)"""
    numeric(call)
    x = call.one()
    shape = _sizes(call, axes_of(call, _in_keras_order(call.axis), x.shape))
    return call.gives(x.shape, weights=[call.weight("scale", shape)])


def _in_keras_order(axis: int | Iterable[int]) -> list[int]:
    """Sort axes as they are written, so that negative ones come first: the order of the weights."""
    return [axis] if isinstance(axis, int) else sorted(axis)


def group_normalization(call: Call) -> Inference:
    """Normalise each sample over groups of channels. (None, 32, 32, 64), groups=8 -> the same"""
    numeric(call)
    x = call.one()
    (channels,) = _sizes(call, [axis_of(call, call.axis, x.shape)])
    groups = channels if call.groups == -1 else call.groups
    if groups < 1 or channels < groups or channels % groups:
        raise Refusal(
            UnevenSplit,
            f"{channels} channels do not split into {groups} groups",
            blames="groups",
            help="choose `groups` so that it divides the channels",
        )
    weights = _affine(call, (channels,), scale=call.scale, center=call.center)
    return call.gives(x.shape, weights=weights)


def unit_normalization(call: Call) -> Inference:
    """Scale to length 1 along an axis. (None, 64) -> the same"""
    for x in call.inputs:
        axes_of(call, call.axis, x.shape)
    return elementwise(call)


KINDS = (
    LayerKind(
        "BatchNormalization",
        batch_normalization,
        mask=keeps_any_mask,
        tensor_arguments=frozenset({"mask"}),
        roles=("normalization", "batch_normalization", "each_place"),
        group="normalization",
        shape_rule="what arrives",
        use_for="convolutional nets with batches of 16 and more: faster, steadier training",
        watch_for="it subtracts the bias of the layer before: `use_bias=False` there",
        example="[32, 32, 8] -> BatchNormalization()",
        keeps_rank=True,
    ),
    LayerKind(
        "LayerNormalization",
        layer_normalization,
        roles=("normalization",),
        group="normalization",
        shape_rule="what arrives",
        use_for="transformers and recurrent nets: it does not look at the batch",
        watch_for="`axis` is the features to normalise over, not the ones to keep",
        example="[10, 64] -> LayerNormalization()",
    ),
    LayerKind(
        "RMSNormalization",
        rms_normalization,
        mask="drop",
        roles=("normalization",),
        group="normalization",
        shape_rule="what arrives",
        use_for="large transformers: layer normalization without mean and offset",
        watch_for="a mask is dropped on the way",
        example="[10, 64] -> RMSNormalization()",
    ),
    LayerKind(
        "GroupNormalization",
        group_normalization,
        roles=("normalization",),
        group="normalization",
        shape_rule="what arrives",
        use_for="convolutional nets with small batches; `groups=-1` is instance normalization",
        watch_for="its 32 groups must divide the channels",
        example="[32, 32, 64] -> GroupNormalization(groups=8)",
        keeps_rank=True,
    ),
    LayerKind(
        "UnitNormalization",
        unit_normalization,
        roles=("normalization",),
        group="normalization",
        shape_rule="what arrives",
        use_for="embeddings that are compared by their angle",
        watch_for="a row of zeros stays zero",
        example="[64] -> UnitNormalization()",
    ),
)
