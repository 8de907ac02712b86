"""What the page composes: cells and terms as data."""

from __future__ import annotations

from netdsl.picture.cells import Cells
from netdsl.picture.shapes import Cell
from netdsl.picture.terms import Grid, Item, Row, Series, Term, Wire
from netdsl.stack import deep
from netdsl.value import Document


def plan_of(cells: Cells) -> list[Document]:
    """Give the cells of a picture as JSON has them."""
    return [_cell(cell) for cell in cells.cells.values()]


def u_of(cells: Cells) -> Document | None:
    """Give the U of a picture, if it is drawn as one."""
    u = cells.u
    if u is None:
        return None
    levels = [[_term(level.down), list(level.nets), _term(level.up)] for level in u.levels]
    return {"levels": levels, "bottom": _term(u.bottom)}


def _cell(cell: Cell) -> Document:
    return {
        "n": cell.number,
        "across": cell.across,
        "along": cell.along,
        "head": cell.head,
        "least": cell.least,
        "ins": list(cell.ins),
        "outs": list(cell.outs),
        "labels": {str(net): [label.text, label.width] for net, label in cell.labels.items()},
        "joins": cell.joins,
        "stack": cell.stack,
        "tags": [[net, label.text, label.width] for net, label in cell.tags],
        "term": None if cell.term is None else _term(cell.term),
    }


@deep
def _term(term: Term) -> list[object]:
    match term:
        case Item(number):
            return ["item", number]
        case Wire(net):
            return ["wire", net]
        case Row():
            parts = [_term(part) for part in term.parts]
            return ["row", parts, list(term.aligned), term.main, term.follows]
        case Grid():
            lanes = [[e.net, e.start, list(e.stops), e.column, e.bus] for e in term.lanes]
            rows = [[[column, _term(part)] for column, part in row] for row in term.rows]
            return ["grid", rows, term.columns, lanes]
        case Series():
            lanes = [[lane.net, lane.start, list(lane.stops)] for lane in term.lanes]
            return ["series", [_term(part) for part in term.parts], lanes]
