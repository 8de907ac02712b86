"""The turns of a loop: what each is made of, and those that alternate.

    Nested -> Nested, with a box for each round of turns that alternate

Where turns differ, and some of them follow one another again and again (windows that move in every other layer, one
global attention after five local ones), a round of them is made one turn, which `repeats` joins.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from netdsl.graph import Turn
from netdsl.picture.boxes import Box, chain_of
from netdsl.picture.nest import Nested

#: So many turns make a round at most.
LONGEST_ROUND = 12


def group_alternating(nested: Nested, *, loosely: bool) -> None:
    """Put a box around each round of turns that alternate; `loosely`, numbers alone do not make them differ in kind."""
    atoms = atoms_under(nested.root)
    for box in [*nested.root.within()]:
        children: list[Box] = []
        for turns in _loops(box):
            keys = _numbered(signature(nested, turn, atoms, False) for turn in turns)
            kinds = keys
            if loosely:
                kinds = _numbered(signature(nested, turn, atoms, True) for turn in turns)
            if len(set(kinds)) > 1 and len(set(keys)) < len(turns):
                children += _in_rounds(box, turns, keys, kinds)
            else:
                children += turns
        box.children = children


def _numbered(signatures: Iterable[Hashable]) -> list[int]:
    known: dict[Hashable, int] = {}
    return [known.setdefault(signature, len(known)) for signature in signatures]


def _loops(box: Box) -> Iterator[list[Box]]:
    """Give the turns of each loop in a box, and what is no turn, in order."""
    turns: list[Box] = []
    for child in box.children:
        key = loop_of(child) if child.role == "turn" else None
        if turns and (key is None or key != loop_of(turns[0])):
            yield turns
            turns = []
        if key is None:
            yield [child]
        else:
            turns.append(child)
    if turns:
        yield turns


def _in_rounds(
    box: Box, turns: Sequence[Box], keys: Sequence[int], kinds: Sequence[int]
) -> Iterator[Box]:
    """Give turns in order, with a box around each round of those that alternate."""
    at = 0
    while at < len(turns):
        length, count = _round(keys, kinds, at)
        if length == 1:
            yield from turns[at : at + count]
        for begin in range(at, at + length * count, length) if length > 1 else ():
            made = Box("turn", parent=box, run=_run(turns[at]))
            for turn in turns[begin : begin + length]:
                made.add(turn)
            yield made
        at += length * count


def _round(keys: Sequence[int], kinds: Sequence[int], at: int) -> tuple[int, int]:
    """Give how many turns from a place on make a round, and how many rounds follow one another: as many turns as may
    be, in the shortest rounds, of which each has turns of several kinds."""
    best = (1, 1)
    for length in range(1, min(LONGEST_ROUND, (len(keys) - at) // 2) + 1):
        again = at + length
        while again < len(keys) and keys[again] == keys[again - length]:
            again += 1
        count = (again - at) // length
        if length > 1 and len({*kinds[at : at + length]}) == 1:
            continue
        if count > 1 and count * length > best[0] * best[1]:
            best = length, count
    return best


def _run(turn: Box) -> int:
    """Number the stretch that begins with a turn."""
    return next(atom.number for box in turn.within() for atom in box.atoms)


def atoms_under(root: Box) -> dict[int, list[int]]:
    """Give the atoms in each turn, in order."""
    found: dict[int, list[int]] = {}
    for box in root.within():
        if box.atoms:
            for around in chain_of(box.parent):
                if around.role == "turn":
                    found.setdefault(id(around), []).append(box.atoms[0].number)
    return found


def loop_of(turn: Box) -> Hashable:
    """Tell loops apart: turns of one loop stand side by side."""
    if turn.step is None:
        return turn.run
    assert isinstance(turn.step, Turn)
    return (turn.step.loop.file.name, turn.step.loop.start, turn.step.loop.end)


def signature(
    nested: Nested, turn: Box, atoms: dict[int, list[int]], loosely: bool
) -> tuple[Hashable, ...]:
    """Describe a turn so that equal descriptions mean equal turns."""
    numbers = atoms.get(id(turn), [])
    place = {number: at for at, number in enumerate(numbers)}
    outside: dict[int, int] = {}
    found: list[Hashable] = []
    for number in numbers:
        atom, box = nested.network.atoms[number], nested.box_of[number]
        way: tuple[Hashable, ...] = tuple(_line_key(b) for b in _below(box, turn))
        inputs: list[Hashable] = []
        for tensor in atom.inputs:
            given = nested.network.tensors[tensor]
            if given.atom in place:
                inputs.append((place[given.atom], given.index))
            else:
                inputs.append(("outside", outside.setdefault(tensor, len(outside))))
        arguments = repr([(k, repr(v)) for k, v in atom.node.operation.arguments.items()])
        if loosely:
            way, arguments = (
                tuple(b.lines[0].name if b.lines else "" for b in _below(box, turn)),
                "",
            )
        found.append((way, atom.node.kind, arguments, tuple(inputs)))
    return tuple(found)


def _line_key(box: Box) -> Hashable:
    """What a box says; which part of a tensor a turn takes follows from the turn."""
    line = box.lines[0] if box.lines else None
    return line if line is None or line.name else ""


def _below(box: Box, top: Box) -> Iterator[Box]:
    for around in chain_of(box):
        if around is top:
            return
        yield around
