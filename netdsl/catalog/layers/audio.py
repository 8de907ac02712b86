"""Sound: MelSpectrogram and STFTSpectrogram."""

from __future__ import annotations

import math
from dataclasses import replace

from netdsl.catalog.argument_types import choice, optional
from netdsl.catalog.cost_rules import convolution_macs
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal
from netdsl.catalog.shape_rules import first_spatial_axis, numeric, split_axes, window_count
from netdsl.catalog.window_types import mirrors, runs
from netdsl.diagnostics.problems.shapes import WrongValue
from netdsl.tensor import Dim, Shape, TensorSpec, spell_shape


def mel_spectrogram(call: Call) -> Inference:
    """Turn a wave into the energy of frequency bands over time.

    (None, 16000), num_mel_bins=80, sequence_stride=128 -> (None, 80, 126)
    """
    numeric(call)
    x = call.one()
    if (call.sequence_length or call.fft_length) > call.fft_length:
        raise Refusal(
            WrongValue,
            f"`sequence_length` is {call.sequence_length} and `fft_length` {call.fft_length}, "
            "which must be as long at least",
            blames="sequence_length",
        )
    samples = x.shape[0] if x.rank == 1 else x.shape[1]
    stride = call.sequence_stride
    frames = (samples + stride + 1) // stride
    lead = () if x.rank == 1 else (x.shape[0],)
    caveats = (
        *(() if x.rank == 2 else (_one_wave(x),)),
        *runs(call.window),
        *mirrors(x.shape[-1], call.fft_length),
    )
    output = TensorSpec((*lead, call.num_mel_bins, frames), call.compute_dtype)
    return Inference(output, caveats=caveats)


def _one_wave(x: TensorSpec) -> str:
    return f"takes one wave for each sample, (batch, time), and {spell_shape(x.shape)} arrives"


def stft_spectrogram(call: Call) -> Inference:
    """Turn waves into spectra over time, by a convolution with waves.

    (None, 16000, 1), frame_length=256 -> (None, 124, 129)
    """
    numeric(call)
    x = call.one(rank=3)
    length = call.fft_length or 2 ** math.ceil(math.log2(call.frame_length))
    _check_lengths(call, length)
    batch, (samples,), channels = split_axes(x.shape, call.data_format)
    channels = call.known(channels, 1 if call.data_format == "channels_first" else 2, "the spectra")
    step = call.frame_step or call.frame_length // 2
    if step < 1:
        raise Refusal(WrongValue, "half a frame of one sample is no step", blames="frame_length")
    frames = window_count(
        call, first_spatial_axis(call.data_format), samples, call.frame_length, step,
        padding=call.padding, blames="frame_length",
    )  # fmt: skip
    parts = [name for name in ("real", "imag") if call.mode not in ({"real", "imag"} - {name})]
    kernel = (call.frame_length, 1, length // 2 + 1)
    macs = convolution_macs((frames, channels), (call.frame_length,), 1, kernel[2] * len(parts))
    shape = _spectra(call, batch, frames, channels, kernel[2])
    weights = [call.weight(f"{name}_kernel", kernel) for name in parts]
    return replace(call.gives(shape, weights=weights, macs=macs), caveats=_wave_dtype(call))


def _wave_dtype(call: Call) -> tuple[str, ...]:
    """Say what of the input the layer will not take when it runs; Keras looks at the dtype no earlier."""
    dtype = call.cast(call.one()).dtype
    if dtype in ("float16", "float32", "float64"):
        return ()
    return (
        f"takes float16, float32 or float64, and sees {dtype}: `Rescaling(1 / 32768)` makes floats of samples",
    )


def _check_lengths(call: Call, length: int) -> None:
    if call.frame_step is not None and call.frame_step > call.frame_length:
        raise Refusal(
            WrongValue,
            f"`frame_step` is {call.frame_step}, more than `frame_length`, which is {call.frame_length}",
            blames="frame_step",
        )
    if length < call.frame_length:
        raise Refusal(
            WrongValue,
            f"`fft_length` is {length}, less than `frame_length`, which is {call.frame_length}",
            blames="fft_length",
        )


def _spectra(call: Call, batch: Dim, frames: Dim, channels: Dim, frequencies: int) -> Shape:
    """Lay the spectra out: the channels beside each other, or on an axis of their own."""
    depth = frequencies * (2 if call.mode == "stft" else 1)
    last = call.data_format != "channels_first"
    if call.expand_dims:
        return (batch, frames, depth, channels) if last else (batch, channels, frames, depth)
    return (batch, frames, depth * channels) if last else (batch, depth * channels, frames)


KINDS = (
    LayerKind(
        "MelSpectrogram",
        mel_spectrogram,
        mask="drop",
        group="audio",
        shape_rule="(batch, time) → (batch, num_mel_bins, (time + stride + 1) // stride)",
        use_for="speech and sound as a picture of bands over time",
        watch_for="the bands come before the time; the length announced may be one frame off",
        example="[16000] -> MelSpectrogram(num_mel_bins=80, sequence_stride=128)",
    ),
    LayerKind(
        "STFTSpectrogram",
        stft_spectrogram,
        mask="drop",
        arguments={"scaling": optional(choice("density", "spectrum"))},
        group="audio",
        shape_rule="(batch, time, channels) → (batch, frames, channels × (fft_length // 2 + 1))",
        use_for="spectra that can be trained further, since they are a convolution",
        watch_for="its kernels train unless `trainable=False`",
        example="[16000, 1] -> STFTSpectrogram(frame_length=256)",
    ),
)
