"""Inputs: many that are alike and go the same way are one box; those that only a block reads stand in its order.

Nested -> Nested, with fewer boxes; Cells -> Cells, with another order of a row
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from itertools import pairwise

from netdsl.picture.boxes import Box, Line
from netdsl.picture.cells import Cells
from netdsl.picture.compose import Composer
from netdsl.picture.nest import Nested
from netdsl.picture.shapes import Cell, Style
from netdsl.picture.terms import Item, Row, Series, Term

#: So many inputs each have their box and their name, as the columns of a small table.
MOST_NAMED = 8


def join_inputs(nested: Nested) -> None:
    """Join inputs of one type that the same boxes read, if they are many: `c1 … c26 × 26`, as turns of a loop are."""
    readers: dict[int, set[int]] = {}
    for net, reader in nested.edges:
        readers.setdefault(net, set()).add(reader)
    given = {net for _, net in nested.outputs}
    alike: dict[Hashable, list[Box]] = {}
    for box in nested.root.children:
        net = box.atoms[0].outputs[0] if box.role == "input" else -1
        if net in readers and net not in given:
            spec = nested.network.tensors[net].spec
            alike.setdefault((spec.shape, spec.dtype, frozenset(readers[net])), []).append(box)
    first_of: dict[int, int] = {}
    for first, *others in (boxes for boxes in alike.values() if len(boxes) > MOST_NAMED):
        line = first.lines[0]
        name = f"{line.name} … {others[-1].lines[0].name}"
        first.lines[0] = Line(name, line.arguments, line.family)
        first.times = 1 + len(others)
        for box in others:
            first_of[box.atoms[0].outputs[0]] = first.atoms[0].outputs[0]
            nested.box_of[box.atoms[0].number] = first
    nested.root.children = [
        box
        for box in nested.root.children
        if box.role != "input" or nested.box_of[box.atoms[0].number] is box
    ]
    nested.edges = [
        *dict.fromkeys((first_of.get(net, net), reader) for net, reader in nested.edges)
    ]


def order_inputs(cells: Cells, style: Style) -> None:
    """Set each row of inputs before a block in the order of its ports, as they are when it is open."""
    root = cells.cells[cells.nested.root.number]
    if not isinstance(root.term, Series):
        return
    parts = [*root.term.parts]
    for at, (part, after) in enumerate(pairwise(root.term.parts)):
        if isinstance(part, Row) and part.main < 0 and isinstance(after, Item):
            nets = [_input(term, cells) for term in part.parts]
            if {*nets} <= {*cells.cells[after.box].ins}:
                parts[at] = _ordered(part, nets, cells.cells[after.box], cells, style)
    cells.cells[root.number] = replace(root, term=Series(tuple(parts), root.term.lanes))


def _input(term: Term, cells: Cells) -> int:
    """Give the tensor of an input; -1 for anything else."""
    if not isinstance(term, Item) or cells.boxes[term.box].role != "input":
        return -1
    return cells.cells[term.box].outs[0] if cells.cells[term.box].outs else -1


def _ordered(row: Row, nets: list[int], block: Cell, cells: Cells, style: Style) -> Row:
    if block.term is None:
        return row
    wants = Composer(cells.cells, frozenset({block.number}), style).shape(Item(block.number)).wants
    order = sorted(range(len(nets)), key=lambda at: wants[nets[at]])
    return Row(tuple(row.parts[at] for at in order), tuple(row.aligned[at] for at in order))
