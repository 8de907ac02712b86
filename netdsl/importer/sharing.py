"""Layers that are used several times: those that always follow one another are one `layer`."""

from __future__ import annotations

from collections import defaultdict
from itertools import takewhile

from netdsl.importer.network import Made
from netdsl.importer.terms import Item, Join, Leaf, all_rows

#: What shared layers are told by, and the row that they are made of.
Shared = dict[object, list[Item]]


def merge_shared(rows: list[list[Item]]) -> Shared:
    """Put shared layers that always follow one another together, and give the row of each that is left."""
    after: defaultdict[int, set[int]] = defaultdict(set)
    before: defaultdict[int, set[int]] = defaultdict(set)
    made: dict[int, Made] = {}
    for row in (inner for outer in rows for inner in all_rows(outer)):
        for place, item in enumerate(row):
            if not _is_shared(item):
                continue
            assert isinstance(item, Leaf)
            made[id(item.made)] = item.made
            after[id(item.made)].add(_next(row, place))
            before[id(item.made)].add(_previous(row, place))
    follows = {
        first: second
        for first, (second, *others) in ((f, tuple(s)) for f, s in after.items())
        if not others and second and before[second] == {first} and second != first
    }
    chains = _chains(made, follows)
    for row in (inner for outer in rows for inner in all_rows(outer)):
        _merge(row, chains)
        for item in row:
            if isinstance(item, Join) and item.leaf.kind[0] == "shared":  # of several tensors
                made[id(item.leaf.made)] = item.leaf.made
                chains[id(item.leaf.made)] = (id(item.leaf.made),)
                item.leaf.kind = ("shared", id(item.leaf.made))
    return {
        ("shared", *chain): [_own(made[number]) for number in chain] for chain in chains.values()
    }


def _is_shared(item: Item) -> bool:
    return isinstance(item, Leaf) and item.kind[0] == "shared"


def _is_plain(item: Item) -> bool:
    return (
        isinstance(item, Leaf)
        and item.kind[0] == "shared"
        and not item.named
        and not item.arguments
    )


def _next(row: list[Item], place: int) -> int:
    item, after = row[place], row[place + 1] if place + 1 < len(row) else None
    if after is None or item.tap is not None or not _is_plain(item) or not _is_plain(after):
        return 0
    assert isinstance(after, Leaf)
    return id(after.made)


def _previous(row: list[Item], place: int) -> int:
    if place == 0 or not _next(row, place - 1):
        return 0
    item = row[place - 1]
    assert isinstance(item, Leaf)
    return id(item.made)


def _chains(made: dict[int, Made], follows: dict[int, int]) -> dict[int, tuple[int, ...]]:
    """Give the chains by their first layer; a circle of layers stays as it is."""
    later = set(follows.values())
    chains = {}
    for first in made:
        if first in later:
            continue
        chain = [first]
        while chain[-1] in follows:
            chain.append(follows[chain[-1]])
        chains[first] = tuple(chain)
    left = set(made) - {number for chain in chains.values() for number in chain}
    return chains | {number: (number,) for number in left}


def _merge(row: list[Item], chains: dict[int, tuple[int, ...]]) -> None:
    place = 0
    while place < len(row):
        item = row[place]
        if isinstance(item, Leaf) and item.kind[0] == "shared":
            chain = chains.get(id(item.made), (id(item.made),))
            last = row[place + len(chain) - 1]
            merged = Leaf(("shared", *chain), item.made, item.arguments, item.named, last.tap)
            row[place : place + len(chain)] = [merged]
        place += 1


def _own(made: Made) -> Leaf:
    """Give a layer as it is made, where it is declared."""
    about = id(made.network) if made.network is not None else made.kind
    return Leaf((made.family, about, made.trainable, False), made, made.given)


def _common_start(names: list[str]) -> str:
    first, last = min(names), max(names)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in alike)


def shared_name(row: list[Item]) -> str:
    """Name shared layers by what their names have in common."""
    names = [item.made.name for item in row if isinstance(item, Leaf)]
    if len(names) == 1:
        return names[0]
    common = _common_start(names).rstrip("_0123456789")
    return common if len(common) > 1 else "shared"
