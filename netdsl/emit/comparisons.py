"""Comparisons in Python: with Python's operators, and of tensors for `==` with a function of `keras.ops`.

Keras gives symbolic tensors all of them but `==`, so that Python's own would say whether two are the same object.
"""

from __future__ import annotations

import ast

from netdsl.elaborate.layers.arithmetic import COMPARISON_FUNCTIONS
from netdsl.emit.kinds import TENSOR, Piece
from netdsl.emit.operators import operands_of, settled
from netdsl.emit.pieces import plain
from netdsl.emit.python import code, simplify
from netdsl.emit.python.own_names import marked
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

_OPERATORS: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
    "in": ast.In, "not in": ast.NotIn,
}  # fmt: skip

#: What tensors have of their own.
_OF_TENSORS = frozenset({"<", "<=", ">", ">=", "!="})


def compare(w: Writer, expr: tree.Compare) -> Piece:
    decided = w.module.decided(expr)
    if decided is not None:
        return plain(code.constant(decided))
    hint, w.hint = w.hint, None
    pieces = operands_of(w, [expr.first, *expr.operands])
    if _compares_tensors(w, expr, pieces):
        left, right = settled(w, (expr.first, expr.operands[0]), pieces[0], pieces[1], hint)
        is_own = expr.ops[0] in _OF_TENSORS and not w.module.takes_function(expr)
        if is_own and w.anchor is not None:
            compared = ast.Compare(left.code, [_OPERATORS[expr.ops[0]]()], [right.code])
            return Piece(compared, TENSOR)
        function = marked(f"ops.{COMPARISON_FUNCTIONS[expr.ops[0]]}")
        return Piece(code.call(function, [left.code, right.code]), TENSOR)
    operands = [piece.code for piece in pieces]
    ops = [_operator(op, operands[index], operands, index + 1) for index, op in enumerate(expr.ops)]
    return plain(simplify.comparison(operands[0], ops, operands[1:]))


def _compares_tensors(w: Writer, expr: tree.Compare, pieces: list[Piece]) -> bool:
    """Tell whether it is a comparison of tensors; whether something is None is asked of Python."""
    if w.module.is_function(expr):
        return True
    is_one = len(expr.ops) == 1 and expr.ops[0] in COMPARISON_FUNCTIONS
    with_none = any(isinstance(p.code, ast.Constant) and p.code.value is None for p in pieces)
    return is_one and not with_none and any(piece.kind == TENSOR for piece in pieces)


def _operator(op: str, left: ast.expr, operands: list[ast.expr], index: int) -> ast.cmpop:
    """Pick the operator: `is` beside None, and `==` elsewhere, as the two mean the same in a spec."""
    right = operands[index]
    wanted = {"is": "==", "is not": "!="}.get(op, op)
    constants = [n.value for n in (left, right) if isinstance(n, ast.Constant)]
    if wanted in ("==", "!="):
        if any(c is None for c in constants):
            return ast.Is() if wanted == "==" else ast.IsNot()
        if any(c is True or c is False for c in constants):
            operands[index] = code.tuple_of([right])
            return ast.In() if wanted == "==" else ast.NotIn()
    return _OPERATORS[wanted]()
