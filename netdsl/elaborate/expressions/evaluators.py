"""What each expression of a spec comes to: atoms, lists, operators, members, and chains that stand as values.

A mistake is reported where it stands, once, and the value is then POISON, which everything else passes on in silence.
Chains are run by `stages`, tensor arithmetic by `arithmetic`, layers are bound by `layers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from netdsl.catalog.kind import Ambiguous, BoundLayer, Identifier
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.habits import help_for, own_losses
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments import held_layers
from netdsl.elaborate.chains import loops, stages
from netdsl.elaborate.evaluate import (
    condition,
    evaluate,
    guarded,
    is_key,
    report_value_problem,
    shape_value,
    spread,
    value_of,
)
from netdsl.elaborate.expressions import calls, comparisons
from netdsl.elaborate.layers import arithmetic
from netdsl.elaborate.remedies import dicts, feature_maps, no_stage, unbound, uncalled
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import (
    POISON,
    BlockRef,
    ExternObjectRef,
    InputGroup,
    KindRef,
    ModelRef,
    NamedOutputs,
    NotTaken,
    SharedLayer,
    Tensor,
    is_poisoned,
    is_tensorial,
    short,
)
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.elaborate.scope.limits import Crowds, check_size
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import names_a_source
from netdsl.value import Value


def evaluate_node(expr: tree.Expr, frame: Frame) -> Value:
    """Give the value of an expression by its type: those that come most often are asked for first."""
    match expr:
        case tree.Name():
            return _name(expr, frame)
        case tree.Literal():
            return _literal(expr, frame)
        case tree.Binary():
            return _binary(expr, frame)
        case tree.Call():
            return calls.call(expr, frame)
        case tree.ListExpr():
            return _list(expr, frame)
        case tree.Attribute():
            return _attribute(expr, frame)
        case tree.Pipe():
            return _pipe(expr, frame)
        case tree.Arriving():
            return _arriving(expr, frame)
        case tree.Compare():
            return comparisons.compare(expr, frame)
        case tree.Subscript():
            return _subscript(expr, frame)
        case tree.Conditional():
            return _conditional(expr, frame)
        case tree.FString():
            return _fstring(expr, frame)
        case tree.TupleExpr():
            return _tuple(expr, frame)
        case tree.DictExpr():
            return _dict(expr, frame)
        case tree.Starred():
            return _starred(expr, frame)
        case tree.Comprehension():
            return loops.comprehension(expr, frame)
        case tree.DictComprehension():
            return loops.dict_comprehension(expr, frame)
        case tree.Unary():
            return _unary(expr, frame)
        case tree.Slice():
            return _slice(expr, frame)
        case tree.Stage():
            return _stage(expr, frame)
        case _:
            assert_never(expr)


def constant(node: tree.Let, frame: Frame) -> Value:
    """Give the value of a `let` at top level; a bare name that nothing binds is a mistake there."""
    return unbound.known_or_reported(node.value, evaluate(node.value, frame), frame)


def _literal(expr: tree.Literal, frame: Frame) -> Value:
    check_size(expr.value)
    return expr.value


def _fstring(expr: tree.FString, frame: Frame) -> Value:
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


def _name(expr: tree.Name, frame: Frame) -> Value:
    found = frame.lookup(expr.id)
    if isinstance(found, NotTaken):
        return unbound.not_taken(expr, found, frame)
    if isinstance(found, ExternObjectRef):
        return uncalled.not_made(expr, found, frame)
    return Identifier(expr.id) if found is MISSING else found


def _arriving(expr: tree.Arriving, frame: Frame) -> Value:
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


def _list(expr: tree.ListExpr, frame: Frame) -> Value:
    return list(_items(expr.items, frame))


def _tuple(expr: tree.TupleExpr, frame: Frame) -> Value:
    return tuple(_items(expr.items, frame))


def _items(items: tuple[tree.Expr, ...], frame: Frame) -> Iterator[Value]:
    for item in items:
        if isinstance(item, tree.Starred):
            yield from spread(item, frame)
        elif isinstance(item, tree.For):
            yield from stages.fork_loop(item, MISSING, frame)
        else:
            yield evaluate(item, frame)


def _dict(expr: tree.DictExpr, frame: Frame) -> Value:
    result: dict[Value, Value] = {}
    crowds = Crowds()
    for key_expr, value_expr in expr.items:
        key, value = value_of(key_expr, frame), evaluate(value_expr, frame)
        if not is_key(key, key_expr.span, crowds, frame):
            return POISON
        result[key] = value
    return result


def _unary(expr: tree.Unary, frame: Frame) -> Value:
    operand = evaluate(expr.operand, frame)
    is_list = isinstance(operand, (list, tuple))
    if is_tensorial(operand) and not is_poisoned(operand) and not (is_list and expr.op == "not"):
        return arithmetic.tensor_unary(expr, operand, frame)
    if isinstance(operand, Identifier):
        return unbound.unknown_name(expr.operand.span, operand.name, frame)
    return guarded(expr.span, frame, lambda: values.unary(expr.op, operand), operand)


def _binary(expr: tree.Binary, frame: Frame) -> Value:
    if expr.op in ("and", "or"):
        return comparisons.logical(expr, frame)
    left, right = evaluate(expr.left, frame), evaluate(expr.right, frame)
    for side, value in ((expr.left, left), (expr.right, right)):
        if isinstance(value, Identifier):
            return unbound.unknown_name(side.span, value.name, frame)
    for side, value in ((expr.left, left), (expr.right, right)):
        if isinstance(value, (Ambiguous, BoundLayer, KindRef, BlockRef, ModelRef)):
            return uncalled.not_applied(side.span, frame, ways=arithmetic.as_fork(expr, frame))
    if is_poisoned(left) or is_poisoned(right):
        return POISON
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return arithmetic.tensor_binary(expr, left, right, frame)
    if held_layers.multiplied(expr, left, right, frame):
        return POISON
    if expr.op == "+" and isinstance(left, str) != isinstance(right, str):
        return unbound.text_and_value(expr, left, right, frame)
    return guarded(expr.op_span, frame, lambda: values.binary(expr.op, left, right), left, right)


def _conditional(expr: tree.Conditional, frame: Frame) -> Value:
    decided = condition(expr.condition, frame)
    if decided is None:
        return POISON
    return evaluate(expr.then if decided else expr.otherwise, frame)


def _attribute(expr: tree.Attribute, frame: Frame) -> Value:
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
        return _unknown_member(expr, value, frame, ["shape", "dtype"])
    if isinstance(value, NamedOutputs):
        if expr.name in value.names:
            return value.by_name(expr.name)
        return _unknown_member(expr, value, frame, [n for n in value.names if n])
    if isinstance(value, dict):
        return dicts.report_member(expr, None, list(value), frame)
    return _unknown_member(expr, value, frame, [])


def _unknown_member(expr: tree.Attribute, value: Value, frame: Frame, known: list[str]) -> Value:
    if expr.name not in known and feature_maps.report_member(
        expr.name_span, expr.name, value, frame
    ):
        return POISON
    if isinstance(value, InputGroup):
        return _of_group(expr.name_span, expr.name, value, frame)
    if isinstance(value, (BoundLayer, SharedLayer)) and expr.name in _OF_LAYERS:
        return _own_weights(expr, frame)
    if isinstance(value, Tensor) and expr.name in ("T", "mT", "H"):
        return _transposed(expr, value, frame)
    near = closest(expr.name, known)
    offered = ", ".join(f"`{name}`" for name in known)
    frame.report(
        name_problems.UnknownMember.at(
            expr.name_span,
            f"it has {offered}" if offered else "it has no members",
            name=expr.name,
            help=f"did you mean `{near}`?" if near else _left_to_python(expr.name),
            fix=Fix((Edit(expr.name_span, near),), safe=True) if near else None,
        )
    )
    return POISON


def _transposed(expr: tree.Attribute, value: Tensor, frame: Frame) -> Value:
    """Report `x.T`, and write the function; with a batch before them the last two axes change places."""
    written = expr.value.span.text
    text = (
        f"ops.transpose({written})" if value.spec.rank == 2 else f"ops.swapaxes({written}, -1, -2)"
    )
    fix = Fix((Edit(expr.span, text),), text=f"write `{short(text)}`")
    label = "a tensor has `shape` and `dtype`; its axes change places by a function"
    frame.report(
        name_problems.UnknownMember.at(
            expr.name_span, label, name=expr.name, help=fix.text, fix=fix
        )
    )
    return POISON


#: What Python asks a layer for, to use its weights once more.
_OF_LAYERS = (
    "kernel",
    "bias",
    "embeddings",
    "weights",
    "variables",
    "trainable_weights",
    "get_weights",
)


def _own_weights(expr: tree.Attribute, frame: Frame) -> Value:
    """Report `dense.kernel`, as it is written to tie weights."""
    label = "a layer keeps its weights to itself"
    help_ = "declare a matrix that is used twice, `weight w: [64, 32]`: `x @ w`, `y -> ops.matmul(ops.transpose(w))`"
    frame.report(name_problems.UnknownMember.at(expr.name_span, label, name=expr.name, help=help_))
    return POISON


def _left_to_python(member: str) -> str:
    """Say why a spec need not ask a model or a layer for something that Python asks it for."""
    losses = own_losses()
    told = {**help_for("member"), **losses, "losses": losses["add_loss"]}
    return told.get(member, "")


def _subscript(expr: tree.Subscript, frame: Frame) -> Value:
    value = evaluate(expr.value, frame)
    index = _index(expr.index, frame)
    if isinstance(value, type(POISON)) or is_poisoned(index):
        return POISON
    if isinstance(value, Identifier):
        return unbound.unknown_name(expr.value.span, value.name, frame)
    is_group = isinstance(value, InputGroup)
    if isinstance(value, NamedOutputs) and not is_group and index in value.names:
        return _by_a_dot(expr, str(index), value, frame)
    if isinstance(index, str) and feature_maps.report_member(expr.index.span, index, value, frame):
        return POISON
    if isinstance(value, Tensor):
        return arithmetic.tensor_slice(expr, value, index, frame)
    if isinstance(value, InputGroup) and isinstance(index, str):
        return _of_group(expr.index.span, index, value, frame)
    return guarded(expr.span, frame, lambda: values.subscript(value, index))


def _by_a_dot(expr: tree.Subscript, name: str, value: NamedOutputs, frame: Frame) -> Value:
    """Report `both["low"]` for `both.low`."""
    written, number = expr.value.span.text, value.names.index(name)
    text = f"{written}.{name}" if name.isidentifier() else f"{written}[{number}]"
    fix = Fix((Edit(expr.span, text),), safe=True)
    label = "outputs are taken by a dot or by their number"
    frame.report(
        name_problems.UnknownMember.at(
            expr.index.span, label, name=name, help=f"write `{short(text)}`", fix=fix
        )
    )
    return value.by_name(name)


def _of_group(span: Span, name: str, group: InputGroup, frame: Frame) -> Value:
    """Give an input of a group by its name."""
    if name in group.names:
        return group.by_name(name)
    known = [n for n in group.names if n]
    quoted = span.text != name
    spelled = next((n for n in known if re.sub(r"\W", "_", n) == name), None)
    if spelled is not None and not quoted:
        return _by_its_key(span, name, spelled, group, frame)
    near = closest(name, known if quoted else [n for n in known if n.isidentifier()])
    listed = ", ".join(f"`{n}`" for n in known[:8]) + (", …" if len(known) > 8 else "")
    frame.report(
        name_problems.UnknownMember.at(
            span,
            f"the group has {listed}",
            name=name,
            help=f"did you mean `{near}`?" if near else "add it to the group, with its type",
            fix=Fix((Edit(span, f'"{near}"' if quoted else near),), safe=True) if near else None,
        )
    )
    return POISON


def _by_its_key(span: Span, name: str, key: str, group: InputGroup, frame: Frame) -> Value:
    """Report `features.class_of_worker` for `features["class-of-worker"]`."""
    fix = Fix((Edit(Span(span.file, span.start - 1, span.end), f'["{key}"]'),), safe=True)
    label, help_ = "its name is no word", f'write it as the key that it is: `["{key}"]`'
    if span.before.endswith("."):
        frame.report(name_problems.UnknownMember.at(span, label, name=name, help=help_, fix=fix))
        return group.by_name(key)
    frame.report(name_problems.UnknownMember.at(span, label, name=name, help=help_))
    return group.by_name(key)


def _index(expr: tree.Expr, frame: Frame) -> Value:
    if isinstance(expr, tree.Slice):
        parts = [
            None if p is None else value_of(p, frame) for p in (expr.start, expr.stop, expr.step)
        ]
        return POISON if is_poisoned(parts) else slice(*parts)
    if isinstance(expr, tree.TupleExpr):
        parts = [_index(item, frame) for item in expr.items]
        return POISON if is_poisoned(parts) else tuple(parts)
    return value_of(expr, frame)


def _slice(expr: tree.Slice, frame: Frame) -> Value:
    frame.report(problems.Uncomputable.at(expr.span, "a slice stands only between square brackets"))
    return POISON


def _starred(expr: tree.Starred, frame: Frame) -> Value:
    frame.report(
        problems.Uncomputable.at(expr.span, "`*` spreads a list only inside a list or a call")
    )
    return POISON


def _pipe(expr: tree.Pipe, frame: Frame) -> Value:
    return stages.run_source_chain(expr, frame)


def _stage(expr: tree.Expr, frame: Frame) -> Value:
    if frame.body is None:
        return no_stage.outside_bodies(expr.span, frame)
    if isinstance(expr, tree.As) and names_a_source(expr):
        return stages.keep(expr, evaluate(expr.stage, frame), frame)
    stages.note_starts(expr, frame)
    result = stages.run(expr, frame.arriving, frame)
    return stages.nothing_comes(expr, frame) if result is MISSING else result
