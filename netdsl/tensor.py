"""Shapes and tensor types, and what must hold of their dimensions.

Comparisons are made with `equal`, `at_least` and `divides`, which answer True, False or, where it depends on
a symbolic size, a `Demand`; Python's `==` on a `Sym` is structural.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

from netdsl.dimension import (
    TOO_LONG,
    UNKNOWN,
    Atom,
    Dim,
    Function,
    Monomial,
    Shape,
    Sym,
    Unknown,
    Variable,
    choice,
    terms_of,
)
from netdsl.record import record
from netdsl.value import Entity

__all__ = [
    "TOO_LONG",
    "UNKNOWN",
    "Demand",
    "Dim",
    "Function",
    "Shape",
    "Sym",
    "TensorSpec",
    "Unknown",
    "Variable",
    "Verdict",
    "at_least",
    "ceil_div",
    "divides",
    "equal",
    "keras_shape",
    "maximum",
    "minimum",
    "parts_of",
    "product",
    "spell_shape",
    "substitute",
    "sum_of",
]


def ceil_div(dim: Dim, divisor: int) -> Dim:
    """Divide and round up: 7, 2 -> 4; H, 2 -> (H + 1) // 2."""
    return (dim + (divisor - 1)) // divisor


def product(dims: Iterable[Dim]) -> Dim:
    """Multiply dimensions: (7, 7, 512) -> 25088; unknown where one is."""
    total: Dim = 1
    for dim in dims:
        total = total * dim
    return total


def sum_of(dims: Iterable[Dim]) -> Dim:
    """Add dimensions up, each term once: a sum of thousands is brought into its form at the end alone."""
    sums: dict[Monomial, int] = {}
    for dim in dims:
        if isinstance(dim, Unknown):
            return dim
        for mono, coefficient in terms_of(dim):
            sums[mono] = sums.get(mono, 0) + coefficient
    return Sym.make(sums)


def maximum(left: Dim, right: Dim) -> Dim:
    """Give the larger one, exact for numbers and where it is the same for all sizes."""
    return choice("max", (left, right))


def minimum(left: Dim, right: Dim) -> Dim:
    """Give the smaller one, exact for numbers and where it is the same for all sizes."""
    return choice("min", (left, right))


def parts_of(*dims: Dim) -> list[Sym]:
    """Give the sizes that stand in some, those themselves among them: each once, and after what stands in it."""
    found: dict[Sym, None] = {}
    pending: list[tuple[Dim, bool]] = [(dim, False) for dim in reversed(dims)]
    while pending:
        dim, is_ready = pending.pop()
        if not isinstance(dim, Sym) or dim in found:
            continue
        if is_ready:
            found[dim] = None
            continue
        pending.append((dim, True))
        for mono, _ in dim.terms:
            for atom in mono:
                if isinstance(atom, Function):
                    pending.extend((operand, False) for operand in atom.operands)
    return list(found)


@lru_cache(maxsize=4096)
def _substitute(dim: Sym, sizes: tuple[tuple[str, int], ...]) -> Dim:
    table = dict(sizes)
    known: dict[Sym, Dim] = {}
    for part in parts_of(dim):
        terms = [
            product([coefficient, *(_value_of(atom, table, known) for atom in mono)])
            for mono, coefficient in part.terms
        ]
        known[part] = sum_of(terms)
    return known[dim]


def _value_of(atom: Atom, sizes: Mapping[str, int], known: Mapping[Sym, Dim]) -> Dim:
    if isinstance(atom, Variable):
        return sizes[atom] if atom in sizes else Sym.of(atom)
    values = [known[x] if isinstance(x, Sym) else x for x in atom.operands]
    if atom.function != "//":
        return choice(atom.function, values)
    top, bottom = values
    return UNKNOWN if bottom == 0 else top // bottom


def substitute(dim: Dim, sizes: Mapping[str, int]) -> Dim:
    """Put numbers for names: H // 2 - 1 with {"H": 32} -> 15."""
    if not isinstance(dim, Sym):
        return dim
    return _substitute(dim, tuple(sorted(sizes.items())))


@record
class Demand:
    """What must hold of symbolic sizes for the net to work: `left relation right`."""

    left: Dim
    relation: str  # "==" or ">="
    right: Dim

    def holds(self, sizes: Mapping[str, int]) -> bool | None:
        """Try it at given sizes; None where that does not decide it."""
        difference = substitute(self.left, sizes) - substitute(self.right, sizes)
        if not isinstance(difference, int):
            return None
        return difference == 0 if self.relation == "==" else difference >= 0

    @property
    def variables(self) -> frozenset[str]:
        return frozenset().union(
            *(x.variables for x in (self.left, self.right) if isinstance(x, Sym))
        )

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


Verdict: TypeAlias = bool | Demand


def equal(left: Dim, right: Dim) -> Verdict:
    """Say whether two dimensions agree: always, never, or for the sizes of a Demand; unknown agrees."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return True
    difference = left - right
    if isinstance(difference, int):
        return difference == 0
    return Demand(left, "==", right)


def same_number(left: Dim, right: Dim) -> Verdict:
    """Say whether two dimensions agree where Keras compares them as they are: `None` is equal to `None` alone.

    5 and 5 agree, H and an unknown size too (both are `None` there); 5 and an unknown size, or 5 and H, do not.
    """
    if isinstance(left, int) != isinstance(right, int):
        return False
    return equal(left, right)


def at_least(dim: Dim, minimum: int) -> Verdict:
    """Say whether a dimension is at least `minimum`; a bare symbolic size is at least 1."""
    if isinstance(dim, Unknown):
        return True
    if isinstance(dim, int):
        return dim >= minimum
    least, _ = dim.bounds
    if least is not None and least >= minimum:
        return True
    return Demand(dim, ">=", minimum)


def divides(divisor: int, dim: Dim) -> Verdict:
    """Say whether `divisor` goes evenly into a dimension."""
    rest = dim % divisor
    if rest is TOO_LONG:
        return equal(dim, dim // divisor * divisor)
    return equal(rest, 0)


@record
class TensorSpec(Entity):
    """The type of a tensor: shape with the batch first, dtype, and what Keras knows besides.

    `masked` tells whether a Keras mask travels with the tensor; `sparse` is `keras.Input(sparse=True)`.
    """

    shape: Shape
    dtype: str = "float32"
    sparse: bool = False
    masked: bool = False
    ragged: bool = False

    @property
    def rank(self) -> int:
        return len(self.shape)

    def with_shape(self, shape: Iterable[Dim]) -> TensorSpec:
        return replace(self, shape=tuple(shape))

    def with_dtype(self, dtype: str) -> TensorSpec:
        return replace(self, dtype=dtype)

    def __str__(self) -> str:
        return f"{self.dtype}{spell_shape(self.shape)}"


def spell_shape(shape: Sequence[object]) -> str:
    """Write a shape as Keras does, with symbolic sizes spelled: (None, H // 2, 64)."""
    inside = ", ".join(str(dim) for dim in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def keras_shape(shape: Shape) -> list[int | None]:
    """Write a shape as Keras sees it: None for what is not a number."""
    return [dim if isinstance(dim, int) else None for dim in shape]


def single(value: float) -> float:
    """Round a number to float32."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return value


def short(value: float) -> float:
    """Give the shortest number that is the same in float32: 0.1 for 0.10000000149011612."""
    for digits in range(1, 10):
        found = float(f"{value:.{digits}g}")
        if single(found) == single(value):
            return found
    return value
