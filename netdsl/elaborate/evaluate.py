"""Evaluating expressions: the value of any expression that does not need an arriving tensor.

A mistake is reported where it stands, once, and the result is then POISON, which everything else passes on in silence.
What each kind of expression comes to is in `evaluators.py`, above what it is made of; this is the door to it.
"""

from __future__ import annotations

from collections.abc import Callable

from netdsl.catalog.kind import BoundLayer, Identifier
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.remedies import tensor_decisions, unbound
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    POISON,
    BlockRef,
    ExternLayerRef,
    ExternObjectRef,
    KindRef,
    SharedLayer,
    Tensor,
    is_poisoned,
    short,
    spell_entity,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.limits import SIZED, Crowds
from netdsl.source import Span
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.tensor import Unknown
from netdsl.value import Value


def target_of(function: tree.Expr, frame: Frame) -> Value:
    """Evaluate what is called: a class of the user's own is one here, and no object that lacks its parentheses."""
    found = frame.lookup(function.id) if isinstance(function, tree.Name) else None
    return found if isinstance(found, ExternObjectRef) else evaluate(function, frame)


@deep
def evaluate(expr: tree.Expr, frame: Frame) -> Value:
    """Give the value of an expression; POISON after reporting a mistake in it."""
    budget = frame.session.budget
    budget.step()
    value = frame.session.interpreter.evaluate(expr, frame)
    if isinstance(value, SIZED):
        budget.hold(value)
    return value


def value_of(expr: tree.Expr, frame: Frame) -> Value:
    """Evaluate where a plain value is needed: a bare unknown name or a tensor is a mistake here."""
    return plain_value(expr, evaluate(expr, frame), frame)


def plain_value(expr: tree.Expr, value: Value, frame: Frame) -> Value:
    """Give what an expression came to, where it is a plain value."""
    if isinstance(value, Identifier):
        return unbound.unknown_name(expr.span, value.name, frame)
    if isinstance(value, (Tensor, *APPLIED_BY_NAME)):
        return no_value(expr, value, frame)
    return value


def no_value(expr: tree.Expr, found: Value, frame: Frame) -> Value:
    """Report a tensor, a layer or what makes one where a value is needed."""
    makes_layer = isinstance(found, (KindRef, BlockRef, ExternLayerRef))
    is_made = isinstance(found, (BoundLayer, SharedLayer))
    frame.report(
        problems.WrongUse.at(
            expr.span,
            f"this is {spell_entity(found)}, a value is needed",
            name=short(expr.span.text),
            help=f"a layer takes parentheses: `{short(expr.span.text)}(…)`" * makes_layer
            or f"a layer is applied by an arrow: `x -> {short(expr.span.text)}`" * is_made,
        )
    )
    return POISON


def condition(expr: tree.Expr, frame: Frame) -> bool | None:
    """Decide a condition; None where that failed and was reported."""
    value = evaluate(expr, frame)
    if isinstance(value, Tensor):
        value = tensor_decisions.tensor_condition(expr, frame)
    value = plain_value(expr, value, frame)
    if isinstance(value, type(POISON)):
        return None
    try:
        return values.truth(value)
    except values.ValueProblem as problem:
        report_value_problem(problem, expr.span, frame)
        return None


def report_value_problem(problem: values.ValueProblem, span: Span, frame: Frame) -> None:
    """Turn a value's mistake into a diagnostic at the expression."""
    if problem.symbolic is not None:
        frame.report(
            problems.SymbolicNumber.at(
                span,
                problem.label,
                name=problem.symbolic,
                help="give that dimension of the input as a number",
            )
        )
    else:
        frame.report(problems.Uncomputable.at(span, problem.label, help=problem.help))


def spread(item: tree.Starred, frame: Frame) -> list[Value]:
    """Give the elements of `*values`."""
    value = evaluate(item.value, frame)
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Identifier):
        value = unbound.unknown_name(item.value.span, value.name, frame)
    if not is_poisoned(value):
        frame.report(
            problems.Uncomputable.at(
                item.span, f"`*` spreads a list, this is {spell_entity(value)}"
            )
        )
    return [POISON]


def guarded(span: Span, frame: Frame, compute: Callable[[], Value], *operands: Value) -> Value:
    if any(is_poisoned(operand) for operand in operands):
        return POISON
    try:
        return compute()
    except values.ValueProblem as problem:
        report_value_problem(problem, span, frame)
        return POISON


def shape_value(tensor: Tensor) -> tuple[Value, ...]:
    """Give `x.shape` as Keras does: None for what nobody knows, symbolic sizes as they are."""
    return tuple(None if isinstance(dim, Unknown) else dim for dim in tensor.spec.shape)


def is_key(key: Value, span: Span, crowds: Crowds, frame: Frame) -> bool:
    """Tell whether a value may be a key of a dict; reports it where it may not."""
    if is_poisoned(key):
        return False
    try:
        crowds.add(key)
    except TypeError:
        label = f"{spell_entity(key)} is no key of a dict"
        frame.report(problems.Uncomputable.at(span, label))
        return False
    return True
