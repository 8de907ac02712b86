"""Bodies: one use of a block, a model inside another, or a shared layer.

A body's statements are executed in the order that `arrange` found. Each kind of statement has a small function;
one that cannot be carried out poisons the names it binds, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import arriving_tensors as arrivals
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments import tensor_types as types
from netdsl.elaborate.arguments.arriving_tensors import (
    is_one_tensor,
    lacks_input,
    match_inputs,
    report_inputs,
)
from netdsl.elaborate.arguments.held_layers import check_parameters
from netdsl.elaborate.chains import assertions, loops, models
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.plans.ordering import Arrangement, Step
from netdsl.elaborate.remedies import candidates, unbound
from netdsl.elaborate.remedies import training_mode as modes
from netdsl.elaborate.remedies.unpacking import change_names
from netdsl.elaborate.scope.entities import (
    POISON,
    BlockRef,
    FunctionValue,
    Given,
    ModelRef,
    NamedOutputs,
    NotTaken,
    SharedLayer,
    Tensor,
    is_poisoned,
    is_tensorial,
    spell_entity,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Body, Frame, add_defaults
from netdsl.elaborate.scope.limits import BLOCK_STEPS, MAX_DEPTH, LimitReached
from netdsl.elaborate.scope.untold import require_told
from netdsl.graph import Graph, Node, Operation, Unread
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, names_after_as, pattern_names
from netdsl.tensor import spell_shape


def apply_block(
    call: tree.Call, second: tree.Call | None, ref: BlockRef, arriving: Any, frame: Frame
) -> Any:
    """Use a block: its layers join the graph under the name of this use."""
    node = ref.symbol.node
    assert isinstance(node, tree.Block)
    session = frame.session
    home = session.root(ref.symbol.unit)
    bound = parameters.bind_parameters(node.name, node.parameters, call, frame, home)
    extra, fine = layers.call_time_arguments(second, frame)
    outer = frame.body
    if bound is None or not fine or outer is None or not outer.runs:
        return POISON
    if not check_parameters(node, bound, home):
        return POISON
    name = layers.stage_name(call, frame, snake_case(node.name))
    body = Body(
        outer.graph,
        session.plan(node.body, ref.symbol.unit, in_model=False),
        name,
        (*outer.via, (call.span, node.name)),
        (*outer.path, name),
        outer.shared,
        outer.trainable and parameters.is_trainable(call, frame),
    )
    inner = Frame(session, ref.symbol.unit, home, bound, body)
    session.budget.step(BLOCK_STEPS)
    session.budget.depth += 1
    try:
        if session.budget.depth > MAX_DEPTH:
            raise LimitReached(
                f"`{node.name}` is used within itself more than {MAX_DEPTH} levels deep"
            )
        given = _run_block(node, arriving, extra, inner, frame, second or call)
        _note_given(given, node.name, call.span, outer.graph)
        return given
    finally:
        session.budget.depth -= 1


def _note_given(given: Any, block: str, use: Span, graph: Graph) -> None:
    """Note what left a use of a block: where it leads nowhere, that is said of the use."""
    named = (
        zip(given, given.names, strict=True) if isinstance(given, NamedOutputs) else [(given, None)]
    )
    for value, name in named:
        for tensor in tensors_in(value):
            graph.given_by[tensor.ref.node] = use, name or block


def _run_block(
    node: tree.Block, arriving: Any, extra: list[Given], inner: Frame, frame: Frame, use: tree.Call
) -> Any:
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
        if not is_one_tensor(node.name, written.name, value, use.span, frame):
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


def block_outputs(node: tree.Block | tree.Model, arranged: Arrangement, inner: Frame) -> Any:
    """Give what leaves a body: the one output, or all of them in order with their names."""
    outputs = [inner.variables.get(output_key(o), POISON) for o in arranged.outputs]
    if not outputs:
        if not inner.session.diagnostics.has_errors:
            from netdsl.elaborate.remedies.unfinished import no_output

            inner.report(no_output(node, "nothing leaves this block"))
        return POISON
    if len(outputs) == 1:
        return outputs[0]
    return NamedOutputs.of(outputs, [output_name(o) for o in arranged.outputs])


def output_key(output: tree.Output) -> str:
    """Where a frame keeps an output that has no name of its own: a key that no spec can spell."""
    return output.name or f"output at {output.span.start}"


def output_name(output: tree.Output) -> str | None:
    """Give an output's name: its own, or that of the tensor it names."""
    if output.name is not None:
        return output.name
    value = output.value
    if isinstance(value, tree.Name):
        return value.id
    if isinstance(value, tree.Attribute):
        return value.name
    if isinstance(value, tree.Pipe) and isinstance(value.stages[-1], tree.As):
        return value.stages[-1].name
    return None


