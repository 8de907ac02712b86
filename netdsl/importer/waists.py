"""Waists: tensors through which all goes that leads to a place, and what lies between one and the next.

They are the immediate dominators of statements. What comes from elsewhere than the input that leads to most of the
network, as weights and arrays do, or the time of a diffusion, goes past them: what a part alone takes of that belongs
to it, the rest goes into it beside what arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from netdsl.record import record


class Statement(Protocol):
    """What takes tensors with names and gives some."""

    @property
    def taken(self) -> tuple[int, ...]: ...

    @property
    def defined(self) -> tuple[int, ...]: ...


S = TypeVar("S", bound=Statement)

#: How many statements a part has at most.
MOST = 40


def parts_between(statements: Sequence[S], maker: Mapping[int, S]) -> Iterator[list[S]]:
    """Give for each statement what lies between it and the waist before it, itself first.

    `statements` stand each after those it takes from; `maker` tells which makes a tensor.
    """
    found = max(_waists(statements, maker), key=lambda one: one.depth, default=None)
    waists: Mapping[int, int] = {} if found is None else found.waists
    users: dict[int, list[int]] = {}
    for statement in statements:
        for tap in statement.taken:
            users.setdefault(tap, []).append(id(statement))
    for statement in statements:
        if id(statement) in waists:
            part = _between(statement, waists[id(statement)], maker)
            if len(part) <= MOST:
                yield _without_what_others_take(part, users, waists)


def led_to(statements: Sequence[S], maker: Mapping[int, S]) -> tuple[int, set[int]]:
    """Give the input from which most waists lie one after the other, and the identities of the statements to which it
    leads; none where two inputs are alike in that, as those of twins are."""
    found = sorted(_waists(statements, maker), key=lambda one: one.depth)
    if not found or (len(found) > 1 and found[-1].depth == found[-2].depth):
        return NOWHERE, set()
    return found[-1].start, set(found[-1].waists)


@record(eq=False)
class _Waists:
    """The waist of each statement, by its identity, as seen from one input; how many lie one after the other."""

    start: int
    waists: Mapping[int, int]
    depth: int


#: How many inputs are looked at.
MOST_INPUTS = 8


def _waists(statements: Sequence[S], maker: Mapping[int, S]) -> Iterator[_Waists]:
    """Give the waists as each input sees them: what is met everywhere on the way, as a time is, has few."""
    taken = (tap for statement in statements for tap in statement.taken)
    for start in list(dict.fromkeys(tap for tap in taken if tap not in maker))[:MOST_INPUTS]:
        tree = _Tree()
        tree.add(start, None)
        found: dict[int, int] = {}
        for statement in statements:
            sources = [tap for tap in statement.taken if tree.has(tap)]
            waist = tree.common(sources) if sources else None
            if waist is not None:
                found[id(statement)] = waist
                for tap in statement.defined:
                    tree.add(tap, waist)
        yield _Waists(start, found, tree.depth)


#: A tensor that there is not.
NOWHERE = -(10**9)


def _without_what_others_take(
    part: list[S], users: Mapping[int, Sequence[int]], waists: Mapping[int, int]
) -> list[S]:
    """Leave out what comes from elsewhere and is taken by others too."""
    while True:
        inside = set(map(id, part))
        left = [
            s
            for number, s in enumerate(part)
            if number == 0
            or id(s) in waists
            or all(user in inside for tap in s.defined for user in users.get(tap, (NOWHERE,)))
        ]
        if len(left) == len(part):
            return part
        part = left


class _Tree:
    """Tensors that inputs lead to, below the waist before each."""

    def __init__(self) -> None:
        self._above: dict[int, int | None] = {}
        self._depth: dict[int, int] = {}

    def has(self, tap: int) -> bool:
        return tap in self._above

    def add(self, tap: int, above: int | None) -> None:
        self._above[tap] = above
        self._depth[tap] = 0 if above is None else self._depth[above] + 1

    @property
    def depth(self) -> int:
        """How many waists lie one after the other at most."""
        return max(self._depth.values())

    def common(self, taps: Sequence[int]) -> int | None:
        """Give the last tensor through which all goes that leads to some; None where that is none."""
        found: int | None = taps[0]
        for tap in taps[1:]:
            found = self._common(found, tap)
        return found

    def _common(self, one: int | None, other: int | None) -> int | None:
        while one != other:
            if one is None or other is None:
                return None
            if self._depth[one] >= self._depth[other]:
                one = self._above[one]
            else:
                other = self._above[other]
        return one


def _between(last: S, waist: int, maker: Mapping[int, S]) -> list[S]:
    found = {id(last): last}
    pending = [last]
    while pending and len(found) <= MOST:
        for tap in pending.pop().taken:
            source = maker.get(tap)
            if tap != waist and source is not None and id(source) not in found:
                found[id(source)] = source
                pending.append(source)
    return list(found.values())


__all__ = ["led_to", "parts_between"]
