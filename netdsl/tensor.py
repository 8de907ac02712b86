"""Dimensions, shapes and tensor types: the arithmetic that shape rules are written in.

A dimension is an `int`, a `Sym` (a symbolic dimension such as `H // 2 - 1`, kept in normal form) or
`UNKNOWN` (written `?`; the batch is one). All three take part in `+ - * // %`, so a rule writes
`(length - window) // stride + 1` once and it is exact for each of them. `None` appears only at Keras's door.
Comparisons are made with `equal`, `at_least` and `divides`, which answer True, False or, where it depends on
a symbolic size, a `Demand`; Python's `==` on a `Sym` is structural.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from netdsl.record import record


class Unknown:
    """The dimension nobody knows before run time; any arithmetic with it is unknown."""

    __slots__ = ()

    def _absorb(self, other: object) -> Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _absorb

    def __neg__(self) -> Unknown:
        return self

    def __repr__(self) -> str:
        return "None"


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True, order=True)
class Variable:
    """A symbolic dimension by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@record
class Quotient:
    """A floor division that does not come out even, `top // bottom`."""

    top: Sym
    bottom: int

    def __str__(self) -> str:
        top = str(self.top)
        return f"{top if self.top.is_atom else f'({top})'} // {self.bottom}"


@record
class Opaque:
    """A function of dimensions that has no simpler form: `max(H, 4)`, `H // W`."""

    function: str
    operands: tuple[Dim, ...]

    def __str__(self) -> str:
        if self.function in ("//", "%"):
            return f" {self.function} ".join(f"({x})" for x in self.operands)
        return f"{self.function}({', '.join(str(x) for x in self.operands)})"


Atom: TypeAlias = Variable | Quotient | Opaque
Monomial: TypeAlias = tuple[Atom, ...]


def _atom_key(atom: Atom) -> str:
    return f"{type(atom).__name__[0] != 'V'}{atom}"


@record
class Sym:
    """A polynomial with integer coefficients over atoms; never a plain integer (`make` sees to that)."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def make(terms: Mapping[Monomial, int]) -> int | Sym:
        """Normalise: drop zero terms, order the rest, and give an int where nothing symbolic is left."""
        kept = {mono: coefficient for mono, coefficient in terms.items() if coefficient}
        if not kept:
            return 0
        if set(kept) == {()}:
            return kept[()]
        order = sorted(kept, key=lambda m: (-len(m), [_atom_key(a) for a in m]))
        return Sym(tuple((mono, kept[mono]) for mono in order))

    @staticmethod
    def variable(name: str) -> Sym:
        return Sym((((Variable(name),), 1),))

    @property
    def is_atom(self) -> bool:
        return (
            len(self.terms) == 1
            and self.terms[0][1] == 1
            and len(self.terms[0][0]) == 1
            and isinstance(self.terms[0][0][0], Variable)
        )

    @property
    def constant(self) -> int:
        return dict(self.terms).get((), 0)

    @property
    def variables(self) -> frozenset[str]:
        """The names of the symbolic dimensions that it depends on."""
        found: set[str] = set()
        for mono, _ in self.terms:
            for atom in mono:
                found |= _atom_variables(atom)
        return frozenset(found)

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, Unknown):
            return other
        if isinstance(other, Sym) and len(self.terms) + len(other.terms) > MOST_TERMS:
            return UNKNOWN
        sums = dict(self.terms)
        for mono, coefficient in _terms(other):
            sums[mono] = sums.get(mono, 0) + coefficient
        return Sym.make(sums)

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, Unknown):
            return other
        if isinstance(other, Sym) and len(self.terms) * len(other.terms) > LARGEST:
            return UNKNOWN
        product: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in _terms(other):
                mono = tuple(sorted(left + right, key=_atom_key))
                product[mono] = product.get(mono, 0) + a * b
        return Sym.make(product)

    __rmul__ = __mul__

    def __floordiv__(self, other: Dim) -> Dim:
        if isinstance(other, Unknown):
            return other
        if isinstance(other, int):
            if other < 0:
                return (-self) // -other
            return _floor_divide(self, other)
        if _is_too_large(self) or _is_too_large(other):
            return UNKNOWN
        return _divide_exactly(self, other) or Sym((((Opaque("//", (self, other)),), 1),))

    def __rfloordiv__(self, other: Dim) -> Dim:
        if other == 0:
            return 0
        return Sym((((Opaque("//", (other, self)),), 1),))

    def __mod__(self, other: Dim) -> Dim:
        return self - (self // other) * other

    def __rmod__(self, other: Dim) -> Dim:
        return other - (other // self) * self

    def __str__(self) -> str:
        text = ""
        for mono, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            text += (
                sign if not text and sign == "-" else f" {sign} " if text else ""
            ) + _spell_term(mono, abs(coefficient))
        return text

    __repr__ = __str__


Dim: TypeAlias = int | Sym | Unknown
Shape: TypeAlias = tuple[Dim, ...]


def _atom_variables(atom: Atom) -> frozenset[str]:
    match atom:
        case Variable(name):
            return frozenset({name})
        case Quotient(top, _):
            return top.variables
        case Opaque(_, operands):
            return frozenset().union(*(x.variables for x in operands if isinstance(x, Sym)))


def _terms(dim: int | Sym) -> Iterable[tuple[Monomial, int]]:
    return dim.terms if isinstance(dim, Sym) else (((), dim),)


def _spell_term(mono: Monomial, coefficient: int) -> str:
    if not mono:
        return str(coefficient)
    factors = [] if coefficient == 1 else [str(coefficient)]
    several = len(mono) > 1 or factors
    for atom in mono:
        spelled = str(atom)
        factors.append(f"({spelled})" if several and isinstance(atom, Quotient) else spelled)
    return " * ".join(factors)


def _floor_divide(dim: Sym, divisor: int) -> Dim:
    """Divide by a positive integer and keep what does not come out even as one `Quotient`.

    (2H + 4) // 2 -> H + 2;  (H // 2 + 1) // 2 -> (H + 2) // 4;  (2H + 1) // 4 -> H // 2
    """
    if divisor == 0:
        raise ZeroDivisionError
    if divisor == 1:
        return dim
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for mono, coefficient in dim.terms:
        whole[mono], rest[mono] = divmod(coefficient, divisor)
    remainder = Sym.make(rest)
    if isinstance(remainder, int):
        return Sym.make(whole) + remainder // divisor
    common = math.gcd(divisor, *(c for m, c in remainder.terms if m))
    if common > 1:
        reduced = {m: (c // common) for m, c in remainder.terms}
        return Sym.make(whole) + Sym.make(reduced) // (divisor // common)
    variable_terms = [(m, c) for m, c in remainder.terms if m]
    if len(variable_terms) == 1 and variable_terms[0][1] == 1:
        (mono, _) = variable_terms[0]
        if len(mono) == 1 and isinstance(mono[0], Quotient):
            inner = mono[0]
            merged = inner.top + inner.bottom * remainder.constant
            return Sym.make(whole) + merged // (inner.bottom * divisor)
    if _is_too_large(remainder):
        return UNKNOWN
    return Sym.make(whole) + Sym((((Quotient(remainder, divisor),), 1),))


#: Terms in one size, which the sum of a hundred unlike sizes has.
MOST_TERMS = 200

#: Atoms in one size. Every further division may double an expression; past this it says nothing to anyone.
LARGEST = 40


def _is_too_large(dim: Sym) -> bool:
    """Tell whether an expression, with those that its quotients divide, has more atoms than are of use."""
    count = 0
    pending: list[Dim] = [dim]
    while pending:
        current = pending.pop()
        if not isinstance(current, Sym):
            continue
        for mono, _ in current.terms:
            count += len(mono)
            for atom in mono:
                if isinstance(atom, Quotient):
                    pending.append(atom.top)
                elif isinstance(atom, Opaque):
                    pending.extend(atom.operands)
        if count > LARGEST:
            return True
    return False


def _divide_exactly(dim: Sym, divisor: Sym) -> Dim | None:
    """Divide by a one-term divisor where it comes out even: (2 * H * W) // H -> 2 * W."""
    if len(divisor.terms) != 1:
        return 1 if dim == divisor else None
    mono, scale = divisor.terms[0]
    result: dict[Monomial, int] = {}
    for term, coefficient in dim.terms:
        left = list(term)
        for atom in mono:
            if atom not in left:
                return None
            left.remove(atom)
        if coefficient % scale:
            return None
        result[tuple(left)] = coefficient // scale
    return Sym.make(result)


