"""What a net demands of its symbolic sizes, in the shortest words: `H >= 12`, `H % 32 == 0`, `H == W`.

Rules record a demand as it comes, `H - 32 * (H // 32) == 0` or `(H + 1) // 2 - 6 >= 1`. Those on one size
are put together here: one bound, one remainder; those on several are told as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netdsl.tensor import Demand, Quotient, Sym

#: Sizes that are tried for a demand whose form is not recognised.
TRIED = 512


@dataclass(frozen=True, slots=True)
class Remainder:
    """`size % divisor == rest`."""

    divisor: int
    rest: int

    def meet(self, other: Remainder) -> Remainder | None:
        """Give what both demand together, None where they contradict each other."""
        divisor = math.lcm(self.divisor, other.divisor)
        for rest in range(self.rest, divisor, self.divisor):
            if rest % other.divisor == other.rest:
                return Remainder(divisor, rest)
        return None


def worked_out(demands: Iterable[Demand]) -> list[str]:
    """Say what must hold of the sizes, each fact once, single sizes first."""
    bounds: dict[str, int] = {}
    remainders: dict[str, Remainder] = {}
    others: list[str] = []
    for demand in dict.fromkeys(demands):
        name = next(iter(demand.variables)) if len(demand.variables) == 1 else None
        fact = None if name is None else _least(demand, name) or _remainder(demand, name)
        if name is not None and isinstance(fact, int):
            bounds[name] = max(fact, bounds.get(name, 1))
        elif name is not None and isinstance(fact, Remainder):
            both = fact.meet(remainders.get(name, Remainder(1, 0)))
            remainders[name] = both or fact
            others += [] if both else [str(demand)]
        else:
            others.append(str(demand))
    return [*_single(bounds, remainders), *dict.fromkeys(others)]


def _single(bounds: Mapping[str, int], remainders: Mapping[str, Remainder]) -> list[str]:
    """Write the facts about one size each; a bound that the remainder implies is left out."""
    facts = []
    for name in sorted({*bounds, *remainders}):
        remainder = remainders.get(name, Remainder(1, 0))
        if remainder.divisor > 1:
            facts.append(f"{name} % {remainder.divisor} == {remainder.rest}")
        smallest = remainder.rest or remainder.divisor
        if bounds.get(name, 1) > smallest:
            facts.append(f"{name} >= {bounds[name]}")
    return facts


def _least(demand: Demand, name: str) -> int | None:
    """Give the size from which a lower bound holds; shape arithmetic grows with its sizes."""
    if demand.relation != ">=":
        return None
    high = 1
    while demand.holds({name: high}) is not True:
        high *= 2
        if high > 2**31:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if demand.holds({name: middle}) else (middle, high)
    return high


def _remainder(demand: Demand, name: str) -> Remainder | None:
    """Recognise a demand to be divisible, by its form or by trying."""
    if demand.relation != "==":
        return None
    difference = demand.left - demand.right
    if isinstance(difference, Sym):
        by_form = _read_remainder(difference) or _read_remainder(-difference)
        if by_form is not None:
            return by_form
    held = [size for size in range(1, TRIED + 1) if demand.holds({name: size})]
    if len(held) < 3:
        return None
    found = Remainder(held[1] - held[0], held[0] % (held[1] - held[0]))
    expected = [size for size in range(1, TRIED + 1) if size % found.divisor == found.rest]
    return found if held == expected else None


def _read_remainder(difference: object) -> Remainder | None:
    """Read `H + c - k * ((H + c) // k) + d`, which is `(H + c) % k + d`."""
    if not isinstance(difference, Sym):
        return None
    for mono, coefficient in difference.terms:
        match mono:
            case (Quotient(top, bottom),) if coefficient == -bottom:
                rest = difference - Sym(((mono, coefficient),)) - top
                shift = top.constant
                plain = top - shift
                is_bare = isinstance(plain, Sym) and plain.is_atom
                if isinstance(rest, int) and is_bare and 0 <= -rest < bottom:
                    return Remainder(bottom, (-rest - shift) % bottom)
            case _:
                pass
    return None
