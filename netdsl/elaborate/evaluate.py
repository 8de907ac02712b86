"""Evaluating expressions: values, sources of tensors, and layers given as arguments.

`evaluate` gives the value of any expression that does not need an arriving tensor. A mistake is reported where
it stands, once, and the result is then POISON, which everything else passes on in silence. Chains are run
by `stages`, tensor arithmetic by `arithmetic`, layers are bound by `layers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netdsl.catalog.kind import BoundLayer, Identifier
from netdsl.catalog.signature import Family, families_of, identifiers
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.habits import OWN_LOSS, OWN_LOSS_NAMES
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import (
    arithmetic,
    calls,
    comparisons,
    held_layers,
    loops,
    stages,
    unbound,
    values,
)
from netdsl.elaborate.entities import (
    POISON,
    BlockRef,
    ExternLayerRef,
    KindRef,
    ModelRef,
    NamedOutputs,
    NotTaken,
    SharedLayer,
    Tensor,
    is_poisoned,
    is_tensorial,
    spell_entity,
)
from netdsl.elaborate.frame import MISSING, Frame
from netdsl.elaborate.limits import SIZED, Crowds, check_size
from netdsl.elaborate.unbound import how_to_bind, misspelled_declaration, other_readings
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Unknown

_IDENTIFIED: tuple[Family, ...] = (
    "activation",
    "initializer",
    "regularizer",
    "constraint",
    "loss",
    "metric",
    "optimizer",
)


def evaluate(expr: tree.Expr, frame: Frame) -> Any:
    """Give the value of an expression; POISON after reporting a mistake in it."""
    budget = frame.session.budget
    budget.step()
    value = _EVALUATORS[type(expr)](expr, frame)
    if isinstance(value, SIZED):
        budget.hold(value)
    return value


def value_of(expr: tree.Expr, frame: Frame) -> Any:
    """Evaluate where a plain value is needed: a bare unknown name or a tensor is a mistake here."""
    return plain_value(expr, evaluate(expr, frame), frame)


def plain_value(expr: tree.Expr, value: Any, frame: Frame) -> Any:
    """Give what an expression came to, where it is a plain value."""
    if isinstance(value, Identifier):
        return unknown_name(expr.span, value.name, frame)
    if isinstance(value, (Tensor, KindRef, BlockRef, ModelRef, ExternLayerRef, SharedLayer)):
        return no_value(expr, value, frame)
    return value


def no_value(expr: tree.Expr, found: Any, frame: Frame) -> Any:
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
        value = comparisons.tensor_condition(expr, frame)
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


def unknown_name(span: Span, name: str, frame: Frame) -> Any:
    """Report a name that nothing binds, and suggest the nearest one that something does."""
    if frame.unit.may_have_lost(name):
        return POISON
    is_called = span.file.text[span.end :].lstrip().startswith("(")
    near = frame.near_name(name, values.FUNCTIONS if is_called else (), ("True", "False", "None"))
    root, _, last = name.rpartition(".")
    if root == "self" and frame.lookup(last) is not MISSING:  # nothing here belongs to an object
        near = last
    if near and (found := misspelled_declaration(span, name, near, frame)) is not None:
        frame.report(found)
        return POISON
    if not near:  # nothing to say of its other uses than is said of this one
        frame.unit.poisoned.add(name)
    frame.report(
        name_problems.UnknownName.at(
            span,
            "nothing binds this name",
            name=name,
            help=f"did you mean `{near}`?" if near else how_to_bind(span, name, frame),
            fix=Fix((Edit(span, near),), safe=True) if near else other_readings(span, name, frame),
        )
    )
    return POISON


def known_or_reported(expr: tree.Expr, value: Any, frame: Frame) -> Any:
    """Give a constant's value; a bare name that the catalogue does not have either is reported."""
    if isinstance(value, Identifier) and not is_of_catalogue(value.last):
        return unknown_name(expr.span, value.name, frame)
    return value


def is_of_catalogue(name: str) -> bool:
    """Tell a name that Keras has, of a class or of what arguments take by name."""
    return bool(families_of(name)) or any(name in identifiers(family) for family in _IDENTIFIED)


def short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:37] + "…"


# -- atoms --------------------------------------------------------------------------------------


def _literal(expr: tree.Literal, frame: Frame) -> Any:
    if isinstance(expr.value, int):
        check_size(expr.value)
    return expr.value


def _fstring(expr: tree.FString, frame: Frame) -> Any:
    text: list[str] = []
    for part in expr.parts:
        if isinstance(part, str):
            text.append(part)
            continue
        value = value_of(part.value, frame)
        if is_poisoned(value):
            return POISON
        try:
            text.append(values.format_value(value, part.conversion, part.format_spec))
        except values.ValueProblem as problem:
            report_value_problem(problem, part.span, frame)
            return POISON
    joined = "".join(text)
    check_size(joined)
    return joined


