"""Functions of signals: Fourier transforms, frames, complex numbers as pairs of their parts."""

from __future__ import annotations

from dataclasses import replace

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import size
from netdsl.catalog.operations.call import OpCall, OpRule, gives, gives_several, no_string
from netdsl.catalog.operations.promotion import FLOATX
from netdsl.catalog.window_types import mirrors, runs
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    TooSmall,
    UnequalInputs,
    UnknownDimension,
    WrongValue,
)
from netdsl.tensor import (
    Dim,
    TensorSpec,
    at_least,
    equal,
    same_number,
    spell_shape,
)


def _parts(call: OpCall, least: int) -> tuple[TensorSpec, TensorSpec]:
    """Give the real and the imaginary part."""
    parts = call.tensors("x")
    if len(parts) != 2:
        raise Refusal(
            WrongArgument,
            f"`x` takes a real and an imaginary part, {len(parts)} tensors arrive",
            blames="x",
        )
    real, imaginary = (no_string(p) for p in parts)
    call.ranked(real, "x", min_rank=least)
    if real.rank != imaginary.rank or not all(
        call.holds(same_number(a, b)) for a, b in zip(real.shape, imaginary.shape, strict=True)
    ):
        raise Refusal(
            UnequalInputs,
            f"parts of shape {spell_shape(real.shape)} and {spell_shape(imaginary.shape)}",
            blames="x",
        )
    return real, imaginary


def transform(call: OpCall) -> Inference:
    """Give a discrete Fourier transform over one axis or two."""
    count = 1 if call.function == "fft" else 2
    real, imaginary = _parts(call, count)
    for dim in real.shape[-count:]:
        if not isinstance(dim, int):
            raise Refusal(
                UnknownDimension,
                f"transforms an axis of known size, {spell_shape(real.shape)} arrives",
            )
    return gives_several([real.shape, imaginary.shape], real.dtype, imaginary.dtype)


def real_transform(call: OpCall) -> Inference:
    """Give the half of a Fourier transform that a real signal has: 64 -> 33."""
    x = call.ranked(call.numeric("x"), "x", min_rank=1)
    length = x.shape[-1] if call.fft_length is None else size(call.fft_length, "fft_length", 1)
    shape = (*x.shape[:-1], length // 2 + 1)
    return gives_several([shape, shape], x.dtype)


def real_inverse(call: OpCall) -> Inference:
    """Give a real signal of the half of its transform: 33 -> 64."""
    real, _ = _parts(call, 1)
    length = (
        (real.shape[-1] - 1) * 2
        if call.fft_length is None
        else size(call.fft_length, "fft_length", 1)
    )
    if not call.holds(at_least(length, 0)):
        raise Refusal(TooSmall, f"half a transform of {real.shape[-1]} has no signal")
    return gives((*real.shape[:-1], length), real.dtype)


def _frames(call: OpCall, length: Dim, window: int, stride: int) -> Dim:
    if not call.holds(at_least(length, window)):
        raise Refusal(
            TooSmall,
            f"the signal is {length} long and a frame takes {window}",
            blames="sequence_length",
        )
    return (length - window) // stride + 1


def sequences(call: OpCall) -> Inference:
    """Cut a signal into frames that may overlap: 100, 25, 25 -> (4, 25)."""
    x = call.ranked(call.numeric("x"), "x", min_rank=1)
    window = size(call.sequence_length, "sequence_length", 1)
    stride = size(call.sequence_stride, "sequence_stride", 1)
    return gives((*x.shape[:-1], _frames(call, x.shape[-1], window, stride), window), x.dtype)


def spectrogram(call: OpCall) -> Inference:
    """Give a short-time Fourier transform: real and imaginary parts, frames by frequencies."""
    x = call.ranked(call.numeric("x"), "x", min_rank=1)
    points = size(call.fft_length, "fft_length", 1)
    stride = size(call.sequence_stride, "sequence_stride", 1)
    length = size(call.sequence_length, "sequence_length", 1)
    padded = x.shape[-1] + (points // 2 * 2 if call.center else 0)
    shape = (*x.shape[:-1], _frames(call, padded, points, stride), points // 2 + 1)
    caveats = _frame_caveats(call, length, points)
    if call.center:
        caveats = (*caveats, *mirrors(x.shape[-1], points))
    return replace(gives_several([shape, shape], x.dtype), caveats=caveats)


def _frame_caveats(call: OpCall, length: int, points: int) -> tuple[str, ...]:
    """Say what a short-time Fourier transform will not take when it runs; Keras looks at it no earlier."""
    if points < length:
        return (
            f"takes frames of at most `fft_length`, which is {points}, and `sequence_length` is {length}",
        )
    return runs(call.window)


def signal(call: OpCall) -> Inference:
    """Give the signal of a short-time Fourier transform."""
    real, _ = _parts(call, 2)
    points = size(call.fft_length, "fft_length", 1)
    caveats = _frame_caveats(call, size(call.sequence_length, "sequence_length", 1), points)
    stride = size(call.sequence_stride, "sequence_stride", 1)
    if call.length is not None:
        length: Dim = size(call.length, "length", 1)
    else:
        length = (real.shape[-2] - 1) * stride + points - (points // 2 * 2 if call.center else 0)
    return replace(gives((*real.shape[:-2], length), real.dtype), caveats=caveats)


def as_complex(call: OpCall) -> Inference:
    """Read pairs in the last axis as complex numbers."""
    x = call.ranked(call.numeric("x"), "x", min_rank=1)
    if not call.holds(equal(x.shape[-1], 2)):
        raise Refusal(WrongValue, f"the last axis holds pairs, it is {x.shape[-1]} long")
    return gives(x.shape[:-1], "complex64")


def as_real(call: OpCall) -> Inference:
    """Write complex numbers as pairs in a new last axis."""
    x = call.numeric("x")
    return gives((*x.shape, 2), FLOATX)


RULES: dict[str, OpRule] = {
    **dict.fromkeys("fft fft2 ifft2".split(), transform),
    "rfft": real_transform,
    "irfft": real_inverse,
    "extract_sequences": sequences,
    "stft": spectrogram,
    "istft": signal,
    "view_as_complex": as_complex,
    "view_as_real": as_real,
}
