"""`weight name: type = initializer` in Python: a layer that holds the tensor, called on an input of its body."""

from __future__ import annotations

import ast

from netdsl.catalog.weight_statement import KIND, SIGNATURE, WEIGHT
from netdsl.elaborate.layers.weights import as_arguments
from netdsl.emit.kinds import TENSOR, Kind, ListOf, Parts, Piece
from netdsl.emit.layers import frozen_too, spelled_arguments
from netdsl.emit.pieces import output_at
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree


def weight(w: Writer, statement: tree.WeightDecl, anchor: Piece) -> Piece:
    """Spell the making of a weight, and its call on the tensor that makes it part of the graph."""
    assert statement.type is not None
    shape = code.tuple_of(w.expression(dim).code for dim in statement.type.dims)
    written = [a for a in as_arguments(statement) if a.name != "name"]
    _, keywords = spelled_arguments(w, SIGNATURE, written, WEIGHT.arguments)
    if w.frozen:
        keywords = [(k, v) for k, v in keywords if k != "trainable"]
        keywords.append(("trainable", frozen_too(w, written)))
    if statement.type.dtype is not None:
        keywords.append(("dtype", code.constant(w.module.dtype(statement.type))))
    keywords.append(("name", w.stage_name(statement, statement.name)))
    layer = code.call(marked(KIND), [shape], keywords)
    made = w.made(layer, w.variable_for(statement, statement.name))
    return Piece(code.call(made, [_one_tensor(anchor)]), TENSOR)


def _one_tensor(anchor: Piece) -> ast.expr:
    """Take the first tensor of what arrives."""
    kind: Kind = anchor.kind
    while isinstance(kind, (Parts, ListOf)):
        if isinstance(kind, Parts):
            anchor = output_at(anchor, 0)
        else:
            anchor = Piece(code.subscript(anchor.code, code.constant(0)), kind.item)
        kind = anchor.kind
    return anchor.code
