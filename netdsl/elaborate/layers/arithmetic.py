"""Arithmetic between tensors: merge layers where Keras has one, functions of `keras.ops` elsewhere.

`a + b`, `a - b` and `a * b` of two tensors are `Add`, `Subtract` and `Multiply` layers; division, powers, `@`, a minus
sign, comparisons and anything with a number or with a tensor that has no batch are `keras.ops` functions, as they are
when written with `ops.` by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from netdsl.catalog import MERGE_LAYERS, layer_kind
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.remedies import tensor_decisions, uncalled
from netdsl.elaborate.scope import values as plain
from netdsl.elaborate.scope.entities import POISON, KindRef, Tensor, is_poisoned, spell_entity
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Unknown
from netdsl.value import Value

#: The function of `keras.ops` for an operator.
OPERATOR_FUNCTIONS: Mapping[str, str] = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "mod",
    "**": "power",
    "@": "matmul",
}

#: The function of `keras.ops` for a comparison.
COMPARISON_FUNCTIONS: Mapping[str, str] = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}


def tensor_binary(expr: tree.Binary, left: Value, right: Value, frame: Frame) -> Value:
    """Join two tensors, or a tensor and a number."""
    for side, value in ((expr.left, left), (expr.right, right)):
        if not isinstance(value, (Tensor, int, float)) or isinstance(value, bool):
            return _refuse(side, value, f"`{expr.op}` joins", frame)
        if expr.op == "@" and not isinstance(value, Tensor):
            return _no_matrix(side, value, frame)
    if frame.body is None:
        return _outside_bodies(expr.op, expr.op_span, frame)
    function = OPERATOR_FUNCTIONS.get(expr.op)
    if expr.op in MERGE_LAYERS:
        form = "a layer" if _has_batch(left) and _has_batch(right) else "a function"
        if not _always_so(expr, form, frame):
            return POISON
        if _has_batch(left) and _has_batch(right):
            return _merge(expr, [left, right], frame)
    if function is None:
        frame.report(problems.NotATensor.at(expr.op_span, f"`{expr.op}` does not join tensors"))
        return POISON
    return _apply(function, [left, right], expr, frame)


def tensor_compare(expr: tree.Compare, left: Value, right: Value, frame: Frame) -> Value:
    """Compare two tensors, or a tensor and a number, element by element."""
    (op,) = expr.ops
    for side, value in ((expr.first, left), (expr.operands[0], right)):
        if not isinstance(value, (Tensor, int, float)):
            return _refuse(side, value, f"`{op}` compares", frame)
    if frame.body is None:
        return _outside_bodies(op, expr.span, frame)
    function = COMPARISON_FUNCTIONS[op]
    return _apply(function, [left, right], expr, frame)


def tensor_absolute(expr: tree.Call, operand: Tensor, frame: Frame) -> Value:
    """Apply `ops.abs` for `abs(x)` of a tensor."""
    if frame.body is None:
        return _outside_bodies("abs", expr.span, frame)
    return _apply("abs", [operand], expr, frame)


def _no_matrix(side: tree.Expr, value: float, frame: Frame) -> Value:
    label = f"`@` multiplies matrices, this is {spell_entity(value)}"
    help_ = "write `*` for a number times each element"
    frame.report(problems.NotATensor.at(side.span, label, help=help_))
    return POISON


def _has_batch(side: Value) -> TypeGuard[Tensor]:
    """Tell whether the first axis of a tensor is the batch, which a merge layer leaves alone.

    It is not for `ops.arange(50) -> Embedding(50, 8)`: an `Add` layer would pair its 50 rows with 50 samples.
    """
    return (
        isinstance(side, Tensor) and side.spec.rank > 0 and isinstance(side.spec.shape[0], Unknown)
    )


def _always_so(expr: tree.Binary, form: str, frame: Frame) -> bool:
    """Report an operator that is a layer at one use and a function at another; tells whether it is the same at all.

    What stands here may be the tensor of a parameter, an input or a loop: a batch at one use, a number at the next.
    """
    place = (expr.span.file.name, expr.span.start, expr.span.end)
    if frame.session.forms.setdefault(place, form) == form:
        return True
    fix = first_that_helps(list(_as_function(expr)))
    frame.report(
        problems.WrongUse.at(
            expr.op_span,
            f"it joins two batches at one use, as a `{MERGE_LAYERS[expr.op]}` layer, and a batch with something "
            "else at another",
            name=expr.op,
            help=fix.text if fix else "",
            fix=fix,
        )
    )
    return False


def _as_function(expr: tree.Binary) -> Iterator[Fix]:
    """`a + b` -> `ops.add(a, b)`, which takes either; what arrives is a function's first argument anyway."""
    function, sides = f"ops.{OPERATOR_FUNCTIONS[expr.op]}", (expr.left, expr.right)
    written = [side.span.text for side in sides if not isinstance(side, tree.Arriving)]
    for arguments in ([side.span.text for side in sides], written):
        text = f"{function}({', '.join(arguments)})"
        yield Fix((Edit(expr.span, text),), text=f"write `{text}`, which takes both")


