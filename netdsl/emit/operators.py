"""Operators in Python: of values as they are, of tensors as layers and functions of `keras.ops`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from netdsl.catalog import MERGE_LAYERS
from netdsl.elaborate.layers.arithmetic import OPERATOR_FUNCTIONS
from netdsl.emit.arms import words_for
from netdsl.emit.calls import applied, untied
from netdsl.emit.kinds import TENSOR, Piece, concatenated, is_several, may_be_tuple
from netdsl.emit.layers import layer_call
from netdsl.emit.pieces import nests, plain
from netdsl.emit.python import code, simplify
from netdsl.emit.python.own_names import marked
from netdsl.emit.temporaries import candidates, named, word_for
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: So many calls of functions at the most stand inside one another, for a row of operators.
_DEEPEST = 4


BINARY_OPERATORS: dict[str, type[ast.operator]] = {
    "+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "//": ast.FloorDiv, "%": ast.Mod, "**": ast.Pow,
    "@": ast.MatMult,
}  # fmt: skip


def unary(w: Writer, expr: tree.Unary) -> Piece:
    operand = w.expression(expr.operand)
    if expr.op == "not":
        return plain(simplify.negated(operand.code))
    if operand.kind == TENSOR:
        if expr.op == "+":
            return operand
        if w.anchor is None:  # what stands here may be an array, whose own operators ask for more
            return Piece(code.call(marked("ops.negative"), [operand.code]), TENSOR)
        return Piece(ast.UnaryOp(ast.USub(), operand.code), TENSOR)
    return plain(simplify.signed(ast.USub() if expr.op == "-" else ast.UAdd(), operand.code))


def binary(w: Writer, expr: tree.Binary) -> Piece:
    """Fold a run of operators from the left, so that a long one nests no calls here."""
    run: list[tree.Binary] = []
    first: tree.Expr = expr
    while isinstance(first, tree.Binary):
        run.append(first)
        first = first.left
    operands = [first, *(node.right for node in reversed(run))]
    added = all(node.op == "+" for node in run)
    variables = variables_of(w, operands, map(named, operands) if added else ())
    left = _operand(w, first, variables)
    hint, w.hint = w.hint, None
    for node in reversed(run):
        left = _join(w, node, left, _operand(w, node.right, variables), hint)
    return left


def operands_of(w: Writer, written: list[tree.Expr]) -> list[Piece]:
    """Give what operators join, in order."""
    variables = variables_of(w, written)
    return [_operand(w, operand, variables) for operand in written]


def _operand(w: Writer, expr: tree.Expr, variables: Iterator[str]) -> Piece:
    """Give what an operator joins; a chain has a line and a variable of its own."""
    if isinstance(expr, tree.Pipe):
        return applied(w, expr, next(variables))
    return w.expression(expr)


def variables_of(
    w: Writer, operands: list[tree.Expr], added_to: Iterable[str | None] = ()
) -> Iterator[str]:
    """Name the variables of the chains among operands."""
    chains = (operand for operand in operands if isinstance(operand, tree.Pipe))
    return iter(words_for(w, chains, filter(None, added_to)))


def _join(w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None) -> Piece:
    if node.op in ("and", "or"):
        op: ast.boolop = ast.And() if node.op == "and" else ast.Or()
        return plain(simplify.both(op, left.code, right.code))
    if left.kind == TENSOR or right.kind == TENSOR or w.module.always_merges(node):
        return _tensor_arithmetic(w, node, left, right, hint)
    if node.op == "+" and (is_several(left.kind) or may_be_tuple(left) or may_be_tuple(right)):
        return concatenated(left, right)
    return Piece(ast.BinOp(left.code, BINARY_OPERATORS[node.op](), right.code), left.kind)


def _tensor_arithmetic(
    w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None
) -> Piece:
    left, right = settled(w, (node.left, node.right), left, right, hint)
    is_merge = left.kind == right.kind == TENSOR and node.op in MERGE_LAYERS
    if (is_merge and w.module.is_merge(node)) or w.module.always_merges(node):
        kind = MERGE_LAYERS[node.op]
        layer = layer_call(w, kind, (), w.stage_name(node, kind.lower()))
        maker = w.made(layer, w.variable_for(node, kind.lower()))
        return Piece(code.call(maker, [code.list_of([left.code, right.code])]), TENSOR)
    first, second = left.code, right.code
    starts_with_array = False
    if left.kind == right.kind:  # one of them may be an array; not both
        starts_with_array = untied(left) is not first
        first, second = (untied(left), second) if starts_with_array else (first, untied(right))
    if (
        w.anchor is None or starts_with_array or w.module.takes_function(node)
    ):  # the operators of an array are its own
        function = marked(f"ops.{OPERATOR_FUNCTIONS[node.op]}")
        return Piece(code.call(function, [first, second]), TENSOR)
    return Piece(ast.BinOp(first, BINARY_OPERATORS[node.op](), second), TENSOR)


def settled(
    w: Writer,
    written: tuple[tree.Expr, tree.Expr],
    left: Piece,
    right: Piece,
    hint: str | None,
) -> tuple[Piece, Piece]:
    """Give what applies a layer, or is long, a line of its own before two sides are joined."""
    if nests(left) or _is_deep(left.code):
        left = w.keep(left, hint or w.temporary(*candidates(word_for(written[0]))))
    if nests(right):
        right = w.keep(right, w.temporary(*candidates(word_for(written[1]))))
    return left, right


def _is_deep(node: ast.expr) -> bool:
    """Tell whether so much stands inside one another that nobody reads it, and in the end no Python."""
    depth = 0
    while depth < 2 * _DEEPEST:
        if isinstance(node, ast.Call) and node.args:
            depth, node = depth + 2, node.args[0]
        elif isinstance(node, ast.BinOp):
            depth, node = depth + 1, node.left
        else:
            return False
    return True
