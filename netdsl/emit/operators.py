"""Operators in Python: of values as they are, of tensors as layers and functions of `keras.ops`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netdsl.catalog import MERGE_LAYERS
from netdsl.elaborate.layers.arithmetic import OPERATOR_FUNCTIONS
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit.calls import applied, untied
from netdsl.emit.kinds import TENSOR, Piece, concatenated, is_several, may_be_tuple
from netdsl.emit.layers import layer_call
from netdsl.emit.pieces import nests, plain
from netdsl.emit.python import code, simplify
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import python_name
from netdsl.emit.writer import Writer
from netdsl.syntax import tree

#: So many calls of functions at the most stand inside one another, for a row of operators.
_DEEPEST = 4


#: Longest name of a stage that its chain's variable takes.
_SHORT = 12


_BINARY_OPS: dict[str, type[ast.operator]] = {
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
        return Piece(code.call(marked("ops.negative"), [operand.code]), TENSOR)
    return plain(simplify.signed(ast.USub() if expr.op == "-" else ast.UAdd(), operand.code))


def binary(w: Writer, expr: tree.Binary) -> Piece:
    """Fold a run of operators from the left, so that a long one nests no calls here."""
    run: list[tree.Binary] = []
    first: tree.Expr = expr
    while isinstance(first, tree.Binary):
        run.append(first)
        first = first.left
    variables = _variables([first, *(node.right for node in reversed(run))])
    left = _operand(w, first, variables)
    hint, w.hint = w.hint, None
    for node in reversed(run):
        left = _join(w, node, left, _operand(w, node.right, variables), hint)
    return left


def operands_of(w: Writer, written: list[tree.Expr]) -> list[Piece]:
    """Give what operators join, in order."""
    variables = _variables(written)
    return [_operand(w, operand, variables) for operand in written]


def _operand(w: Writer, expr: tree.Expr, variables: Iterator[str]) -> Piece:
    """Give what an operator joins; a chain has a line and a variable of its own."""
    if isinstance(expr, tree.Pipe):
        return applied(w, expr, next(variables))
    return w.expression(expr)


def _variables(operands: list[tree.Expr]) -> Iterator[str]:
    """Name the variables of the chains among operands; where two would have one name, they are branches."""
    names = [_named_for(operand) for operand in operands if isinstance(operand, tree.Pipe)]
    alike = [name for name in names if names.count(name) > 1]
    for number, name in enumerate(names, 1):
        yield f"branch{number}" if name in alike else name


def _named_for(chain: tree.Pipe) -> str:
    """Name a chain's variable for its last stage, if that is short."""
    last = chain.stages[-1]
    while isinstance(last, tree.Call):
        last = last.function
    name = snake_case(last.id) if isinstance(last, tree.Name) else ""
    return python_name(name) if 0 < len(name) <= _SHORT else "branch"


def _join(w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None) -> Piece:
    if node.op in ("and", "or"):
        op: ast.boolop = ast.And() if node.op == "and" else ast.Or()
        return plain(simplify.both(op, left.code, right.code))
    if left.kind == TENSOR or right.kind == TENSOR or w.module.always_merges(node):
        return _tensor_arithmetic(w, node, left, right, hint)
    if node.op == "+" and (is_several(left.kind) or may_be_tuple(left) or may_be_tuple(right)):
        return concatenated(left, right)
    return Piece(ast.BinOp(left.code, _BINARY_OPS[node.op](), right.code), left.kind)


def _tensor_arithmetic(
    w: Writer, node: tree.Binary, left: Piece, right: Piece, hint: str | None
) -> Piece:
    left, right = settled(w, left, right, hint)
    is_merge = left.kind == right.kind == TENSOR and node.op in MERGE_LAYERS
    if (is_merge and w.module.is_merge(node)) or w.module.always_merges(node):
        kind = MERGE_LAYERS[node.op]
        layer = layer_call(w, kind, (), w.stage_name(node, kind.lower()))
        maker = w.made(layer, w.variable_for(node, kind.lower()))
        return Piece(code.call(maker, [code.list_of([left.code, right.code])]), TENSOR)
    function = marked(f"ops.{OPERATOR_FUNCTIONS[node.op]}")
    sides = [left.code, right.code]
    if left.kind == right.kind:  # one of them may be an array; not both
        sides = (
            [left.code, untied(right)] if untied(left) is left.code else [untied(left), right.code]
        )
    return Piece(code.call(function, sides), TENSOR)


def settled(w: Writer, left: Piece, right: Piece, hint: str | None) -> tuple[Piece, Piece]:
    """Give what applies a layer, or is long, a line of its own before two sides are joined."""
    if nests(left) or _is_deep(left.code):
        left = w.keep(left, hint or w.temporary("left"))
    if nests(right):
        right = w.keep(right, w.temporary("right"))
    return left, right


def _is_deep(node: ast.expr) -> bool:
    """Tell whether calls stand inside one another so often that nobody reads them, and in the end no Python."""
    depth = 0
    while isinstance(node, ast.Call) and node.args and depth < _DEEPEST:
        depth, node = depth + 1, node.args[0]
    return depth == _DEEPEST
