"""Functions of neural networks: convolution, pooling, attention, normalization."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netdsl.catalog.cost_rules import convolution_macs
from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import (
    axes_of,
    axis_of,
    known_to_both,
    replaced,
    size,
    sizes,
)
from netdsl.catalog.operations.call import (
    OpCall,
    OpRule,
    gives,
    joined_dtype,
    no_string,
    spell_value,
)
from netdsl.catalog.operations.products import work
from netdsl.catalog.shape_rules import join_axes, split_axes
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    TooSmall,
    UnequalInputs,
    UnevenSplit,
    UnknownDimension,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import (
    UNKNOWN,
    Dim,
    Shape,
    TensorSpec,
    at_least,
    ceil_div,
    divides,
    equal,
    product,
    same_number,
    spell_shape,
)


def places(
    call: OpCall,
    lengths: Shape,
    window: Shape,
    strides: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: str,
) -> Shape:
    """Count the places of a window along each axis: (32, 32), 3, stride 2, "valid" -> (15, 15).

    The window itself counts for "valid" only, and is a number there.
    """
    return tuple(
        _places(call, *each, padding)
        for each in zip(lengths, window, strides, dilation, strict=True)
    )


def _places(
    call: OpCall, length: Dim, window: Dim, stride: int, dilation: int, padding: str
) -> Dim:
    if padding == "same":
        return ceil_div(length, stride)
    assert isinstance(window, int)
    reach = (window - 1) * dilation + 1
    if not call.holds(at_least(length, reach)):
        raise Refusal(
            TooSmall,
            f"an axis is {length} long and the window spans {reach}",
            help='use `padding="same"`, or a smaller window',
        )
    return (length - reach) // stride + 1


def _spatial(call: OpCall) -> tuple[TensorSpec, Shape, Dim]:
    """Take the first tensor apart; it has a batch, channels and one to three other axes."""
    x = no_string(call.first)
    if not 3 <= x.rank <= 5:
        raise Refusal(WrongRank, f"needs rank 3 to 5, {spell_shape(x.shape)} has rank {x.rank}")
    _, spatial, channels = split_axes(x.shape, call.data_format)
    return x, spatial, channels


def _kernel(call: OpCall, name: str, rank: int, counted: Iterable[int]) -> tuple[TensorSpec, Shape]:
    """Give a kernel and its window; Keras counts with the axes of a kernel that are `counted`.

    A kernel may be computed: `ops.conv(x, kernel, padding="same")` of two tensors that arrive.
    """
    kernel = call.ranked(call.numeric(name), name, rank=rank)
    if not all(isinstance(kernel.shape[axis], int) for axis in counted):
        raise Refusal(
            UnknownDimension,
            f"the sizes of a kernel are counted with, this is {spell_shape(kernel.shape)}",
            blames=name,
            help="give them as numbers, the batch with `batch_size=…`",
        )
    return kernel, kernel.shape[:-2]


def _channels_fit(call: OpCall, channels: Dim, expected: Dim, name: str) -> None:
    if not call.holds(equal(channels, expected)):
        raise Refusal(
            UnequalInputs,
            f"{channels} channel{'s arrive' if channels != 1 else ' arrives'}, the kernel is made for {expected}",
            blames=name,
        )


def convolution(call: OpCall) -> Inference:
    """Slide a kernel of shape (*window, channels, filters) over a tensor."""
    x, spatial, channels = _spatial(call)
    depthwise = call.function != "conv"
    name = "depthwise_kernel" if call.function == "separable_conv" else "kernel"
    counted = [*range(len(spatial) if call.padding == "valid" else 0), *([-2, -1] * depthwise)]
    kernel, window = _kernel(call, name, x.rank, counted)
    _channels_fit(call, channels, kernel.shape[-2], name)
    count = len(spatial)
    strides = sizes(call.strides, "strides", count, 1)
    dilation = sizes(call.dilation_rate, "dilation_rate", count, 1)
    found = places(call, spatial, window, strides, dilation, call.padding)
    filters = kernel.shape[-1] * kernel.shape[-2] if depthwise else kernel.shape[-1]
    macs = convolution_macs(found, window, 1 if depthwise else kernel.shape[-2], filters)
    if call.function == "separable_conv":
        pointwise, _ = _kernel(call, "pointwise_kernel", x.rank, ())
        _channels_fit(call, filters, pointwise.shape[-2], "pointwise_kernel")
        macs = macs + product(found) * filters * pointwise.shape[-1]
        filters = pointwise.shape[-1]
    return gives(join_axes(x.shape[0], found, filters, call.data_format), x.dtype, macs)


def transposed_convolution(call: OpCall) -> Inference:
    """Slide a kernel of shape (*window, filters, channels) the other way."""
    x, spatial, channels = _spatial(call)
    # Keras does not look at the window where it does not know how long the axis is.
    counted = [axis for axis, length in enumerate(spatial) if isinstance(length, int)]
    kernel, window = _kernel(call, "kernel", x.rank, counted)
    _channels_fit(call, channels, kernel.shape[-1], "kernel")
    count = len(spatial)
    strides = sizes(call.strides, "strides", count, 1)
    dilation = sizes(call.dilation_rate, "dilation_rate", count, 1)
    extra = (
        (None,) * count
        if call.output_padding is None
        else sizes(call.output_padding, "output_padding", count)
    )
    lengths = [
        _grown(*each, call.padding)
        for each in zip(spatial, window, strides, dilation, extra, strict=True)
    ]
    filters = kernel.shape[-2]
    macs = convolution_macs(spatial, window, channels, filters)
    result = gives(join_axes(x.shape[0], lengths, filters, call.data_format), x.dtype, macs)
    kind = f"Conv{count}DTranspose"
    caveat = f"Keras mixes `padding` and `output_padding` up when it runs this, and fails; `{kind}` does it right"
    return replace(result, caveats=(caveat,))


def _grown(
    length: Dim, window: Dim, stride: int, dilation: int, extra: int | None, padding: str
) -> Dim:
    if not isinstance(window, int):
        return UNKNOWN
    reach = (window - 1) * dilation + 1
    if padding == "same":
        return length * stride if extra is None else (length - 1) * stride + reach % 2 + extra
    return (length - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)


def pooling(call: OpCall) -> Inference:
    """Take the largest or the mean of each window."""
    x, spatial, channels = _spatial(call)
    count = len(spatial)
    window = sizes(call.pool_size, "pool_size", count, 1)
    strides = window if call.strides is None else sizes(call.strides, "strides", count, 1)
    found = places(call, spatial, window, strides, (1,) * count, call.padding)
    return gives(join_axes(x.shape[0], found, channels, call.data_format), x.dtype)


def adaptive_pooling(call: OpCall) -> Inference:
    """Pool to a given size."""
    x, spatial, channels = _spatial(call)
    asked = call.output_size
    if not isinstance(asked, tuple):
        raise Refusal(
            WrongArgument,
            f"`output_size` takes a size for each axis, this is {spell_value(asked)}",
            blames="output_size",
        )
    found = sizes(asked, "output_size", len(spatial), 1)
    if call.data_format == "channels_first":
        return gives((x.shape[0], channels, *found), x.dtype)
    # Keras cuts one axis too few off before it adds the new sizes.
    wrong = TensorSpec((*x.shape[: -len(found)], *found, channels), x.dtype)
    right = spell_shape((x.shape[0], *found, channels))
    caveat = f"Keras says that this gives {spell_shape(wrong.shape)}, and it gives {right}; a layer does this right"
    return Inference(wrong, caveats=(caveat,))


def blocks(call: OpCall) -> Inference:
    """Move blocks of pixels to channels or back: (None, 4, 4, 8), block_size=2 <-> (None, 2, 2, 32)."""
    x = call.ranked(call.numeric("x"), "x", rank=4)
    side = size(call.block_size, "block_size", 2)
    batch, (height, width), channels = split_axes(x.shape, call.data_format)
    if call.function == "depth_to_space":
        _divided(call, channels, side * side, "channels")
        return gives(
            join_axes(batch, (height * side, width * side), channels // side**2, call.data_format),
            x.dtype,
        )
    for length in (height, width):
        _divided(call, length, side, "pixels")
    return gives(
        join_axes(batch, (height // side, width // side), channels * side**2, call.data_format),
        x.dtype,
    )


def _divided(call: OpCall, length: Dim, divisor: int, what: str) -> None:
    if not call.holds(divides(divisor, length)):
        raise Refusal(
            UnevenSplit, f"{length} {what} do not divide by {divisor}", blames="block_size"
        )


def unfold(call: OpCall) -> Inference:
    """Lay the windows of an image (channels first) out as columns."""
    x = call.ranked(call.numeric("x"), "x", rank=4)
    window, dilation, padding, stride = (
        sizes(call.arguments[name], name, 2, least)
        for name, least in (("kernel_size", 1), ("dilation", 1), ("padding", 0), ("stride", 1))
    )
    batch, channels, *spatial = x.shape
    for length in (channels, *spatial):
        if not isinstance(length, int):
            raise Refusal(
                UnknownDimension,
                f"channels, height and width must be known, {spell_shape(x.shape)} arrives",
            )
    padded = tuple(length + 2 * p for length, p in zip(spatial, padding, strict=True))
    found = places(call, padded, window, stride, dilation, "valid")
    return gives((batch, channels * window[0] * window[1], product(found)), x.dtype)


def fold(call: OpCall) -> Inference:
    """Put columns back where `unfold` took them."""
    x = call.ranked(call.numeric("x"), "x", rank=3)
    window = sizes(call.kernel_size, "kernel_size", 2, 1)
    height, width = sizes(call.output_size, "output_size", 2, 1)
    part = window[0] * window[1]
    if not call.holds(divides(part, x.shape[1])):
        raise Refusal(
            UnevenSplit,
            f"axis 1 is {x.shape[1]}, which windows of {part} do not share",
            blames="kernel_size",
        )
    return gives((x.shape[0], x.shape[1] // part, height, width), x.dtype)


def attention(call: OpCall) -> Inference:
    """Attend by scaled dot products over (batch, length, heads, features)."""
    query, key, value = (call.ranked(call.numeric(n), n, rank=4) for n in ("query", "key", "value"))
    if call.attn_logits_soft_cap is not None:
        raise Refusal(
            WrongValue,
            "`attn_logits_soft_cap` works on JAX with a TPU only",
            blames="attn_logits_soft_cap",
        )
    pairs = (
        ("key", query, key, -1, "features"),
        ("value", key, value, 1, "length"),
        ("value", key, value, 2, "heads"),
        ("value", query, value, -1, "features"),
    )
    for name, left, right, axis, what in pairs:
        if not call.holds(equal(left.shape[axis], right.shape[axis])):
            raise Refusal(
                UnequalInputs,
                f"{what} are {left.shape[axis]} and {right.shape[axis]} here",
                blames=name,
            )
    if not call.holds(divides(_whole(key.shape[2]), query.shape[2])):
        raise Refusal(
            UnevenSplit,
            f"{query.shape[2]} heads of queries do not divide by {key.shape[2]}",
            blames="key",
        )
    pairs_of_places = work((query.shape[0], query.shape[1], query.shape[2], key.shape[1]))
    macs = pairs_of_places * (query.shape[3] + value.shape[3])
    result = gives(query.shape, joined_dtype(query, key, value), macs)
    return result if call.flash_attention else replace(result, kept=pairs_of_places)


def _whole(dim: Dim) -> int:
    return dim if isinstance(dim, int) and dim > 0 else 1


def batch_normalization(call: OpCall) -> Inference:
    """Scale by statistics that are vectors as long as the axis."""
    x = call.numeric("x")
    axis = axis_of(call.axis, x.rank, x.shape)
    if call.offset is not None and call.scale is None:
        raise Refusal(
            ConflictingArguments,
            "`offset` is given without `scale`, and Keras asks both for their shape",
            blames="offset",
            help="give `scale` too, or add the offset afterwards",
        )
    for name in ("mean", "variance", "offset", "scale"):
        value = call.arguments[name]
        if value is None and name in ("offset", "scale"):
            continue
        statistic = call.ranked(call.numeric(name), name, rank=1)
        if not call.holds(same_number(statistic.shape[0], x.shape[axis])):
            raise Refusal(
                UnequalInputs,
                f"`{name}` has {statistic.shape[0]} elements, axis {axis} is {x.shape[axis]} in {spell_shape(x.shape)}",
                blames=name,
                help=known_to_both(statistic.shape[0], x.shape[axis]),
            )
    return gives(x.shape, x.dtype)


def layer_normalization(call: OpCall) -> Inference:
    """Scale by what the axes themselves hold."""
    x = no_string(call.first)
    axes_of(call.axis, x.shape)
    for name in ("gamma", "beta", "scale"):
        if call.arguments.get(name) is not None:
            call.data(name)
    return gives(x.shape, x.dtype)


def glu(call: OpCall) -> Inference:
    """Gate one half of an axis by the other."""
    x = call.numeric("x")
    axis = axis_of(call.axis, x.rank, x.shape)
    if not call.holds(divides(2, x.shape[axis])):
        raise Refusal(
            UnevenSplit,
            f"axis {axis} is {x.shape[axis]}, and its halves must be equal",
            blames="axis",
        )
    return gives(replaced(x.shape, axis, x.shape[axis] // 2), x.dtype)


def threshold(call: OpCall) -> Inference:
    """Replace what lies below a threshold."""
    x = call.numeric("x")
    for name in ("threshold", "default_value"):
        call.data(name)
    return gives(x.shape, x.dtype)


RULES: dict[str, OpRule] = {
    **dict.fromkeys("conv depthwise_conv separable_conv".split(), convolution),
    "conv_transpose": transposed_convolution,
    **dict.fromkeys("max_pool average_pool".split(), pooling),
    **dict.fromkeys("adaptive_max_pool adaptive_average_pool".split(), adaptive_pooling),
    **dict.fromkeys("depth_to_space space_to_depth".split(), blocks),
    "unfold": unfold,
    "fold": fold,
    "dot_product_attention": attention,
    "batch_normalization": batch_normalization,
    **dict.fromkeys("layer_normalization rms_normalization".split(), layer_normalization),
    "glu": glu,
    "threshold": threshold,
}
