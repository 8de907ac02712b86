"""Forks in Python: what arrives goes into each branch, and the list of what leaves them goes on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from netdsl.catalog import MERGE_LAYERS
from netdsl.emit.arms import arm_words, words_for
from netdsl.emit.kinds import LayerObject, ListOf, Piece, element
from netdsl.emit.layers import is_layer_chain
from netdsl.emit.loops import fork_loop
from netdsl.emit.pieces import is_application, list_piece, nests, sequence
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.several import own_variables, repeatable
from netdsl.emit.temporaries import RESIDUAL, candidates, word_for
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: The layer that adds what arrives to what a branch makes of it.
_SUM = MERGE_LAYERS["+"]

#: A fork with one application stays on one line with the join where that is at most this long.
_INLINE_WIDTH = 44


def fork_stage(w: Writer, stage: tree.ListExpr, current: Piece, flow: str) -> Piece:
    """Write `[chain, chain]`: each branch gets what arrives; the result is the list of what leaves them."""
    joined_by, w.joined_by = w.joined_by, ""
    current = repeatable(w, current, flow)
    w.scope.arriving = current
    spread = any(isinstance(part, tree.For) for part in stage.items)
    working = sum(not _is_plain(w, part) for part in stage.items) + spread
    number = 0
    arms = [part for part in stage.items if not _is_plain(w, part)]
    words = [] if spread else arm_words(w, arms)
    own = _own_variables(w, stage, current, flow)
    pieces: list[Piece] = []
    #: Piece, statement and variable of each application that is not assigned yet.
    places: list[tuple[int, int, str]] = []
    with w.own_temporaries():
        for part in stage.items:
            w.note_sources(part)
            if isinstance(part, tree.Starred):
                pieces.append(_spread(w, part))
            elif isinstance(part, tree.For):
                pieces.append(_spread_loop(w, part, current, is_alone=len(stage.items) == 1))
            elif _is_plain(w, part):
                pieces.append(w.branch(part, current, flow))
            else:
                number += 1
                names = _branch_names(flow, number, working)
                names[:0] = (
                    n for word in words[number - 1 : number] for n in (word, f"{word}_branch")
                )
                if joined_by == _SUM and working == 1 and _has_arriving(stage):
                    names.insert(0, RESIDUAL)
                with _variable(w, own, len(pieces), names) as variable:
                    pieces.append(w.branch(part, current, variable))
                if is_application(pieces[-1].code):
                    places.append((len(pieces) - 1, len(w.out), variable))
        _name_branches(w, pieces, places)
    return list_piece(pieces)


def _own_variables(w: Writer, expr: tree.ListExpr, current: Piece | None, flow: str) -> list[str]:
    """Give the variables that a statement takes these branches apart into, if it does: they flow through these."""
    is_spread = any(isinstance(part, (tree.Starred, tree.For)) for part in expr.items)
    return [] if is_spread else own_variables(w, current, len(expr.items), flow)


@contextmanager
def _variable(
    w: Writer, own: Sequence[str], number: int, candidates_: Iterable[str]
) -> Iterator[str]:
    """Give a branch the variable that it flows through: its own, or one for the time being."""
    if not own:
        with w.flow(*candidates_) as variable:
            yield variable
        return
    with w.own_temporaries():
        yield own[number]


def source_list(w: Writer, expr: tree.ListExpr, flow: str) -> Piece:
    """Write the list that a chain begins with: its elements come from where each of them says."""
    own = _own_variables(w, expr, None, flow)
    chains = [part for part in expr.items if isinstance(part, tree.Pipe)]
    words = iter(words_for(w, chains))
    summed = 0
    sum_count = sum(isinstance(part, tree.Binary) for part in expr.items)
    pieces: list[Piece] = []
    places: list[tuple[int, int, str]] = []
    with w.own_temporaries():
        for part in expr.items:
            if isinstance(part, tree.Starred):
                pieces.append(_spread(w, part))
            elif isinstance(part, tree.For):
                pieces.append(_spread_loop(w, part, None, is_alone=len(expr.items) == 1))
            elif isinstance(part, tree.Pipe) and not is_layer_chain(w, part):
                with _variable(w, own, len(pieces), candidates(next(words))) as variable:
                    pieces.append(w.flowing(part, variable))
                if is_application(pieces[-1].code):
                    places.append((len(pieces) - 1, len(w.out), variable))
            elif isinstance(part, tree.Binary) and sum_count > 1:
                summed += 1
                pieces.append(_sum(w, part, f"{word_for(part)}{summed}"))
            else:
                pieces.append(w.expression(part))
        _name_branches(w, pieces, places)
    return list_piece(pieces)


def _sum(w: Writer, part: tree.Binary, word: str) -> Piece:
    """Write one of several sums in a variable of its own, if it takes a line."""
    variable, first = w.temporary(word), len(w.out)
    with w.passing():
        piece = w.expression(part)
        is_long = len(w.out) > first or nests(piece)
        return w.assign(variable, piece) if is_long else piece


def _spread_loop(w: Writer, loop: tree.For, arriving: Piece | None, *, is_alone: bool) -> Piece:
    """Write a loop among the branches of a fork; a long one beside others has a line of its own."""
    inner = fork_loop(w, loop, arriving)
    if (
        not is_alone
        and isinstance(inner.code, ast.ListComp)
        and len(flat(inner.code)) > _INLINE_WIDTH
    ):
        inner = w.keep(inner, w.temporary("branches"))
    return Piece(code.starred(inner.code), inner.kind)


def _spread(w: Writer, part: tree.Starred) -> Piece:
    """Write a list that is spread among others; a long comprehension has a line of its own."""
    inner = w.expression(part.value)
    if isinstance(inner.code, ast.ListComp) and len(flat(inner.code)) > _INLINE_WIDTH:
        inner = w.keep(inner, w.temporary("branches"))
    return Piece(code.starred(sequence(inner)), ListOf(element(inner.kind)))


def _branch_names(flow: str, number: int, working: int) -> list[str]:
    """Give what a branch may be called, best first; one in another branch is an inner one."""
    if flow == RESIDUAL or flow.startswith("branch"):
        return ["inner", "inner1"] if working == 1 else [f"inner{number}"]
    return ["branch", "branch1"] if working == 1 else [f"branch{number}"]


def _has_arriving(stage: tree.ListExpr) -> bool:
    return any(isinstance(part, tree.Arriving) for part in stage.items)


def _is_plain(w: Writer, part: tree.Expr) -> bool:
    """Tell whether a branch is a tensor as it is and takes no line of its own."""
    if isinstance(part, tree.Name):
        found = w.scope.lookup(part.id)
        return found is not None and not isinstance(found.kind, LayerObject)
    return isinstance(part, (tree.Arriving, tree.Starred, tree.For, tree.Subscript, tree.Attribute))


def _name_branches(w: Writer, pieces: list[Piece], places: list[tuple[int, int, str]]) -> None:
    """Give each application among the branches a line, unless it is the only one and short."""
    length = sum(len(flat(piece.code)) + 2 for piece in pieces)
    if length <= _INLINE_WIDTH and not any(nests(pieces[number]) for number, _, _ in places[1:]):
        return
    for number, position, variable in reversed(places):
        w.out.insert(position, code.assign(variable, pieces[number].code))
        pieces[number] = Piece(code.name(variable), pieces[number].kind)
