"""Layers: running a kind's rule on what arrives, and adding the node.

`apply_layer` is what an arrow into `Conv2D(…)` does; a layer that is an argument is bound in `wrapped`. Rule results
are remembered for the session, so a block that is repeated a thousand times is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.every_call import run_rule
from netdsl.catalog.kind import Call, Identifier, Inference, Refusal, Structure
from netdsl.catalog.signature import signature
from netdsl.catalog.weight import distinct
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import names as name_problems
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems import structure as structure_problems
from netdsl.diagnostics.problems.shapes import BuildsButFails, MakesNoModel
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import binding, releases
from netdsl.elaborate.arguments.call_arguments import call_values, has_call_arguments
from netdsl.elaborate.arguments.parameters import evaluate_arguments
from netdsl.elaborate.layers import made_once, origins
from netdsl.elaborate.layers.built_before import first_inputs, infer_again
from netdsl.elaborate.layers.masks import with_masks, without_masks
from netdsl.elaborate.layers.samples import batch_for_weight, keep_apart_in_layer
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.remedies import candidates, provenance, unbound, uncalled
from netdsl.elaborate.scope.entities import (
    POISON,
    AlreadyTold,
    Given,
    KindRef,
    Tensor,
    is_layer,
    is_poisoned,
    refs_of,
    short,
    specs_of,
    spell_entity,
    tensors_in,
    thing_in,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.limits import LimitReached
from netdsl.elaborate.scope.values import ValueProblem, has_symbol
from netdsl.graph import Alone, Graph, Node, Operation, Ref, refs_in
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Value


def prepare(call: tree.Call, target: KindRef, frame: Frame) -> binding.Prepared | None:
    """Bind a layer's arguments; the stage's own `name` is not among them."""
    found = signature("layer", target.name)
    assert found is not None
    if target.definition is None:
        frame.report(
            name_problems.UnsupportedKind.at(
                call.function.span,
                "Keras has this class, the catalogue has no rule for it",
                name=target.name,
            )
        )
        return None
    overrides = target.definition.arguments
    return binding.bind_call(
        call,
        found,
        overrides,
        frame,
        label=target.name,
        definition=target.definition,
        leave_out=("name",),
    )


def checked_name(written: tree.Expr, value: Value, frame: Frame) -> str:
    """Report what is no name for Keras; empty where it is no string."""
    if not isinstance(value, str):
        if not is_poisoned(value) and value is not None:
            _report_name(written.span, f"a name is a string, this is {spell_entity(value)}", frame)
        return ""
    if "/" in value or not value:
        _report_name(written.span, "Keras takes no empty name and no `/` in one", frame)
    return value


def stage_name(call: tree.Node, frame: Frame, fallback: str) -> str:
    """Give the full name of the stage that stands here, in this turn of the loops around it."""
    body = frame.body
    assert body is not None
    planned = body.plan.of(call)
    if planned is None:
        base, indices = fallback, []
    else:
        base, indices = planned.base, frame.loop_indices(planned.loops)
        if planned.explicit is not None:
            value = ev.value_of(planned.explicit, frame)
            base = checked_name(planned.explicit, value, frame) or fallback
    parts = [body.prefix, base] if body.prefix else [base]
    name = "_".join([*parts, *(str(i) for i in indices)])
    around = body.graph.holds.get(body.prefix, "kind")
    body.graph.holds[name] = planned.within(around) if planned is not None else around
    return name


def inner_name(call: tree.Call, frame: Frame) -> str:
    """Give the `name` of a layer inside another, as it is written; empty where there is none."""
    written = next((a.value for a in call.arguments if a.name == "name"), None)
    if written is None:
        return ""
    return checked_name(written, ev.value_of(written, frame), frame)


def _report_name(span: Span, label: str, frame: Frame) -> None:
    help_ = 'write letters, digits and `_` in quotes: `name="stem_conv"`'
    problem = argument_problems.WrongArgument
    frame.report(problem.at(span, label, layer="a stage", argument="name", help=help_))


def call_time_arguments(call: tree.Call | None, frame: Frame) -> tuple[list[Given], bool]:
    """Evaluate the second pair of parentheses; tells whether all of it is usable."""
    if call is None:
        return [], True
    given = evaluate_arguments(call.arguments, frame)
    fine = True
    checked: list[Given] = []
    for item in given:
        value = _call_value(item, frame)
        fine = fine and not is_poisoned(value)
        checked.append(Given(item.name, value, item.span, item.name_span))
    return checked, fine


def _call_value(item: Given, frame: Frame) -> Value:
    """Give what a layer is called with: tensors and values; POISON after reporting anything else."""
    value = item.value
    if isinstance(value, Identifier):
        return unbound.unknown_name(item.span, value.name, frame)
    if has_symbol(value):
        problem = ValueProblem("the call of a layer takes no size that is not known", value)
        ev.report_value_problem(problem, item.span, frame)
        return POISON
    thing = thing_in(value)
    if thing is None:
        return value
    if is_layer(thing):
        return uncalled.not_applied(item.span, frame)
    label = f"this is {spell_entity(thing)}, a tensor or a value is needed"
    frame.report(structure_problems.WrongUse.at(item.span, label, name=short(item.span.text)))
    return POISON


def apply_layer(
    call: tree.Call, second: tree.Call | None, target: KindRef, arriving: Value, frame: Frame
) -> Value:
    """Apply a new layer to what arrives; POISON after reporting what stops it."""
    prepared = prepare(call, target, frame)
    extra, fine = call_time_arguments(second, frame)
    if prepared is None or not prepared.complete or not fine or is_poisoned(arriving):
        definition = None if prepared is None else prepared.definition
        found = None if definition is None else signature("layer", definition.name)
        if definition is not None and found is not None:
            has_call_arguments(definition, found, extra, frame)
        return POISON
    name = stage_name(call, frame, snake_case(target.name))
    return apply_prepared(prepared, name, arriving, extra, frame, second or call)


def apply_prepared(
    prepared: binding.Prepared,
    name: str,
    arriving: Value,
    extra: list[Given],
    frame: Frame,
    whole: tree.Call,
) -> Value:
    """Apply a bound layer under a name; `extra` are the call-time arguments, `whole` the call to blame."""
    body = frame.body
    definition = prepared.definition
    assert body is not None
    assert definition is not None
    found = signature("layer", definition.name)
    assert found is not None
    if frame.session.releases is not None:
        releases.check_call_arguments(found, extra, frame)
    positional, keywords = call_values(definition, found, arriving, extra, whole, frame)
    if positional is None or not keep_apart_in_layer(
        definition, positional, keywords.items(), whole.span, frame
    ):
        return POISON
    built = None if body.shared is None else body.shared.get(name)
    inference = _infer(prepared, built, arriving, positional, keywords, extra, frame, whole)
    if inference is None:
        return POISON
    if inference.no_model:
        help_ = f"hold it in a layer that runs it: `Pipeline([{prepared.label}(…)])`"
        label = inference.no_model
        frame.report(MakesNoModel.at(prepared.span, label, layer=prepared.label, help=help_))
        return POISON
    for caveat in (*inference.caveats, *inference.unsaved):
        frame.report(BuildsButFails.at(whole.span, caveat, layer=prepared.label))
    operation = _operation(prepared, name, inference, frame, whole, arriving)
    if operation is None:
        return POISON
    return add_node(operation, positional, keywords, inference, whole.span, frame)


def _infer(
    prepared: binding.Prepared,
    built: Operation | None,
    arriving: Value,
    positional: list[Value],
    keywords: dict[str, Value],
    extra: list[Given],
    frame: Frame,
    whole: tree.Call,
) -> Inference | None:
    definition, body = prepared.definition, frame.body
    assert definition is not None
    spreads = definition.takes == "positional"
    inputs = tuple(
        t.spec for value in (positional if spreads else positional[:1]) for t in tensors_in(value)
    )
    is_list = isinstance(positional[0], (list, tuple)) or (spreads and len(positional) > 1)
    if definition.takes == "one" and isinstance(arriving, (list, tuple)) and len(inputs) == 1:
        label, fix = "takes a tensor, a list of one arrives", None
        if whole.span.before.rstrip().endswith("->"):
            start = Span(whole.span.file, whole.span.start, whole.span.start)
            fix = Fix(
                (Edit(start, "_[0] -> "),), safe=True, text="take the only one: `-> _[0]` before it"
            )
        help_ = fix.text if fix is not None else "take the only one, `x[0]`"
        frame.report(
            shape_problems.SeveralInputs.at(
                whole.span, label, layer=prepared.label, help=help_, fix=fix
            )
        )
        return None
    call_arguments = {k: specs_of(v) for k, v in keywords.items()}
    if not spreads and len(positional) > 1:
        found = signature("layer", definition.name)
        assert found is not None
        names = [p.name for p in found.call_parameters]
        call_arguments |= {
            names[i]: specs_of(v) for i, v in enumerate(positional) if 0 < i < len(names)
        }
    key = None
    if prepared.key is not None and built is None and _is_plain(call_arguments):
        key = (prepared.key, definition.name, inputs, is_list, tuple(call_arguments.items()))
        cached = frame.session.inferences.get(key)
        if cached is not None:
            inference, demands = cached
            frame.demand(demands, whole.span)
            return inference
    if len(inputs) > 1:
        frame.session.budget.types(inputs)
    call = Call(
        definition, prepared.arguments, inputs, is_list, call_arguments, frozenset(prepared.written)
    )
    try:
        first: tuple[TensorSpec, ...] = ()
        if built is not None and body is not None:
            first = first_inputs(built, body.graph) or built.made_for
        inference = with_masks(call, infer_again(call, first) if first else run_rule(call))
    except OverflowError:
        raise LimitReached("numbers too large to work with") from None
    except AlreadyTold:
        return None
    except Refusal as refusal:
        _report_refusal(refusal, prepared, positional, extra, whole, frame)
        return None
    if key is not None:
        frame.session.inferences[key] = (inference, tuple(call.demands))
    frame.demand(call.demands, whole.span)
    return inference


def _is_plain(call_arguments: Mapping[str, Value]) -> bool:
    return all(isinstance(value, (TensorSpec, bool)) for value in call_arguments.values())


def _report_refusal(
    refusal: Refusal,
    prepared: binding.Prepared,
    positional: list[Value],
    extra: list[Given],
    whole: tree.Call,
    frame: Frame,
) -> None:
    span = prepared.span
    if isinstance(refusal.blames, str):
        by_name = {g.name: g.span for g in extra if g.name}
        span = by_name.get(refusal.blames) or prepared.spans.get(refusal.blames) or prepared.span
    facts = {"layer": prepared.label, "argument": refusal.blames or ""} | refusal.facts
    assert frame.body is not None
    help_ = batch_for_weight(refusal, positional, frame)
    fix = None
    if not help_:
        help_ = candidates.in_words(refusal, prepared, positional, frame.unit.module)
        fix = candidates.propose(
            refusal, prepared, positional, frame.body.graph, extra, frame.unit.module
        )
    related = refusal_labels(refusal, positional, frame, span)
    frame.report(
        refusal.problem.at(span, refusal.label, help=help_, related=related, fix=fix, facts=facts)
    )


def refusal_labels(
    refusal: Refusal, positional: list[Value], frame: Frame, culprit: Span
) -> list[Label]:
    """Say what arrives from where, or, where two sizes differ, which layers made them differ."""
    body = frame.body
    assert body is not None
    tensors = list(tensors_in(positional))
    if len(refusal.differs) == 2 and all(i < len(tensors) for i, _ in refusal.differs):
        left, right = ((tensors[i].ref, axis) for i, axis in refusal.differs)
        labels = provenance.difference_labels(body.graph, left, right)
        if labels:
            return labels
    return origins.input_labels(positional, frame, culprit)


def _operation(
    prepared: binding.Prepared,
    name: str,
    inference: Inference,
    frame: Frame,
    whole: tree.Call,
    arriving: Value,
) -> Operation | None:
    body = frame.body
    assert body is not None
    assert prepared.definition is not None
    weights = distinct(inference.weights)
    if body.shared is not None and name in body.shared:
        operation = body.shared[name]
        return (
            operation
            if made_once.fits_again(operation, weights, arriving, whole.span, frame)
            else None
        )
    trainable = bool(prepared.arguments.get("trainable", True)) and body.trainable
    arguments = dict(prepared.written)
    if not body.trainable:
        arguments["trainable"] = False
    operation = Operation(
        name,
        prepared.definition.name,
        "layer",
        arguments,
        prepared.arguments,
        weights,
        trainable,
        prepared.definition,
        span=prepared.span,
        written=prepared.call,
    )
    return made_once.keep(operation, body, arriving)


def add_node(
    operation: Operation,
    positional: list[Value],
    keywords: Mapping[str, Value],
    inference: Inference,
    span: Span,
    frame: Frame,
) -> Value:
    """Add an application to the graph and give its outputs as tensors."""
    body = frame.body
    assert body is not None
    frame.session.budget.node()
    if operation.family != "layer":
        inference = without_masks(inference)
    node = Node(
        len(body.graph.nodes),
        operation,
        tuple(refs_of(v) for v in positional),
        {name: refs_of(v) for name, v in keywords.items()},
        inference.outputs,
        inference.macs,
        body.origin(span),
        path=body.path,
        within=frame.step,
        written=span,
        kept=inference.kept,
    )
    frame.session.budget.types(node.flat_outputs)
    node.alone = _alone(node, body.graph)
    body.graph.nodes.append(node)
    return output_tensors(node.id, inference.outputs)


def _alone(node: Node, graph: Graph) -> Alone:
    """Tell of what a node's tensors are made, where no sample arrives at it."""
    made_of = {graph.nodes[ref.node].alone for ref in refs_in((node.positional, node.keywords))}
    if node.operation.family == "weight":
        return "weight"
    if "" in made_of:
        return ""
    return "weight" if "weight" in made_of else "array"


def output_tensors(node: int, structure: Structure, path: tuple[int, ...] = ()) -> Value:
    """Give the tensors of a node's outputs, nested as its layer nests them."""
    if isinstance(structure, TensorSpec):
        return Tensor(Ref(node, path), structure)
    return [output_tensors(node, part, (*path, i)) for i, part in enumerate(structure)]