# -- statements ---------------------------------------------------------------------------------


def run_early(arranged: Arrangement, frame: Frame) -> frozenset[int]:
    """Execute the constants and functions that need no tensor, so that the types of inputs may use them.

    Gives the numbers of the steps that are done.
    """
    typed = {
        name
        for written in arranged.inputs
        if written.type is not None
        for name in free_names(written.type)
    }
    if not typed:
        return frozenset()
    steps = arranged.steps
    constants = {
        name
        for step in steps
        if isinstance(step.statement, (tree.Let, tree.Function))
        for name in step.defines
    }
    waiting = {name for step in steps for name in step.defines} | (typed - constants)
    done: set[int] = set()
    for number, step in enumerate(steps):
        if isinstance(step.statement, (tree.Let, tree.Function)) and not waiting & step.uses.keys():
            frame.session.place = step.statement.span
            _run_statement(step, frame)
            waiting -= step.defines.keys()
            done.add(number)
    return frozenset(done)


def run_body(
    body: tree.Body, arranged: Arrangement, frame: Frame, done: frozenset[int] = frozenset()
) -> None:
    """Execute a body's statements but those `done` already and the assertions; inputs are bound."""
    add_defaults(frame, body.statements)
    if arranged.twice or arranged.cycles:
        from netdsl.elaborate.remedies.rebinding import report_order

        report_order(arranged, frame)
    for step in arranged.stuck:
        frame.variables.update(dict.fromkeys(step.defines, POISON))
    for number, step in enumerate(arranged.steps):
        if number in done or isinstance(step.statement, tree.Assert):
            continue
        frame.session.place = step.statement.span
        _run_statement(step, frame)
    _note_unread(arranged, frame)
    from netdsl.elaborate.chains.unused import check_unused  # which asks for stages

    check_unused(arranged, frame)


def _note_unread(arranged: Arrangement, frame: Frame) -> None:
    body = frame.body
    assert body is not None
    for name, place, is_part in arranged.unread:
        nodes = frozenset(t.ref.node for t in tensors_in(frame.variables.get(name)))
        if nodes:
            body.graph.unread.append(Unread(name, body.origin(place), nodes, is_part))


def check_facts(arranged: Arrangement, frame: Frame, nodes: Callable[[], list[Node]]) -> None:
    """Check a body's assertions; `nodes` gives those that `params` and `macs` count."""
    facts: Frame | None = None
    for step in arranged.steps:
        if isinstance(step.statement, tree.Assert):
            frame.session.place = step.statement.span
            facts = facts or frame.inner(assertions.facts_of(nodes()))
            assertions.check(step.statement, facts)


def _run_statement(step: Step, frame: Frame) -> None:
    statement = step.statement
    match statement:
        case tree.Let(_, name, value):
            frame.variables[name] = _value(value, frame)
            require_told(frame.variables[name], statement.span, frame)
        case tree.Function(_, name):
            frame.variables[name] = FunctionValue(statement, frame)
        case tree.LayerDecl(_, name):
            around = frame.body.shared if frame.body is not None else None
            made = (
                {} if around is None else around
            )  # in a block that is itself shared: once for all
            frame.variables[name] = SharedLayer(statement, frame, made)
        case tree.Bind():
            predefine_as(statement.value, frame)
            _bind(statement, _tensor_value(statement, statement.value, frame), frame)
        case tree.Output():
            predefine_as(statement.value, frame)
            frame.variables[output_key(statement)] = _tensor_value(
                statement, statement.value, frame
            )
        case tree.Input() | tree.Defaults() | tree.Assert():
            pass


