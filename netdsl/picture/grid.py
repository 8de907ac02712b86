"""Networks on several scales: boxes of one scale stand in one column, as a figure puts them in one row.

    boxes of a region -> Grid

Of what is neither a series nor parallel, some is a matter of scales: pyramids, nested U-Nets, streams of several
resolutions. A scale is the size of the maps that a chain of boxes gives. From three on, each with several chains, the
scales are columns, the largest maps first; what leads to an output alone stands beside its scale. A tensor that passes
rows goes down beside the column where it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from netdsl.picture.ranks import chains_of, ranks_of
from netdsl.picture.terms import Align, Grid, GridLane, Row, Term

if TYPE_CHECKING:
    from netdsl.picture.arrange import Region

#: So many scales, each with so many chains, make a grid.
SCALES, CHAINS = 3, 2

Scale: TypeAlias = tuple[int, int]  # how many dimensions a map has, and how large it is
Place: TypeAlias = tuple[int, int]  # how large the maps are, and 0 for what only leads to an output


def grid(region: Region, items: Sequence[int]) -> Grid | None:
    """Put boxes in a row for each rank and a column for each scale; None where there are not several scales."""
    chains = [*_chains(region, items)]
    places = _places(region, chains)
    if places is None:
        return None
    columns = {p: at for at, p in enumerate(sorted(set(places), key=lambda p: (-p[0], p[1])))}
    chain_of = {item: at for at, chain in enumerate(chains) for item in chain}
    ranks = ranks_of(region, chains, chain_of)
    return cells_of(region, chains, [(r, columns[p]) for r, p in zip(ranks, places, strict=True)])


def cells_of(
    region: Region, chains: Sequence[Sequence[int]], places: Sequence[tuple[int, int]]
) -> Grid:
    """Put chains in their rows and columns."""
    count = 1 + max(row for row, _ in places)
    cells: list[dict[int, list[Term]]] = [{} for _ in range(count)]
    for (row, column), chain in zip(places, chains, strict=True):
        cells[row].setdefault(column, []).append(region.arranged(chain))
    rows = tuple(tuple((c, _beside(row[c])) for c in sorted(row)) for row in cells)
    columns = 1 + max(column for _, column in places)
    return Grid(rows, columns, tuple(_lanes(region, chains, places)))


def _chains(region: Region, items: Sequence[int]) -> Iterator[list[int]]:
    """Give chains of boxes, each of one scale."""
    for chain in chains_of(region, items):
        begin = 0
        for at in range(1, len(chain) + 1):
            if at == len(chain) or region.scale(chain[at]) != region.scale(chain[begin]):
                yield chain[begin:at]
                begin = at


def _places(region: Region, chains: Sequence[Sequence[int]]) -> list[Place] | None:
    """Tell the scale of each chain; None where one has none, or there are too few."""
    places: list[Place] = []
    dimensions: set[int] = set()
    for chain in chains:
        scale = region.scale(chain[0])
        if scale is None:
            return None
        dimensions.add(scale[0])
        places.append((scale[1], int(not _is_branch(region, chain))))
    count = Counter(size for size, is_main in places if is_main)
    is_grid = len(dimensions) == 1 and sum(c >= CHAINS for c in count.values()) >= SCALES
    return places if is_grid else None


def _is_branch(region: Region, chain: Sequence[int]) -> bool:
    """Tell whether a chain leads nowhere but to an output, from where others go on."""
    first, last = region.boxes[chain[0]], region.boxes[chain[-1]]
    ends = not any(net in region.readers or net in region.leaving for net in last.outs)
    return ends and len(first.ins) == 1 and len(region.readers[first.ins[0]]) > 1


def _beside(terms: list[Term]) -> Term:
    """Put what has one rank and scale side by side."""
    start: Align = "start"
    return terms[0] if len(terms) == 1 else Row(tuple(terms), (start,) * len(terms))


def _lanes(
    region: Region, chains: Sequence[Sequence[int]], places: Sequence[tuple[int, int]]
) -> list[GridLane]:
    """Give each tensor that passes rows a lane in the column of what gives it, if it is read there, or of a reader."""
    chain_of = {item: at for at, chain in enumerate(chains) for item in chain}
    ranks, column_of = [row for row, _ in places], [column for _, column in places]
    nets = dict.fromkeys(
        net
        for chain in chains
        for i in chain
        for net in (*region.boxes[i].ins, *region.boxes[i].outs)
    )
    lanes: list[GridLane] = []
    for net in nets:
        source = chain_of.get(region.source.get(net, -1), -1)
        readers = region.readers.get(net, ())
        ends = [chain_of[r] for r in readers if r in chain_of and chain_of[r] != source]
        start = ranks[source] if source >= 0 else -1
        stops = {ranks[end] for end in ends if ranks[end] > start + 1}
        is_leaving = net in region.leaving or any(r not in chain_of for r in readers)
        if source >= 0 and is_leaving and start < max(ranks):
            stops.add(max(ranks) + 1)
        if stops:
            passed = [column_of[end] for end in ends if ranks[end] > start + 1]
            own = column_of[source] if source >= 0 else -1
            column = own if own in passed or not passed else passed[0]
            bus = -1 if is_leaving else _bus(region, net, chains, ends)
            lanes.append(GridLane(net, start, tuple(sorted(stops)), column, bus))
    return lanes


def _bus(region: Region, net: int, chains: Sequence[Sequence[int]], ends: Sequence[int]) -> int:
    """Tell tensors that one box joins, and that are read elsewhere only by what gives them: they share a lane; -1 for
    others."""
    end = chains[ends[0]][0]
    is_alone = len(ends) == 1 and net in region.boxes[end].ins
    return end if is_alone and region.boxes[end].joins else -1
