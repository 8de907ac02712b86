"""Heads along a backbone: a column for the backbone, others for what is taken from it on its way, beside its level.

    boxes of a region -> Grid, and what follows it

So detectors on several maps are built, side outputs, and features of all depths that are put together. Of what is
neither a series nor parallel this is a tree, and what joins its branches. The way through the tree on which most
branches begin is the backbone; what else begins on it is a rung. Rungs that one box joins stand in one column, and
this box below them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from netdsl.picture.grid import cells_of
from netdsl.picture.terms import Grid
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.picture.arrange import Region

#: On so many levels there are rungs, and rungs of so many levels are joined by one box, if any are.
LEVELS = 3

#: How many times as large as the others a way is that stays in the column of the backbone below its last branch.
MAIN = 2

OUTSIDE = -1  # where all begins


@record
class Level:
    """A piece of the backbone, and what begins where it does."""

    way: list[int]
    rungs: list[list[int]]


def ladder(region: Region, items: Sequence[int]) -> tuple[Grid, list[int]] | None:
    """Put boxes in a column for the backbone and others for its rungs, and give those that come after; None where there
    are too few levels."""
    tree = _Tree(region, items)
    levels = tree.levels()
    inside = set(tree.tail)
    joins = [i for i in tree.tail if inside.isdisjoint(region.before[i])]
    if not _is_ladder(region, levels, joins):
        return None
    column_of_join = _columns(region, levels, joins)
    chains: list[list[int]] = []
    places: list[tuple[int, int]] = []
    for row, level in enumerate(levels):
        spare = max(column_of_join.values(), default=0)
        for at, chain in enumerate((level.way, *level.rungs)):
            read = [column_of_join[i] for i in _readers(region, chain) if i in column_of_join]
            spare += not read and at > 0
            if chain:
                chains.append(chain)
                places.append((row, 0 if at == 0 else min(read, default=spare)))
    for item in joins:
        chains.append([item])
        places.append((len(levels), column_of_join[item]))
    return cells_of(region, chains, places), [i for i in tree.tail if i not in joins]


def _is_ladder(region: Region, levels: Sequence[Level], joins: Sequence[int]) -> bool:
    """Tell whether there are rungs on enough levels, and what joins them is of several levels."""
    rungs = [[item for rung in level.rungs for item in rung] for level in levels]
    found = Counter(item for rung in rungs for item in {*_readers(region, rung)})
    most = max((found[item] for item in joins), default=LEVELS)
    return sum(map(bool, rungs)) >= LEVELS and most >= LEVELS


def _columns(region: Region, levels: Sequence[Level], joins: Sequence[int]) -> Mapping[int, int]:
    """Give what joins rungs a column each; what joins the backbone alone stands in that of the backbone."""
    read = {i for level in levels for rung in level.rungs for i in _readers(region, rung)}
    columns: dict[int, int] = {}
    for item in joins:
        columns[item] = 1 + len({*columns.values()} - {0}) if item in read else 0
    return columns


def _readers(region: Region, items: Sequence[int]) -> Iterator[int]:
    for item in items:
        for net in region.boxes[item].outs:
            yield from region.readers.get(net, ())


class _Tree:
    """Boxes by what they come from. `held` are those between a box that joins and what all of them come from, where
    they lead nowhere else; what joins others, and what follows that, is the `tail`; `branches` tells how many there are
    on one way from a box on, at most."""

    def __init__(self, region: Region, items: Sequence[int]) -> None:
        self.region = region
        self.parent: dict[int, int] = {}
        self.held: dict[int, list[int]] = {}
        self.children: dict[int, list[int]] = {}
        self.branches: dict[int, int] = {}
        inside, tail = set(items), set[int]()
        for item in items:
            sources = [self.region.source.get(net, OUTSIDE) for net in self.region.boxes[item].ins]
            before = [s if s in inside else OUTSIDE for s in sources] or [OUTSIDE]
            if tail.intersection(before) or not self._add(item, before):
                tail.add(item)
        self.tail = [item for item in items if item in tail]
        hidden = {item for held in self.held.values() for item in held}
        for item, parent in self.parent.items():
            if item not in hidden:
                self.children.setdefault(parent, []).append(item)
        for item in [*reversed(self.parent), OUTSIDE]:
            after = self.children.get(item, [])
            most = max((self.branches[i] for i in after), default=0)
            self.branches[item] = most + (len(after) > 1)

    def _add(self, item: int, before: Sequence[int]) -> bool:
        """Add a box; False where it joins what leads elsewhere too."""
        if len(before) == 1:
            self.parent[item] = before[0]
            return True
        lines = [self._line(source) for source in before]
        top = [places[0] for places in zip(*lines, strict=False) if len({*places}) == 1][-1]
        held = [*dict.fromkeys(i for source in before for i in self._between(source, top))]
        closed = {item, *held}
        if any(self.region.leaves(inner, closed) for inner in held):
            return False
        self.parent[item], self.held[item] = top, held
        return True

    def _line(self, item: int) -> list[int]:
        """Give what a box comes from, outermost first, and itself."""
        found = [item]
        while found[-1] != OUTSIDE:
            found.append(self.parent[found[-1]])
        return found[::-1]

    def _between(self, item: int, top: int) -> Iterator[int]:
        """Give the boxes from one up to another, with those that they hold."""
        while item != top:
            yield from (item, *self.held.get(item, ()))
            item = self.parent[item]

    def levels(self) -> list[Level]:
        """Follow the backbone, from branch to branch."""
        found: list[Level] = []
        at = OUTSIDE
        while ways := self.children.get(at):
            first = max(ways, key=lambda i: self.branches[i])
            others = [i for i in ways if i != first]
            if any(self.branches[i] == self.branches[first] for i in others):
                return [*found, *self._last([self._under(i) for i in ways])]
            way = [first]
            while len(self.children.get(way[-1], ())) == 1:
                way += self.children[way[-1]]
            at = way[-1]
            whole = [i for item in way for i in (*self.held.get(item, ()), item)]
            found.append(Level(sorted(whole), [self._under(i) for i in others]))
        return found

    def _last(self, ways: list[list[int]]) -> Iterator[Level]:
        """Give the level of the last branch: a way that is far longer goes on below the backbone, and what it ends in
        is a rung of its own where it is as the others are."""
        sizes = [sum(self.region.boxes[item].size for item in way) for way in ways]
        first, second = sorted(sizes, reverse=True)[:2]
        if first < MAIN * second:
            yield Level([], ways)
            return
        main = ways.pop(sizes.index(first))
        for rung in ways:
            end = main[-len(rung) :]
            if self._words(end) == self._words(rung):
                yield Level(main[: -len(rung)], ways)
                yield Level([], [end])
                return
        yield Level(main, ways)

    def _words(self, items: Sequence[int]) -> list[tuple[str, str]]:
        """Say what boxes are, without their numbers."""
        boxes = [self.region.boxes[item] for item in items]
        return [(b.role, b.lines[0].name if b.lines and b.role == "layer" else "") for b in boxes]

    def _under(self, item: int) -> list[int]:
        """Give a box with all that comes from it alone."""
        found: list[int] = []
        pending = [item]
        while pending:
            at = pending.pop()
            found += (at, *self.held.get(at, ()))
            pending += self.children.get(at, ())
        return sorted(found)
