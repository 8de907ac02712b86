"""Functions whose last statement chooses: each arm returns what it comes to, as a person writes it.

`if c: x = a else: x = b`, and then `return x`, is `if c: return a` and then `return b`. A choice without an `else`
changes what there is already, and is left as an assignment.
"""

from __future__ import annotations

import ast

from netdsl.emit.python import code


def in_arms(body: list[ast.stmt]) -> list[ast.stmt]:
    """Let the arms of a choice return, where all that follows it is the return of what they assign."""
    match body:
        case [*before, ast.If() as choice, ast.Return(value=ast.Name(id=variable))]:
            arms = _arms(choice)
            if arms is None:
                return body
            *chosen, (_, last) = arms
            tests = [ast.If(test, _returning(arm, variable), []) for test, arm in chosen]
            code.in_place_of(choice, tests[0])
            return [*before, *tests, *_returning(last, variable)]
    return body


def _arms(choice: ast.If) -> list[tuple[ast.expr, list[ast.stmt]]] | None:
    """Give the arms of a choice with their tests, of which the last has none of its own; None without an `else`."""
    arms: list[tuple[ast.expr, list[ast.stmt]]] = []
    while True:
        arms.append((choice.test, choice.body))
        match choice.orelse:
            case []:
                return None
            case [ast.If() as inner]:
                choice = inner
            case otherwise:
                return [*arms, (choice.test, otherwise)]


def _returning(arm: list[ast.stmt], variable: str) -> list[ast.stmt]:
    match arm:
        case [*before, ast.Assign(targets=[ast.Name(id=target)], value=value) as last] if (
            target == variable
        ):
            return [*before, code.in_place_of(last, code.returns(value))]
    return in_arms([*arm, code.returns(code.name(variable))])
