"""Conditions in Python: `if` stages and `… if … else …` between tensors as `if` statements.

What is decided already is written out alone; an arm that is missing lets what arrives through.
"""

from __future__ import annotations

import ast
from functools import reduce
from typing import TypeAlias

from netdsl.emit.kinds import TENSOR, Parts, Piece, alike, is_tensorial
from netdsl.emit.pieces import listed
from netdsl.emit.python import code, simplify
from netdsl.emit.several import assigned, elements_of, leaving, names_of, repeatable
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: A condition (None for `else`) and the stage that it lets run (None for nothing).
Arm: TypeAlias = tuple[tree.Expr | None, tree.Expr | None]


def _arms(stage: tree.If) -> list[Arm]:
    arms: list[Arm] = []
    node: tree.Expr | None = stage
    while isinstance(node, tree.If):
        arms.append((node.condition, node.then))
        node = node.otherwise
    return [*arms, (None, node)]


def if_stage(w: Writer, stage: tree.If, current: Piece, flow: str) -> Piece:
    return _choose(w, _arms(stage), current, flow)


def conditional_stage(w: Writer, stage: tree.Conditional, current: Piece, flow: str) -> Piece:
    if is_chosen(stage.then) and is_chosen(stage.otherwise):
        w.scope.arriving = repeatable(w, current, flow)
        return w.expression(stage)
    return _choose(w, [(stage.condition, stage.then), (None, stage.otherwise)], current, flow)


def is_chosen(expr: tree.Expr) -> bool:
    """Tell whether an expression is a tensor that is there, or one of several: no layer is applied."""
    match expr:
        case tree.Name() | tree.Arriving():
            return True
        case tree.Subscript(value=value) | tree.Attribute(value=value):
            return is_chosen(value)
        case tree.Conditional(then=then, otherwise=otherwise):
            return is_chosen(then) and is_chosen(otherwise)
    return False


def choose_source(w: Writer, expr: tree.If, flow: str) -> Piece:
    """Write `y = if … { a } else { b }`: nothing arrives, so each arm is a tensor or a chain from one."""
    return _choose(w, _arms(expr), None, flow)


def _choose(w: Writer, arms: list[Arm], current: Piece | None, flow: str) -> Piece:
    """Write `if … elif … else …`; an arm that is missing lets what arrives through."""
    several = current is not None and _passes_apart(w, arms, current, flow)
    if current is not None:
        current = current if several else w.reusable(current, flow)
        w.scope.arriving = current
    open_arms = _open_arms(w, arms)
    if len(open_arms) == 1:
        return _arm(w, open_arms[0][1], current, flow)
    if several:
        assert current is not None
        return _choose_apart(w, open_arms, current, flow)
    before, holds = len(w.out), w.holds
    if open_arms[-1][1] is None and current is not None and holds != (flow, current.code.id):  # type: ignore[attr-defined]
        w.assign(flow, current)
        w.holds = (flow, current.code.id)  # type: ignore[attr-defined]
    written: list[tuple[ast.expr | None, list[ast.stmt]]] = []
    results: list[Piece] = []
    for test, arm in open_arms:
        with w.block() as body:
            if arm is not None:
                results.append(_arm(w, arm, current, flow))
                w.passed_on(results[-1], flow)
            elif current is not None:
                results.append(current)
        written.append((test, body))
    w.holds = holds
    _list_outputs(results, [body for _, body in written], flow)
    statement = _nested_ifs(written)
    if statement is None:
        del w.out[before:]
        return current if current is not None else results[0]
    w.emit(statement)
    kinds = [r.kind for r in results if is_tensorial(r.kind)]
    return Piece(code.name(flow), reduce(alike, reversed(kinds)) if kinds else TENSOR)


def _open_arms(w: Writer, arms: list[Arm]) -> list[tuple[ast.expr | None, tree.Expr | None]]:
    """Give the arms that may be taken, with their tests; the last has none."""
    tests = [None if test is None else w.value(test) for test, _ in arms]
    open_arms = [
        (t, a) for t, (_, a) in zip(tests, arms, strict=True) if not _is_constant(t, False)
    ]
    certain = next(
        (n for n, (t, _) in enumerate(open_arms) if t is None or _is_constant(t, True)), 0
    )
    return [*open_arms[:certain], (None, open_arms[certain][1])]


def _passes_apart(w: Writer, arms: list[Arm], current: Piece, flow: str) -> bool:
    """Tell whether several tensors pass through the arms in the variables that the chain has for them."""
    variables = names_of(current.code)
    if not variables or w.promised.flow != flow or [*w.promised.targets] != variables:
        return False
    return all(arm is None or leaving(w, arm) == len(variables) for _, arm in arms)


def _choose_apart(
    w: Writer, arms: list[tuple[ast.expr | None, tree.Expr | None]], current: Piece, flow: str
) -> Piece:
    """Write `if c: x, skip = cell(x, skip)`; an arm that is missing leaves each where it is."""
    targets = [code.name(variable) for variable in names_of(current.code)]
    written: list[tuple[ast.expr | None, list[ast.stmt]]] = []
    for test, arm in arms:
        with w.block() as body:
            if arm is not None:
                result = listed(w.branch(arm, current, flow))
                body += assigned(targets, elements_of(result, len(targets)) or result.code)
                w.drop_temporaries()
        written.append((test, body))
    if (statement := _nested_ifs(written)) is not None:
        w.emit(statement)
    return current


def _list_outputs(results: list[Piece], bodies: list[list[ast.stmt]], flow: str) -> None:
    """Where arms give the outputs of different models, dicts, or one of them a list, let all give lists."""
    if len({result.kind for result in results}) == 1:
        return
    for number, (result, body) in enumerate(zip(results, bodies, strict=False)):
        results[number] = listed(Piece(code.name(flow), result.kind))
        if isinstance(result.kind, Parts) and result.kind.by_key:
            body.append(code.assign(flow, results[number].code))


def _is_constant(test: ast.expr | None, wanted: bool) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value) == wanted


def _arm(w: Writer, arm: tree.Expr | None, current: Piece | None, flow: str) -> Piece:
    if current is None:
        assert arm is not None
        return w.flowing(arm, flow)
    return current if arm is None else w.branch(arm, current, flow)


def _nested_ifs(written: list[tuple[ast.expr | None, list[ast.stmt]]]) -> ast.stmt | None:
    """Build the statement from its last arm backwards; arms that do nothing at the end are left out."""
    following: list[ast.stmt] = []
    for test, body in reversed(written):
        if test is None:
            following = body
        elif body or following:
            if (
                not body
                and following
                and not (len(following) == 1 and isinstance(following[0], ast.If))
            ):
                following = [ast.If(simplify.negated(test), following, [])]
                continue
            following = [_joined_if(test, body or [ast.Pass()], following)]
    return following[0] if following else None


def _joined_if(test: ast.expr, body: list[ast.stmt], following: list[ast.stmt]) -> ast.If:
    """One `if` for two that only stand inside each other."""
    if len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse and not following:
        return ast.If(simplify.both(ast.And(), test, body[0].test), body[0].body, [])
    return ast.If(test, body, following)
