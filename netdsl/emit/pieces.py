"""Pieces of Python put together: lists of them, an element, what goes over several as one sequence."""

from __future__ import annotations

import ast

from netdsl.emit.kinds import VALUE, ListOf, Parts, Piece, element, is_several, joined_kind, member
from netdsl.emit.python import code, simplify


def plain(node: ast.expr) -> Piece:
    return Piece(node, VALUE)


def sequence(piece: Piece) -> ast.expr:
    """Spell several things so that Python goes over the tensors: a dict of outputs by its values."""
    if isinstance(piece.kind, Parts) and piece.kind.by_key:
        return code.call(code.attribute(piece.code, "values"))
    return piece.code


def paired(piece: Piece) -> Piece:
    """Give a group of inputs as a loop goes over it: in pairs of name and tensor."""
    kind = piece.kind
    if not isinstance(kind, Parts) or not kind.in_pairs:
        return piece
    pair = Parts((VALUE, element(kind)))
    return Piece(code.call(code.attribute(piece.code, "items")), ListOf(pair))


def listed(piece: Piece, *, only: bool = False) -> Piece:
    """Give a model's outputs, a dict in Python, as a list, where other code may put a list in their place.

    With `only`, what may be a tuple too, as a block's outputs are: some layers take lists alone.
    """
    kind = piece.kind
    if not isinstance(kind, Parts) or isinstance(piece.code, ast.List):
        return piece
    if isinstance(piece.code, ast.Tuple):
        return Piece(code.list_of(piece.code.elts), kind) if only else piece
    if not kind.by_key and not only:
        return piece
    return Piece(code.call("list", [sequence(piece)]), Parts(kind.items, kind.names))


def list_piece(items: list[Piece]) -> Piece:
    """Make a list of pieces; a lone spread list needs no brackets of its own."""
    if len(items) == 1 and isinstance(items[0].code, ast.Starred):
        inner = items[0].code.value
        is_list = getattr(inner, "is_list", False)
        if is_list or isinstance(inner, (ast.ListComp, ast.List)):
            return Piece(inner, items[0].kind)
    if len({piece.kind for piece in items if is_several(piece.kind)}) > 1:
        items = [listed(piece) for piece in items]  # so that a loop over them meets lists alone
    made = code.list_of(piece.code for piece in items)
    if any(isinstance(piece.code, ast.Starred) for piece in items):
        kinds = [element(p.kind) if isinstance(p.code, ast.Starred) else p.kind for p in items]
        return Piece(made, joined_kind(kinds))
    if all(piece.kind == VALUE for piece in items):
        return Piece(made, VALUE)
    return Piece(made, Parts(tuple(piece.kind for piece in items)))


def flattened(piece: Piece) -> Piece:
    """Write a list out so that it holds tensors alone: what is several in it is spread."""
    if not isinstance(piece.code, ast.List) or not isinstance(piece.kind, Parts):
        return piece
    if len(piece.code.elts) != len(piece.kind.items) or not any(map(is_several, piece.kind.items)):
        return piece
    items = [
        code.starred(sequence(Piece(item, kind))) if is_several(kind) else item
        for item, kind in zip(piece.code.elts, piece.kind.items, strict=True)
    ]
    return Piece(code.list_of(items), piece.kind)


def output_at(piece: Piece, index: int) -> Piece:
    """Take one output: by its place in a tuple, or by its key in a model's dict."""
    assert isinstance(piece.kind, Parts)
    key: str | int | None = piece.kind.names[index] if piece.kind.by_key else index
    return Piece(code.subscript(piece.code, code.constant(key)), piece.kind.items[index])


def taken(inner: Piece, index: ast.expr) -> Piece:
    """Take an element or a slice; of a model's dict, by the keys in their place."""
    kind = inner.kind
    fixed = _fixed_index(index)
    if isinstance(kind, Parts) and kind.by_key:
        if kind.in_pairs and fixed is None and not isinstance(index, ast.Slice):  # by its name
            return Piece(code.subscript(inner.code, index), element(kind))
        if fixed is not None:
            return output_at(inner, fixed % len(kind.items))
        every = code.call("list", [sequence(inner)])
        return Piece(code.subscript(every, index), ListOf(element(kind)))
    items = inner.code.elts if isinstance(inner.code, ast.List) else []
    if fixed is not None and -len(items) <= fixed < len(items) and all(map(_is_there, items)):
        return Piece(items[fixed], member(kind, fixed))
    result = simplify.element(inner.code, index)
    if isinstance(index, ast.Slice):
        return Piece(result, ListOf(element(kind)) if is_several(kind) else kind)
    return Piece(result, member(kind, fixed) if fixed is not None else element(kind))


def _is_there(item: ast.expr) -> bool:
    """Tell whether an element of a list is a variable or a constant: nothing is lost where another is taken."""
    return isinstance(item, (ast.Name, ast.Constant))


def _fixed_index(index: ast.expr) -> int | None:
    """Give an index that is written as a number."""
    sign = 1
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub):
        index, sign = index.operand, -1
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return sign * index.value
    return None


def nests(piece: Piece) -> bool:
    """Tell whether a piece applies a layer: such applications get a line of their own."""
    node = piece.code
    if not code.applies_layer(node):
        return False
    assert isinstance(node, ast.Call)
    is_short = isinstance(node.func, ast.Name) and all(isinstance(a, ast.Name) for a in node.args)
    return not is_short or bool(node.keywords)


def is_application(node: ast.expr) -> bool:
    return isinstance(node, (ast.Call, ast.IfExp, ast.BinOp, ast.UnaryOp, ast.Compare))


def spread(current: Piece) -> list[ast.expr]:
    """Give what arrives as separate arguments."""
    if not is_several(current.kind):
        return [current.code]
    if isinstance(current.code, ast.List):
        return list(current.code.elts)
    return [code.starred(sequence(current))]