def ceil_div(dim: Dim, divisor: int) -> Dim:
    """Divide and round up: 7, 2 -> 4; H, 2 -> (H + 1) // 2."""
    return (dim + (divisor - 1)) // divisor


def product(dims: Iterable[Dim]) -> Dim:
    """Multiply dimensions: (7, 7, 512) -> 25088; unknown where one is."""
    total: Dim = 1
    for dim in dims:
        total = total * dim
    return total


def maximum(left: Dim, right: Dim) -> Dim:
    """Give the larger one, exact for numbers and for what differs by a constant."""
    difference = left - right
    if isinstance(difference, int):
        return left if difference >= 0 else right
    if isinstance(difference, Unknown):
        return difference
    return Sym((((Opaque("max", (left, right)),), 1),))


@lru_cache(maxsize=4096)
def _substitute(dim: Sym, sizes: tuple[tuple[str, int], ...]) -> Dim:
    table = dict(sizes)
    total: Dim = 0
    for mono, coefficient in dim.terms:
        term: Dim = coefficient
        for atom in mono:
            term = term * _substitute_atom(atom, table)
        total = total + term
    return total


def _substitute_atom(atom: Atom, sizes: Mapping[str, int]) -> Dim:
    match atom:
        case Variable(name):
            return sizes[name] if name in sizes else Sym.variable(name)
        case Quotient(top, bottom):
            return substitute(top, sizes) // bottom
        case Opaque("max", (left, right)):
            return maximum(substitute(left, sizes), substitute(right, sizes))
        case Opaque("//", (left, right)):
            divisor = substitute(right, sizes)
            return UNKNOWN if divisor == 0 else substitute(left, sizes) // divisor
        case Opaque():
            return UNKNOWN


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
    difference = left - right
    if isinstance(difference, Unknown):
        return True
    if isinstance(difference, int):
        return difference == 0
    return Demand(left, "==", right)


def at_least(dim: Dim, minimum: int) -> Verdict:
    """Say whether a dimension is at least `minimum`; a bare symbolic size is at least 1."""
    if isinstance(dim, Unknown):
        return True
    if isinstance(dim, int):
        return dim >= minimum
    if minimum <= 1 and dim.is_atom:
        return True
    return Demand(dim, ">=", minimum)


def divides(divisor: int, dim: Dim) -> Verdict:
    """Say whether `divisor` goes evenly into a dimension."""
    return equal(dim % divisor, 0)


@record
class TensorSpec:
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


def spell_shape(shape: Shape) -> str:
    """Write a shape as Keras does, with symbolic sizes spelled: (None, H // 2, 64)."""
    inside = ", ".join(str(dim) for dim in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"


def keras_shape(shape: Shape) -> list[int | None]:
    """Write a shape as Keras sees it: None for what is not a number."""
    return [dim if isinstance(dim, int) else None for dim in shape]
