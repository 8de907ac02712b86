"""Of how many axes TensorFlow computes a function; Keras builds it for more, and JAX and PyTorch compute it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netdsl.by_need import ModuleByNeed
from netdsl.tensor import Dim

elementwise = ModuleByNeed("netdsl.catalog.operations.elementwise")

#: The axes that a tensor may have at the most, by the function.
MOST: Mapping[str, int] = {
    **dict.fromkeys("argmax argmin".split(), 7),
    **dict.fromkeys("where flip pad take_along_axis logaddexp getitem".split(), 8),
    **dict.fromkeys("median quantile".split(), 9),
}

#: Where two tensors are stretched over one another, axes side by side that are stretched alike count as one: so many.
MOST_STRETCHED = 5


def stretches(function: str) -> bool:
    """Tell a function that stretches two tensors so."""
    return function in elementwise.BINARY


def stretched(left: Sequence[Dim], right: Sequence[Dim]) -> int:
    """Count the axes of two shapes as TensorFlow does when it stretches one over the other.

    (8, 1, 8, 1) and (1, 8, 1, 8) have four; (8, 8, 1, 1) and (1, 1, 8, 8) have two, (8, 8, 8) and (8, 8, 8) one.
    """
    return len(_runs(left, right))


def _runs(left: Sequence[Dim], right: Sequence[Dim]) -> list[str]:
    rank = max(len(left), len(right))
    sides = ((1,) * (rank - len(side)) + tuple(side) for side in (left, right))
    runs: list[str] = []
    for first, second in zip(*sides, strict=True):
        if first == 1 and second == 1:
            continue
        kind = "left" if first == 1 else "right" if second == 1 else "neither"
        if runs[-1:] != [kind]:
            runs.append(kind)
    return runs


def joined(left: Sequence[Dim], right: Sequence[Dim]) -> tuple[Dim, ...]:
    """Give the shape of two that were stretched over one another."""
    rank = max(len(left), len(right))
    sides = [(1,) * (rank - len(side)) + tuple(side) for side in (left, right)]
    return tuple(second if first == 1 else first for first, second in zip(*sides, strict=True))


def each_step(shapes: Sequence[Sequence[Dim]]) -> Iterator[tuple[Sequence[Dim], Sequence[Dim]]]:
    """Give what is stretched over what where a layer joins several tensors, one after the other."""
    whole, *rest = shapes
    for shape in rest:
        yield whole, shape
        whole = joined(whole, shape)
