"""Functions of matrices in the last two axes, and of signals: inv, solve, svd, fft, stft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import known_to_both, size
from netdsl.catalog.operations.call import OpCall, OpRule, gives, gives_several, no_string
from netdsl.catalog.operations.promotion import FLOATX, meet
from netdsl.catalog.window_types import mirrors, runs
from netdsl.diagnostics.problems.arguments import WrongArgument
from netdsl.diagnostics.problems.shapes import (
    TooSmall,
    UnequalInputs,
    UnknownDimension,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import (
    Dim,
    Shape,
    TensorSpec,
    Verdict,
    at_least,
    equal,
    minimum,
    same_number,
    spell_shape,
)

Agreement = Callable[[Dim, Dim], Verdict]

# -- matrices -----------------------------------------------------------------------------------


def _square(call: OpCall, name: str = "x", agree: Agreement = same_number) -> TensorSpec:
    """Give square matrices; Keras mostly compares the two sizes as they are, so both are known or neither."""
    x = call.ranked(call.numeric(name), name, min_rank=2)
    if not call.holds(agree(x.shape[-2], x.shape[-1])):
        raise Refusal(
            WrongValue,
            f"takes square matrices, these are {spell_shape(x.shape[-2:])}",
            blames=name,
            help=known_to_both(x.shape[-2], x.shape[-1]),
        )
    return x


def _known(x: TensorSpec) -> tuple[Shape, Dim, Dim, Dim]:
    """Give the batch, the rows, the columns and the smaller of both; Keras compares numbers here."""
    rows, columns = x.shape[-2:]
    for dim in (rows, columns):
        if not isinstance(dim, int):
            raise Refusal(
                UnknownDimension, f"rows and columns must be known, {spell_shape(x.shape)} arrives"
            )
    return x.shape[:-2], rows, columns, minimum(rows, columns)


def same_matrix(call: OpCall) -> Inference:
    """Give a matrix of the same shape: inv, cholesky."""
    x = _square(call)
    return gives(x.shape, x.dtype)


def determinant(call: OpCall) -> Inference:
    x = _square(call)
    return gives(x.shape[:-2], x.dtype)


def log_determinant(call: OpCall) -> Inference:
    """Give the logarithm of a determinant, with its sign from `slogdet`; Keras compares nothing before the run."""
    x = _square(call, agree=equal)
    if call.function == "logdet":
        return gives(x.shape[:-2], x.dtype)
    return gives_several([(), x.shape[:-2]], x.dtype)


def eigen(call: OpCall) -> Inference:
    """Give eigenvalues and eigenvectors."""
    x = _square(call)
    return gives_several([x.shape[:-1], x.shape], x.dtype)


def factors(call: OpCall) -> Inference:
    """Give an LU decomposition and its pivots; TensorFlow does it for square matrices only."""
    x = _square(call, agree=equal)
    batch, rows, columns, smaller = _known(x)
    return gives_several([(*batch, rows, columns), (*batch, smaller)], x.dtype)


def qr(call: OpCall) -> Inference:
    """Give an orthogonal and a triangular matrix."""
    x = call.ranked(call.numeric("x"), "x", min_rank=2)
    if call.mode not in ("reduced", "complete"):
        raise Refusal(
            WrongValue,
            f'`mode` is {call.mode!r}, and knows "reduced" and "complete"',
            blames="mode",
        )
    batch, rows, columns, smaller = _known(x)
    inner = smaller if call.mode == "reduced" else rows
    return gives_several([(*batch, rows, inner), (*batch, inner, columns)], x.dtype)


def svd(call: OpCall) -> Inference:
    """Give singular vectors and values, or the values alone."""
    x = call.ranked(call.numeric("x"), "x", min_rank=2)
    batch, rows, columns, smaller = _known(x)
    values = (*batch, smaller)
    if not call.compute_uv:
        return gives(values, x.dtype)
    whole = call.full_matrices
    left, right = (rows, columns) if whole else (smaller, smaller)
    return gives_several([(*batch, rows, left), values, (*batch, right, columns)], x.dtype)


def solve(call: OpCall) -> Inference:
    """Solve a system of equations; the right side is a vector or a matrix."""
    a, b = _square(call, "a"), call.ranked(call.numeric("b"), "b", min_rank=1)
    if a.rank not in (b.rank, b.rank + 1):
        raise Refusal(
            WrongRank,
            f"{spell_shape(b.shape)} is no right side of {spell_shape(a.shape)}",
            blames="b",
        )
    # Keras compares matrices and leaves vectors to the run.
    fits = (
        same_number(a.shape[-2], b.shape[-2])
        if a.rank == b.rank
        else equal(a.shape[-2], b.shape[-1])
    )
    if not call.holds(fits):
        rows = b.shape[-2] if a.rank == b.rank else b.shape[-1]
        raise Refusal(
            UnequalInputs,
            f"{a.shape[-2]} equations and a right side of {rows}",
            blames="b",
            help=known_to_both(a.shape[-2], rows),
        )
    return gives(b.shape, b.dtype)


def least_squares(call: OpCall) -> Inference:
    a, b = call.ranked(call.numeric("a"), "a", rank=2), call.numeric("b")
    if b.rank not in (1, 2):
        raise Refusal(
            WrongRank, f"`b` has rank 1 or 2, {spell_shape(b.shape)} has {b.rank}", blames="b"
        )
    if not call.holds(same_number(a.shape[0], b.shape[0])):
        raise Refusal(
            UnequalInputs,
            f"{a.shape[0]} equations and a right side of {b.shape[0]}",
            blames="b",
            help=known_to_both(a.shape[0], b.shape[0]),
        )
    return gives((a.shape[1], *b.shape[1:]), a.dtype)


def matrix_rank(call: OpCall) -> Inference:
    x = call.ranked(call.numeric("x"), "x", min_rank=2)
    return gives(x.shape[:-2], "int32")


def pseudo_inverse(call: OpCall) -> Inference:
    x = call.ranked(call.numeric("x"), "x", min_rank=2)
    return gives((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)


def corrcoef(call: OpCall) -> Inference:
    """Give the shape that arrives, as Keras says; what it makes is square, a row for each variable."""
    x = call.numeric("x")
    dtype = "float64" if x.dtype == "int64" else meet(x.dtype, "float")
    square = x.rank == 2 and same_number(*x.shape) is True
    caveats = () if square else ("Keras says the shape that arrives, and it gives a square matrix",)
    return Inference(TensorSpec(x.shape, dtype), caveats=caveats)


def vandermonde(call: OpCall) -> Inference:
    """Give the powers of a vector's elements, as columns."""
    x = call.ranked(call.numeric("x"), "x", rank=1)
    columns = x.shape[0] if call.N is None else size(call.N, "N")
    return gives((x.shape[0], columns), x.dtype)


# -- signals ------------------------------------------------------------------------------------


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
    **dict.fromkeys("cholesky cholesky_inverse inv".split(), same_matrix),
    "det": determinant,
    **dict.fromkeys("logdet slogdet".split(), log_determinant),
    **dict.fromkeys("eig eigh".split(), eigen),
    "lu_factor": factors,
    "qr": qr,
    "svd": svd,
    **dict.fromkeys("solve solve_triangular".split(), solve),
    "lstsq": least_squares,
    "matrix_rank": matrix_rank,
    "pinv": pseudo_inverse,
    "corrcoef": corrcoef,
    "vander": vandermonde,
    **dict.fromkeys("fft fft2 ifft2".split(), transform),
    "rfft": real_transform,
    "irfft": real_inverse,
    "extract_sequences": sequences,
    "stft": spectrogram,
    "istft": signal,
    "view_as_complex": as_complex,
    "view_as_real": as_real,
}
