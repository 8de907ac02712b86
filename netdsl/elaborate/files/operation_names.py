"""Which names operations of `keras.ops` may get in a model, as far as its text tells.

Keras names a layer and an operation in one space: beside `ops.reshape(…)`, which it calls `reshape`, no layer of the
same model may be called so. An operator may be such a function too, where one side is no tensor (`1 - gate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.record import record
from netdsl.syntax import tree
from netdsl.syntax.walk import (
    children,
    free_names,
    is_of_ops,
    names_after_as,
    pattern_names,
    walk,
)

#: What operators are called that join a tensor and what is none.
_OPERATORS = {"+": "add", "-": "subtract", "*": "multiply", "**": "power"}

#: Functions of `keras.ops` whose operations have another name.
_OTHERWISE = {"abs": "absolute"}


def operation_names(unit: Unit, node: tree.Node) -> frozenset[str]:
    """Give the names that operations may get in a model, in the blocks that it uses too."""
    found: set[str] = set()
    seen: set[int] = set()
    pending: list[tuple[Unit, tree.Node]] = [(unit, node)]
    while pending:
        home, current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        found |= _in_text(current, home)
        used = (home.names.get(name) for name in free_names(current))
        pending += [(s.unit, s.node) for s in used if s is not None and _is_part(s)]
    return frozenset(found)


def _is_part(symbol: Symbol) -> bool:
    """Tell whether what a declaration computes is part of the model that uses it; another model is a layer there."""
    return isinstance(symbol.node, (tree.Block, tree.Function, tree.Let))


def _in_text(node: tree.Node, unit: Unit) -> set[str]:
    parts = list(_computed(node, unit))
    calls = (n for n in parts if isinstance(n, tree.Call))
    functions = {name for call in calls if (name := _function(call))}
    found = {_OTHERWISE.get(name, name) for name in functions}
    words = _Words(_tensors(node), _values(node, unit), bool(functions))
    for part in reversed(
        parts
    ):  # what is inside comes first, so that nothing is gone into twice or deep
        if isinstance(part, tree.Binary) and part.op in _OPERATORS:
            sides = (part.left, part.right)
            certain = [words.is_tensor(side) for side in sides]
            perhaps = [words.may_be_tensor(side) for side in sides]
            if any(perhaps) and not all(certain):
                found.add(_OPERATORS[part.op])
        elif isinstance(part, tree.Unary) and part.op == "-" and words.may_be_tensor(part.operand):
            found.add("negative")
    return found


def _computed(node: tree.Node, unit: Unit) -> Iterator[tree.Node]:
    """Give what is computed of tensors: all but the arguments of layers, blocks and models, and bounds of slices."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        is_of_values = isinstance(current, tree.Call) and _makes_layer(current, unit)
        if not is_of_values and not isinstance(current, tree.Slice):
            pending += children(current)


def _makes_layer(call: tree.Call, unit: Unit) -> bool:
    if not isinstance(call.function, tree.Name):
        return False
    symbol = unit.names.get(call.function.id)
    if symbol is None:
        return not call.function.id[:1].islower()
    return not isinstance(symbol.node, (tree.Function, tree.Let, tree.ExternFn))


def _function(call: tree.Call) -> str:
    """Give the name of the function of `keras.ops` that is called; empty for any other call."""
    function = call.function
    return function.name if isinstance(function, tree.Attribute) and is_of_ops(function) else ""


def _tensors(node: tree.Node) -> set[str]:
    """Give the names that a body binds to tensors."""
    names = set(names_after_as(node))
    parts = [*walk(node)]
    if any(isinstance(part, tree.WeightDecl) for part in parts):  # what is made of one is no batch
        body = getattr(node, "body", None)
        parts = [*body.statements] if isinstance(body, tree.Body) else []
    for part in parts:
        match part:
            case tree.Input(name=name):
                names.add(name)
            case tree.Bind(target=target):
                names |= set(pattern_names(target))
            case tree.Output(name=name) if name is not None:
                names.add(name)
    return names


def _values(node: tree.Node, unit: Unit) -> set[str]:
    """Give the names that stand for values: hyperparameters and constants."""
    names = {p.name for p in getattr(node, "parameters", ()) if p.type != "layer"}
    body = getattr(node, "body", None)
    statements = body.statements if isinstance(body, tree.Body) else ()
    names |= {s.name for s in statements if isinstance(s, (tree.Let, tree.Function))}
    symbols = unit.names.items()
    return names | {n for n, s in symbols if isinstance(s.node, (tree.Let, tree.Function))}


@record
class _Words:
    """What the names of a text stand for; where functions of `keras.ops` are about, a name may be of an array."""

    tensors: set[str]
    values: set[str]
    has_functions: bool
    #: What was found out of operators: for certain a tensor, perhaps a tensor.
    certain: dict[int, bool] = field(default_factory=dict)
    perhaps: dict[int, bool] = field(default_factory=dict)

    def is_tensor(self, expr: tree.Expr) -> bool:
        """Tell whether it is a tensor of the graph for certain."""
        if id(expr) not in self.certain:
            self.certain[id(expr)] = self._is_tensor(expr)
        return self.certain[id(expr)]

    def may_be_tensor(self, expr: tree.Expr) -> bool:
        """Tell whether it may be a tensor: anything but what is a value for certain."""
        if id(expr) not in self.perhaps:
            self.perhaps[id(expr)] = self._may_be_tensor(expr)
        return self.perhaps[id(expr)]

    def _is_tensor(self, expr: tree.Expr) -> bool:
        match expr:
            case tree.Arriving():
                return True
            case tree.Pipe():
                return not self.has_functions
            case tree.Name(_, identifier):
                return not self.has_functions and identifier in self.tensors
            case tree.Binary(_, op, left, right):
                return op in _OPERATORS and (self.is_tensor(left) or self.is_tensor(right))
            case tree.Subscript(_, value):
                return self.is_tensor(value)
        return False

    def _may_be_tensor(self, expr: tree.Expr) -> bool:
        match expr:
            case tree.Literal() | tree.FString():
                return False
            case tree.Name(_, identifier):
                return identifier in self.tensors or identifier not in self.values
            case tree.Unary(_, _, operand):
                return self.may_be_tensor(operand)
            case tree.Binary(_, _, left, right):
                return self.may_be_tensor(left) or self.may_be_tensor(right)
            case tree.Attribute(_, _, name) | tree.Subscript(_, tree.Attribute(_, _, name)):
                return name != "shape"
            case tree.Call(_, tree.Name(_, identifier)):
                return identifier == "abs" or identifier[:1].isupper()
        return True
