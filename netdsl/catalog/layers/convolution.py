"""Convolutions in one, two and three dimensions: plain, depthwise, separable and transposed."""

from __future__ import annotations

from netdsl.catalog.cost_rules import convolution_macs, matrix_macs
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Rule
from netdsl.catalog.shape_rules import (
    channel_axis,
    image,
    join_axes,
    split_axes,
    window_counts,
)
from netdsl.catalog.weight_rules import kernel_weights
from netdsl.diagnostics.problems.shapes import ConflictingArguments, UnevenSplit
from netdsl.tensor import Dim, Shape


def _channels(call: Call, channels: Dim) -> int:
    return call.known(channels, channel_axis(call.data_format) % call.x.rank)


def _refuse_stride_with_dilation(call: Call) -> None:
    if max(call.strides) > 1 and max(call.dilation_rate) > 1:
        raise Refusal(
            ConflictingArguments,
            f"`strides` are {call.strides} and `dilation_rate` is {call.dilation_rate}; one must be 1",
            blames="dilation_rate",
            help="dilate at full resolution and stride in another layer",
        )


def _places(call: Call, spatial: Shape) -> Shape:
    """Count the places of the kernel along each spatial axis."""
    return window_counts(
        call, spatial, call.kernel_size, call.strides, call.dilation_rate, blames="kernel_size"
    )


def _split_into_groups(call: Call, channels: int) -> int:
    """Give the channels that each group sees."""
    for what, count in (("`filters` is", call.filters), ("the input's channels are", channels)):
        if count % call.groups:
            raise Refusal(
                UnevenSplit,
                f"{what} {count}, and `groups` is {call.groups}",
                blames="groups",
                help="choose `groups` so that it divides the input channels and `filters`",
            )
    return channels // int(call.groups)


def convolution(rank: int) -> Rule:
    """Make the rule of a convolution over `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Slide a kernel over every channel of a group and put `filters` on the channel axis.

        (None, 32, 32, 3), filters=8, kernel_size=3, padding="valid" -> (None, 30, 30, 8)
        """
        x = image(call, rank)
        kernel = call.kernel_size
        _refuse_stride_with_dilation(call)
        batch, spatial, depth = split_axes(x.shape, call.data_format)
        seen = _split_into_groups(call, _channels(call, depth))
        places = _places(call, spatial)
        weights = kernel_weights(
            call,
            (*kernel, seen, call.filters),
            (call.filters,) if call.use_bias else None,
            low_rank=((*kernel, seen), (call.filters,)),
        )
        return call.gives(
            join_axes(batch, places, call.filters, call.data_format),
            weights=weights,
            macs=convolution_macs(places, kernel, seen, call.filters),
        )

    return rule


def depthwise_convolution(rank: int) -> Rule:
    """Make the rule of a depthwise convolution over `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Give every channel `depth_multiplier` kernels of its own.

        (None, 32, 32, 3), kernel_size=3, depth_multiplier=2 -> (None, 30, 30, 6)
        """
        x = image(call, rank)
        kernel = call.kernel_size
        batch, spatial, depth = split_axes(x.shape, call.data_format)
        channels = _channels(call, depth)
        filters = channels * call.depth_multiplier
        places = _places(call, spatial)
        weights = kernel_weights(
            call,
            (*kernel, channels, call.depth_multiplier),
            (filters,) if call.use_bias else None,
        )
        return call.gives(
            join_axes(batch, places, filters, call.data_format),
            weights=weights,
            macs=convolution_macs(places, kernel, 1, filters),
        )

    return rule


def separable_convolution(rank: int) -> Rule:
    """Make the rule of a depthwise convolution that a pointwise one follows."""

    def rule(call: Call) -> Inference:
        """Filter every channel on its own, then mix them.

        (None, 32, 32, 3), filters=8, kernel_size=3 -> (None, 30, 30, 8), kernels (3, 3, 3, 1), (1, 1, 3, 8)
        """
        x = image(call, rank)
        kernel = call.kernel_size
        batch, spatial, depth = split_axes(x.shape, call.data_format)
        channels = _channels(call, depth)
        between = channels * call.depth_multiplier
        places = _places(call, spatial)
        weights = [
            call.weight("depthwise_kernel", (*kernel, channels, call.depth_multiplier)),
            call.weight("pointwise_kernel", (*(1,) * rank, between, call.filters)),
        ]
        if call.use_bias:
            weights.append(call.weight("bias", (call.filters,)))
        return call.gives(
            join_axes(batch, places, call.filters, call.data_format),
            weights=weights,
            macs=convolution_macs(places, kernel, 1, between)
            + matrix_macs(places, between, call.filters),
        )

    return rule


