"""Names that a spec does not bind, in Python: functions over values, layers, paths into `keras`."""

from __future__ import annotations

import ast

from netdsl.catalog.signature import signature
from netdsl.elaborate.scope.families import is_in_several
from netdsl.elaborate.scope.functions import CONSTANTS, FUNCTIONS
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

_MATH = {"ceil", "floor", "sqrt", "log2", "log", "exp", "sin", "cos"}


_MATH_CONSTANTS = {"pi", "inf"}


def catalogue_name(identifier: str) -> ast.expr:
    if identifier in _MATH or identifier in _MATH_CONSTANTS:
        return code.dotted(f"math.{identifier}")
    if identifier in FUNCTIONS:
        return code.name(identifier)
    if identifier in CONSTANTS:
        return code.constant(CONSTANTS[identifier])
    if signature("layer", identifier) is not None and not is_in_several(identifier):
        return code.dotted(marked(f"layers.{identifier}"))
    return code.constant(identifier)


def unbound_path(w: Writer, expr: tree.Attribute) -> str | None:
    """Give `keras.activations.relu` as text where its first name is bound by nothing."""
    parts: list[str] = []
    node: tree.Expr = expr
    while isinstance(node, tree.Attribute):
        parts.append(node.name)
        node = node.value
    if not isinstance(node, tree.Name) or w.scope.lookup(node.id) is not None:
        return None
    if node.id in w.unit.names:
        return None
    return ".".join([node.id, *reversed(parts)])


def catalogue_path(path: str) -> ast.expr:
    path = path.removeprefix("tf.")
    if path.startswith("ops."):
        return code.dotted(marked(path))
    return code.dotted(path if path.startswith("keras.") else f"keras.{path}")
