"""Names after `as` in Python: a variable where a tensor is named once, a list that grows where a loop names several.

A name has a variable in each scope that reads it: in the turn that gives it the variable holds the tensor, around
the loop the list of the tensors of all turns. What no scope reads has none.
"""

from __future__ import annotations

import ast

from netdsl.emit.kinds import TENSOR, ListOf, Piece
from netdsl.emit.python import code
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.writer import Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, gathered_names, names_after_as, turns, walk


def named_outside(value: tree.Expr, read: set[str]) -> list[str]:
    """Give the names after `as` that need a variable around an expression: of those in loops what is `read` there."""
    names = names_after_as(value)
    if not names:
        return []
    repeated = {n for loop in walk(value) if turns(loop) for n in names_after_as(loop)}
    return [n for n in names if n != "_" and (n in read or n not in repeated)]


def spelled_outside(identifier: str, value: tree.Expr) -> str:
    """Spell the variable of a name around an expression: a list whose tensors have the name has it in the plural."""
    is_read_inside = any(
        identifier in free_names(part)
        for loop in walk(value)
        if turns(loop) and identifier in names_after_as(loop)
        for part in _where_names_are_own(loop)
    )
    return kept_name(plural(identifier) if is_read_inside else identifier)


def plural(identifier: str) -> str:
    return f"all_{identifier}" if identifier.endswith("s") else f"{identifier}s"


def _where_names_are_own(loop: tree.Node) -> list[tree.Node]:
    """Give the parts of a loop in which a name after `as` is what one turn gives it."""
    parts: list[tree.Node] = []
    for part in turns(loop):
        parts += part.statements if isinstance(part, tree.Statements) else [part]
    return parts


def declare_named(w: Writer, value: tree.Expr) -> list[str]:
    """Give the names that a chain by itself gives to tensors their variables, and begin the lists that it fills."""
    read = set(free_names(value))
    taken: list[str] = []
    for identifier in named_outside(value, read):
        taken.append(w.names.take(spelled_outside(identifier, value)))
        w.scope.bindings[identifier] = Piece(code.name(taken[-1]), TENSOR)
    for identifier in gathered_names(value):
        if identifier in read:
            taken.append(w.names.take(kept_name(identifier)))
            w.emit(code.assign(taken[-1], code.list_of([])))
            w.scope.bindings[identifier] = Piece(code.name(taken[-1]), ListOf(TENSOR))
    return taken


def start_lists(w: Writer, node: tree.Node) -> None:
    """Begin an empty list for each name after `as` in a loop, in the scopes around it up to the next loop's turn."""
    for identifier in names_after_as(node):
        for scope, is_repeated in w.scope.holders(identifier):
            found = scope.bindings[identifier]
            if not is_repeated and isinstance(found.code, ast.Name):
                w.emit(code.assign(found.code, code.list_of([])))
                scope.bindings[identifier] = Piece(found.code, ListOf(TENSOR))


def name_in_turn(w: Writer, loop: tree.Node) -> list[str]:
    """Give the names after `as` that a turn itself reads a variable in it; gives those variables."""
    read = {name for part in turns(loop) for name in free_names(part)}
    taken: list[str] = []
    for identifier in names_after_as(loop):
        if identifier in read and identifier not in w.scope.bindings:
            taken.append(w.names.take(kept_name(identifier)))
            w.scope.bindings[identifier] = Piece(code.name(taken[-1]), TENSOR)
    return taken


def put_named(w: Writer, stage: tree.As, result: Piece, flow: str) -> Piece:
    """Put what leaves a stage in the variables of its name; gives it in one of them."""
    for scope, is_repeated in w.scope.holders(stage.name):
        target = scope.bindings[stage.name].code
        if not isinstance(target, ast.Name) or (stage.gathers and not scope.outermost):
            continue
        if is_repeated or stage.gathers:
            result = w.reusable(result, flow)
            w.emit(append(target, result.code))
            scope.bindings[stage.name] = Piece(target, ListOf(result.kind))
        else:
            result = w.assign(target.id, result)
            scope.bindings[stage.name] = Piece(target, result.kind)
    return result


def append(target: ast.expr, item: ast.expr) -> ast.stmt:
    return code.expression(code.call(code.attribute(target, "append"), [item]))
