"""Findings about declarations as they are written: what they name and never read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.names import UnusedName
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import bodies_in, free_names, walk

_Declaration = tree.Block | tree.Model | tree.Function


def unused_names(module: tree.Module) -> Iterable[Diagnostic]:
    """Give a diagnostic for each parameter, and each `let`, `fn`, `layer` and list of `as *` that a body never reads.

    What stands at top level may be imported, and a leading `_` says that a name is not to be used.
    """
    handed_on = _names_handed_on(module)
    for declaration in module.statements:
        if isinstance(declaration, _Declaration):
            read = set(free_names(_inside(declaration)))
            for parameter in declaration.parameters:
                read |= set(free_names(parameter.default)) if parameter.default else set()
            for kind, name, place in _named(declaration, declaration.name in handed_on):
                if name not in read and not name.startswith("_"):
                    yield UnusedName.at(
                        place,
                        f"nothing in `{declaration.name}` reads this {kind}",
                        name=name,
                        help="use it or leave it out",
                    )
            yield from _unused_in_braces(declaration)


def _unused_in_braces(declaration: _Declaration) -> Iterator[Diagnostic]:
    """Give a diagnostic for what statements in braces name, and nothing in these braces reads."""
    for braces in bodies_in(_inside(declaration)):
        if not isinstance(braces, tree.Statements):
            continue
        read = {name for statement in braces.statements for name in free_names(statement)}
        for kind, name, place in _named_in(braces.statements):
            if name not in read and not name.startswith("_"):
                label = f"nothing between these braces reads this {kind}"
                yield UnusedName.at(place, label, name=name, help="use it or leave it out")


def _named(declaration: _Declaration, handed_on: bool) -> Iterator[tuple[str, str, Span]]:
    """Give what a declaration names for itself: what it is, its name and its place."""
    for parameter in () if handed_on else declaration.parameters:
        yield "parameter", parameter.name, parameter.name_span
    yield from _named_in(_statements(declaration))
    lists = [n for n in walk(_inside(declaration)) if isinstance(n, tree.As) and n.gathers]
    yield from {n.name: ("list", n.name, n.name_span) for n in reversed(lists)}.values()


def _named_in(statements: Iterable[tree.BodyStatement]) -> Iterator[tuple[str, str, Span]]:
    for statement in statements:
        if isinstance(statement, tree.Let):
            yield "value", statement.name, statement.name_span
        elif isinstance(statement, tree.LayerDecl):
            yield "layer", statement.name, statement.name_span
        elif isinstance(statement, tree.Function):
            yield "function", statement.name, statement.name_span


def _statements(declaration: _Declaration) -> tuple[tree.BodyStatement, ...]:
    body = _inside(declaration)
    return body.statements if isinstance(body, tree.Body) else ()


def _inside(declaration: _Declaration) -> tree.Expr | tree.Body:
    return declaration.value if isinstance(declaration, tree.Function) else declaration.body


def _names_handed_on(module: tree.Module) -> set[str]:
    """Give the names that stand as values: what is made to be exchanged for another takes what the other takes."""
    named: list[tree.Name] = []
    called: set[int] = set()
    for node in walk(module):
        if isinstance(node, tree.Name):
            named.append(node)
        elif isinstance(node, tree.Call):
            called.add(id(node.function))
    return {node.id for node in named if id(node) not in called}
