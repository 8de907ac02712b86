"""Dimensions: the arithmetic that shape rules are written in.

A dimension is an `int`, a `Sym` (a symbolic dimension such as `H // 2 - 1`, kept in normal form) or
`UNKNOWN` (written `?`; the batch is one). All three take part in `+ - * // %`, so a rule writes
`(length - window) // stride + 1` once and it is exact for each of them. `None` appears only at Keras's door.

Sizes are made of one another without end, so each knows its text or length, its bounds and its hash from the moment
that it is made, nothing here recurses through what stands in a size, and one that grows too long is `TOO_LONG`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Literal, TypeAlias


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

#: What comes of arithmetic on sizes whose result is too long to be followed. It counts as unknown; elaboration
#: refuses a tensor or value that has it (`limits.check_shape`), so that no size is lost without a word.
TOO_LONG = Unknown()

#: About how many characters a size may take to write, and how many terms a product may have before like ones
#: are added up: far more than a network that anyone reads comes to.
LONGEST = 2_000
MOST_TERMS = 1_000

MOST_BITS = 512  # of one coefficient
MOST_OPERANDS = 32  # of one choice
MOST_HEIGHT = 50  # functions within functions


class Variable(str):
    """A symbolic dimension by its name; it is at least 1.

    Atoms are texts, because two are the same where they read the same, and a text compares and hashes at no cost.
    """

    __slots__ = ("order",)
    order: str

    def __new__(cls, name: str) -> Variable:
        self = super().__new__(cls, name)
        self.order = f"0{name}"
        return self

    @property
    def variables(self) -> frozenset[str]:
        return frozenset((str(self),))

    @property
    def bounds(self) -> Bounds:
        return 1, None


class Function(str):
    """A function of dimensions that has no simpler form: `(H + 1) // 2`, `max(H, 4)`, `H // W`.

    What is asked of it again and again is worked out once, when it is made, from what its operands know already: so
    that however often a size stands in others, nothing goes through it twice.
    """

    __slots__ = ("bounds", "function", "height", "operands", "order", "variables")
    function: FunctionName
    operands: tuple[Dim, ...]
    order: str
    variables: frozenset[str]
    bounds: Bounds
    height: int  # of functions within functions

    def __new__(cls, function: FunctionName, operands: tuple[Dim, ...]) -> Function:
        text = _spell(function, operands)
        known = [x for x in operands if isinstance(x, Sym)]
        self = super().__new__(cls, text)
        self.function, self.operands, self.order = function, operands, f"1{text}"
        self.variables = frozenset().union(*(x.variables for x in known))
        self.bounds = _bounds_of(function, operands)
        self.height = 1 + max((x.height for x in known), default=0)
        return self


Choice: TypeAlias = Literal["max", "min"]
FunctionName: TypeAlias = Literal["//", "max", "min"]
Atom: TypeAlias = Variable | Function
Monomial: TypeAlias = tuple[Atom, ...]
Terms: TypeAlias = tuple[tuple[Monomial, int], ...]
Bounds: TypeAlias = tuple[int | None, int | None]  # the least and the most, where there is one

_by_order = attrgetter("order")


def _order_of_term(term: tuple[Monomial, int]) -> tuple[int, list[str]]:
    return -len(term[0]), [atom.order for atom in term[0]]


class Sym:
    """A polynomial with integer coefficients over atoms; never a plain integer (`make` sees to that)."""

    __slots__ = ("_hash", "length", "terms")
    terms: Terms
    length: int  # about how many characters it takes to write

    def __init__(self, terms: Terms, length: int) -> None:
        self.terms, self.length = terms, length
        self._hash = hash(terms)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Sym) and self._hash == other._hash and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    @staticmethod
    def make(terms: Mapping[Monomial, int]) -> Dim:
        """Normalise: drop zero terms, order the rest, and give an int where nothing symbolic is left."""
        kept = [term for term in terms.items() if term[1]]
        if not kept:
            return 0
        if len(kept) == 1:
            return Sym._of(tuple(kept)) if kept[0][0] else kept[0][1]
        kept.sort(key=_order_of_term)
        if len(kept) == 2 and not kept[1][0] and (shifted := _shifted(*kept)) is not None:
            return shifted
        return Sym._of(tuple(kept))

    @staticmethod
    def _of(terms: Terms) -> Dim:
        """Make one of terms in their order, unless they are too long."""
        length = 0
        for mono, coefficient in terms:
            bits = coefficient.bit_length()
            if bits > MOST_BITS:
                return TOO_LONG
            length += 3 + bits // 3
            for atom in mono:
                length += 3 + len(atom)
        return TOO_LONG if length > LONGEST else Sym(terms, length)

    @staticmethod
    def of(atom: Atom) -> Sym:
        return Sym((((atom,), 1),), 3 + len(atom))

    @staticmethod
    def variable(name: str) -> Sym:
        return Sym.of(Variable(name))

    @property
    def atom(self) -> Atom | None:
        """The one atom that it consists of, if it does."""
        return _one_atom(self.terms[0]) if len(self.terms) == 1 else None

    @property
    def is_variable(self) -> bool:
        return isinstance(self.atom, Variable)

    @property
    def constant(self) -> int:
        mono, coefficient = self.terms[-1]  # what has the fewest factors comes last
        return 0 if mono else coefficient

    @property
    def height(self) -> int:
        atoms = (atom for mono, _ in self.terms for atom in mono)
        return max((a.height for a in atoms if isinstance(a, Function)), default=0)

    @property
    def variables(self) -> frozenset[str]:
        """The names of the symbolic dimensions that it depends on."""
        return frozenset().union(*(atom.variables for mono, _ in self.terms for atom in mono))

    @property
    def bounds(self) -> Bounds:
        """What it is at least and at most, whatever the sizes, as far as that is easily told."""
        least: int | None = 0
        most: int | None = 0
        for mono, coefficient in self.terms:
            low, high = _times(_bounds_of_product(mono), coefficient)
            least = None if least is None or low is None else least + low
            most = None if most is None or high is None else most + high
        return least, most

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, Unknown):
            return other
        sums = dict(self.terms)
        if isinstance(other, int) and len(sums) > 2:  # the order stays
            sums[()] = other + sums.get((), 0)
            return Sym._of(tuple(term for term in sums.items() if term[1]))
        for mono, coefficient in terms_of(other):
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
        if isinstance(other, int):
            scaled = {mono: coefficient * other for mono, coefficient in self.terms}
            return Sym._of(tuple(scaled.items())) if len(scaled) > 2 and other else Sym.make(scaled)
        if len(self.terms) * len(other.terms) > MOST_TERMS:
            return TOO_LONG
        product: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                mono = left + right
                if left and right:
                    mono = tuple(sorted(mono, key=_by_order))
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
        divided = _divide_exactly(self, other)
        return _function("//", self, other) if divided is None else divided

    def __rfloordiv__(self, other: Dim) -> Dim:
        if other == 0:
            return 0
        return _function("//", other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - (self // other) * other

    def __rmod__(self, other: Dim) -> Dim:
        return other - (other // self) * self

    def __str__(self) -> str:
        text = ""
        for mono, coefficient in self.terms:
            sign = "-" if coefficient < 0 else "+"
            before = f" {sign} " if text else "-" * (sign == "-")
            text += before + _spell_term(mono, abs(coefficient))
        return text

    __repr__ = __str__


Dim: TypeAlias = int | Sym | Unknown
Shape: TypeAlias = tuple[Dim, ...]


def terms_of(dim: int | Sym) -> Iterable[tuple[Monomial, int]]:
    return dim.terms if isinstance(dim, Sym) else (((), dim),)


def _function(function: FunctionName, *operands: Dim) -> Dim:
    """Give a function of sizes that has no simpler form, as a size."""
    known = [x for x in operands if isinstance(x, Sym)]
    if any(isinstance(x, Unknown) for x in operands):
        return TOO_LONG
    if sum(x.length for x in known) > LONGEST or any(x.height >= MOST_HEIGHT for x in known):
        return TOO_LONG
    return Sym.make({(Function(function, operands),): 1})


def _spell(function: str, operands: tuple[Dim, ...]) -> str:
    if function != "//":
        return f"{function}({', '.join(str(x) for x in operands)})"
    left, right = operands
    top = str(left) if isinstance(left, Sym) and left.is_variable else f"({left})"
    if isinstance(right, int):
        return f"{top} // {right}"
    return f"({left}) // ({right})"


def _spell_term(mono: Monomial, coefficient: int) -> str:
    if not mono:
        return str(coefficient)
    factors = [] if coefficient == 1 else [str(coefficient)]
    several = len(mono) > 1 or factors
    for atom in mono:
        is_open = isinstance(atom, Function) and atom.function == "//"
        factors.append(f"({atom})" if several and is_open else str(atom))
    return " * ".join(factors)


def bounds_of(dim: Dim) -> Bounds:
    """Say what a size is at least and at most, whatever the sizes in it; None where that is not told."""
    if isinstance(dim, int):
        return dim, dim
    return dim.bounds if isinstance(dim, Sym) else (None, None)


def _times(bounds: Bounds, factor: int) -> Bounds:
    low, high = (None if bound is None else bound * factor for bound in bounds)
    return (low, high) if factor > 0 else (high, low)


def _bounds_of_product(mono: Monomial) -> Bounds:
    if len(mono) == 1:
        return mono[0].bounds
    least, most = 1, 1
    unbounded = False
    for atom in mono:
        low, high = atom.bounds
        if low is None or low < 0:
            return None, None
        least, most = least * low, most * (high or 0)
        unbounded = unbounded or high is None
    return least, None if unbounded else most


def _bounds_of(function: str, operands: tuple[Dim, ...]) -> Bounds:
    lows, highs = zip(*map(bounds_of, operands), strict=True)
    if function == "max":
        return max((x for x in lows if x is not None), default=None), _all(highs, max)
    if function == "min":
        return _all(lows, min), min((x for x in highs if x is not None), default=None)
    bottom = operands[1]
    if isinstance(bottom, int) and bottom > 0:
        low, high = (None if x is None else x // bottom for x in (lows[0], highs[0]))
        return low, high
    is_positive = lows[0] is not None and lows[0] >= 0 and lows[1] is not None and lows[1] >= 1
    return (0, highs[0]) if is_positive else (None, None)


def _all(bounds: Iterable[int | None], choose: Callable[[Iterable[int]], int]) -> int | None:
    known = [x for x in bounds if x is not None]
    return choose(known) if len(known) == len(list(bounds)) else None


def _floor_divide(dim: Sym, divisor: int) -> Dim:
    """Divide by a positive integer and keep what does not come out even as one function.

    (2H + 4) // 2 -> H + 2;  (H // 2 + 1) // 2 -> (H + 2) // 4;  (2H + 1) // 4 -> H // 2
    """
    if divisor == 0:
        raise ZeroDivisionError
    if divisor == 1:
        return dim
    if divisor.bit_length() > MOST_BITS:
        return TOO_LONG
    whole: dict[Monomial, int] = {}
    rest: dict[Monomial, int] = {}
    for mono, coefficient in dim.terms:
        whole[mono], rest[mono] = divmod(coefficient, divisor)
    remainder = Sym.make(rest)
    if isinstance(remainder, Unknown):
        return remainder
    if isinstance(remainder, int):
        return Sym.make(whole) + remainder // divisor
    common = math.gcd(divisor, *(c for m, c in remainder.terms if m))
    if common > 1:
        reduced = {m: (c // common) for m, c in remainder.terms}
        return Sym.make(whole) + Sym.make(reduced) // (divisor // common)
    return Sym.make(whole) + _divided_rest(remainder, divisor)


def _divided_rest(remainder: Sym, divisor: int) -> Dim:
    """Divide what is less than the divisor: into the function that it consists of, where there is one."""
    constant = remainder.constant
    symbolic = [term for term in remainder.terms if term[0]]
    inner = _one_atom(symbolic[0])
    if len(symbolic) > 1 or not isinstance(inner, Function):
        return _function("//", remainder, divisor)
    if inner.function != "//":
        return choice(inner.function, [(x + constant) // divisor for x in inner.operands])
    top, bottom = inner.operands
    if not isinstance(bottom, int):
        return _function("//", remainder, divisor)
    return (top + bottom * constant) // (bottom * divisor)


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


def _shifted(term: tuple[Monomial, int], constant: tuple[Monomial, int]) -> Dim | None:
    """Bring a number into the choice that it is added to: `max(H, 4) - 1` -> `max(H - 1, 3)`."""
    atom = _one_atom(term)
    if not isinstance(atom, Function) or atom.function == "//":
        return None
    return _function(atom.function, *(x + constant[1] for x in atom.operands))


def _one_atom(term: tuple[Monomial, int]) -> Atom | None:
    mono, coefficient = term
    return mono[0] if coefficient == 1 and len(mono) == 1 else None


def choice(function: Choice, dims: Iterable[Dim]) -> Dim:
    """Bring a choice into its form: `max(max(H, 4), 6, H - 1)` -> `max(H, 6)`."""
    kept: list[Dim] = []
    for dim in dims:
        if isinstance(dim, Unknown):
            return dim
        inner = [
            x
            for x in _operands(function, dim)
            if not any(_beats(function, other, x) for other in kept)
        ]
        kept = [k for k in kept if not any(_beats(function, x, k) for x in inner)] + inner
        if len(kept) > MOST_OPERANDS:
            return TOO_LONG
    if len(kept) == 1:
        return kept[0]
    if function == "min" and (clamped := _clamped(kept)) is not None:
        return clamped
    return _function(function, *sorted(kept, key=lambda x: (isinstance(x, int), str(x))))


def _operands(function: str, dim: Dim) -> tuple[Dim, ...]:
    """Give what a choice of a choice of the same kind chooses from: `max(max(H, 4), …)` -> H, 4."""
    atom = dim.atom if isinstance(dim, Sym) else None
    if isinstance(atom, Function) and atom.function == function:
        return atom.operands
    return (dim,)


def _beats(function: Choice, one: Dim, other: Dim) -> bool:
    """Tell whether one size is chosen over another, or is as good, whatever they are."""
    least, most = bounds_of(one - other)
    return least is not None and least >= 0 if function == "max" else most is not None and most <= 0


def _clamped(dims: list[Dim]) -> Dim | None:
    """Bring a size that is kept between two numbers into its form: `min(max(H, 2), 5)` -> `max(min(H, 5), 2)`."""
    most = next((x for x in dims if isinstance(x, int)), None)
    for dim in dims:
        inner = _operands("max", dim)
        least = next((x for x in inner if isinstance(x, int)), None)
        if len(dims) == 2 and len(inner) == 2 and least is not None and most is not None:
            return choice("max", [choice("min", [inner[0], most]), least])
    return None
