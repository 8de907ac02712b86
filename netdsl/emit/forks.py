"""Forks in Python: what arrives goes into each branch, and the list of what leaves them goes on."""

from __future__ import annotations

from netdsl.emit.kinds import LayerObject, ListOf, Piece, element
from netdsl.emit.loops import fork_loop
from netdsl.emit.pieces import is_application, list_piece, sequence
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: A fork with one application stays on one line with the join where that is at most this long.
_INLINE_WIDTH = 44


def fork_stage(w: Writer, stage: tree.ListExpr, current: Piece, flow: str) -> Piece:
    """Write `[chain, chain]`: each branch gets what arrives; the result is the list of what leaves them."""
    current = w.reusable(current, flow)
    w.scope.arriving = current
    spread = any(isinstance(part, tree.For) for part in stage.items)
    working = sum(not _is_plain(w, part) for part in stage.items) + spread
    number = 0
    pieces: list[Piece] = []
    #: Piece, statement and variable of each application that is not assigned yet.
    places: list[tuple[int, int, str]] = []
    with w.own_temporaries():
        for part in stage.items:
            w.note_sources(part)
            if isinstance(part, tree.Starred):
                inner = w.expression(part.value)
                pieces.append(Piece(code.starred(sequence(inner)), ListOf(element(inner.kind))))
            elif isinstance(part, tree.For):
                inner = fork_loop(w, part, current)
                pieces.append(Piece(code.starred(inner.code), inner.kind))
            elif _is_plain(w, part):
                pieces.append(w.branch(part, current, flow))
            else:
                number += 1
                prefix = flow if flow.startswith("branch") else ""
                names = _branch_names(prefix, number, working)
                with w.flow(*names) as variable:
                    pieces.append(w.branch(part, current, variable))
                if is_application(pieces[-1].code):
                    places.append((len(pieces) - 1, len(w.out), variable))
        _name_branches(w, pieces, places)
    return list_piece(pieces)


def _branch_names(outer: str, number: int, working: int) -> list[str]:
    if outer:
        return [f"{outer}_{number}" if outer[-1:].isdigit() else f"{outer}{number}", "part"]
    return ["branch", "branch1"] if working == 1 else [f"branch{number}", f"part{number}"]


def _is_plain(w: Writer, part: tree.Expr) -> bool:
    """Tell whether a branch is a tensor as it is and takes no line of its own."""
    if isinstance(part, tree.Name):
        found = w.scope.lookup(part.id)
        return found is not None and not isinstance(found.kind, LayerObject)
    return isinstance(part, (tree.Arriving, tree.Starred, tree.For, tree.Subscript, tree.Attribute))


def _name_branches(w: Writer, pieces: list[Piece], places: list[tuple[int, int, str]]) -> None:
    """Give each application among the branches a line, unless it is the only one and short."""
    length = sum(len(flat(piece.code)) + 2 for piece in pieces)
    if len(places) <= 1 and length <= _INLINE_WIDTH:
        return
    for number, position, variable in reversed(places):
        w.out.insert(position, code.assign(variable, pieces[number].code))
        pieces[number] = Piece(code.name(variable), pieces[number].kind)
