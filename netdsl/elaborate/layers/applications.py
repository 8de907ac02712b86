"""Networks of `keras.applications` as one layer: `applications.ResNet50(include_top=False)`.

A second pair of parentheses cuts the network at named layers, for a pyramid of features:
`applications.ResNet50(include_top=False)(outputs=["conv3_block4_out", "conv4_block6_out"])` gives two tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from netdsl.catalog.application_records import application_names
from netdsl.catalog.applications import Applied, apply_network
from netdsl.catalog.kind import Inference, Refusal
from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.arguments import binding, parameters
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.remedies import training_mode as modes
from netdsl.elaborate.scope.entities import POISON, NamedOutputs, Tensor, is_poisoned
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value


def apply_application(
    call: tree.Call, second: tree.Call | None, name: str, arriving: Value, frame: Frame
) -> Value:
    """Apply a network; POISON after reporting what Keras would refuse."""
    found = signature("application", name)
    if found is None:
        return _unknown(call, name, frame)
    label = f"applications.{name}"
    prepared = binding.bind_call(
        call, found, {}, frame, label=label, leave_out=("name", "trainable")
    )
    cuts, spans = _cuts(second, label, frame)
    usable = (
        prepared is not None
        and prepared.complete
        and cuts is not None
        and not is_poisoned(arriving)
    )
    if not usable or frame.body is None:
        return POISON
    assert prepared is not None
    if not isinstance(arriving, Tensor):
        _report_several(call, label, arriving, frame)
        return POISON
    applied = _infer(prepared, name, cuts, spans, arriving, frame)
    if applied is None:
        return POISON
    frame.demand(applied.demands, call.span)
    return _add(prepared, call, (second or call).span, name, cuts, applied, arriving, frame)


def _unknown(call: tree.Call, name: str, frame: Frame) -> Value:
    near = closest(name, application_names())
    whole = call.function.span
    end = Span(whole.file, whole.end - len(name), whole.end)
    frame.report(
        name_problems.UnknownStage.at(
            whole,
            "keras.applications has no such network",
            name=f"applications.{name}",
            help=f"did you mean `applications.{near}`?" if near else "",
            fix=Fix((Edit(end, near),), safe=True) if near else None,
        )
    )
    return POISON


def _report_several(call: tree.Call, label: str, arriving: Value, frame: Frame) -> None:
    problem: type[Problem] = shape_problems.SeveralInputs
    text = "takes one image, several tensors arrive"
    if arriving is MISSING:
        problem, text = shape_problems.TooFewInputs, "takes an image, and no tensor arrives"
    frame.report(problem.at(call.function.span, text, layer=label))


def _cuts(
    second: tree.Call | None, label: str, frame: Frame
) -> tuple[str | tuple[str, ...] | None, Mapping[str, Span]]:
    """Read `(outputs=…)`: a name, several, or none; None after reporting."""
    given, fine = layers.call_time_arguments(second, frame)
    spans = {item.name: item.span for item in given if item.name}
    if not fine:
        return None, spans
    for item in given:
        if item.name != "outputs":
            help_, fix = modes.way_out(item, frame) if item.name == modes.NAME else ("", None)
            frame.report(
                argument_problems.UnknownArgument.at(
                    item.name_span or item.span,
                    "the second pair of parentheses takes `outputs`, the layers to cut at",
                    layer=label,
                    argument=item.name or "",
                    help=help_,
                    fix=fix,
                )
            )
            return None, spans
        value = tuple(item.value) if isinstance(item.value, list) else item.value
        if not _names_layers(value):
            frame.report(
                argument_problems.WrongArgument.at(
                    item.span,
                    "`outputs` takes the name of a layer, or a list of them",
                    layer=label,
                    argument="outputs",
                )
            )
            return None, spans
        return value, spans
    return (), spans


def _names_layers(value: Value) -> TypeGuard[str | tuple[str, ...]]:
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _infer(
    prepared: binding.Prepared,
    name: str,
    cuts: str | tuple[str, ...] | None,
    spans: Mapping[str, Span],
    arriving: Tensor,
    frame: Frame,
) -> Applied | None:
    listed = (cuts,) if isinstance(cuts, str) else cuts or ()
    key = (name, prepared.key, arriving.spec, listed)
    known = frame.session.networks.get(key) if prepared.key is not None else None
    if known is not None:
        return known
    try:
        applied = apply_network(name, prepared.arguments, arriving.spec, listed)
    except Refusal as refusal:
        _report(refusal, prepared, spans, arriving, frame)
        return None
    if prepared.key is not None:
        frame.session.networks[key] = applied
    return applied


def _report(
    refusal: Refusal,
    prepared: binding.Prepared,
    spans: Mapping[str, Span],
    arriving: Tensor,
    frame: Frame,
) -> None:
    place = prepared.span
    if isinstance(refusal.blames, str):
        place = spans.get(refusal.blames) or prepared.spans.get(refusal.blames) or place
    facts = {"layer": prepared.label, "argument": refusal.blames or "", **refusal.facts}
    related = input_labels([arriving], frame, place)
    frame.report(
        refusal.problem.at(place, refusal.label, help=refusal.help, related=related, facts=facts)
    )


def _add(
    prepared: binding.Prepared,
    call: tree.Call,
    span: Span,
    name: str,
    cuts: str | tuple[str, ...] | None,
    applied: Applied,
    arriving: Tensor,
    frame: Frame,
) -> Value:
    body = frame.body
    assert body is not None
    stage = layers.stage_name(call, frame, snake_case(name))
    operation = None if body.shared is None else body.shared.get(stage)
    if operation is None:
        trainable = body.trainable and parameters.is_trainable(call, frame)
        bound = {**prepared.arguments, "outputs": cuts or None, "inside": applied.inside}
        operation = Operation(
            stage,
            name,
            "application",
            prepared.written,
            bound,
            applied.weights,
            trainable,
            span=call.span,
            written=call,
        )
        made_once.keep(operation, body, arriving)
    outputs = applied.outputs if isinstance(cuts, tuple) and cuts else applied.outputs[0]
    inference = Inference(outputs, applied.weights, applied.macs)
    result = layers.add_node(operation, [arriving], {}, inference, span, frame)
    if isinstance(cuts, tuple) and cuts and isinstance(result, list):
        return NamedOutputs.of(result, list(cuts))
    return result
