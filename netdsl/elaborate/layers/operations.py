"""Functions of `keras.ops` applied to tensors: `x * 2.0`, `ops.reshape((-1, 49))`, `x[:, 0]`.

The rules of the functions are the catalogue's (`catalog/operations/`); here their calls become nodes. An
operation has no weights, and Keras names it by itself.

A function that is given no tensor (`ops.arange(50)`) is computed by Keras at once and gives an array. A layer
applied to an array is run at once too, and the model would know nothing of its weights. Such a source is therefore
tied to an input of the body it stands in (`Node.tied_to`), which makes it a tensor of the graph like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.catalog.every_call import no_negative_sizes
from netdsl.catalog.kind import Identifier, Inference, Refusal
from netdsl.catalog.operations import OpCall, operation_names, operation_rule, own_name
from netdsl.catalog.signature import dtype_names, names_and_aliases, signature
from netdsl.catalog.tensor_forms import check_function
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems.shapes import BuildsButFails
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments import releases
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers.anchors import anchor_of
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.layers.positions import refuse_unknown_count
from netdsl.elaborate.layers.samples import keep_apart_in_function
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import (
    POISON,
    Given,
    Tensor,
    is_poisoned,
    short,
    specs_of,
    tensors_in,
)
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.elaborate.scope.limits import LimitReached
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.places import gets_nothing_else
from netdsl.syntax.walk import reads_arriving
from netdsl.value import Value


def apply_op(
    function: str,
    positional: list[Value],
    named: dict[str, Value],
    span: Span,
    frame: Frame,
    places: Mapping[str, Span] | None = None,
    ways: Sequence[Fix] = (),
) -> Value:
    """Apply a function of `keras.ops`; POISON after reporting what Keras would refuse."""
    body = frame.body
    assert body is not None
    if operation_rule(function) is None:
        return _unknown(function, span, frame)
    call = OpCall(
        own_name(function),
        tuple(specs_of(v) for v in positional),
        {name: specs_of(v) for name, v in named.items()},
    )
    if frame.session.releases is not None:
        releases.check_function(function, positional, named, span, places or {}, frame)
    inference = _infer(call, function, positional, named, span, frame, places or {}, ways)
    given: list[Value] = [*positional, *named.values()]
    if inference is None or not keep_apart_in_function(
        own_name(function), given, inference, span, frame
    ):
        return POISON
    frame.demand(call.demands, span)
    tied_to = None
    if next(tensors_in(given), None) is None:
        anchor = anchor_of(f"ops.{function}", "Keras computes this at once", span, frame)
        if anchor is None:
            return POISON
        tied_to = anchor.ref
    operation = Operation(f"ops.{function}", f"ops.{function}", "op", span=span)
    result = layers.add_node(operation, positional, named, inference, span, frame)
    body.graph.nodes[-1].tied_to = tied_to
    return result


def _infer(
    call: OpCall,
    function: str,
    positional: list[Value],
    named: dict[str, Value],
    span: Span,
    frame: Frame,
    places: Mapping[str, Span],
    ways: Sequence[Fix],
) -> Inference | None:
    rule = operation_rule(function)
    assert rule is not None
    try:
        check_function(call.function, (t.spec for t in tensors_in([positional, [*named.values()]])))
        inference = no_negative_sizes(rule(call))
    except OverflowError:
        raise LimitReached("numbers too large to work with") from None
    except Refusal as refusal:
        place = places.get(refusal.blames, span) if isinstance(refusal.blames, str) else span
        facts = {"layer": _spelled(function), "argument": refusal.blames or "", **refusal.facts}
        related = input_labels([positional, list(named.values())], frame, place)
        fix = first_that_helps(ways)
        label, help_ = refusal.label, (fix.text if fix else "") or refusal.help
        frame.report(
            refusal.problem.at(place, label, help=help_, related=related, fix=fix, facts=facts)
        )
        return None
    for caveat in inference.caveats:
        frame.report(BuildsButFails.at(span, caveat, layer=_spelled(function)))
    return inference


def _spelled(function: str) -> str:
    """Name a function as a spec writes it: a slice has brackets."""
    return "x[…]" if function == "getitem" else f"ops.{function}"


def _unknown(function: str, span: Span, frame: Frame) -> Value:
    near = closest(function, operation_names())
    problem: type[Problem] = name_problems.UnknownStage
    label = "keras.ops has no such function"
    if function in names_and_aliases("op"):
        problem, label = (
            name_problems.UnsupportedKind,
            "the catalogue has no rule for this function",
        )
    help_, fix = "`netdsl layers ops` lists the functions there are", None
    if near:
        help_ = f"did you mean `ops.{near}`?"
        start = span.file.text.find(function, span.start, span.end)
        fix = Fix((Edit(Span(span.file, start, start + len(function)), near),), safe=True)
    frame.report(problem.at(span, label, name=f"ops.{function}", help=help_, fix=fix))
    return POISON


def call_op(call: tree.Call, function: str, arriving: Value, frame: Frame) -> Value:
    """Run `ops.function(arguments)`: what arrives is its first argument, unless `_` says where it goes."""
    if refuse_unknown_count(call, function, frame):
        return POISON
    comes = arriving
    if gets_nothing_else(call, starts=id(call) in frame.session.branch_starts):
        arriving = MISSING
    given = evaluate_arguments(call.arguments, frame)
    positional: list[Value] = [] if arriving is MISSING else [arriving]
    named: dict[str, Value] = {}
    for item in given:
        value = _op_value(item, frame)
        if item.name is None:
            positional.append(value)
        else:
            named[item.name] = value
    if is_poisoned(positional) or is_poisoned(list(named.values())) or frame.body is None:
        return POISON
    ways = _meant_otherwise(call, function, given, arriving, comes, frame)
    return apply_op(
        function, positional, named, call.span, frame, _places(function, given, arriving), ways
    )


def _meant_otherwise(
    call: tree.Call,
    function: str,
    given: list[Given],
    arriving: Value,
    comes: Value,
    frame: Frame,
) -> list[Fix]:
    """Say how a call is written that does not want what comes, or wants it in another place or once more."""
    ways: list[Fix] = []
    text = call.span.text
    if function == "shape" and len(given) == 1:
        ways.append(Fix((Edit(call.span, f"{given[0].span.text}.shape"),), safe=True))
    if comes is MISSING or (arriving is MISSING and (call.alone or len(given) != 1)):
        return ways
    if arriving is MISSING:
        place = call.arguments[0].span.start - call.span.start
        again = f"{text[:place]}_, {text[place:]}"
        why = "what arrives is where `_` stands, and nowhere else"
        return [*ways, Fix((Edit(call.span, again),), text=f"{why}: `{short(again)}`")]
    if id(call) in frame.session.branch_starts or reads_arriving(call):
        why = "in parentheses of its own it does not get what arrives"
        ways.append(Fix((Edit(call.span, f"({text})"),), text=f"{why}: `({short(text)})`"))
    first = given[0] if given else None
    if first is not None and first.name is None and first.value == arriving:
        start, after = call.arguments[0].span, call.arguments[1:2]
        rest = after[0].span.start if after else start.end
        shorter = f"{text[: start.start - call.span.start]}{text[rest - call.span.start :]}"
        why = "what arrives is its first argument"
        ways.append(Fix((Edit(call.span, shorter),), text=f"{why}: `{short(shorter)}`"))
    return ways


def _places(function: str, given: list[Given], arriving: Value) -> dict[str, Span]:
    """Tell where each argument is written; what arrives is the first one."""
    found = signature("op", function)
    names = iter(p.name for p in found.positional) if found is not None else iter(())
    if arriving is not MISSING:
        next(names, None)
    places = {item.name: item.span for item in given if item.name is not None}
    return {
        name: item.span
        for item, name in zip((g for g in given if g.name is None), names, strict=False)
    } | places


def _op_value(item: Given, frame: Frame) -> Value:
    if isinstance(item.value, Identifier):
        if item.value.name in dtype_names():
            return item.value.name
        return unbound.unknown_name(item.span, item.value.name, frame)
    return item.value


def slice_tensor(tensor: Tensor, index: Value, expr: tree.Subscript, frame: Frame) -> Value:
    """Take `x[index]` of a tensor; what is wrong with one part of the index is told at that part."""
    parts = expr.index.items if isinstance(expr.index, tree.TupleExpr) else (expr.index,)
    whole = expr.index.span
    places = {"key": whole} | {f"key {i}": part.span for i, part in enumerate(parts)}
    bare = index is None or isinstance(index, slice)
    rest = Fix((Edit(Span(whole.file, whole.end, whole.end), ", ..."),), safe=True)
    ways = [rest] if bare else []
    return apply_op("getitem", [tensor, index], {}, expr.span, frame, places, ways)