def _value(expr: tree.Expr, frame: Frame) -> Any:
    value = unbound.known_or_reported(expr, ev.evaluate(expr, frame), frame)
    if is_tensorial(value) and not is_poisoned(value) and value:
        before = expr.span.file.text[: expr.span.start]
        word = Span(expr.span.file, before.rfind("let "), before.rfind("let ") + len("let "))
        frame.report(
            problems.WrongUse.at(
                expr.span,
                "`let` names a value, this is a tensor",
                name="let",
                help="leave out `let`",
                fix=Fix((Edit(word, ""),), safe=True),
            )
        )
        return POISON
    return value


def predefine_as(expr: tree.Expr, frame: Frame) -> None:
    """A name that `as` gives in a branch exists also where the branch is not taken, as nothing."""
    for name in names_after_as(expr):
        frame.variables.setdefault(name, NotTaken(name)) if name != "_" else None


def _tensor_value(statement: tree.Bind | tree.Output, expr: tree.Expr, frame: Frame) -> Any:
    value = ev.evaluate(expr, frame)
    require_told(value, statement.span, frame)
    if is_tensorial(value) or (value == [] and isinstance(expr, tree.Comprehension)):
        return value  # a list of tensors, if of none
    if isinstance(statement, tree.Bind) and isinstance(
        value, (int, float, str, bool, list, tuple, dict)
    ):
        return _report_forgotten_let(statement, value, frame)
    return arrivals.check_source(expr, value, frame)


def _report_forgotten_let(statement: tree.Bind, value: Any, frame: Frame) -> Any:
    start = Span(statement.span.file, statement.span.start, statement.span.start)
    frame.report(
        problems.NotATensor.at(
            statement.value.span,
            f"this is {spell_entity(value)}, and a binding without `let` names a tensor",
            help=f"write `let {' '.join(statement.span.text.split())[:60]}`",
            fix=Fix((Edit(start, "let "),), safe=True),
        )
    )
    if isinstance(statement.target, tree.NamePattern):
        return value
    return POISON


def _bind(statement: tree.Bind, value: Any, frame: Frame) -> None:
    target = statement.target
    if isinstance(target, tree.NamePattern):
        if target.id != "_":
            frame.variables[target.id] = value
        return
    if isinstance(value, type(POISON)):
        frame.variables.update(dict.fromkeys(pattern_names(target), POISON))
        return
    if isinstance(value, Tensor):
        assert frame.body is not None
        frame.report(
            problems.WrongUnpacking.at(
                target.span,
                f"{len(target.parts)} names for one tensor {spell_shape(value.spec.shape)}",
                related=layers.input_labels(value, frame, target.span),
                help="it gives one tensor: write one name",
                fix=first_that_helps(
                    [
                        candidates.return_state(value, frame.body.graph),
                        change_names(target, value),
                    ]
                ),
            )
        )
        frame.variables.update(dict.fromkeys(pattern_names(target), POISON))
        return
    frame.variables.update(loops.match_pattern(target, value, frame))


# -- models as layers ---------------------------------------------------------------------------


def apply_model(
    call: tree.Call, second: tree.Call | None, ref: ModelRef, arriving: Any, frame: Frame
) -> Any:
    """Use a model as a layer of another: one node, with the model's own graph inside."""
    body = frame.body
    extra, fine = layers.call_time_arguments(second, frame)
    instance = models.instantiate(ref, call, frame)
    if instance is None or not fine or body is None or is_poisoned(arriving):
        return POISON
    graph = instance.graph
    names = [graph.nodes[i].name for i in graph.inputs]
    given = match_inputs(instance.node.name, names, arriving, extra, call.span, frame)
    if given is None or not graph.outputs:
        return POISON
    values = [given[name] for name in names]
    if not all(is_one_tensor(instance.node.name, n, given[n], call.span, frame) for n in names):
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
        trainable = body.trainable and parameters.is_trainable(call, frame)
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
        )
        made_once.keep(operation, body, arriving)
    inference = models.model_inference(outputs, operation.weights, graph)
    positional = [values[0] if len(values) == 1 else list(values)]
    result = layers.add_node(operation, positional, {}, inference, call.span, frame)
    if len(outputs) == 1:
        return result
    return NamedOutputs.of(list(result), list(graph.outputs))


def _checked_outputs(
    instance: models.ModelInstance, values: list[Tensor], span: Span, frame: Frame
) -> list[Any] | None:
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
                    related=layers.input_labels(value, frame, span),
                )
            )
            return None
    return models.outputs_for(instance, declared, arriving, frame)
