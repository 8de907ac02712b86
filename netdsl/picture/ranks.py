"""Regions that are neither a series nor parallel: ranks, in each the boxes and the wires that pass.

A box is one rank below the last of what leads to it, chains first made into one; boxes and wires of a rank are ordered
by what they are joined to (barycentres), a few times up and down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from netdsl.picture.terms import Align, Item, Row, Series, Term, Wire
from netdsl.record import mutable

if TYPE_CHECKING:
    from netdsl.picture.arrange import Region

SWEEPS = 6

#: How far beside the middle of a chain what leaves it does so at most, where two that stand side by side are 1 apart.
ASIDE = 0.4

#: Wires for each box, beyond which a region becomes one line of boxes with lanes.
MOST_WIRES = 12


@mutable
class _Vertex:
    """A chain of boxes, or a wire; `up` and `down` are the vertices of the ranks beside it that it is joined to, with
    how far beside their middle. `outs` and `ins` tell that of what leaves it and what comes to it."""

    rank: int
    term: Term
    order: float
    outs: Mapping[int, float] = field(default_factory=dict)
    ins: Mapping[int, float] = field(default_factory=dict)
    up: list[tuple[_Vertex, float]] = field(default_factory=list)
    down: list[tuple[_Vertex, float]] = field(default_factory=list)

    def join(self, below: _Vertex, net: int) -> None:
        """Tell of a tensor from here to a vertex below."""
        self.down.append((below, below.ins.get(net, 0.0)))
        below.up.append((self, self.outs.get(net, 0.0)))


def rank(region: Region, items: Sequence[int]) -> Term:
    """Lay boxes out in ranks."""
    chains = chains_of(region, items)
    chain_of = {item: at for at, chain in enumerate(chains) for item in chain}
    ranks = ranks_of(region, chains, chain_of)
    count = max(ranks) + 1
    vertices = [
        _Vertex(
            ranks[at], region.arranged(chain), chain[0], _outs(region, chain), _ins(region, chain)
        )
        for at, chain in enumerate(chains)
    ]
    rows: list[list[_Vertex]] = [[] for _ in range(count)]
    for vertex in vertices:
        rows[vertex.rank].append(vertex)
    if not _add_wires(region, chains, chain_of, vertices, rows):
        line = [[item] for item in items]
        parts = tuple(Item(region.boxes[item].number) for item in items)
        return Series(parts, tuple(region.lanes(line)))
    _order(rows)
    middle: Align = "middle"
    terms = [[vertex.term for vertex in row] for row in rows]
    return Series(tuple(Row(tuple(t), (middle,) * len(t), follows=True) for t in terms))


def chains_of(region: Region, items: Sequence[int]) -> list[list[int]]:
    """Join boxes where one leads only to the next and nothing else leads there."""
    inside = set(items)
    chains: dict[int, list[int]] = {}
    end: dict[int, int] = {}  # the chain that ends in a box
    for item in items:
        before = [i for i in region.before[item] if i in inside]
        if len(before) == 1 and before[0] in end:
            after = [i for i in region.after[before[0]] if i in inside]
            if len(after) == 1:
                chain = end.pop(before[0])
                chains[chain].append(item)
                end[item] = chain
                continue
        chains[item] = [item]
        end[item] = item
    return list(chains.values())


def ranks_of(region: Region, chains: list[list[int]], chain_of: dict[int, int]) -> list[int]:
    """Give each chain its rank; what nothing leads to comes just before what reads it."""
    ranks: list[int] = []
    first: list[bool] = []
    for chain in chains:
        before = [ranks[chain_of[i]] for i in region.before[chain[0]] if i in chain_of]
        ranks.append(max(before, default=-1) + 1)
        first.append(not before)
    for at in range(len(chains) - 1, -1, -1):
        after = [ranks[chain_of[i]] for i in region.after[chains[at][-1]] if i in chain_of]
        if first[at] and after:
            ranks[at] = max(min(after) - 1, 0)
    return ranks


def _outs(region: Region, chain: Sequence[int]) -> dict[int, float]:
    """Tell how far beside its middle each tensor leaves a chain: those of its last box, then in lanes, of which what
    begins later is inside."""
    boxes = [region.boxes[item] for item in reversed(chain)]
    return _spread(net for box in boxes for net in box.outs)


def _ins(region: Region, chain: Sequence[int]) -> dict[int, float]:
    """Tell how far beside its middle each tensor comes to a chain: those of its first box, then in lanes."""
    return _spread(net for item in chain for net in region.boxes[item].ins)


def _spread(nets: Iterable[int]) -> dict[int, float]:
    found = [*dict.fromkeys(nets)]
    return {net: ASIDE * at / len(found) for at, net in enumerate(found)}


def _add_wires(
    region: Region,
    chains: list[list[int]],
    chain_of: dict[int, int],
    vertices: list[_Vertex],
    rows: list[list[_Vertex]],
) -> bool:
    """Let each tensor pass the ranks between its ends; False where that would be too many wires."""
    nets = dict.fromkeys(
        net
        for chain in chains
        for i in chain
        for net in (*region.boxes[i].ins, *region.boxes[i].outs)
    )
    left = MOST_WIRES * len(vertices) + 100
    for net in nets:
        start = chain_of.get(region.source.get(net, -1), -1)
        readers = region.readers.get(net, [])
        ends = [
            vertices[e] for e in {chain_of[r]: None for r in readers if r in chain_of} if e != start
        ]
        top = vertices[start].rank if start >= 0 else -1
        bottom = max((v.rank for v in ends), default=top)
        is_leaving = net in region.leaving or any(r not in chain_of for r in readers)
        if start >= 0 and is_leaving:
            bottom = len(rows)
        left -= max(bottom - top - 1, 0)
        if left < 0:
            return False
        last = vertices[start] if start >= 0 else None
        for at in range(top + 1, bottom + 1):
            for vertex in ends:
                if vertex.rank == at and last is not None:
                    last.join(vertex, net)
            if at < bottom:
                wire = _Vertex(at, Wire(net), last.order if last is not None else -1)
                if last is not None:
                    last.join(wire, net)
                rows[at].append(wire)
                last = wire
    return True


def _order(rows: list[list[_Vertex]]) -> None:
    """Order each rank by what its vertices are joined to."""
    for row in rows:
        row.sort(key=lambda vertex: vertex.order)
        _number(row)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            keys = {id(v): _middle(v.up if downwards else v.down, v.order) for v in row}
            row.sort(key=lambda vertex: keys[id(vertex)])
            _number(row)


def _number(row: list[_Vertex]) -> None:
    for at, vertex in enumerate(row):
        vertex.order = at - (len(row) - 1) / 2


def _middle(joined: list[tuple[_Vertex, float]], otherwise: float) -> float:
    return sum(v.order + aside for v, aside in joined) / len(joined) if joined else otherwise
