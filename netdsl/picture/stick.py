"""What sticks to the layer before it: normalization, activation, dropout; and who shares weights with whom.

Nested -> Nested, with fewer boxes
"""

from __future__ import annotations

from collections import Counter
from string import ascii_uppercase

from netdsl.catalog.kind import Role
from netdsl.graph import Use
from netdsl.picture.boxes import Box, Line
from netdsl.picture.nest import Nested

#: What is drawn as a line of the layer before it.
STICKY: tuple[Role, ...] = ("batch_normalization", "normalization", "activation", "dropout")

#: So many lines stick to a layer.
MOST_LINES = 5


def stick(nested: Nested) -> None:
    """Join a layer that merely normalizes, activates or drops to the one before it, where nothing else reads that."""
    readers = Counter(tensor for tensor, _ in nested.edges)
    readers.update(tensor for _, tensor in nested.outputs)
    arriving: dict[int, list[int]] = {}
    for tensor, reader in nested.edges:
        arriving.setdefault(reader, []).append(tensor)
    for box in nested.root.within():
        kept: list[Box] = []
        for child in box.children:
            before = _before(child, nested, arriving, readers)
            if before is None or before.parent is not box or len(before.lines) >= MOST_LINES:
                kept.append(child)
                continue
            before.lines += child.lines
            before.atoms += child.atoms
            for atom in child.atoms:
                nested.box_of[atom.number] = before
        box.children = kept


def _before(
    box: Box, nested: Nested, arriving: dict[int, list[int]], readers: Counter[int]
) -> Box | None:
    """Give the layer that a box may stick to."""
    if box.role != "layer" or box.times > 1 or not box.atoms[0].node.is_a(*STICKY):
        return None
    given = arriving.get(box.atoms[0].number, [])
    if len(given) != 1 or readers[given[0]] != 1:
        return None
    source = nested.network.tensors[given[0]].atom
    before = nested.box_of[source]
    is_last = before.atoms[-1].number == source and len(before.atoms[-1].outputs) == 1
    return before if before.role == "layer" and before.times == 1 and is_last else None


def simplify(nested: Nested) -> None:
    """Let a shared layer that is one block, or one layer, be that block or layer."""
    for box in [*nested.root.within()][::-1]:
        children: list[Box] = []
        for child in box.children:
            only = child.children[0] if len(child.children) == 1 else None
            is_shared = isinstance(child.step, Use) and child.step.is_shared
            if not is_shared or only is None or (only.role == "turn" and only.times > 1):
                children.append(child)
                continue
            only.parent = box
            only.times = max(only.times, child.times)
            if only.role == "block":
                name = f"{child.lines[0].name} = {only.lines[0].name}"
                only.lines[0] = Line(name, only.lines[0].arguments)
            children.append(only)
        box.children = children


def mark_shared(nested: Nested) -> None:
    """Give those that share weights the same mark: blocks made of the same layers, or layers in no such block."""
    uses = Counter(id(atom.node.operation) for atom in nested.network.atoms)
    owned = {id(box): _operations(box) for box in nested.root.within()}
    blocks = [b for b in nested.root.within() if b.role == "block"]
    outer = [b for b in blocks if b.parent is nested.root or owned[id(b)] != owned[id(b.parent)]]
    again = Counter(owned[id(b)] for b in outer)
    marks: dict[frozenset[int], str] = {}
    pending = [nested.root]
    while pending:
        box = pending.pop()
        own = owned[id(box)]
        shares = bool(own) and all(uses[operation] > 1 for operation in own)
        if shares and (box.is_leaf or (box.role == "block" and again[own] > 1)):
            marks[own] = box.mark = marks.get(own) or _mark(len(marks))
        else:
            pending += reversed(box.children)


def _operations(box: Box) -> frozenset[int]:
    """Give the layers in a box that have weights."""
    atoms = (atom for inner in box.within() for atom in inner.atoms)
    return frozenset(id(a.node.operation) for a in atoms if a.node.operation.weights)


def _mark(number: int) -> str:
    letter = ascii_uppercase[number % 26]
    return letter if number < 26 else f"{letter}{number // 26}"


def add_outputs(nested: Nested) -> None:
    """Give each output of the model a box, after what it is an output of."""
    for name, tensor in nested.outputs:
        box = Box("output", lines=[Line(name, "", "output")])
        box.ins = [tensor]
        nested.root.add(box)


def connect(nested: Nested) -> None:
    """Tell each box which tensors go in and out, in the order in which they are read and made."""
    for box in nested.root.within():
        box.depth = box.parent.depth + 1 if box.parent is not None else 0
    tensors = nested.network.tensors
    ends = [(tensor, nested.box_of[reader]) for tensor, reader in nested.edges]
    ends += [(b.ins[0], b) for b in nested.root.children if b.role == "output"]
    ins: dict[int, dict[int, None]] = {}
    outs: dict[int, dict[int, None]] = {}
    for tensor, end in ends:
        start = nested.box_of[tensors[tensor].atom]
        if start is end:
            continue
        while start.parent is not end.parent:
            from_start, from_end = start.depth >= end.depth, end.depth >= start.depth
            if from_start and start.parent is not None:
                outs.setdefault(id(start), {})[tensor] = None
                start = start.parent
            if from_end and end.parent is not None:
                ins.setdefault(id(end), {})[tensor] = None
                end = end.parent
        outs.setdefault(id(start), {})[tensor] = None
        ins.setdefault(id(end), {})[tensor] = None
    for box in nested.root.within():
        box.ins, box.outs = list(ins.get(id(box), ())), list(outs.get(id(box), ()))


def count(nested: Nested) -> None:
    """Number the boxes, and count the layers in each."""
    for number, box in enumerate(nested.root.within()):
        box.number = number
        box.depth = box.parent.depth + 1 if box.parent is not None else 0
    for box in [*nested.root.within()][::-1]:
        inside = sum(c.size * c.times for c in box.children if c.role not in ("output", "tag"))
        box.size = len(box.atoms) if box.is_leaf else inside
