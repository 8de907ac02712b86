"""Expressions of the spec in Python: values as they are, tensor arithmetic as layers and functions of `keras.ops`.

`expression` gives a `Piece`; where a chain inside it takes several statements, they are written first.
"""

from __future__ import annotations

import ast
from typing import assert_never

from netdsl.emit import calls, comparisons, loops, operators
from netdsl.emit.calls import applied
from netdsl.emit.catalogue_names import catalogue_name, catalogue_path, unbound_path
from netdsl.emit.kinds import (
    VALUE,
    Inlined,
    LayerFactory,
    LayerObject,
    ListOf,
    Parts,
    Piece,
    element,
    is_several,
    is_tensorial,
)
from netdsl.emit.layers import is_layer_chain, sequential
from netdsl.emit.loops import fork_loop
from netdsl.emit.pieces import list_piece, output_at, plain, sequence, taken
from netdsl.emit.python import code, simplify
from netdsl.emit.python.texts import joined
from netdsl.emit.several import one_of_several
from netdsl.emit.writer import Writer
from netdsl.stack import deep
from netdsl.syntax import tree


@deep
def write_expression(w: Writer, expr: tree.Expr) -> Piece:
    """Give the Python of an expression and what it is, by its type."""
    match expr:
        case tree.Name():
            return _name(w, expr)
        case tree.Literal():
            return _literal(expr)
        case tree.Call():
            return calls.call(w, expr)
        case tree.FString():
            return _fstring(w, expr)
        case tree.Arriving():
            return _arriving(w)
        case tree.ListExpr():
            return _list(w, expr)
        case tree.TupleExpr():
            return _tuple(w, expr)
        case tree.Starred():
            return _item(w, expr)
        case tree.DictExpr():
            return _dict(w, expr)
        case tree.Comprehension():
            return loops.comprehension(w, expr)
        case tree.DictComprehension():
            return loops.dict_comprehension(w, expr)
        case tree.Unary():
            return operators.unary(w, expr)
        case tree.Binary():
            return operators.binary(w, expr)
        case tree.Compare():
            return comparisons.compare(w, expr)
        case tree.Conditional():
            return _conditional(w, expr)
        case tree.Attribute():
            return _attribute(w, expr)
        case tree.Subscript():
            return _subscript(w, expr)
        case tree.Slice():
            return plain(_index(w, expr))
        case tree.Pipe() | tree.Stage():
            return _chain(w, expr)
        case _:
            assert_never(expr)


def _chain(w: Writer, expr: tree.Expr) -> Piece:
    """Write a chain somewhere inside an expression, through a variable of its own."""
    if isinstance(expr, tree.Pipe) and is_layer_chain(w, expr):
        return plain(sequential(w, expr))
    with w.flow("branch", "inner", "part") as flow:
        return w.flowing(expr, flow)


def _literal(expr: tree.Literal) -> Piece:
    if isinstance(expr.value, (int, float)) and not isinstance(expr.value, bool):
        return plain(code.number(expr.value, expr.text))
    return plain(code.constant(expr.value))


def _fstring(w: Writer, expr: tree.FString) -> Piece:
    parts: list[ast.expr] = []
    for part in expr.parts:
        if isinstance(part, str):
            parts.append(code.constant(part))
            continue
        conversion = ord(part.conversion) if part.conversion else -1
        spec = ast.JoinedStr([code.constant(part.format_spec)]) if part.format_spec else None
        parts.append(simplify.field(w.value(part.value), conversion, spec))
    return plain(joined(parts))


def _name(w: Writer, expr: tree.Name) -> Piece:
    found = w.scope.lookup(expr.id)
    if found is not None:
        if isinstance(found.kind, Inlined):
            return w.expression(found.kind.expr)
        if isinstance(found.kind, LayerFactory):
            told = w.step() if found.kind.shaped else ()
            return Piece(code.call(found.code, told), VALUE)
        if isinstance(found.kind, LayerObject):
            stages = found.kind.stages or (None if w.holding else found.kind.as_value)
            return found if stages is None else stages.value()
        return found
    top = w.module.global_name(w.unit, expr.id)
    if top is not None:
        return top if not isinstance(top.kind, Inlined) else w.expression(top.kind.expr)
    return plain(catalogue_name(expr.id))


def _arriving(w: Writer) -> Piece:
    assert w.scope.arriving is not None
    return w.scope.arriving


