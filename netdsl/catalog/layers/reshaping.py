"""Reshaping: new axes, other orders, margins added or cut, and repetition."""

from __future__ import annotations

import math
from collections.abc import Callable

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Role, Rule, as_shape
from netdsl.catalog.shape_rules import (
    first_spatial_axis,
    image,
    join_axes,
    numeric,
    split_axes,
)
from netdsl.diagnostics.problems.shapes import SizeMismatch, TooSmall, WrongRank
from netdsl.tensor import (
    Dim,
    Shape,
    TensorSpec,
    Unknown,
    at_least,
    divides,
    equal,
    product,
    spell_shape,
)
from netdsl.value import Arguments


def _moved(call: Call, shape: Shape) -> Inference:
    """Give a tensor whose numbers only moved: its dtype stays, an integer one too."""
    x = call.cast(call.x)
    return Inference(TensorSpec(shape, x.dtype, sparse=x.sparse))


def flatten(call: Call) -> Inference:
    """Lay every sample out in a row. (None, 7, 7, 512) -> (None, 25088)"""
    x = call.one(min_rank=1)
    return _moved(call, (x.shape[0], product(x.shape[1:])))


def permute(call: Call) -> Inference:
    """Reorder the axes after the batch, counted from 1. (None, 10, 64), dims=(2, 1) -> (None, 64, 10)"""
    x = call.one(min_rank=1)
    if x.rank != len(call.dims) + 1:
        count = "1 axis" if len(call.dims) == 1 else f"{len(call.dims)} axes"
        raise Refusal(
            WrongRank,
            f"names {count}, {spell_shape(x.shape)} has {x.rank - 1} beside the batch",
            blames="dims",
            help="name every axis but the batch, counted from 1",
        )
    return _moved(call, (x.shape[0], *(x.shape[axis] for axis in call.dims)))


def repeat_vector(call: Call) -> Inference:
    """Repeat a row n times. (None, 5), n=3 -> (None, 3, 5)"""
    numeric(call)
    x = call.one(rank=2)
    return call.gives((x.shape[0], call.n, x.shape[1]))


def reshape(call: Call) -> Inference:
    """Lay the numbers of a sample out anew; one axis may be -1, for what is left.

    (None, 12), (3, -1) -> (None, 3, 4); (None, H, W, 3), (-1, 3) -> (None, H * W, 3)
    """
    x = call.one(min_rank=1)
    return _moved(call, (x.shape[0], *_resolve(call, x.shape[1:], call.target_shape)))


