"""Statements without what nothing reads: constants, and the variables of applications that nobody names."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable

from netdsl.emit.python import code


def tidied(statements: list[ast.stmt], lets: Iterable[str]) -> list[ast.stmt]:
    """Drop assignments that nothing reads (of values), or their variable (of tensors)."""
    droppable = set(lets)
    statements, readers = _dropped(statements, lambda s, readers: _is_unread(s, readers, droppable))
    return [_without_variable(s, readers) for s in statements]


def without_unread(
    statements: list[ast.stmt], lets: Iterable[str], given: Iterable[ast.expr]
) -> list[ast.stmt]:
    """Drop the constants and functions that neither a statement reads nor what is `given` to those that follow."""
    read = {n.id for result in given for n in ast.walk(result) if isinstance(n, ast.Name)}
    droppable = set(lets) - read

    def is_unread(statement: ast.stmt, readers: Counter[str]) -> bool:
        if isinstance(statement, ast.FunctionDef):
            return statement.name not in read and not readers[statement.name]
        is_own = _target_of(statement) in droppable
        return is_own and _is_unread(statement, readers, droppable)

    return _dropped(statements, is_unread)[0]


def _dropped(
    statements: list[ast.stmt], is_unread: Callable[[ast.stmt, Counter[str]], bool]
) -> tuple[list[ast.stmt], Counter[str]]:
    """Drop what nothing reads, and what only that reads; gives how many statements read each name."""
    readers = Counter(name for s in statements for name in _reads(s))
    while True:
        kept: list[ast.stmt] = []
        for statement in reversed(statements):  # who reads stands after: mostly one round is enough
            if is_unread(statement, readers):
                readers.subtract(_reads(statement))
            else:
                kept.append(statement)
        if len(kept) == len(statements):
            return statements, readers
        statements = kept[::-1]


def _reads(statement: ast.stmt) -> set[str]:
    part = statement.value if isinstance(statement, ast.Assign) else statement
    return {n.id for n in ast.walk(part) if isinstance(n, ast.Name)}


def _target_of(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def _is_unread(statement: ast.stmt, readers: Counter[str], droppable: set[str]) -> bool:
    if isinstance(statement, ast.FunctionDef):
        return not readers[statement.name]
    variable = _target_of(statement)
    if variable is None or readers[variable]:
        return False
    assert isinstance(statement, ast.Assign)
    return variable in droppable or isinstance(
        statement.value, (ast.Name, ast.List, ast.Tuple, ast.Dict)
    )


def _without_variable(statement: ast.stmt, readers: Counter[str]) -> ast.stmt:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
        statement.targets[0] = _read_parts(statement.targets[0], readers)
        return _without_passed_over(statement)
    variable = _target_of(statement)
    if variable is not None and not readers[variable]:
        assert isinstance(statement, ast.Assign)
        return code.in_place_of(statement, code.expression(statement.value))
    return statement


def _without_passed_over(statement: ast.Assign) -> ast.stmt:
    """Write `a, _ = found["a"], found["b"]` as `a = found["a"]`."""
    target, value = statement.targets[0], statement.value
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
        return statement
    pairs = list(zip(target.elts, value.elts, strict=True))
    kept = [(t, v) for t, v in pairs if not code.is_name(t, "_") or not _is_element(v)]
    if len(kept) in (0, len(pairs)):
        return statement
    targets, values = ([pair[side] for pair in kept] for side in (0, 1))
    only = targets[0], values[0]
    both = only if len(kept) == 1 else (code.tuple_of(targets), code.tuple_of(values))
    return code.in_place_of(statement, code.assign(*both))


def _is_element(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)


def _read_parts(target: ast.expr, readers: Counter[str]) -> ast.expr:
    """Write `_` for the parts of an unpacking that nothing reads."""
    if isinstance(target, ast.Tuple):
        return code.tuple_of(_read_parts(part, readers) for part in target.elts)
    if isinstance(target, ast.Starred):
        return code.starred(_read_parts(target.value, readers))
    return target if isinstance(target, ast.Name) and readers[target.id] else code.name("_")
