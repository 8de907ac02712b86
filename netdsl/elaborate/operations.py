"""Functions of `keras.ops` applied to tensors: `x * 2.0`, `ops.reshape((-1, 49))`, `x[:, 0]`.

The rules of the functions are the catalogue's (`catalog/operations.py`); here their calls become nodes. An
operation has no weights, and Keras names it by itself.
"""

from __future__ import annotations

from typing import Any

from netdsl.catalog.kind import Identifier, Inference, Refusal
from netdsl.catalog.operations import OpCall, operation_rule
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate import layers
from netdsl.elaborate.entities import POISON, Tensor, is_poisoned, specs_of
from netdsl.elaborate.frame import MISSING, Frame
from netdsl.elaborate.parameters import Given, evaluate_arguments
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree


def apply_op(
    function: str,
    positional: list[Any],
    named: dict[str, Any],
    span: Span,
    frame: Frame,
    places: list[Given] | None = None,
) -> Any:
    """Apply a function of `keras.ops`; POISON after reporting what Keras would refuse."""
    body = frame.body
    assert body is not None
    rule = operation_rule(function)
    if rule is None:
        return _unknown(function, span, frame)
    call = OpCall(function, tuple(specs_of(v) for v in positional), specs_of(named))
    try:
        inference: Inference = rule(call)
    except Refusal as refusal:
        where = {g.name: g.span for g in places or [] if g.name}
        place = where.get(refusal.blames if isinstance(refusal.blames, str) else "", span)
        facts = {"layer": f"ops.{function}", "argument": refusal.blames or ""} | refusal.facts
        related = layers.input_labels([positional, list(named.values())], frame, place)
        frame.report(refusal.problem.at(place, refusal.label, help=refusal.help, related=related, **facts))
        return POISON
    for demand in call.demands:
        body.graph.demands.append((demand, body.origin(span)))
    operation = Operation(f"ops.{function}", f"ops.{function}", "op", span=span)
    return layers.add_node(operation, positional, named, inference, span, frame)


def _unknown(function: str, span: Span, frame: Frame) -> Any:
    from netdsl.catalog.operations import operation_names
    from netdsl.catalog.signature import names_and_aliases

    near = closest(function, operation_names())
    if function in names_and_aliases("op"):
        problem, label = name_problems.UnsupportedKind, "the catalogue has no rule for this function"
    else:
        problem, label = name_problems.UnknownStage, "keras.ops has no such function"
    frame.report(
        problem.at(span, label, name=f"ops.{function}", help=f"did you mean `ops.{near}`?" if near else "")
    )
    return POISON


def call_op(call: tree.Call, function: str, arriving: Any, frame: Frame) -> Any:
    """Run `ops.function(arguments)`: what arrives is its first argument, unless nothing does."""
    given = evaluate_arguments(call.arguments, frame)
    positional: list[Any] = [] if arriving is MISSING else [arriving]
    named: dict[str, Any] = {}
    for item in given:
        value = _op_value(item, frame)
        if item.name is None:
            positional.append(value)
        else:
            named[item.name] = value
    if is_poisoned(positional) or is_poisoned(list(named.values())) or frame.body is None:
        return POISON
    return apply_op(function, positional, named, call.span, frame, given)


def _op_value(item: Given, frame: Frame) -> Any:
    from netdsl.catalog.signature import dtype_names

    if isinstance(item.value, Identifier):
        if item.value.name in dtype_names():
            return item.value.name
        return ev.unknown_name(item.span, item.value.name, frame)
    return item.value


def slice_tensor(tensor: Tensor, index: Any, span: Span, frame: Frame) -> Any:
    """Take `x[index]` of a tensor."""
    return apply_op("getitem", [tensor, index], {}, span, frame)
