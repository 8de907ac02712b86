"""Symbolic sizes: what a net demands of them, said as a person would.

Elaboration records a `Demand` wherever a shape rule holds only for some sizes. `conditions` brings all demands on
one dimension together: demands of a few remainders become `H % 32 == 0`, a least size `H >= 12`, and sizes
that can be counted are listed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.shapes import NoSizeFits
from netdsl.graph import Graph, Origin
from netdsl.record import mutable, record
from netdsl.tensor import Demand, Dim, Function, Sym, Variable, parts_of

#: Remainders are looked for up to this period; beyond it a demand is printed as it stands.
MAX_PERIOD = 4_096
MAX_SIZE = 20_000
MAX_EFFORT = 400_000  # divisions in all the sizes that are tried


@record
class Condition:
    """What must hold of the named sizes, as text: `H % 32 == 0`. `possible` is False where nothing fits."""

    variables: tuple[str, ...]
    text: str
    possible: bool = True


def conditions(demands: Iterable[Demand]) -> list[Condition]:
    """Bring demands together, by dimension; those on several dimensions stay as they are."""
    single: dict[str, list[Demand]] = {}
    several: dict[str, Condition] = {}
    for demand in dict.fromkeys(demands):
        names = sorted(demand.variables)
        if len(names) == 1:
            single.setdefault(names[0], []).append(demand)
        else:
            several.setdefault(str(demand), Condition(tuple(names), str(demand)))
    left = _Effort(MAX_EFFORT)
    found = [_of_one(name, own, left) for name, own in sorted(single.items())]
    return [c for c in found if c is not None] + list(several.values())


@mutable
class _Effort:
    """How much may still be tried, of all dimensions together."""

    left: int


def _of_one(name: str, demands: list[Demand], effort: _Effort) -> Condition | None:
    period = math.lcm(1, *(bottom for d in demands for bottom in _bottoms(d)))
    reach = max((abs(c) for d in demands for c in _constants(d)), default=0)
    limit = 2 * period + 4 * reach * max(period, 1) + 8
    if period > MAX_PERIOD:
        return Condition((name,), " and ".join(str(d) for d in demands))
    limit = min(limit, MAX_SIZE)
    wanted = limit * _effort(demands)
    if wanted > effort.left:
        return Condition((name,), " and ".join(str(d) for d in demands))
    effort.left -= wanted
    tried = _Tried(name, limit)
    holds = zip(range(1, limit + 1), *map(tried.allowed, demands), strict=True)
    allowed = [size for size, *each in holds if all(each)]
    if len(allowed) == limit:
        return None
    if not allowed:
        return Condition((name,), " and ".join(str(d) for d in demands), possible=False)
    return Condition((name,), _spell(name, allowed, limit, period))


def _spell(name: str, allowed: list[int], limit: int, period: int) -> str:
    """Say a set of sizes in the shortest way that is exact."""
    if allowed[-1] <= limit - period:
        listed = ", ".join(str(n) for n in allowed[:6]) + (", …" if len(allowed) > 6 else "")
        return f"{name} == {listed}" if len(allowed) == 1 else f"{name} in ({listed})"
    modulus, remainders = _remainders(allowed, limit, period)
    parts = []
    if modulus > 1:
        spelled = ", ".join(str(r) for r in remainders)
        parts.append(
            f"{name} % {modulus} == {remainders[0]}"
            if len(remainders) == 1
            else f"{name} % {modulus} in ({spelled})"
        )
    natural = min(r if r > 0 else modulus for r in remainders) if modulus > 1 else 1
    start = _settled(set(allowed), limit, modulus, set(remainders))
    if start > natural:
        parts.append(f"{name} >= {start}")
    return " and ".join(parts)


def _remainders(allowed: list[int], limit: int, period: int) -> tuple[int, list[int]]:
    """Find the smallest modulus whose remainders describe the last full period."""
    last = set(range(limit - period + 1, limit + 1))
    fitting = last & set(allowed)
    for modulus in (m for m in range(1, period + 1) if period % m == 0):
        remainders = {n % modulus for n in fitting}
        if {n for n in last if n % modulus in remainders} == fitting:
            return modulus, sorted(remainders)
    return period, sorted(n % period for n in fitting)


def _settled(allowed: set[int], limit: int, modulus: int, remainders: set[int]) -> int:
    """Find the smallest allowed size from which on the remainders alone decide."""
    start = limit
    for n in range(limit, 0, -1):
        if (n in allowed) != (n % modulus in remainders):
            break
        if n in allowed:
            start = n
    return start


def _bottoms(demand: Demand) -> list[int]:
    """Give the numbers that a demand divides by."""
    divisions = [
        atom.operands[1]
        for part in parts_of(demand.left, demand.right)
        for mono, _ in part.terms
        for atom in mono
        if isinstance(atom, Function) and atom.function == "//"
    ]
    return [x for x in divisions if isinstance(x, int)] or [1]


def _effort(demands: list[Demand]) -> int:
    """Count what is worked out to try one size."""
    parts = parts_of(*(side for d in demands for side in (d.left, d.right)))
    divisions = sum(len(_bottoms(d)) for d in demands)
    return max(divisions, sum(len(part.terms) for part in parts) // 3)


def _constants(demand: Demand) -> list[int]:
    found: list[int] = []
    for dim in (demand.left, demand.right):
        if isinstance(dim, int):
            found.append(dim)
        elif isinstance(dim, Sym):
            found.extend(c for _, c in dim.terms)
    return found


class _Tried:
    """What dimensions of one size come to at 1, 2, … up to a limit. Each is worked out once: layers share theirs."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._sizes = range(1, limit + 1)
        self._known: dict[Sym, Sequence[int] | None] = {}

    def allowed(self, demand: Demand) -> list[bool]:
        """Tell for each size whether a demand holds; what cannot be decided counts as held."""
        for part in parts_of(demand.left, demand.right):
            if part not in self._known:
                self._known[part] = self._sum(part)
        left, right = self._of(demand.left), self._of(demand.right)
        if left is None or right is None:
            return [demand.holds({self._name: n}) is not False for n in self._sizes]
        if demand.relation == "==":
            return [a == b for a, b in zip(left, right, strict=True)]
        return [a >= b for a, b in zip(left, right, strict=True)]

    def _of(self, dim: Dim) -> Sequence[int] | None:
        if isinstance(dim, int):
            return [dim] * len(self._sizes)
        return self._known[dim] if isinstance(dim, Sym) else None

    def _sum(self, dim: Sym) -> Sequence[int] | None:
        total = [0] * len(self._sizes)
        for mono, coefficient in dim.terms:
            term: Sequence[int] = [coefficient] * len(self._sizes)
            for atom in mono:
                factor = self._factor(atom)
                if factor is None:
                    return None
                term = [a * b for a, b in zip(term, factor, strict=True)]
            total = [a + b for a, b in zip(total, term, strict=True)]
        return total

    def _factor(self, atom: Variable | Function) -> Sequence[int] | None:
        if isinstance(atom, Variable):
            return self._sizes
        if atom.function == "//" and isinstance(atom.operands[1], int):
            top, bottom = self._of(atom.operands[0]), atom.operands[1]
            return None if top is None else [n // bottom for n in top]
        return None


def check_sizes(graph: Graph, report: Callable[[Diagnostic], None]) -> None:
    """Report a net that no size can satisfy, at the demand that rules out the last one."""
    origins: dict[Demand, Origin] = {}
    for demand, origin in graph.demands:
        origins.setdefault(demand, origin)
    demands = list(origins)

    def wrong(count: int) -> list[Condition]:
        return [c for c in conditions(demands[:count]) if not c.possible]

    counts = [1 << power for power in range(len(demands).bit_length())]
    for count in [*counts, len(demands)]:  # a few of them leave room to try what many do not
        if demands and wrong(count):
            first = bisect_left(range(count), True, key=lambda last: bool(wrong(last + 1)))
            demand = demands[first]
            report(_no_size(wrong(first + 1)[0], demand, origins[demand]))
            return


def _no_size(condition: Condition, demand: Demand, origin: Origin) -> Diagnostic:
    return NoSizeFits.at(
        origin.span,
        f"this needs {demand}, which no size allows together with the rest: {condition.text}",
        name=condition.variables[0],
    )


def graph_conditions(graph: Graph) -> list[str]:
    """Give what a model demands of its symbolic sizes, as lines of text."""
    return [c.text for c in conditions(demand for demand, _ in graph.demands)]