def _resolve(call: Call, sizes: Shape, target: tuple[int, ...]) -> Shape:
    """Work out what -1 stands for, and compare the number of elements where it is known."""
    total = product(sizes)
    if isinstance(total, Unknown):
        return as_shape(None if size == -1 else size for size in target)
    known = math.prod(size for size in target if size != -1)
    if -1 not in target:
        if not call.holds(equal(total, known)):
            raise _mismatch(call, total, f"{target} holds {known}")
        return target
    if known == 0 or not call.holds(divides(known, total)):
        raise _mismatch(call, total, f"and {known} does not go into it")
    return tuple(total // known if size == -1 else size for size in target)


def _mismatch(call: Call, total: Dim, why: str) -> Refusal:
    return Refusal(
        SizeMismatch,
        f"a sample of {spell_shape(call.x.shape)} has {total} elements, {why}",
        blames="target_shape",
        help=f"choose sizes whose product is {total}; -1 stands for one to be worked out",
    )


def _each_spatial(rank: int, change: Callable[[Call, int, int, Dim], Dim]) -> Rule:
    """Make a rule that changes each spatial length by itself: `change(call, index, axis, length)`."""

    def rule(call: Call) -> Inference:
        """Change the spatial axes and keep batch and channels."""
        data_format = call.arguments.get("data_format")
        batch, spatial, channels = split_axes(image(call, rank).shape, data_format)
        first = first_spatial_axis(data_format)
        lengths = [change(call, i, first + i, length) for i, length in enumerate(spatial)]
        return call.gives(join_axes(batch, lengths, channels, data_format))

    return rule


def cropping(rank: int) -> Rule:
    """Make the rule of a crop: (None, 28, 28, 3), cropping=2 -> (None, 24, 24, 3)"""

    def crop(call: Call, index: int, axis: int, length: Dim) -> Dim:
        cut: int = sum(call.cropping[index])
        if not call.holds(at_least(length, cut + 1)):
            raise Refusal(
                TooSmall,
                f"axis {axis} of {spell_shape(call.x.shape)} is {length} and {cut} are cut off",
                blames="cropping",
                help="a number is cut off on both sides: cut less, so that something is left",
            )
        return length - cut

    return _each_spatial(rank, crop)


def zero_padding(rank: int) -> Rule:
    """Make the rule of a margin of zeros: (None, 28, 28, 3), padding=2 -> (None, 32, 32, 3)"""

    def pad(call: Call, index: int, axis: int, length: Dim) -> Dim:
        margin: int = sum(call.padding[index])
        return length + margin

    return _each_spatial(rank, pad)


def up_sampling(rank: int) -> Rule:
    """Make the rule of a magnification: (None, 14, 14, 64), size=2 -> (None, 28, 28, 64)"""

    def magnify(call: Call, index: int, axis: int, length: Dim) -> Dim:
        factor: int = call.size[index]
        return length * factor

    return _each_spatial(rank, magnify)


_INPUTS = {1: "[128, 8]", 2: "[28, 28, 8]", 3: "[16, 28, 28, 8]"}

_MOVES = (
    LayerKind(
        "Reshape",
        reshape,
        mask="drop",
        roles=("view", "reordering"),
        group="reshaping",
        shape_rule="the batch, then `target_shape`; -1 is worked out",
        use_for="giving a flat code its axes back, in decoders for instance",
        watch_for="it reads axes in order and never swaps them: that is `Permute`",
        example="[12] -> Reshape((3, -1))",
    ),
    LayerKind(
        "Flatten",
        flatten,
        mask="drop",
        roles=("view", "reordering"),
        group="reshaping",
        shape_rule="the batch, then the product of the other axes",
        use_for="the step from feature maps to `Dense`, where place matters",
        watch_for="the `Dense` after it has a weight for each pixel and needs a fixed input size",
        example="[7, 7, 64] -> Flatten()",
    ),
    LayerKind(
        "Permute",
        permute,
        mask="drop",
        roles=("reordering",),
        group="reshaping",
        shape_rule="the axes after the batch in the order of `dims`, counted from 1",
        use_for="bringing an axis to the end, where `Dense` and recurrent layers work",
        watch_for="axes count from 1; the batch stays in front",
        example="[10, 64] -> Permute((2, 1))",
    ),
    LayerKind(
        "RepeatVector",
        repeat_vector,
        mask="drop",
        roles=("repeating",),
        group="reshaping",
        shape_rule="(batch, features) becomes (batch, n, features)",
        use_for="handing one code to every step of a decoder",
        watch_for="takes a row for each sample, nothing of higher rank",
        example="[64] -> RepeatVector(10)",
    ),
)


def _spatial_kinds(
    name: str,
    rule: Callable[[int], Rule],
    roles: tuple[Role, ...],
    argument: str,
    shape_rule: str,
    use: str,
    watch: str,
    idle: Callable[[Arguments], bool] | None = None,
) -> tuple[LayerKind, ...]:
    return tuple(
        LayerKind(
            f"{name}{rank}D",
            rule(rank),
            mask="drop",
            roles=roles,
            group="reshaping",
            shape_rule=shape_rule,
            use_for=use,
            watch_for=watch,
            idle=idle,
            example=f"{_INPUTS[rank]} -> {name}{rank}D({argument})",
        )
        for rank in (1, 2, 3)
    )


KINDS = (
    *_MOVES,
    *_spatial_kinds(
        "Cropping",
        cropping,
        ("cropping",),
        "2",
        "each spatial axis loses its two margins",
        "cutting a border, to match the maps of a U-Net without padding",
        "something must be left on every axis",
        idle=lambda arguments: not any(map(any, arguments["cropping"])),
    ),
    *_spatial_kinds(
        "ZeroPadding",
        zero_padding,
        ("padding",),
        "1",
        "each spatial axis gains its two margins",
        'a margin that "same" would not give, as ResNet and MobileNet place it',
        "two numbers are a pair on one axis, and one number for each axis on several",
    ),
    *_spatial_kinds(
        "UpSampling",
        up_sampling,
        ("repeating", "resizing"),
        "2",
        "each spatial axis is multiplied by `size`",
        "decoders: magnify, then convolve, which leaves no checkerboard",
        "nothing is learned; `nearest` repeats values",
    ),
)
