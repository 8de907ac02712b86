"""Networks of `keras.applications` as one layer: `applications.ResNet50(include_top=False)`.

A second pair of parentheses cuts the network at named layers, for a pyramid of features:
`applications.ResNet50(include_top=False)(outputs=["conv3_block4_out", "conv4_block6_out"])` gives two tensors, and
`(outputs={"c3": "conv3_block4_out", "c4": "conv4_block6_out"})` gives them by names of the user's own.
"""

from __future__ import annotations

from typing import TypeAlias, TypeGuard

from netdsl.catalog.application_records import application_names, layer_names
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
from netdsl.elaborate.remedies import feature_maps
from netdsl.elaborate.remedies import training_mode as modes
from netdsl.elaborate.remedies.argument_fixes import moved_behind
from netdsl.elaborate.scope.entities import POISON, NamedOutputs, Tensor, is_poisoned, short
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value

#: The layers that a network is cut at: one, several in order, or several by other names.
Cuts: TypeAlias = str | tuple[str, ...] | dict[str, str]


def apply_application(
    call: tree.Call, second: tree.Call | None, name: str, arriving: Value, frame: Frame
) -> Value:
    """Apply a network; POISON after reporting what Keras would refuse."""
    found = signature("application", name)
    if found is None:
        return _unknown(call, name, frame)
    label = f"applications.{name}"
    if second is None and any(a.name == "outputs" for a in call.arguments):
        return _cut_in_the_first(call, label, frame)
    prepared = binding.bind_call(
        call, found, {}, frame, label=label, leave_out=("name", "trainable")
    )
    cuts = _cuts(second, label, frame)
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
    applied = _infer(prepared, name, cuts, second, arriving, frame)
    if applied is None:
        return POISON
    frame.demand(applied.demands, call.span)
    return _add(prepared, call, (second or call).span, name, cuts, applied, arriving, frame)


def _cut_in_the_first(call: tree.Call, label: str, frame: Frame) -> Value:
    """Report `applications.ResNet50(outputs=[…])`: the network is made first, then it is cut."""
    place = next(a.name_span or a.span for a in call.arguments if a.name == "outputs")
    fix = moved_behind(call, "outputs", "outputs")
    said = "it goes into a second pair of parentheses"
    frame.report(
        argument_problems.UnknownArgument.at(
            place, said, layer=label, argument="outputs", help=fix.text if fix else said, fix=fix
        )
    )
    return POISON


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


def _cuts(second: tree.Call | None, label: str, frame: Frame) -> Cuts | None:
    """Read `(outputs=…)`: a name, several, or none; None after reporting."""
    given, fine = layers.call_time_arguments(second, frame)
    if not fine:
        return None
    for item in given:
        if item.name != "outputs":
            help_, fix = modes.way_out(item, frame) if item.name == modes.NAME else ("", None)
            if item.name is None:
                start = Span(item.span.file, item.span.start, item.span.start)
                fix = Fix((Edit(start, "outputs="),), safe=True)
                help_ = f"write `outputs={short(item.span.text)}`"
            frame.report(
                argument_problems.UnknownArgument.at(
                    item.name_span or item.span,
                    "the second pair of parentheses takes `outputs`, the layers to cut at",
                    layer=label,
                    argument=item.name or short(item.span.text),
                    help=help_,
                    fix=fix,
                )
            )
            return None
        value = tuple(item.value) if isinstance(item.value, list) else item.value
        if not _names_layers(value):
            frame.report(
                argument_problems.WrongArgument.at(
                    item.span,
                    "`outputs` takes the name of a layer, a list of them, or a dict of them by names of your own",
                    layer=label,
                    argument="outputs",
                )
            )
            return None
        return value
    return ()


def _names_layers(value: Value) -> TypeGuard[Cuts]:
    if isinstance(value, dict):
        names = [*value, *value.values()]
        return bool(value) and all(isinstance(item, str) for item in names)
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _listed(cuts: Cuts) -> tuple[str, ...]:
    """Give the layers whose maps are wanted, in order."""
    return (
        (cuts,)
        if isinstance(cuts, str)
        else tuple(cuts.values() if isinstance(cuts, dict) else cuts)
    )


def _as_value(cuts: Cuts | None) -> Value:
    return dict(cuts.items()) if isinstance(cuts, dict) else cuts or None


def _infer(
    prepared: binding.Prepared,
    name: str,
    cuts: Cuts | None,
    second: tree.Call | None,
    arriving: Tensor,
    frame: Frame,
) -> Applied | None:
    listed = _listed(cuts or ())
    outputs = (
        next((a.value for a in second.arguments if a.name == "outputs"), None) if second else None
    )
    names = layer_names(name, prepared.arguments) if outputs is not None else ()
    unknown = [cut for cut in listed if cut not in names]
    for cut in dict.fromkeys(unknown):
        assert outputs is not None
        feature_maps.report_layer(cut, name, names, outputs, frame)
    if unknown:
        return None
    key = (name, prepared.key, arriving.spec, listed)
    known = frame.session.networks.get(key) if prepared.key is not None else None
    if known is not None:
        return known
    try:
        applied = apply_network(name, prepared.arguments, arriving.spec, listed)
    except Refusal as refusal:
        _report(refusal, prepared, outputs, arriving, frame)
        return None
    if prepared.key is not None:
        frame.session.networks[key] = applied
    return applied


def _report(
    refusal: Refusal,
    prepared: binding.Prepared,
    outputs: tree.Expr | None,
    arriving: Tensor,
    frame: Frame,
) -> None:
    place = prepared.span
    if refusal.blames == "outputs" and outputs is not None:
        place = outputs.span
    elif isinstance(refusal.blames, str):
        place = prepared.spans.get(refusal.blames) or place
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
    cuts: Cuts | None,
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
        bound: dict[str, Value] = {
            **prepared.arguments,
            "outputs": _as_value(cuts),
            "inside": applied.inside,
        }
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
    several = not isinstance(cuts, str) and bool(cuts)
    outputs = applied.outputs if several else applied.outputs[0]
    inference = Inference(outputs, applied.weights, applied.macs)
    result = layers.add_node(operation, [arriving], {}, inference, span, frame)
    if several and isinstance(result, list) and not isinstance(cuts, str):
        return NamedOutputs.of(result, list(cuts or ()))
    return result
