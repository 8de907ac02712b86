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
    return _choose(w, [(stage.condition, stage.then), (None, stage.otherwise)], current, flow)


def choose_source(w: Writer, expr: tree.If, flow: str) -> Piece:
    """Write `y = if … { a } else { b }`: nothing arrives, so each arm is a tensor or a chain from one."""
    return _choose(w, _arms(expr), None, flow)


def _choose(w: Writer, arms: list[Arm], current: Piece | None, flow: str) -> Piece:
    """Write `if … elif … else …`; an arm that is missing lets what arrives through."""
    if current is not None:
        current = w.reusable(current, flow)
        w.scope.arriving = current
    tests = [None if test is None else w.value(test) for test, _ in arms]
    open_arms = [
        (t, a) for t, (_, a) in zip(tests, arms, strict=True) if not _is_constant(t, False)
    ]
    certain = next(
        (n for n, (t, _) in enumerate(open_arms) if t is None or _is_constant(t, True)), 0
    )
    open_arms = [*open_arms[:certain], (None, open_arms[certain][1])]
    if len(open_arms) == 1:
        return _arm(w, open_arms[0][1], current, flow)
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
