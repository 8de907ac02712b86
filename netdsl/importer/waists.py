"""Waists: tensors through which all goes that leads to a place, and what lies between one and the next.

They are the immediate dominators of statements. What begins by itself, as weights and arrays do, and what is made of
that alone, goes past them and belongs to the part that takes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar


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
    waists: dict[int, int] = {}  # of each statement, by its identity
    tree = _Tree()
    for statement in statements:
        sources = [tap for tap in statement.taken if tap not in maker or tree.has(tap)]
        if not sources:
            continue
        waist = tree.common(sources)
        for tap in statement.defined:
            tree.add(tap, waist)
        if waist is not None:
            waists[id(statement)] = waist
    for statement in statements:
        if id(statement) in waists:
            part = _between(statement, waists[id(statement)], maker)
            if len(part) <= MOST:
                yield part


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

    def common(self, taps: Sequence[int]) -> int | None:
        """Give the last tensor through which all goes that leads to some; None where that is none."""
        for tap in taps:
            if tap not in self._above:  # an input
                self.add(tap, None)
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


__all__ = ["parts_between"]
