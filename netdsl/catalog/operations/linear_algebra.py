"""Functions of matrices in the last two axes: inv, solve, qr, svd."""

from __future__ import annotations

from collections.abc import Callable

from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.operations.axes import known_to_both, size
from netdsl.catalog.operations.call import OpCall, OpRule, gives, gives_several
from netdsl.catalog.operations.promotion import meet
from netdsl.diagnostics.problems.shapes import (
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
    equal,
    minimum,
    same_number,
    spell_shape,
)

Agreement = Callable[[Dim, Dim], Verdict]


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
}
