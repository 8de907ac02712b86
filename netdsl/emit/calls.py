"""Calls in Python: functions over values, functions of `keras.ops`, chains that stand as arguments.

What gives a list in a spec and an iterator in Python (`zip`, `enumerate`) is a list only where that is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from netdsl.catalog.signature import signature
from netdsl.elaborate.scope.functions import FUNCTIONS
from netdsl.emit.arms import words_for
from netdsl.emit.catalogue_names import catalogue_name, unbound_path
from netdsl.emit.kinds import TENSOR, VALUE, Kind, ListOf, Parts, Piece, element, is_several
from netdsl.emit.layers import configured_object, extern_object, makes_layer, wrapped_layer
from netdsl.emit.pieces import listed, nests, paired, plain, sequence
from netdsl.emit.python import code, simplify
from netdsl.emit.python.layout import flat
from netdsl.emit.python.own_names import is_marked, marked
from netdsl.emit.python.spelling import kept_name
from netdsl.emit.temporaries import candidates, word_for
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: A call of this length at most stands where it is used.
_SHORT = 40

#: Functions that give a list in a spec and an iterator in Python.
LAZY = {"enumerate", "zip", "reversed", "range"}


def call(w: Writer, expr: tree.Call) -> Piece:
    target = expr.function
    if isinstance(target, tree.Name) and w.scope.lookup(target.id) is None:
        top = w.module.symbol(w.unit, target.id)
        if top is None:
            return _call_of_catalogue(w, expr, target.id)
        if isinstance(top.node, tree.ExternLayer):
            return plain(wrapped_layer(w, expr))
        if isinstance(top.node, tree.ExternObject):
            return plain(extern_object(w, expr))
    if isinstance(target, tree.Attribute):
        path = unbound_path(w, target)
        if path is not None and path.startswith("ops."):
            return ops_call(w, expr, path, None)
        if path is not None:
            return plain(configured_object(w, expr, path.rpartition(".")[2], ()))
    function = w.expression(target)
    args, keywords = arguments(w, expr.arguments)
    return plain(code.call(function.code, args, keywords))


def _call_of_catalogue(w: Writer, expr: tree.Call, identifier: str) -> Piece:
    if identifier in FUNCTIONS:
        return _builtin(w, expr, identifier)
    if signature("layer", identifier) is not None and makes_layer(w, expr):
        return plain(wrapped_layer(w, expr))
    return plain(configured_object(w, expr, identifier, ()))


def _builtin(w: Writer, expr: tree.Call, identifier: str) -> Piece:
    called, kind = lazy_call(w, expr, identifier)
    if identifier in LAZY:
        called = simplify.builtin(code.name("list"), [called], ())
    return Piece(called, kind)


def lazy_call(w: Writer, expr: tree.Call, identifier: str) -> tuple[ast.expr, Kind]:
    """Call one of the spec's functions as Python has it: what gives a list there may give an iterator here."""
    spell = iterable if identifier in simplify.TAKES_ITERATOR else Writer.expression
    pieces = [spell(w, argument.value) for argument in expr.arguments]
    if identifier == "abs" and (w.module.is_function(expr) or pieces[0].kind == TENSOR):
        return code.call(marked("ops.abs"), [pieces[0].code]), TENSOR
    spelled = [piece.code if identifier == "len" else sequence(piece) for piece in pieces]
    args, keywords = code.placed(
        (a.star, a.name, own) for a, own in zip(expr.arguments, spelled, strict=True)
    )
    kinds = [piece.kind for piece in pieces]
    called = simplify.builtin(catalogue_name(identifier), args, keywords)
    return called, _result_kind(identifier, kinds)


def _result_kind(identifier: str, kinds: list[Kind]) -> Kind:
    if not any(is_several(kind) for kind in kinds):
        return VALUE
    if identifier == "zip":
        return ListOf(Parts(tuple(element(kind) for kind in kinds)))
    if identifier == "enumerate":
        return ListOf(Parts((VALUE, element(kinds[0]))))
    if identifier in ("reversed", "list", "tuple"):
        return ListOf(element(kinds[0]))
    return VALUE


