"""Layers of a flat network that repeat themselves are seen as turns, though no loop made them.

    Nested -> Nested, with a box for each turn, which `repeats` joins

In what stands in one box, in order, the longest stretch that repeats is looked for at each place, with few layers
before many. Where in the period a turn begins is left open by that: it begins where the fewest tensors come from
outside. Each turn reads the one before it, or what all read, and nothing else reads what it gives: so the count says it
all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.picture.boxes import Box
from netdsl.picture.nest import Nested

#: A period has at most so many layers, and a box with fewer than these is left as it is.
LONGEST_PERIOD, FEWEST = 32, 24


def group_periods(nested: Nested) -> None:
    """Put a box around each turn of what repeats itself."""
    readers: dict[int, list[int]] = {}
    for tensor, reader in nested.edges:
        readers.setdefault(tensor, []).append(reader)
    for _, tensor in nested.outputs:
        readers.setdefault(tensor, []).append(-1)
    for box in [*nested.root.within()]:
        if len(box.children) < FEWEST:
            continue
        children: list[Box] = []
        at = 0
        for begin, period, count in _stretches(nested, box.children):
            children += box.children[at:begin]
            at = begin + period * count
            turns = [box.children[first : first + period] for first in range(begin, at, period)]
            children += _grouped(nested, box, turns, readers)
        box.children = [*children, *box.children[at:]]


def _grouped(
    nested: Nested, box: Box, turns: Sequence[Sequence[Box]], readers: dict[int, list[int]]
) -> Iterator[Box]:
    """Put boxes around turns, of one run as long as the count says it all."""
    at = 0
    while at < len(turns):
        count = _joined(nested, turns, at, readers)
        for inner in turns[at : at + count]:
            if count == 1:
                yield from inner
                continue
            turn = Box("turn", parent=box, run=turns[at][0].atoms[0].number)
            for child in inner:
                turn.add(child)
            yield turn
        at += count


def _stretches(nested: Nested, children: Sequence[Box]) -> list[tuple[int, int, int]]:
    """Give where stretches that repeat begin, how long their period is, and how many turns they have."""
    keys = _keys(children)
    again = [_agreeing(keys, period) for period in range(1, LONGEST_PERIOD + 1)]
    found: list[tuple[int, int, int]] = []
    at = 0
    while at < len(keys):
        best = (0, 0, 0)
        for period, agreeing in enumerate(again, 1):
            count = 1 + agreeing[at] // period
            if count > 1 and (count * period, -period) > (best[0], -best[1]):
                best = (count * period, period, count)
        length, period, count = best
        if not period:
            at += 1
            continue
        begin = _begin(nested, children, at, period, length + again[period - 1][at] % period)
        count = min(count, (at + length + again[period - 1][at] % period - begin) // period)
        if count > 1:
            found.append((begin, period, count))
        at = begin + period * max(count, 1)
    return found


def _keys(children: Sequence[Box]) -> list[int]:
    """Number what stands in a box, equal where it is made with the same arguments; a block is like no other."""
    known: dict[object, int] = {}
    keys: list[int] = []
    for at, child in enumerate(children):
        key: object = at
        if child.role == "layer":
            node = child.atoms[0].node
            key = (node.kind, repr([(k, repr(v)) for k, v in node.operation.arguments.items()]))
        keys.append(known.setdefault(key, len(known)))
    return keys


def _agreeing(keys: Sequence[int], period: int) -> list[int]:
    """Tell for each place how far what follows is what follows a period later."""
    found = [0] * (len(keys) + 1)
    for at in range(len(keys) - period - 1, -1, -1):
        found[at] = found[at + 1] + 1 if keys[at] == keys[at + period] else 0
    return found


def _begin(nested: Nested, children: Sequence[Box], at: int, period: int, length: int) -> int:
    """Give the place in the first period where a turn gets the fewest tensors, and loses no turn by it if it may."""
    best, least = at, None
    for begin in range(at, at + min(period, length - period + 1)):
        turns = (length - (begin - at)) // period
        cost = (_entering(nested, children[begin : begin + period]), -turns)
        if least is None or cost < least:
            best, least = begin, cost
    return best


def _entering(nested: Nested, turn: Sequence[Box]) -> int:
    return len(_given(nested, turn))


def _given(nested: Nested, turn: Sequence[Box]) -> frozenset[int]:
    """Give the tensors that a turn gets from outside."""
    inside = _atoms(turn)
    given = {net for box in turn for atom in box.atoms for net in atom.inputs}
    return frozenset(net for net in given if nested.network.tensors[net].atom not in inside)


def _joined(
    nested: Nested, turns: Sequence[Sequence[Box]], first: int, readers: dict[int, list[int]]
) -> int:
    """Tell how many turns, from `first` on, get what they read from the one before, or what all get, and are read by
    the next alone."""
    tensors = nested.network.tensors
    common = _given(nested, turns[first])
    before = _atoms(turns[first])
    for at in range(first + 1, len(turns)):
        here = _atoms(turns[at])
        made = (net for box in turns[at - 1] for atom in box.atoms for net in atom.outputs)
        leads = {reader for net in made for reader in readers.get(net, ())}
        others = {n for n in _given(nested, turns[at]) if tensors[n].atom not in before}
        if not leads <= before | here or not others <= common:
            return at - first
        before = here
    return len(turns) - first


def _atoms(turn: Sequence[Box]) -> frozenset[int]:
    return frozenset(atom.number for box in turn for atom in box.atoms)
