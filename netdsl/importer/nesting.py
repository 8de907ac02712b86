"""Forks that close, and forks inside forks: the form in which a reader follows them.

A join that takes a tensor which nothing else calls by name closes a fork: `[… -> …, _] -> Add()`. Where forks of one
kind lie in each other, as in a U-Net, they are opened instead: the way down, the bottom, the way up, and names for what
goes across.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netdsl.importer.terms import (
    ARRIVING,
    Branch,
    Item,
    Join,
    Leaf,
    Shapes,
    all_rows,
    defined_in,
    referred_in,
)


class Nesting:
    """Closes and opens the forks of rows; `sources` are the taps at which rows begin, which count as references."""

    def __init__(self, rows: list[list[Item]], sources: list[int | None], first_free: int) -> None:
        self._rows, self._sources = rows, sources
        self.free = first_free
        self._shapes = Shapes()
        self._units: set[int] = set()  # forks that lie in none that is opened, by identity

    def run(self) -> None:
        while self._close_one():
            pass
        for row, source in zip(self._rows, self._sources, strict=True):
            self._open(row, source)

    def _close_one(self) -> bool:
        counts = self._counts()
        return any(self._close(row, counts) for row in list(self._every_row()))

    def _counts(self) -> Counter[int]:
        found = Counter(tap for row in self._rows for tap in referred_in(row))
        found.update(tap for tap in self._sources if tap is not None)
        return found

    def _every_row(self) -> Iterator[list[Item]]:
        for row in self._rows:
            yield from all_rows(row)

    def _close(self, row: list[Item], counts: Counter[int]) -> bool:
        places = {item.tap: place for place, item in enumerate(row) if item.tap is not None}
        for end, item in enumerate(row):
            if not isinstance(item, Join) or is_function(item.leaf):
                continue
            taken = {b.source for b in item.branches if b.source >= 0}
            main = [b for b in item.branches if b.source == ARRIVING]
            if len(taken) != 1 or len(main) != 1:
                continue
            (tap,) = taken
            start = places.get(tap, end)
            own = sum(b.source == tap for b in item.branches)
            inner = row[start + 1 : end]
            if not inner or not _few_leak(inner, counts):
                continue
            if counts[tap] > own and not self._is_unit(item, tap, inner):
                continue
            branches = [
                Branch(ARRIVING, inner + b.row if b is main[0] else b.row) for b in item.branches
            ]
            if counts[tap] == own:
                row[start].tap = None
            row[start + 1 : end + 1] = [Join(branches, item.leaf, item.tap)]
            return True
        return False

    def _is_unit(self, item: Join, tap: int, inner: list[Item]) -> bool:
        """Tell whether a fork is one by itself, though its tensor goes on to another place: the first unit of a
        stack that lies in a long skip is like those after it."""
        joins = (part for part in inner if isinstance(part, Join))
        likes = any(self._shapes.of(part.leaf) == self._shapes.of(item.leaf) for part in joins)
        return not likes and tap not in referred_in(inner)

    def _open(self, row: list[Item], source: int | None) -> None:
        """Open the forks of a row that lie in one another."""
        place = 0
        while place < len(row):
            item = row[place]
            if isinstance(item, Join) and self._is_nested(item) and (place or source is not None):
                self._unroll(row, place, item, source)
            else:
                for inner in (b.row for b in item.branches) if isinstance(item, Join) else ():
                    self._open(inner, None)
                place += 1

    def _unroll(self, row: list[Item], place: int, item: Join, source: int | None) -> None:
        if place:
            before = row[place - 1]
            if before.tap is None:
                before.tap, self.free = self.free, self.free + 1
            tap = before.tap
        else:
            assert source is not None
            tap = source
        main = _main(item)
        assert main is not None
        branches = [
            Branch(ARRIVING, []) if b is main else Branch(tap, b.row) for b in item.branches
        ]
        inner, deeper = main.row, self._deeper(item)
        if deeper is not None and len(self._likes(item)) > 1:  # there are units at each level
            self._units |= {id(part) for part in self._likes(deeper) if not self._likes(part)}
        row[place : place + 1] = [*inner, Join(branches, item.leaf, item.tap)]
        for offset, part in enumerate(inner):  # the innermost too
            if part is deeper and isinstance(part, Join) and not self._is_nested(part):
                if offset + place:
                    self._unroll(row, place + offset, part, source)
                break

    def _is_nested(self, item: Join) -> bool:
        return self._deeper(item) is not None

    def _deeper(self, item: Join) -> Join | None:
        """Give the fork that lies in another as in a U-Net: of several, as units beside it are forks too, the one
        that has such forks in it; a stack of units in a long skip has none."""
        likes = [part for part in self._likes(item) if id(part) not in self._units]
        if len(likes) > 1:
            likes = [part for part in likes if self._likes(part)]
        return likes[0] if len(likes) == 1 else None

    def _likes(self, item: Join) -> list[Join]:
        main = _main(item)
        parts = main.row if main is not None else []
        return [part for part in parts if isinstance(part, Join) and self._is_like(item, part)]

    def _is_like(self, item: Join, other: Join) -> bool:
        return _main(other) is not None and self._shapes.of(item.leaf) == self._shapes.of(
            other.leaf
        )


def _main(item: Join) -> Branch | None:
    """Give the branch in which something happens, where the others pass on what arrives."""
    if (
        len(item.branches) < 2
        or any(b.source != ARRIVING for b in item.branches)
        or is_function(item.leaf)
    ):
        return None
    main = max(item.branches, key=lambda b: len(b.row))
    others = [b for b in item.branches if b is not main]
    return (
        main
        if main.row and all(len(b.row) <= SHORT and not _has_join(b.row) for b in others)
        else None
    )


#: How long a row beside the main one may be: what crops or fits that which goes across.
SHORT = 2


def _has_join(row: list[Item]) -> bool:
    return any(isinstance(item, Join) for item in row)


def _few_leak(items: list[Item], counts: Counter[int]) -> bool:
    """Tell whether at most one tensor of a row is called from outside: several are easier to follow outside a fork."""
    inside = Counter(referred_in(items))
    return sum(counts[tap] > inside[tap] for tap in defined_in(items)) <= 1


def is_function(leaf: Leaf) -> bool:
    """Tell a function of `ops`, which has arguments and no list, from a layer that joins."""
    return bool(leaf.kind[0] == "op")