def _name(expr: tree.Name, frame: Frame) -> Any:
    found = frame.lookup(expr.id)
    if isinstance(found, NotTaken):
        return not_taken(expr, frame)
    return Identifier(expr.id) if found is MISSING else found


def not_taken(expr: tree.Name, frame: Frame) -> Any:
    """Report a name that a branch was to give which is not taken."""
    frame.report(
        problems.BranchNotTaken.at(
            expr.span,
            "nothing was named: the branch is not taken here",
            name=expr.id,
            help="use it in that branch only, or give the name in the other branch as well",
        )
    )
    return POISON


def _arriving(expr: tree.Arriving, frame: Frame) -> Any:
    if frame.arriving is MISSING:
        frame.report(
            problems.NotATensor.at(
                expr.span,
                "nothing arrives here",
                help="`_` is the tensor that comes through the arrow before it; one that is used later has a name",
            )
        )
        return POISON
    return frame.arriving


def _list(expr: tree.ListExpr, frame: Frame) -> Any:
    return list(_items(expr.items, frame))


def _tuple(expr: tree.TupleExpr, frame: Frame) -> Any:
    return tuple(_items(expr.items, frame))


def _items(items: tuple[tree.Expr, ...], frame: Frame) -> Iterator[Any]:
    for item in items:
        if isinstance(item, tree.Starred):
            yield from spread(item, frame)
        elif isinstance(item, tree.For):
            yield from stages.fork_loop(item, MISSING, frame)
        else:
            yield evaluate(item, frame)


def spread(item: tree.Starred, frame: Frame) -> list[Any]:
    """Give the elements of `*values`."""
    value = evaluate(item.value, frame)
    if isinstance(value, (list, tuple)):
        return list(value)
    if not is_poisoned(value):
        frame.report(
            problems.Uncomputable.at(
                item.span, f"`*` spreads a list, this is {spell_entity(value)}"
            )
        )
    return [POISON]


def _dict(expr: tree.DictExpr, frame: Frame) -> Any:
    result: dict[Any, Any] = {}
    crowds = Crowds()
    for key_expr, value_expr in expr.items:
        key, value = value_of(key_expr, frame), evaluate(value_expr, frame)
        if not is_key(key, key_expr.span, crowds, frame):
            return POISON
        result[key] = value
    return result


def is_key(key: Any, span: Span, crowds: Crowds, frame: Frame) -> bool:
    """Tell whether a value may be a key of a dict, after reporting it where not."""
    if is_poisoned(key):
        return False
    try:
        crowds.add(key)
    except TypeError:
        label = f"{spell_entity(key)} is no key of a dict"
        frame.report(problems.Uncomputable.at(span, label))
        return False
    return True


# -- operators ----------------------------------------------------------------------------------


def _unary(expr: tree.Unary, frame: Frame) -> Any:
    operand = evaluate(expr.operand, frame)
    is_list = isinstance(operand, (list, tuple))
    if is_tensorial(operand) and not is_poisoned(operand) and not (is_list and expr.op == "not"):
        return arithmetic.tensor_unary(expr, operand, frame)
    if isinstance(operand, Identifier):
        return unknown_name(expr.operand.span, operand.name, frame)
    return guarded(expr.span, frame, lambda: values.unary(expr.op, operand), operand)


def _binary(expr: tree.Binary, frame: Frame) -> Any:
    if expr.op in ("and", "or"):
        return comparisons.logical(expr, frame)
    left, right = evaluate(expr.left, frame), evaluate(expr.right, frame)
    for side, value in ((expr.left, left), (expr.right, right)):
        if isinstance(value, Identifier):
            return unknown_name(side.span, value.name, frame)
    for side, value in ((expr.left, left), (expr.right, right)):
        if isinstance(value, (BoundLayer, KindRef, BlockRef, ModelRef)):
            return calls.not_applied(side.span, frame, ways=arithmetic.as_fork(expr, frame))
    if is_poisoned(left) or is_poisoned(right):
        return POISON
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return arithmetic.tensor_binary(expr, left, right, frame)
    if held_layers.multiplied(expr, left, right, frame):
        return POISON
    if expr.op == "+" and isinstance(left, str) != isinstance(right, str):
        return unbound.text_and_value(expr, left, frame)
    return guarded(expr.op_span, frame, lambda: values.binary(expr.op, left, right), left, right)


def _conditional(expr: tree.Conditional, frame: Frame) -> Any:
    decided = condition(expr.condition, frame)
    if decided is None:
        return POISON
    return evaluate(expr.then if decided else expr.otherwise, frame)


def guarded(span: Span, frame: Frame, compute: Callable[[], Any], *operands: Any) -> Any:
    if any(is_poisoned(operand) for operand in operands):
        return POISON
    try:
        return compute()
    except values.ValueProblem as problem:
        report_value_problem(problem, span, frame)
        return POISON


