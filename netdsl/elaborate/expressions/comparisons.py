"""Comparisons, `and` and `or`: values decide while the network is built, tensors are compared when data arrives.

A comparison of two tensors, or of a tensor and a number, is a function of `keras.ops` and gives a tensor of True and
False. Nothing that the compiler decides may hang on one.
"""

from __future__ import annotations

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import identifiers
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.layers import arithmetic
from netdsl.elaborate.remedies import tensor_decisions, unbound
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import (
    POISON,
    ModelFact,
    Tensor,
    is_poisoned,
    short,
    tensors_in,
    thing_in,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.value import Value


def compare(expr: tree.Compare, frame: Frame) -> Value:
    """Decide a comparison of values, or compare tensors element by element."""
    if expr.ops == ("==",) and unbound.is_unbound_argument(expr.first, frame):
        return unbound.equals_too_many(expr, frame)
    left = _comparable(expr.first, frame)
    holds, symbolic = True, False
    for op, operand in zip(expr.ops, expr.operands, strict=True):
        right = _comparable(operand, frame)
        if is_poisoned(left) or is_poisoned(right):
            return POISON
        if _compares_tensors(op, left, right):
            return _tensors(expr, op, left, right, frame)
        symbolic = symbolic or values.has_symbol(left) or values.has_symbol(right)
        try:
            holds = values.compare(op, left, right)
        except values.ValueProblem as problem:
            ev.report_value_problem(problem, expr.span, frame)
            return POISON
        if not holds:
            break
        left = right
    if symbolic and frame.body is not None:
        place = (expr.span.file.name, expr.span.start, expr.span.end)
        frame.body.graph.decided.setdefault(place, set()).add(holds)
    return holds


def _comparable(expr: tree.Expr, frame: Frame) -> Value:
    """A catalogue name compares as its string does, since that is what a parameter holds: `act == relu`."""
    value = ev.evaluate(expr, frame)
    if isinstance(value, Identifier) and any(
        value.name in identifiers(f)
        for f in ("activation", "initializer", "regularizer", "constraint")
    ):
        return value.name
    if isinstance(value, ModelFact):
        return unbound.fact_of_no_model(expr, frame)
    if (thing := thing_in(value)) is not None:
        return ev.no_value(expr, thing, frame)
    return (
        unbound.unknown_name(expr.span, value.name, frame)
        if isinstance(value, Identifier)
        else value
    )


def _compares_tensors(op: str, left: Value, right: Value) -> bool:
    """Tell whether a comparison asks for what is in tensors: it does not where one side is None, or an empty list."""
    if left is None or right is None:
        return op in ("<", "<=", ">", ">=")
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return True
    holds = [
        isinstance(v, (list, tuple)) and any(True for _ in tensors_in(v)) for v in (left, right)
    ]
    if op in ("in", "not in"):
        return holds[1]
    return any(holds) and all(isinstance(v, (list, tuple)) and v for v in (left, right))


def _tensors(expr: tree.Compare, op: str, left: Value, right: Value, frame: Frame) -> Value:
    if len(expr.ops) > 1:
        return _chained(expr, frame)
    if op in arithmetic.COMPARISON_FUNCTIONS:
        return arithmetic.tensor_compare(expr, left, right, frame)
    if op in ("is", "is not"):
        wanted = "==" if op == "is" else "!="
        first, second = expr.first.span, expr.operands[0].span
        text = f"{first.text} {wanted} {second.text}"
        help_ = f"`{wanted}` compares tensors: `{short(text)}`"
        return tensor_decisions.tensor_decides(expr.span, frame, help_, text, f"`{op}` asks Python")
    return _member(expr, op, right, frame)


def _member(expr: tree.Compare, op: str, right: Value, frame: Frame) -> Value:
    """`tokens in [0, 1]`: whether each element is one of some numbers is `ops.isin`."""
    first, second = expr.first.span, expr.operands[0].span
    text = f"ops.isin({first.text}, {second.text})"
    text = text if op == "in" else f"ops.logical_not({text})"
    if not isinstance(right, (list, tuple)) or any(True for _ in tensors_in(right)):
        return tensor_decisions.tensor_decides(
            expr.span, frame, "compare with each of them: `a == b`"
        )
    return tensor_decisions.tensor_decides(expr.span, frame, f"write `{short(text)}`", text)


def _chained(expr: tree.Compare, frame: Frame) -> Value:
    """`0 < x < 1` is `0 < x and x < 1` in Python, and `and` decides."""
    sides = [expr.first, *expr.operands]
    pairs = [
        f"{left.span.text} {op} {right.span.text}"
        for left, op, right in zip(sides, expr.ops, sides[1:], strict=False)
    ]
    text = pairs[0]
    for pair in pairs[1:]:
        text = f"ops.logical_and({text}, {pair})"
    label = "two comparisons in one ask whether both hold, and a tensor is among them"
    return tensor_decisions.tensor_decides(expr.span, frame, f"write `{short(text)}`", text, label)


def logical(expr: tree.Binary, frame: Frame) -> Value:
    """Decide `and` and `or` as Python does, by the first value that settles it."""
    run: list[tree.Binary] = []
    first: tree.Expr = expr
    while isinstance(first, tree.Binary) and first.op in ("and", "or"):
        run.append(first)
        first = first.left
    at, value = first, ev.evaluate(first, frame)
    for node in reversed(run):
        if isinstance(value, Tensor):
            return _logical_of_tensors(first, run, frame)
        value = ev.plain_value(at, value, frame)
        if is_poisoned(value):
            return POISON
        try:
            decided = values.truth(value)
        except values.ValueProblem as problem:
            ev.report_value_problem(problem, at.span, frame)
            return POISON
        if decided == (node.op == "and"):
            at, value = node.right, ev.evaluate(node.right, frame)
    if isinstance(value, Tensor):
        return _logical_of_tensors(first, run, frame)
    return ev.plain_value(at, value, frame)


def _logical_of_tensors(first: tree.Expr, run: list[tree.Binary], frame: Frame) -> Value:
    text = first.span.text
    for node in reversed(run):
        text = f"ops.logical_{node.op}({text}, {node.right.span.text})"
    op = run[-1].op
    label = f"`{op}` decides between values, and a tensor is among them"
    return tensor_decisions.tensor_decides(
        run[0].span, frame, f"write `{short(text)}`", text, label
    )
