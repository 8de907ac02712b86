"""Inputs that only a block reads stand in the order in which it takes them, so that their lines do not cross.

Cells -> Cells, with another order of a row
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from netdsl.picture.cells import Cells
from netdsl.picture.compose import Composer
from netdsl.picture.shapes import Cell, Style
from netdsl.picture.terms import Item, Row, Series, Term


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