def _list(w: Writer, expr: tree.ListExpr) -> Piece:
    chains = [part for part in expr.items if isinstance(part, tree.Pipe)]
    if len(chains) < 2 or not any(len(chain.stages) > 2 for chain in chains):
        return list_piece([_item(w, part) for part in expr.items])
    pieces: list[Piece] = []
    number = 0
    for part in expr.items:
        if isinstance(part, tree.Pipe) and not is_layer_chain(w, part):
            number += 1
            pieces.append(applied(w, part, f"branch{number}"))
        else:
            pieces.append(_item(w, part))
    return list_piece(pieces)


def _tuple(w: Writer, expr: tree.TupleExpr) -> Piece:
    made = list_piece([_item(w, part) for part in expr.items])
    assert isinstance(made.code, ast.List)
    return Piece(code.tuple_of(made.code.elts), made.kind)


def _item(w: Writer, expr: tree.Expr) -> Piece:
    """Give an element of a list; `*values` and a fork's loop stay spread."""
    match expr:
        case tree.Starred(_, inner):
            piece = w.expression(inner)
            return Piece(code.starred(sequence(piece)), ListOf(element(piece.kind)))
        case tree.For():
            piece = fork_loop(w, expr, None)
            return Piece(code.starred(piece.code), piece.kind)
        case _:
            return w.expression(expr)


def _dict(w: Writer, expr: tree.DictExpr) -> Piece:
    pairs = [(w.value(k), w.value(v)) for k, v in expr.items]
    return plain(ast.Dict([k for k, _ in pairs], [v for _, v in pairs]))


def _conditional(w: Writer, expr: tree.Conditional) -> Piece:
    test = w.value(expr.condition)
    if isinstance(test, ast.Constant):
        return w.expression(expr.then if test.value else expr.otherwise)
    arms: list[Piece] = []
    statements: list[list[ast.stmt]] = []
    for arm in (expr.then, expr.otherwise):
        with w.block() as body:
            arms.append(w.expression(arm))
        statements.append(body)
    if not any(statements):
        chosen = simplify.conditional(test, arms[0].code, arms[1].code)
        return Piece(chosen, arms[0].kind)
    variable = w.temporary("chosen")
    for body, arm_piece in zip(statements, arms, strict=True):
        body.append(code.assign(variable, arm_piece.code))
    w.emit(ast.If(test, statements[0], statements[1]))
    return Piece(code.name(variable), arms[0].kind)


def _attribute(w: Writer, expr: tree.Attribute) -> Piece:
    root = unbound_path(w, expr)
    if root is not None:
        return plain(catalogue_path(root))
    inner = w.expression(expr.value)
    if isinstance(inner.kind, Parts) and (place := inner.kind.place(expr.name)) is not None:
        return output_at(inner, place)
    if isinstance(inner.code, ast.Call):
        inner = w.keep(inner, w.temporary("tensor"))
    return plain(code.attribute(inner.code, expr.name))


def _subscript(w: Writer, expr: tree.Subscript) -> Piece:
    hint, whole = w.hint, w.whole
    inner = w.expression(expr.value)
    if isinstance(inner.code, ast.Call) and is_tensorial(inner.kind):
        variable = hint if whole is expr else None
        if (one := one_of_several(w, inner, expr.index, variable)) is not None:
            return one
        inner = w.keep(inner, w.temporary("outputs" if is_several(inner.kind) else "tensor"))
    index = _index(w, expr.index)
    written = _entry(inner.code, index)
    return taken(inner, index) if written is None else plain(written)


def _entry(held: ast.expr, index: ast.expr) -> ast.expr | None:
    """Give the entry of a dict that is written out, as one that holds layers is at each use."""
    if not isinstance(held, ast.Dict) or not isinstance(index, ast.Constant):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in held.keys]
    return held.values[keys.index(index.value)] if keys.count(index.value) == 1 else None


def _index(w: Writer, expr: tree.Expr) -> ast.expr:
    if isinstance(expr, tree.Slice):
        bounds = [None if p is None else w.value(p) for p in (expr.start, expr.stop, expr.step)]
        return ast.Slice(*bounds)
    if isinstance(expr, tree.TupleExpr):
        return code.tuple_of(_index(w, part_) for part_ in expr.items)
    return w.value(expr)