# -- members ------------------------------------------------------------------------------------


def _attribute(expr: tree.Attribute, frame: Frame) -> Any:
    value = evaluate(expr.value, frame)
    if isinstance(value, Identifier):
        return Identifier(f"{value.name}.{expr.name}")
    if is_poisoned(value) and not isinstance(value, NamedOutputs):
        return POISON
    if isinstance(value, Tensor):
        if expr.name == "shape":
            return shape_value(value)
        if expr.name == "dtype":
            return value.spec.dtype
        return _unknown_member(expr, frame, ["shape", "dtype"])
    if isinstance(value, NamedOutputs):
        if expr.name in value.names:
            return value.by_name(expr.name)
        return _unknown_member(expr, frame, [n for n in value.names if n])
    return _unknown_member(expr, frame, [])


def shape_value(tensor: Tensor) -> tuple[Any, ...]:
    """Give `x.shape` as Keras does: None for what nobody knows, symbolic sizes as they are."""
    return tuple(None if isinstance(dim, Unknown) else dim for dim in tensor.spec.shape)


def _unknown_member(expr: tree.Attribute, frame: Frame, known: list[str]) -> Any:
    near = closest(expr.name, known)
    offered = ", ".join(f"`{name}`" for name in known)
    frame.report(
        name_problems.UnknownMember.at(
            expr.name_span,
            f"it has {offered}" if offered else "it has no members",
            name=expr.name,
            help=f"did you mean `{near}`?" if near else _WITHOUT.get(expr.name, ""),
            fix=Fix((Edit(expr.name_span, near),), safe=True) if near else None,
        )
    )
    return POISON


#: What models and layers are asked for in Python, and a spec need not say.
_WITHOUT = {
    **dict.fromkeys(
        ("parameters", "weights", "trainable_weights", "variables"),
        "leave it out: an optimizer is given the weights by itself",
    ),
    **dict.fromkeys(("losses", *OWN_LOSS_NAMES), OWN_LOSS),
}


def _subscript(expr: tree.Subscript, frame: Frame) -> Any:
    value = evaluate(expr.value, frame)
    index = _index(expr.index, frame)
    if isinstance(value, type(POISON)) or is_poisoned(index):
        return POISON
    if isinstance(value, Identifier):
        return unknown_name(expr.value.span, value.name, frame)
    if isinstance(value, Tensor):
        return arithmetic.tensor_slice(expr, value, index, frame)
    return guarded(expr.span, frame, lambda: values.subscript(value, index))


def _index(expr: tree.Expr, frame: Frame) -> Any:
    if isinstance(expr, tree.Slice):
        parts = [
            None if p is None else value_of(p, frame) for p in (expr.start, expr.stop, expr.step)
        ]
        return POISON if is_poisoned(parts) else slice(*parts)
    if isinstance(expr, tree.TupleExpr):
        parts = [_index(item, frame) for item in expr.items]
        return POISON if is_poisoned(parts) else tuple(parts)
    return value_of(expr, frame)


def _slice(expr: tree.Slice, frame: Frame) -> Any:
    frame.report(problems.Uncomputable.at(expr.span, "a slice stands only between square brackets"))
    return POISON


def _starred(expr: tree.Starred, frame: Frame) -> Any:
    frame.report(
        problems.Uncomputable.at(expr.span, "`*` spreads a list only inside a list or a call")
    )
    return POISON


# -- chains and stages as expressions -----------------------------------------------------------


def _pipe(expr: tree.Pipe, frame: Frame) -> Any:
    return stages.run_source_chain(expr, frame)


def _loop(expr: tree.Repeat | tree.For | tree.If | tree.As, frame: Frame) -> Any:
    if frame.body is None:
        return stages.outside_bodies(expr.span, frame)
    stages.note_starts(expr, frame)
    result = stages.run(expr, frame.arriving, frame)
    return stages.nothing_comes(expr, frame) if result is MISSING else result


_EVALUATORS: dict[type, Callable[[Any, Frame], Any]] = {
    tree.Literal: _literal,
    tree.FString: _fstring,
    tree.Name: _name,
    tree.Arriving: _arriving,
    tree.ListExpr: _list,
    tree.TupleExpr: _tuple,
    tree.DictExpr: _dict,
    tree.Starred: _starred,
    tree.Comprehension: loops.comprehension,
    tree.DictComprehension: loops.dict_comprehension,
    tree.Unary: _unary,
    tree.Binary: _binary,
    tree.Compare: comparisons.compare,
    tree.Conditional: _conditional,
    tree.Attribute: _attribute,
    tree.Subscript: _subscript,
    tree.Slice: _slice,
    tree.Call: calls.call,
    tree.Pipe: _pipe,
    tree.Repeat: _loop,
    tree.For: _loop,
    tree.If: _loop,
    tree.As: _loop,
}
