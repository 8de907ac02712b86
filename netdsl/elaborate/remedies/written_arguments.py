"""The arguments of a call as they are written: which one gives a parameter, and where its value stands."""

from __future__ import annotations

from netdsl.catalog import has_role
from netdsl.catalog.kind import Role
from netdsl.catalog.signature import signature
from netdsl.graph import Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk


def makes_layer_with_role(written: tree.Expr, *roles: Role) -> bool:
    """Tell whether a call, or an operator that stands for a merge layer, makes a layer with one of these roles."""
    match written:
        case tree.Binary(_, op, _, _, _):
            return has_role(op, *roles)
        case tree.Call(_, function, _, _):
            return has_role(last_name(function), *roles)
        case _:
            return False


def last_name(function: tree.Expr) -> str:
    """Give the name that is called: `Dense` of `Dense(8)` and of `layers.Dense(8)`."""
    match function:
        case tree.Name(_, name) | tree.Attribute(_, _, name, _):
            return name
        case _:
            return ""


def value_place(argument: tree.Argument) -> Span:
    """Give the place of an argument's value, with the parentheses that stand around it."""
    whole, value = argument.span, argument.value.span
    if whole.end == value.end:
        return value
    start = whole.start
    if argument.name_span is not None:
        behind = whole.file.text[argument.name_span.end : value.start]
        start = argument.name_span.end + len(behind) - len(behind.partition("=")[2].lstrip())
    return Span(whole.file, start, whole.end)


def argument_at(call: tree.Call, name: str, position: int | None) -> tree.Argument | None:
    """Give the argument that a call gives by its name, or by a position counted from 0."""
    for number, argument in enumerate(call.arguments):
        if argument.star:
            position = None  # nobody sees how many come from there
        elif argument.name == name or (argument.name is None and number == position):
            return argument
    return None


def argument_of(call: tree.Call, kind: str, name: str) -> tree.Argument | None:
    """Give the argument of a layer's call that gives a parameter, by its name or by its place."""
    found = signature("layer", kind)
    if found is None:
        return None
    positions = [p.name for p in found.positional]
    return argument_at(call, name, positions.index(name) if name in positions else None)


def argument_of_node(node: Node, name: str) -> tree.Argument | None:
    """Give the argument that a node's layer was given, as it is written."""
    call = node.operation.call
    return None if call is None else argument_of(call, node.kind, name)


def place_of_argument(node: Node, name: str) -> Span | None:
    """Find where an argument of a layer was written, by its name or by its place."""
    found = argument_of_node(node, name)
    return None if found is None else value_place(found)


def first_call_of(kind: str, root: tree.Node, start: int = 0) -> tree.Call | None:
    """Find the first call of a layer in a tree, from a place on: `Rescaling(1 / 255)` in a chain of several."""
    calls = (node for node in walk(root) if isinstance(node, tree.Call))
    return next((c for c in calls if c.span.start >= start and last_name(c.function) == kind), None)
