"""A short notation for syntax trees, so that a test can write the tree beside its source.

`a + b -> f(x=1)` is `(-> (+ a b) (f x=1))`: an operator or a node stands first in parentheses, names and literals
stand for themselves.
"""

from __future__ import annotations

from typing import Any

from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.parse import parse


def read(text: str) -> tree.Module:
    """Parse a text that is to have no mistakes."""
    diagnostics = Diagnostics()
    module = parse(SourceFile("test.net", text), diagnostics)
    assert not diagnostics.sorted(), [
        f"{d.code} {d.line}:{d.column} {d.message}" for d in diagnostics
    ]
    return module


def read_expression(text: str) -> tree.Expr:
    (statement,) = read(f"let it = {text}").statements
    assert isinstance(statement, tree.Let)
    return statement.value


def show(node: Any) -> str:
    """Write a tree in the notation."""
    match node:
        case None:
            return "-"
        case str():
            return node
        case tree.Literal():
            return repr(node.value)
        case tree.Name() | tree.NamePattern():
            return node.id
        case tree.Arriving():
            return "_"
        case tree.Binary(op=op, left=left, right=right):
            return _form(op, left, right)
        case tree.Unary(op=op, operand=operand):
            return _form(op, operand)
        case tree.Compare():
            pairs = zip(node.ops, node.operands, strict=True)
            return _form(show(node.first), *[part for pair in pairs for part in pair])
        case tree.Conditional():
            return _form("if", node.condition, node.then, node.otherwise)
        case tree.Pipe():
            return _form("->", *node.stages)
        case tree.Call():
            return _form(show(node.function), *node.arguments)
        case tree.Argument():
            name = f"{node.name}=" if node.name else node.star
            return name + show(node.value)
        case tree.Attribute():
            return f"{show(node.value)}.{node.name}"
        case tree.Subscript():
            return _form("at", node.value, node.index)
        case tree.Slice():
            return _form("slice", node.start, node.stop, node.step)
        case tree.Starred():
            return "*" + show(node.value)
        case tree.As():
            return _form("as", node.stage, node.name)
        case tree.Repeat():
            return _form("repeat", node.count, node.body)
        case tree.For():
            return _form("for", node.target, node.iterable, node.body)
        case tree.If():
            return _form("choose", node.condition, node.then, node.otherwise)
        case tree.ListExpr():
            return _row("[", node.items, "]")
        case tree.TupleExpr():
            return _form("tuple", *node.items)
        case tree.TuplePattern():
            return _row("<", node.parts, ">")
        case tree.DictExpr():
            return _row("{", [f"{show(k)}:{show(v)}" for k, v in node.items], "}")
        case tree.Comprehension():
            return _form("each" + node.bracket, node.element, *node.clauses)
        case tree.DictComprehension():
            return _form("each{", node.key, node.value, *node.clauses)
        case tree.Clause():
            return _form("in", node.target, node.iterable, *node.conditions)
        case tree.FString():
            return _form("f", *[repr(p) if isinstance(p, str) else show(p) for p in node.parts])
        case tree.FormattedPart():
            tail = (f"!{node.conversion}" if node.conversion else "") + (
                f":{node.format_spec}" if node.format_spec else ""
            )
            return show(node.value) + tail
        case tree.TensorType():
            options = [_form("options", *node.options)] if node.options else []
            return (node.dtype or "") + _row("[", [*map(show, node.dims), *options], "]")
    return _declaration(node)


def _declaration(node: Any) -> str:
    match node:
        case tree.Inputs():
            return _form("inputs", node.name, node.group)
        case tree.InputTable():
            return _row("{", [f"{show(p.key)}:{show(p.type)}" for p in node.pairs], "}")
        case tree.InputComprehension():
            pair = f"{show(node.pair.key)}:{show(node.pair.type)}"
            return _row("{", [pair, *map(show, node.clauses)], "}")
        case tree.TypeChoice():
            return _form("if", node.condition, node.then, node.otherwise)
        case tree.Parameter():
            return (
                node.name
                + (f":{node.type}" if node.type else "")
                + (f"={show(node.default)}" if node.default else "")
            )
        case tree.ImportedName():
            return node.name + (f">{node.alias}" if node.alias else "")
        case tree.Import():
            return _form("from", node.path or node.module, *node.names)
        case tree.Let() | tree.LayerDecl() | tree.Setting() | tree.SpecialisedModel():
            return _form(_WORDS[type(node)], node.name, node.value)
        case tree.Function():
            return _form("fn", node.name, _row("<", node.parameters, ">"), node.value)
        case tree.Block() | tree.Model():
            word = "block" if isinstance(node, tree.Block) else "model"
            return _form(word, node.name, _row("<", node.parameters, ">"), node.body)
        case tree.Body():
            return _form(
                "body", *([repr(node.docstring)] if node.docstring else []), *node.statements
            )
        case tree.Train():
            return _form(
                "train",
                node.model,
                *([repr(node.docstring)] if node.docstring else []),
                *node.settings,
            )
        case tree.Defaults():
            return _form("defaults", " ".join(layer.id for layer in node.layers), *node.arguments)
        case tree.Input():
            return _form("input", node.name, *([node.type] if node.type else []))
        case tree.WeightDecl():
            value = [show(node.value)] if node.value else []
            return _form("weight", node.name, *([node.type] if node.type else []), *value)
        case tree.Output():
            return _form("output", *([node.name] if node.name else []), node.value)
        case tree.Assert():
            return _form("assert", node.condition, *([node.message] if node.message else []))
        case tree.Bind():
            return _form("=", node.target, node.value)
        case tree.ExternObject():
            return _form("extern", node.family, node.name, *node.parameters, repr(node.module))
        case tree.ExternFn():
            return _form("extern", node.name, repr(node.module))
        case tree.ExternLayer():
            rows = [
                "?" if isinstance(part, tree.Arriving) else _row("<", part, ">")
                for part in (node.parameters, node.inputs, node.outputs, node.weights)
            ]
            return _form("extern", node.name, *rows, repr(node.module))
    raise AssertionError(f"no notation for {type(node).__name__}")


_WORDS = {
    tree.Let: "let",
    tree.LayerDecl: "layer",
    tree.Setting: "set",
    tree.SpecialisedModel: "model",
}


def _form(head: Any, *parts: Any) -> str:
    return "(" + " ".join([show(head), *map(show, parts)]) + ")"


def _row(opening: str, parts: Any, closing: str) -> str:
    return opening + " ".join(map(show, parts)) + closing
