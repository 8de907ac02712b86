"""ConvLSTM1D, ConvLSTM2D and ConvLSTM3D: an LSTM whose matrix products are convolutions."""

from __future__ import annotations

from netdsl.catalog.argument_types import COUNT
from netdsl.catalog.cost_rules import convolution_macs
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.layers.recurrent import (
    CALL_TENSORS,
    Cell,
    carries_mask,
    output_words,
    over_time,
    sequence,
)
from netdsl.catalog.shape_rules import (
    channel_axis,
    first_spatial_axis,
    join_axes,
    split_axes,
    window_count,
)
from netdsl.catalog.weight_rules import filled_weight
from netdsl.diagnostics.problems.shapes import ConflictingArguments
from netdsl.tensor import Shape, TensorSpec, product

GATES = 4
WITHIN = "conv_lstm_cell"


def conv_lstm(call: Call) -> Inference:
    """Lead a convolutional LSTM cell along axis 1.

    (None, 9, 32, 32, 3), filters=8, kernel_size=3 -> (None, 30, 30, 8)
    """
    rank = len(call.kernel_size)
    x = sequence(call, rank=rank + 3)
    _check_arguments(call)
    return over_time(call, x, _cell(call, x))


def _check_arguments(call: Call) -> None:
    if max(call.strides) > 1 and max(call.dilation_rate) > 1:
        raise Refusal(
            ConflictingArguments,
            f"strides {call.strides} and dilation_rate {call.dilation_rate} do not go together",
            blames="dilation_rate",
            help="use one of the two",
        )


def _cell(call: Call, x: TensorSpec) -> Cell:
    batch, spatial, channels = split_axes((x.shape[0], *x.shape[2:]), call.data_format)
    first = first_spatial_axis(call.data_format) + 1  # the time axis stands before
    lengths = tuple(call.known(n, first + i, "the states") for i, n in enumerate(spatial))
    axis = channel_axis(call.data_format) % (x.rank - 1) + 1
    features = call.known(channels, axis, "the kernel")
    places = _places(call, lengths, first)
    state = join_axes(batch, places, call.filters, call.data_format)[1:]
    macs = convolution_macs(places, call.kernel_size, features + call.filters, GATES * call.filters)
    caveats = ("`filters=0` gives an output without channels",) if call.filters == 0 else ()
    kept = GATES * product(state)
    return Cell(_weights(call, features), macs, state, (state, state), caveats, kept)


def _places(call: Call, lengths: tuple[int, ...], first: int) -> Shape:
    return tuple(
        window_count(
            call,
            first + i,
            length,
            call.kernel_size[i],
            call.strides[i],
            call.dilation_rate[i],
            call.padding,
            blames="kernel_size",
        )
        for i, length in enumerate(lengths)
    )


def _weights(call: Call, features: int) -> tuple[Weight, ...]:
    wide = GATES * call.filters
    weights = [
        filled_weight(call, "kernel", (*call.kernel_size, features, wide), within=WITHIN),
        filled_weight(
            call,
            "recurrent_kernel",
            (*call.kernel_size, call.filters, wide),
            within=WITHIN,
            initializer="recurrent_initializer",
        ),
    ]
    if call.use_bias:
        weights.append(filled_weight(call, "bias", (wide,), within=WITHIN))
    return tuple(weights)


def _kind(rank: int, axes: str, example: str) -> LayerKind:
    return LayerKind(
        f"ConvLSTM{rank}D",
        conv_lstm,
        mask=carries_mask,
        output_words=output_words,
        arguments={"filters": COUNT},
        roles=("recurrent",),
        unit_axes=dict.fromkeys(
            ("kernel_constraint", "recurrent_constraint"), (tuple(range(rank + 1)), rank + 2)
        ),
        group="recurrent",
        shape_rule=f"(batch, time, {axes}, channels) → (batch, {axes} of a convolution, filters)",
        use_for=("a series of signals", "video, radar, weather maps", "volumes that change")[
            rank - 1
        ],
        watch_for="height, width and their like must be numbers; the work of a step is two convolutions",
        example=example,
        holds_layers=True,
        tensor_arguments=CALL_TENSORS,
    )


KINDS = (
    _kind(1, "length", "[9, 32, 3] -> ConvLSTM1D(8, 3)"),
    _kind(2, "height, width", "[9, 32, 32, 3] -> ConvLSTM2D(8, 3)"),
    _kind(3, "depth, height, width", "[9, 8, 32, 32, 3] -> ConvLSTM3D(8, 3)"),
)
