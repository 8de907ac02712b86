"""Pooling: sliding windows, whole maps, and a given output size."""

from __future__ import annotations

from dataclasses import replace

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Role, Rule
from netdsl.catalog.shape_rules import (
    check_beside,
    image,
    join_axes,
    numeric,
    split_axes,
    window_counts,
)
from netdsl.diagnostics.problems.shapes import WrongRank
from netdsl.tensor import spell_shape


def pooling(rank: int) -> Rule:
    """Make the rule of a pool that slides over `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Slide a window over each channel; the stride is the window unless said.

        (None, 32, 32, 8), pool_size=2 -> (None, 16, 16, 8)
        """
        x = image(call, rank)
        strides = call.strides or call.pool_size
        batch, spatial, channels = split_axes(x.shape, call.data_format)
        places = window_counts(
            call, spatial, call.pool_size, strides, (1,) * rank, blames="pool_size"
        )
        return call.gives(join_axes(batch, places, channels, call.data_format))

    return rule


def global_pooling(rank: int) -> Rule:
    """Make the rule of a pool over the whole of `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Leave one number for each channel. (None, 7, 7, 512) -> (None, 512)"""
        batch, steps, channels = split_axes(image(call, rank).shape, call.data_format)
        mask = call.call_arguments.get("mask")  # of sequences alone
        check_beside(call, "mask", mask, (batch, *steps), "each step of the sequence")
        left = (1,) * rank if call.keepdims else ()
        return call.gives(join_axes(batch, left, channels, call.data_format))

    return rule


def adaptive_pooling(rank: int) -> Rule:
    """Make the rule of a pool whose windows are chosen to give a certain size."""

    def rule(call: Call) -> Inference:
        """Give `output_size` places whatever arrives. (None, 13, 17, 8), (2, 4) -> (None, 2, 4, 8)"""
        numeric(call)
        x = call.one()
        if x.rank < 2 and call.data_format == "channels_first":
            raise Refusal(WrongRank, f"{spell_shape(x.shape)} has no channels")
        batch, _, channels = split_axes(x.shape, call.data_format)
        result = call.gives(join_axes(batch, call.output_size, channels, call.data_format))
        if x.rank == rank + 2:
            return result
        caveat = f"needs rank {rank + 2} with the batch, {spell_shape(x.shape)} has rank {x.rank}"
        return replace(result, caveats=(caveat,))

    return rule


_INPUTS = {1: "[128, 8]", 2: "[32, 32, 8]", 3: "[16, 32, 32, 8]"}


def _sliding(name: str, rank: int, use_for: str, *roles: Role) -> LayerKind:
    return LayerKind(
        f"{name}Pooling{rank}D",
        pooling(rank),
        mask="drop",
        roles=("pooling", *roles),
        group="pooling",
        shape_rule="valid: floor((n - pool) / stride) + 1; same: ceil(n / stride); channels stay",
        use_for=use_for,
        watch_for='on an odd size it drops the border, unless `padding="same"`',
        example=f"{_INPUTS[rank]} -> {name}Pooling{rank}D(2)",
    )


def _global(name: str, rank: int, use_for: str, *roles: Role) -> LayerKind:
    averages_steps = (name, rank) == ("Average", 1)
    return LayerKind(
        f"Global{name}Pooling{rank}D",
        global_pooling(rank),
        mask="use" if averages_steps else "drop",
        tensor_arguments=frozenset({"mask"} if averages_steps else ()),
        roles=("global_pooling", *roles),
        group="pooling",
        shape_rule="the channels alone; `keepdims=True` leaves axes of size 1",
        use_for=use_for,
        watch_for="masked steps are left out of the mean"
        if averages_steps
        else "where something was found is lost",
        example=f"{_INPUTS[rank]} -> Global{name}Pooling{rank}D()",
    )


_ADAPTIVE = tuple(
    LayerKind(
        f"Adaptive{name}Pooling{rank}D",
        adaptive_pooling(rank),
        mask="drop",
        group="pooling",
        shape_rule="the spatial axes become `output_size`; channels stay",
        counts="sides",
        use_for="a map of a fixed size from inputs of any size",
        watch_for="Keras checks the rank of its input only when the net is run",
        example=f"{_INPUTS[rank]} -> Adaptive{name}Pooling{rank}D(4)",
    )
    for name in ("Average", "Max")
    for rank in (1, 2, 3)
)

_STRONGEST = "shrinking a map and keeping its strongest responses"
_SMOOTH = "shrinking a map smoothly"
_ANYWHERE = "whether a pattern occurs anywhere"
_TO_CLASSES = "the step from feature maps to a classifier, for inputs of any size"

KINDS = (
    *(_sliding("Max", rank, _STRONGEST, "maximum") for rank in (1, 2, 3)),
    *(_sliding("Average", rank, _SMOOTH) for rank in (1, 2, 3)),
    *(_global("Max", rank, _ANYWHERE, "maximum") for rank in (1, 2, 3)),
    *(_global("Average", rank, _TO_CLASSES) for rank in (1, 2, 3)),
    *_ADAPTIVE,
)
