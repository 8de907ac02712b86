"""Chains in Python: what arrives passes through stage after stage, in one variable that flows.

`run` writes one stage: it gets the piece that arrives and gives the piece that leaves, an expression that nobody has
assigned yet. The variable `flow` takes a result when the next stage needs it; the last one is the caller's.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from netdsl.catalog import layer_kind
from netdsl.catalog.signature import signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit import applications
from netdsl.emit.calls import call_time, hinted, ops_call
from netdsl.emit.conditions import conditional_stage, if_stage
from netdsl.emit.expressions import (
    expression,
    list_piece,
    listed,
    sequence,
    unbound_path,
    value,
)
from netdsl.emit.kinds import (
    TENSOR,
    LayerObject,
    ListOf,
    Parts,
    Piece,
    element,
    is_several,
    ways_in,
)
from netdsl.emit.layers import extern_layer, freezing, layer_call
from netdsl.emit.loops import append, fork_loop, loop_stage
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.shared import holds_network
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: A fork with one application stays on one line with the join where that is at most this long.
_INLINE_WIDTH = 44


def chain(w: Writer, pipe: tree.Pipe, flow: str) -> Piece:
    """Write a chain that starts from a tensor; the last stage's result is left to the caller."""
    first, *rest = pipe.stages
    with w.within(w.scope.inner()):
        return _through(w, rest, hinted(w, first, flow), flow)


def _through(w: Writer, stages: list[tree.Expr], current: Piece, flow: str) -> Piece:
    for stage in stages:
        if isinstance(current.code, ast.ListComp):
            current = w.assign(w.temporary("branches"), current)
        elif is_application(current.code):
            current = w.carry(current, flow)
        current = run(w, stage, current, flow)
    return current


def is_application(node: ast.expr) -> bool:
    return isinstance(node, (ast.Call, ast.IfExp))


