"""Uses of blocks and models: arguments bound, a body run in its own scope or a model applied as one layer."""

from __future__ import annotations

from dataclasses import replace

from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments import tensor_types as types
from netdsl.elaborate.arguments.arriving_tensors import (
    has_inputs,
    is_one_tensor,
    lacks_input,
    match_inputs,
    report_inputs,
)
from netdsl.elaborate.arguments.held_layers import check_parameters
from netdsl.elaborate.chains import assertions, models
from netdsl.elaborate.chains.bodies import (
    check_facts,
    given_by,
    predefine_as,
    run_body,
    run_early,
)
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.layers.samples import keep_apart_in_own
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.plans.ordering import Arrangement
from netdsl.elaborate.remedies import training_mode as modes
from netdsl.elaborate.remedies import unfinished
from netdsl.elaborate.scope.entities import (
    POISON,
    BlockRef,
    Given,
    ModelRef,
    NamedOutputs,
    Tensor,
    is_poisoned,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Body, Frame
from netdsl.elaborate.scope.limits import BLOCK_STEPS, MAX_DEPTH, NeverEnds
from netdsl.graph import Graph, Operation, Use
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec
from netdsl.value import Value


def apply_block(
    call: tree.Call, second: tree.Call | None, ref: BlockRef, arriving: Value, frame: Frame
) -> Value:
    """Use a block: its layers join the graph under the name of this use."""
    node = ref.symbol.node
    assert isinstance(node, tree.Block)
    session = frame.session
    home = session.root(ref.symbol.unit)
    bound = parameters.bind_parameters(
        node.name, node.parameters, call, frame, home, takes_tensors=True
    )
    extra, fine = layers.call_time_arguments(second, frame)
    outer = frame.body
    if outer is not None and not outer.runs and isinstance(node.body, tree.Body):
        inputs = [s.name for s in node.body.statements if isinstance(s, tree.Input)]
        has_inputs(node.name, inputs, extra, frame)
    if bound is None or not fine or outer is None or not outer.runs:
        return POISON
    if not check_parameters(node, bound, home):
        return POISON
    name = layers.stage_name(call, frame, snake_case(node.name))
    body = Body(
        outer.graph,
        session.plan(node, ref.symbol.unit),
        name,
        (*outer.via, (call.span, node.name)),
        (*outer.path, name),
        outer.shared,
        outer.trainable and parameters.is_trainable(call, frame, node),
        step=Use(
            node.name,
            name,
            parameters.given_values(node.parameters, call, bound),
            call.span,
            frame.step,
        ),
    )
    inner = Frame(session, ref.symbol.unit, home, bound, body)
    session.budget.step(BLOCK_STEPS)
    session.budget.depth += 1
    try:
        if session.budget.depth > MAX_DEPTH:
            raise NeverEnds(node.name, "is used within itself", outer.via)
        given = _run_block(node, arriving, extra, inner, frame, second or call)
        _note_given(given, node.name, call.span, outer.graph)
        return given
    finally:
        session.budget.depth -= 1


def _note_given(given: Value, block: str, use: Span, graph: Graph) -> None:
    """Note what left a use of a block: where it leads nowhere, that is said of the use."""
    named = (
        zip(given, given.names, strict=True) if isinstance(given, NamedOutputs) else [(given, None)]
    )
    for value, name in named:
        for tensor in tensors_in(value):
            graph.given_by[tensor.ref.node] = use, name or block


def _run_block(
    node: tree.Block,
    arriving: Value,
    extra: list[Given],
    inner: Frame,
    frame: Frame,
    use: tree.Call,
) -> Value:
    inner_body = inner.body
    assert inner_body is not None
    if not isinstance(node.body, tree.Body):
        if extra:
            text, help_, fix = f"takes one tensor, `{extra[0].name}` is given too", "", None
            if extra[0].name == modes.NAME:
                help_, fix = modes.way_out(extra[0], frame)
            report_inputs(node.name, text, extra[0].span, frame, help_, fix)
            return POISON
        inner.arriving = arriving
        inner_body.inputs = (arriving,)
        predefine_as(node.body, inner)
        return frame.session.interpreter.run(node.body, arriving, inner)
    arranged = inner.session.arranged(node.body)
    if not arranged.inputs and lacks_input(node, inner):
        return POISON
    bound = match_inputs(
        node.name, [i.name for i in arranged.inputs], arriving, extra, use.span, frame
    )
    if bound is None:
        return POISON
    early = run_early(arranged, inner)
    for written in arranged.inputs:
        value = bound[written.name]
        inner.variables[written.name] = value
        if written.type is None:
            continue
        if not is_one_tensor(value, node.name, written.name, use.span, frame):
            inner.variables[written.name] = POISON
            types.poison_symbols(written.type, inner)
        elif not types.match_type(written.type, value.spec, inner, node.name, use.span):
            return POISON
    inner_body.inputs = tensors = tuple(bound[i.name] for i in arranged.inputs)
    if tensors:
        inner.arriving = tensors[0] if len(tensors) == 1 else list(tensors)
    if not assertions.takes_what_arrives(arranged, inner):
        return POISON
    first = len(inner_body.graph.nodes)
    run_body(node.body, arranged, inner, early)
    check_facts(arranged, inner, lambda: inner_body.graph.nodes[first:])
    return block_outputs(node, arranged, inner)


def block_outputs(node: tree.Block | tree.Model, arranged: Arrangement, inner: Frame) -> Value:
    """Give what leaves a body: the one output, or all of them in order with their names."""
    if not arranged.outputs:
        if not inner.session.diagnostics.has_errors:
            inner.report(unfinished.no_output(node, "nothing leaves this block"))
        return POISON
    return given_by(arranged, inner)


def apply_model(
    call: tree.Call, second: tree.Call | None, ref: ModelRef, arriving: Value, frame: Frame
) -> Value:
    """Use a model as a layer of another: one node, with the model's own graph inside."""
    body = frame.body
    extra, fine = layers.call_time_arguments(second, frame)
    instance = models.instantiate(ref, call, frame)
    if instance is None or body is None:
        return POISON
    graph = instance.graph
    names = [graph.nodes[i].name for i in graph.inputs]
    if not fine or is_poisoned(arriving):
        has_inputs(instance.node.name, names, extra, frame)
        return POISON
    given = match_inputs(instance.node.name, names, arriving, extra, call.span, frame)
    if given is None or not graph.outputs:
        return POISON
    values: list[Tensor] = []
    for input_name in names:
        value = given[input_name]
        if not is_one_tensor(value, instance.node.name, input_name, call.span, frame):
            return POISON
        values.append(value)
    if not keep_apart_in_own(instance.node.name, values, (), call.span, frame):
        return POISON
    outputs = _checked_outputs(instance, values, call.span, frame)
    if outputs is None or len(outputs) < len(graph.outputs):
        return POISON
    name = layers.stage_name(call, frame, snake_case(instance.node.name))
    operation = None if body.shared is None else body.shared.get(name)
    if operation is None:
        # What its layers share among themselves is another's in each model that is made of it.
        weights = tuple(replace(w, variable=None) for w in models.model_weights(graph))
        frame.session.budget.step(len(weights))
        trainable = body.trainable and parameters.is_trainable(call, frame, instance.node)
        operation = Operation(
            name,
            instance.node.name,
            "model",
            instance.hyperparameters,
            {},
            weights,
            trainable,
            graph=graph,
            span=call.span,
            written=call,
        )
        made_once.keep(operation, body, arriving)
    inference = models.model_inference(outputs, operation.weights, graph)
    positional: list[Value] = [values[0] if len(values) == 1 else [*values]]
    result = layers.add_node(operation, positional, {}, inference, call.span, frame)
    return NamedOutputs.of(result, list(graph.outputs)) if isinstance(result, list) else result


def _checked_outputs(
    instance: models.ModelInstance, values: list[Tensor], span: Span, frame: Frame
) -> list[TensorSpec] | None:
    """Check what arrives against the model's inputs, and give its outputs for those sizes."""
    declared = [instance.graph.nodes[i].flat_outputs[0] for i in instance.graph.inputs]
    arriving = [value.spec for value in values]
    for wanted, spec, value in zip(declared, arriving, values, strict=True):
        problem = models.input_mismatch(wanted, spec)
        if problem is not None:
            frame.report(
                shape_problems.IncompatibleShape.at(
                    span,
                    problem,
                    layer=instance.node.name,
                    related=input_labels(value, frame, span),
                )
            )
            return None
    return models.outputs_for(instance, declared, arriving, frame)