def transposed_convolution(rank: int) -> Rule:
    """Make the rule of a transposed convolution over `rank` spatial axes."""

    def rule(call: Call) -> Inference:
        """Spread a kernel from every place of the input.

        (None, 16, 16, 8), filters=3, kernel_size=4, strides=2, padding="same" -> (None, 32, 32, 3)
        """
        x = image(call, rank)
        kernel = call.kernel_size
        _refuse_stride_with_dilation(call)
        extra = _output_padding(call)
        batch, spatial, depth = split_axes(x.shape, call.data_format)
        channels = _channels(call, depth)
        axes = zip(spatial, kernel, call.strides, call.dilation_rate, extra, strict=True)
        lengths = [
            _spread(length, (window - 1) * dilation + 1, stride, call.padding, padding)
            for length, window, stride, dilation, padding in axes
        ]
        weights = kernel_weights(
            call, (*kernel, call.filters, channels), (call.filters,) if call.use_bias else None
        )
        return call.gives(
            join_axes(batch, lengths, call.filters, call.data_format),
            weights=weights,
            macs=convolution_macs(spatial, kernel, channels, call.filters),
        )

    return rule


def _output_padding(call: Call) -> tuple[int | None, ...]:
    """Give the padding of the output for each axis; it must stay below the stride."""
    extra: tuple[int | None, ...] = call.output_padding or (None,) * len(call.strides)
    for padding, stride in zip(extra, call.strides, strict=True):
        if padding is not None and padding >= stride:
            raise Refusal(
                ConflictingArguments,
                f"`output_padding` is {padding} where the stride is {stride}; it must be less",
                blames="output_padding",
            )
    return extra


def _spread(length: Dim, reach: int, stride: int, padding: str, extra: int | None) -> Dim:
    """Give the length of a transposed convolution: 16, kernel 4, stride 2, "same" -> 32."""
    if padding == "same":
        return length * stride if extra is None else (length - 1) * stride + reach % 2 + extra
    if extra is None:
        extra = max(reach, stride) - reach
    return (length - 1) * stride + reach + extra


_INPUTS = {1: "[128, 8]", 2: "[32, 32, 3]", 3: "[16, 32, 32, 1]"}
_VALID = (
    "valid: floor((n - reach) / stride) + 1; same: ceil(n / stride); reach = (k - 1) * dilation + 1"
)

_CONVOLUTIONS = tuple(
    LayerKind(
        f"Conv{rank}D",
        convolution(rank),
        mask="drop",
        roles=("convolution",),
        unit_axes={"kernel_constraint": (tuple(range(rank + 1)), rank + 2)},
        group="convolution",
        shape_rule=f"{_VALID}; channels become `filters`",
        use_for=use_for,
        watch_for=watch_for,
        example=f"{_INPUTS[rank]} -> Conv{rank}D(16, 3)",
    )
    for rank, use_for, watch_for in (
        (
            1,
            'local patterns in sequences; `padding="causal"` never looks ahead',
            "a mask is dropped on the way",
        ),
        (
            2,
            "local patterns in images: the workhorse of vision",
            'an even kernel with "same" pads one side more; a bias before BatchNormalization is lost',
        ),
        (
            3,
            "local patterns in volumes and video",
            "its cost grows with the cube of the kernel",
        ),
    )
)

_DEPTHWISE = tuple(
    LayerKind(
        f"DepthwiseConv{rank}D",
        depthwise_convolution(rank),
        mask="drop",
        roles=("depthwise",),
        unit_axes={"depthwise_constraint": (tuple(range(rank)), rank + 2)},
        group="convolution",
        shape_rule=f"{_VALID}; channels are multiplied by `depth_multiplier`",
        use_for="cheap spatial filtering, one kernel for each channel, before a 1x1 convolution",
        watch_for="channels do not mix; on a GPU in half precision it is bound by memory",
        example=f"{_INPUTS[rank]} -> DepthwiseConv{rank}D(3)",
    )
    for rank in (1, 2)
)

_SEPARABLE = tuple(
    LayerKind(
        f"SeparableConv{rank}D",
        separable_convolution(rank),
        mask="drop",
        roles=("separable",),
        unit_axes={
            "depthwise_constraint": (tuple(range(rank)), rank + 2),
            "pointwise_constraint": (tuple(range(rank + 1)), rank + 2),
        },
        group="convolution",
        shape_rule=f"{_VALID}; channels become `filters`",
        use_for="a convolution at about 1/filters + 1/k^2 of its cost (k the kernel size, in 2D)",
        watch_for="nothing non-linear stands between its two parts",
        example=f"{_INPUTS[rank]} -> SeparableConv{rank}D(16, 3)",
    )
    for rank in (1, 2)
)

_TRANSPOSED = tuple(
    LayerKind(
        f"Conv{rank}DTranspose",
        transposed_convolution(rank),
        mask="drop",
        roles=("transposed",),
        unit_axes={"kernel_constraint": ((*range(rank), rank + 1), rank + 2)},
        group="convolution",
        shape_rule="same: n * stride; valid: (n - 1) * stride + max(reach, stride); "
        "channels become `filters`",
        use_for="learned upsampling in decoders and generators",
        watch_for="a kernel that is no multiple of the stride leaves a checkerboard",
        example=f'{_INPUTS[rank]} -> Conv{rank}DTranspose(16, 4, strides=2, padding="same")',
    )
    for rank in (1, 2, 3)
)

KINDS = (*_CONVOLUTIONS, *_DEPTHWISE, *_SEPARABLE, *_TRANSPOSED)