def _merge(expr: tree.Binary, tensors: list[Tensor], frame: Frame) -> Value:
    kind = MERGE_LAYERS[expr.op]
    call = tree.Call(expr.span, tree.Name(expr.op_span, kind), ())
    prepared = layers.prepare(call, KindRef(kind, layer_kind(kind)), frame)
    if prepared is None or not prepared.complete:
        return POISON
    name = layers.stage_name(expr, frame, kind.lower())
    whole = tree.Call(expr.op_span, tree.Name(expr.op_span, kind), ())
    prepared.span, prepared.call = expr.op_span, expr
    return layers.apply_prepared(prepared, name, list(tensors), [], frame, whole)


def as_fork(expr: tree.Binary, frame: Frame) -> Iterator[Fix]:
    """Propose a fork: `x -> (Dense(8) + Dense(8))` may mean `x -> [Dense(8), Dense(8)] -> Add()`."""
    if frame.arriving is not MISSING and expr.op in MERGE_LAYERS:
        left, right = expr.left.span.text, expr.right.span.text
        text = f"[{left}, {right}] -> {MERGE_LAYERS[expr.op]}()"
        yield Fix((Edit(expr.span, text),), text=f"write `{text}`")


def _refuse(side: tree.Expr, value: Value, what: str, frame: Frame) -> Value:
    from netdsl.catalog.kind import Ambiguous, BoundLayer
    from netdsl.elaborate.scope.entities import BlockRef, ModelRef

    if is_poisoned(value):
        return POISON
    if isinstance(value, (Ambiguous, BoundLayer, KindRef, BlockRef, ModelRef)):
        return uncalled.not_applied(side.span, frame)
    frame.report(
        problems.NotATensor.at(
            side.span,
            f"{what} a tensor with a tensor or a number, this is {spell_entity(value)}",
        )
    )
    return POISON


def tensor_unary(expr: tree.Unary, operand: Value, frame: Frame) -> Value:
    """Negate a tensor; `not` of one decides nothing."""
    if expr.op == "+" and isinstance(operand, Tensor):
        return operand
    if expr.op == "-" and isinstance(operand, Tensor) and frame.body is None:
        return _outside_bodies(expr.op, expr.span, frame)
    if expr.op == "not":
        text = f"ops.logical_not({expr.operand.span.text})"
        label = "`not` decides about a value, and this is a tensor"
        return tensor_decisions.tensor_decides(expr.span, frame, f"write `{text}`", text, label)
    if expr.op != "-" or not isinstance(operand, Tensor):
        frame.report(
            problems.NotATensor.at(expr.span, f"`{expr.op}` does not take {spell_entity(operand)}")
        )
        return POISON
    return _apply("negative", [operand], expr, frame)


def tensor_slice(expr: tree.Subscript, tensor: Tensor, index: Value, frame: Frame) -> Value:
    """Take a part of a tensor, as `x[:, 0]` does in Keras."""
    if frame.body is None:
        return _outside_bodies("[…]", expr.span, frame)
    from netdsl.elaborate.layers.operations import slice_tensor  # with the rules of `keras.ops`

    try:
        return slice_tensor(tensor, index, expr, frame)
    except plain.ValueProblem as problem:
        frame.report(problems.Uncomputable.at(expr.index.span, problem.label))
        return POISON


def _outside_bodies(sign: str, span: Span, frame: Frame) -> Value:
    """Report arithmetic on tensors in a function: `fn twice(x) = x + x`."""
    label = "a function computes with values, not with tensors"
    help_ = "declare a `block` in place of the function"
    frame.report(problems.WrongUse.at(span, label, name=sign, help=help_))
    return POISON


def _apply(function: str, operands: list[Value], expr: tree.Expr, frame: Frame) -> Value:
    """Apply a function of `keras.ops`, whose rules are loaded where a spec uses one."""
    from netdsl.elaborate.layers.operations import apply_op

    return apply_op(function, operands, {}, expr.span, frame)
