"""Equal turns of a loop become one box with a count.

    Nested -> Nested, with fewer boxes

Two turns are equal where they are made of the same layers and blocks with the same arguments, joined in the same way;
sizes may differ, as the channels of a dense block grow. What alternates is a turn of several turns. What went to and
from the turns that are left out goes to and from the first, at the same place in it; what goes from one turn to the
next is what "again" means, and is not drawn. Turns that go on one from the other, and are joined to what is outside the
loop on maps of another size each time, are the levels of a network: they stay apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from difflib import SequenceMatcher

from netdsl.picture.boxes import Box, Line
from netdsl.picture.nest import Nested
from netdsl.picture.turns import atoms_under, group_alternating, loop_of, signature
from netdsl.record import mutable


@mutable
class _Run:
    """Equal turns in a row; `index` tells, for each atom in them, which turn it is of and which place it has there."""

    first: Box
    turns: list[Box]


def join_repeats(nested: Nested, *, loosely: bool = False) -> None:
    """Join equal turns, and let turns that stand alone vanish in what is around them.

    `loosely` joins those too whose arguments differ: then the first and the last are told, `gated(32, 1…512)`.
    """
    group_alternating(nested, loosely=loosely)
    atoms = atoms_under(nested.root)
    readers: dict[int, list[int]] = {}
    for tensor, reader in nested.edges:
        readers.setdefault(tensor, []).append(reader)
    runs = list(_runs(nested, atoms, readers, loosely))
    same: dict[int, int] = {}
    turn_of: dict[int, list[tuple[Box, int]]] = {}  # atom -> the runs that it is in, and the turn
    for run in runs:
        for number, turn in enumerate(run.turns):
            for kept, atom in zip(atoms[id(run.first)], atoms[id(turn)], strict=True):
                turn_of.setdefault(atom, []).append((run.first, number))
                if number:
                    same.setdefault(atom, kept)
    _redirect(nested, same, turn_of)
    for run in runs:
        _tell_both(run)
    for run in runs:
        left_out = set(map(id, run.turns[1:]))
        parent = run.first.parent
        assert parent is not None
        parent.children = [child for child in parent.children if id(child) not in left_out]
        run.first.times = len(run.turns)
    _unwrap(nested.root)


def _runs(
    nested: Nested, atoms: dict[int, list[int]], readers: dict[int, list[int]], loosely: bool
) -> Iterator[_Run]:
    for box in nested.root.within():
        signed: list[tuple[Hashable, Box]] = []
        for child in [*box.children, None]:
            key = None if child is None or child.role != "turn" else loop_of(child)
            if signed and (child is None or key is None or key != signed[0][0]):
                turns = [turn for _, turn in signed]
                besides = _besides(nested, [atoms.get(id(turn), []) for turn in turns], readers)
                yield from _equal_neighbours(nested, turns, besides, atoms, loosely)
                signed = []
            if child is not None and key is not None:
                signed.append((key, child))


def _equal_neighbours(
    nested: Nested,
    turns: list[Box],
    besides: list[tuple[Hashable, ...]],
    atoms: dict[int, list[int]],
    loosely: bool,
) -> Iterator[_Run]:
    if len(turns) < 2:
        return
    begin, first = 0, signature(nested, turns[0], atoms, loosely)
    for at in range(1, len(turns) + 1):
        other = signature(nested, turns[at], atoms, loosely) if at < len(turns) else None
        if other != first or not other or besides[at] != besides[at - 1]:
            if at - begin > 1:
                yield _Run(turns[begin], turns[begin:at])
            begin, first = at, other or ()


def _besides(
    nested: Nested, turns: list[list[int]], readers: dict[int, list[int]]
) -> list[tuple[Hashable, ...]]:
    """Give the sizes of the maps that each turn gets from outside the loop and gives to it, besides what goes from
    turn to turn; nothing where the turns do not go on one from the other."""
    tensors = nested.network.tensors
    turn_of = {atom: at for at, atoms in enumerate(turns) for atom in atoms}
    came: list[list[int]] = []  # what comes to each turn, in order
    left: list[dict[tuple[int, int], int]] = []  # what is read outside the loop, by its place
    for at, atoms in enumerate(turns):
        read = [net for atom in atoms for net in nested.network.atoms[atom].inputs]
        came.append([*dict.fromkeys(n for n in read if turn_of.get(tensors[n].atom) != at)])
        made = {
            (place, number): net
            for place, atom in enumerate(atoms)
            for number, net in enumerate(nested.network.atoms[atom].outputs)
        }
        is_last = at == len(turns) - 1
        left.append({k: n for k, n in made.items() if is_last or _is_read(n, readers, turn_of)})
    carried = {
        place
        for at, nets in enumerate(came)
        for place, net in enumerate(nets)
        if at and turn_of.get(tensors[net].atom) == at - 1
    }
    if not carried:
        return [() for _ in [*turns, ()]]
    given = {key for nets in left[:-1] for key in nets}
    found: list[tuple[Hashable, ...]] = []
    for at, nets in enumerate(came):
        besides = [net for place, net in enumerate(nets) if place not in carried]
        besides += [net for key, net in left[at].items() if key in given]
        found.append(tuple(_map_size(nested, net) for net in besides))
    return [*found, ()]


def _is_read(net: int, readers: dict[int, list[int]], turn_of: dict[int, int]) -> bool:
    """Tell whether something outside a loop reads a tensor."""
    return any(reader not in turn_of for reader in readers.get(net, ()))


def _map_size(nested: Nested, net: int) -> Hashable:
    """Give the sizes of a tensor without the batch and its features."""
    return tuple(map(str, nested.network.tensors[net].spec.shape[1:-1]))


def _tell_both(run: _Run) -> None:
    """Where the arguments of turns differ, tell those of the first and of the last."""
    for first, last in zip(run.first.within(), run.turns[-1].within(), strict=False):
        for at, (one, two) in enumerate(zip(first.lines, last.lines, strict=False)):
            if one != two:
                first.lines[at] = Line(one.name, _both(one.arguments, two.arguments), one.family)


def _both(one: str, two: str) -> str:
    """Write two texts as one: (32, 1), (32, 512) -> (32, 1…512); what only one has is told as such."""
    if one.startswith("["):
        return _both_indices(one, two)
    left, right = one.strip("()").split(", "), two.strip("()").split(", ")
    texts: list[str] = []
    for way, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if way == "replace" and b - a != d - c:
            return "(…)" if one.startswith("(") else "…"
        if way == "insert":
            texts += [
                " …".join(text.rsplit(" ", 1)) if " " in text else f"…{text}" for text in right[c:d]
            ]
        elif way == "delete":
            texts += [f"{text}…" for text in left[a:b]]
        elif way == "equal":
            texts += left[a:b]
        else:
            pairs = zip(left[a:b], right[c:d], strict=True)
            texts += [f"{first}…{_value(last)}" for first, last in pairs]
    text = ", ".join(texts)
    return f"({text})" if one.startswith("(") else text


def _both_indices(one: str, two: str) -> str:
    """Write two indices as one: [:, 0:1], [:, 7:8] -> [:, 0…7:1…8]."""
    left, right = one[1:-1].split(", "), two[1:-1].split(", ")
    if len(left) != len(right):
        return "[…]"
    return f"[{', '.join(map(_both_places, left, right))}]"


def _both_places(one: str, two: str) -> str:
    left, right = one.split(":"), two.split(":")
    if one == two or len(left) != len(right):
        return one if one == two else "…"
    return ":".join(a if a == b else f"{a}…{b}" for a, b in zip(left, right, strict=True))


def _value(argument: str) -> str:
    """Leave out what an argument is called: drop=0.2, dilated 4."""
    return argument.rpartition("=")[2].rpartition(" ")[2]


def _redirect(
    nested: Nested, same: dict[int, int], turn_of: dict[int, list[tuple[Box, int]]]
) -> None:
    """Let edges begin and end at what is kept."""
    tensors = nested.network.tensors
    atoms = nested.network.atoms

    def kept(atom: int) -> int:
        while atom in same:
            atom = same[atom]
        return atom

    def kept_tensor(number: int) -> int:
        tensor = tensors[number]
        return atoms[kept(tensor.atom)].outputs[tensor.index]

    edges: dict[tuple[int, int], None] = {}
    for tensor, reader in nested.edges:
        source = tensors[tensor].atom
        here, there = dict_of(turn_of.get(source)), dict_of(turn_of.get(reader))
        if not any(there.get(run, turn) != turn for run, turn in here.items()):
            edges[kept_tensor(tensor), kept(reader)] = None
    nested.edges = list(edges)
    for number, again in enumerate(tensors):
        if again.atom in same:
            nested.last_of[kept_tensor(number)] = number
    nested.outputs = [(name, kept_tensor(tensor)) for name, tensor in nested.outputs]


def dict_of(runs: list[tuple[Box, int]] | None) -> dict[int, int]:
    """Give the turn by the run."""
    return {id(box): turn for box, turn in runs or ()}


def _unwrap(root: Box) -> None:
    """Take away the boxes of turns that stand for nothing: a single turn, or turns of one thing each."""
    for box in [*root.within()][::-1]:  # what is in a box before the box
        if not any(child.role == "turn" for child in box.children):
            continue
        children: list[Box] = []
        for child in box.children:
            only = child.children[0] if len(child.children) == 1 else None
            if child.role != "turn" or (child.times > 1 and (only is None or only.times > 1)):
                children.append(child)
                continue
            for inner in child.children:
                inner.times = max(inner.times, child.times)
                inner.parent = box
                children.append(inner)
        box.children = children