def run(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece:
    """Write one stage."""
    handler = _STAGES.get(type(stage), _other)
    outer = w.scope.arriving
    result = handler(w, stage, current, flow)
    w.scope.arriving = outer
    return result


def _other(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece:
    current = w.settle(current, flow)
    w.scope.arriving = current
    return expression(w, stage)


def branch(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece:
    """Write a chain of its own: a branch of a fork, from what arrives or from a tensor that it names, or an arm."""
    with w.within(w.scope.inner()):
        return run(w, stage, current, flow)


def _arriving(w: Writer, stage: tree.Arriving, current: Piece, flow: str) -> Piece:
    return current


def _pipe(w: Writer, stage: tree.Pipe, current: Piece, flow: str) -> Piece:
    return _through(w, list(stage.stages), current, flow)


# -- names and calls ----------------------------------------------------------------------------


def _name(w: Writer, stage: tree.Name, current: Piece, flow: str) -> Piece:
    local = w.scope.lookup(stage.id)
    if local is not None and isinstance(local.kind, LayerObject):
        return apply_object(w, local, (), current, flow, stage)
    return expression(w, stage)


def apply_object(
    w: Writer,
    target: Piece,
    written: tuple[tree.Argument, ...],
    current: Piece,
    flow: str,
    stage: tree.Expr | None = None,
) -> Piece:
    """Apply what a `layer` statement made to what arrives."""
    from netdsl.emit import functions

    kind = target.kind
    assert isinstance(kind, LayerObject)
    if kind.stages is not None:
        return kind.stages.applied(current, written)
    if kind.model is not None:
        inputs = functions.model_inputs(w, kind.model, current, written)
        return Piece(code.call(target.code, [inputs]), kind.result or TENSOR)
    args, keywords = call_time(w, written)
    only = kind.only_lists
    first = _spread(current) if kind.positional else [listed(current, only=only).code]
    called = code.call(target.code, [*first, *args], keywords)
    result = kind.result or TENSOR
    applied = Piece(called, result if stage is None else w.module.result_kind(stage, result))
    if kind.trainable is None:
        return applied
    assert isinstance(target.code, ast.Name)
    return _then_frozen(w, applied, target.code.id, kind.trainable, flow)


def _then_frozen(w: Writer, applied: Piece, layer: str, trainable: ast.expr, flow: str) -> Piece:
    """Call a layer, and only then tell it and the layers inside it whether they train."""
    result = w.carry(applied, flow)
    w.emit(code.freezes(layer, trainable))
    return result


def _spread(current: Piece) -> list[ast.expr]:
    """Give what arrives as separate arguments."""
    if not is_several(current.kind):
        return [current.code]
    if isinstance(current.code, ast.List):
        return list(current.code.elts)
    return [code.starred(sequence(current))]


def _call(w: Writer, stage: tree.Call, current: Piece, flow: str) -> Piece:
    """`Kind(…)`, `Kind(…)(…)`, `shared(…)`, `ops.f(…)`."""
    maker, second = stage, None
    if isinstance(stage.function, tree.Call):
        maker, second = stage.function, stage
    if _mentions_arriving(stage):
        current = w.settle(current, flow)
    w.scope.arriving = current
    from netdsl.emit import uses  # which writes functions, and they chains

    target = maker.function
    if isinstance(target, tree.Attribute):
        return _dotted_stage(w, maker, second, current, flow)
    if not isinstance(target, tree.Name):
        return expression(w, stage)
    local = w.scope.lookup(target.id)
    if local is not None:
        if isinstance(local.kind, LayerObject):
            return apply_object(w, local, maker.arguments, current, flow, maker)
        return expression(w, stage)
    symbol = w.module.symbol(w.unit, target.id)
    if symbol is None:
        if signature("layer", target.id) is None:
            return expression(w, stage)
        return _layer(w, maker, second, target.id, current, flow)
    match symbol.node:
        case tree.Block():
            return uses.block(w, maker, _second(second), current)
        case tree.Model() | tree.SpecialisedModel():
            return uses.model(w, maker, _second(second), current)
        case tree.ExternLayer():
            return _extern(w, maker, second, current)
        case _:
            return expression(w, stage)


def _mentions_arriving(stage: tree.Call) -> bool:
    from netdsl.syntax.walk import walk

    return any(isinstance(node, tree.Arriving) for node in walk(stage))


def _second(second: tree.Call | None) -> tuple[tree.Argument, ...]:
    return second.arguments if second is not None else ()


def _layer(
    w: Writer, maker: tree.Call, second: tree.Call | None, kind: str, current: Piece, flow: str
) -> Piece:
    definition = layer_kind(kind)
    args, keywords = call_time(w, _second(second))
    if _needs_arriving(w, kind, maker.arguments):
        current = w.settle(current, flow)
    outer, w.held_by = w.held_by, current.code
    made: ast.expr = layer_call(w, kind, maker.arguments, w.stage_name(maker, snake_case(kind)))
    w.held_by = outer
    spreads, only = ways_in(definition)
    first = _spread(current) if spreads else [listed(current, only=only).code]
    trainable = freezing(w, kind, maker.arguments)
    layer = ""
    if trainable is not None:
        layer = w.temporary(snake_case(kind), f"{snake_case(kind)}_layer")
        w.emit(code.assign(layer, made))
        made = code.name(layer)
    called = code.call(made, [*first, *args], keywords)
    applied = Piece(called, w.module.result_kind(second or maker, TENSOR))
    return applied if trainable is None else _then_frozen(w, applied, layer, trainable, flow)


def _needs_arriving(w: Writer, kind: str, written: tuple[tree.Argument, ...]) -> bool:
    """Tell whether an argument is a network that is made for what arrives."""
    if any(holds_network(w, argument.value) for argument in written):
        return True
    for defaults in w.scope.defaults:
        with w.within(defaults.scope):
            if any(holds_network(w, a.value) for a in defaults.arguments.get(kind, ())):
                return True
    return False


def _extern(w: Writer, maker: tree.Call, second: tree.Call | None, current: Piece) -> Piece:
    assert isinstance(maker.function, tree.Name)
    args, keywords = call_time(w, _second(second))
    made = extern_layer(w, maker, w.stage_name(maker, snake_case(maker.function.id)))
    applied = code.call(made, [listed(current).code, *args], keywords)
    return Piece(applied, w.module.result_kind(maker, TENSOR))


def _dotted_stage(
    w: Writer, maker: tree.Call, second: tree.Call | None, current: Piece, flow: str
) -> Piece:
    target = maker.function
    assert isinstance(target, tree.Attribute)
    root, _, rest = (unbound_path(w, target) or "").partition(".")
    if root == "ops":
        return ops_call(w, maker, f"ops.{rest}", None if w.is_source(maker) else current)
    if root == "applications":
        return _application(w, maker, second, rest, w.settle(current, flow))
    return expression(w, maker)


def _application(
    w: Writer, maker: tree.Call, second: tree.Call | None, kind: str, current: Piece
) -> Piece:
    from netdsl.emit import uses

    cuts = next((value(w, a.value) for a in _second(second) if a.name == "outputs"), None)
    shape = code.subscript(code.attribute(current.code, "shape"), ast.Slice(code.constant(1)))
    made = applications.made(w, maker, kind, shape, cuts)
    target = uses.freeze(w, maker, made, snake_case(kind))
    return Piece(code.call(target, [current.code]), w.module.result_kind(second or maker, TENSOR))


# -- forks --------------------------------------------------------------------------------------


def _fork(w: Writer, stage: tree.ListExpr, current: Piece, flow: str) -> Piece:
    """`[chain, chain]`: each branch gets what arrives; the result is the list of what leaves them."""
    current = w.settle(current, flow)
    w.scope.arriving = current
    spread = any(isinstance(part, tree.For) for part in stage.items)
    working = sum(not _is_plain(w, part) for part in stage.items) + spread
    number = 0
    pieces: list[Piece] = []
    places: list[
        tuple[int, int, str]
    ] = []  # piece, statement, variable of an application not yet assigned
    with w.own_temporaries():
        for part in stage.items:
            w.note_sources(part)
            if isinstance(part, tree.Starred):
                inner = expression(w, part.value)
                pieces.append(Piece(code.starred(sequence(inner)), ListOf(element(inner.kind))))
            elif isinstance(part, tree.For):
                inner = fork_loop(w, part, current)
                pieces.append(Piece(code.starred(inner.code), inner.kind))
            elif _is_plain(w, part):
                pieces.append(branch(w, part, current, flow))
            else:
                number += 1
                prefix = flow if flow.startswith("branch") else ""
                names = _branch_names(prefix, number, working)
                with w.flow(*names) as variable:
                    pieces.append(branch(w, part, current, variable))
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


# -- names --------------------------------------------------------------------------------------


def _as(w: Writer, stage: tree.As, current: Piece, flow: str) -> Piece:
    result = run(w, stage.stage, current, flow)
    target = w.scope.lookup(stage.name)
    if target is None or not isinstance(target.code, ast.Name):  # `_`, or what nothing can read
        return result
    if w.scope.in_loop:
        result = w.settle(result, flow)
        w.emit(append(target.code, result.code))
        w.scope.learn(stage.name, ListOf(result.kind))
        return result
    result = w.assign(target.code.id, result)
    w.scope.learn(stage.name, result.kind)
    return result


_STAGES: dict[type, Callable[[Writer, Any, Piece, str], Piece]] = {
    tree.Arriving: _arriving,
    tree.Pipe: _pipe,
    tree.Name: _name,
    tree.Call: _call,
    tree.ListExpr: _fork,
    tree.Repeat: loop_stage,
    tree.For: loop_stage,
    tree.If: if_stage,
    tree.Conditional: conditional_stage,
    tree.As: _as,
}

__all__ = ["Parts"]