def iterable(w: Writer, expr: tree.Expr) -> Piece:
    """Give what a loop goes over: here `zip` and its like need no list round them."""
    if isinstance(expr, tree.Call) and isinstance(expr.function, tree.Name):
        identifier = expr.function.id
        free = w.scope.lookup(identifier) is None and identifier not in w.unit.names
        if free and identifier in LAZY:
            return Piece(*lazy_call(w, expr, identifier))
    return paired(w.expression(expr))


def arguments(w: Writer, written: Iterable[tree.Argument]) -> tuple[list[ast.expr], code.Keywords]:
    """Spell the arguments of a function over values, as they were written."""
    return code.placed(
        (a.star, a.name and kept_name(a.name), listed(w.expression(a.value)).code) for a in written
    )


def ops_call(w: Writer, expr: tree.Call, path: str, arriving: Piece | None) -> Piece:
    """Write `ops.f(arguments)`; what arrives is the first argument."""
    pieces = _applied_arguments(w, expr.arguments)
    args, keywords = _call_time(expr.arguments, pieces)
    first = [] if arriving is None else [listed(arriving).code]
    called: ast.expr = code.call(marked(path), [*first, *args], keywords)
    if arriving is None and _is_tied(w, expr, pieces):
        called = tied(w, called)
    return Piece(called, w.module.result_kind(expr, TENSOR))


def _is_tied(w: Writer, expr: tree.Call, pieces: Iterable[Piece]) -> bool:
    """Tell whether a function is given no tensor, so that Keras computes it at once, and it has to be in the graph.

    A size of a tensor is none (`ops.arange(x.shape[1])`). What was elaborated knows; what no model uses is told by
    the kinds of its arguments.
    """
    known = w.module.is_tied(expr)
    return all(piece.kind == VALUE for piece in pieces) if known is None else known


def tied(w: Writer, source: ast.expr) -> ast.expr:
    """Tie an array that Keras computes at once to the graph, so that layers applied to it belong to the model."""
    if w.anchor is None:
        return source
    return code.call(marked("tied"), [source, code.name(w.anchor)])


def untied(piece: Piece) -> ast.expr:
    """Give an array as it is where it only joins a tensor of the graph."""
    if isinstance(piece.code, ast.Call) and is_marked(piece.code.func, "tied"):
        return piece.code.args[0]
    return piece.code


def call_time(w: Writer, written: Iterable[tree.Argument]) -> tuple[list[ast.expr], code.Keywords]:
    """Spell call-time arguments, tensors among them; a chain is written before and has a variable."""
    arguments_ = tuple(written)
    return _call_time(arguments_, _applied_arguments(w, arguments_))


def _applied_arguments(w: Writer, written: Iterable[tree.Argument]) -> list[Piece]:
    arguments_ = tuple(written)
    words = words_for(w, (a.value for a in arguments_ if a.name is None))
    each = iter(words)
    return [applied(w, a.value, a.name or next(each)) for a in arguments_]


def _call_time(
    written: Iterable[tree.Argument], pieces: Iterable[Piece]
) -> tuple[list[ast.expr], code.Keywords]:
    return code.placed(
        (a.star, a.name, sequence(piece) if a.star == "*" else listed(piece).code)
        for a, piece in zip(written, pieces, strict=True)
    )


def applied(w: Writer, expr: tree.Expr, variable: str) -> Piece:
    """Give a tensor for an argument; one that applies layers gets a line and a variable of its own."""
    if isinstance(expr, tree.Binary):
        return _operated(w, expr, variable)
    if isinstance(expr, tree.Pipe):
        with w.flow(*candidates(variable)) as flow:
            piece = w.flowing(expr, flow)
            is_long = isinstance(piece.code, ast.Call) and len(flat(piece.code)) > _SHORT
            if nests(piece) or is_long:
                piece = w.assign(flow, piece)
            return piece
    return w.expression(expr)


def _operated(w: Writer, expr: tree.Binary, variable: str) -> Piece:
    """Give what an operator comes to; partial sums are in the variable of the whole."""
    if not isinstance(expr.left, tree.Binary) or word_for(expr.left) != word_for(expr):
        piece = w.expression(expr)
        return w.keep(piece, w.temporary(*candidates(variable))) if nests(piece) else piece
    with w.flow(*candidates(variable)) as flow:
        w.hint = flow
        piece = w.expression(expr)
        w.hint = None
        return w.assign(flow, piece) if nests(piece) else piece
