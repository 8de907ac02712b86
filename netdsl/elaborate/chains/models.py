"""Models: from a declaration and its hyperparameters to a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netdsl.catalog.kind import Inference, Weight
from netdsl.catalog.weight import distinct
from netdsl.diagnostics.diagnostic import Label
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.problems.shapes import BuildsButFails
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments.held_layers import check_parameters, no_shared_layers
from netdsl.elaborate.arguments.parameter_types import check_setting, check_type
from netdsl.elaborate.chains import bodies, inputs
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.remedies import unfinished
from netdsl.elaborate.scope.entities import (
    POISON,
    Given,
    ModelRef,
    Tensor,
    is_poisoned,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Body, Frame, Session
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.elaborate.scope.limits import MAX_DEPTH, LimitReached, NeverEnds
from netdsl.elaborate.scope.value_keys import value_key
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import UNKNOWN, Dim, TensorSpec, equal, spell_shape
from netdsl.value import Value


@record(eq=False)
class ModelInstance:
    """A model at one set of hyperparameters."""

    node: tree.Model
    symbol: Symbol
    hyperparameters: dict[str, Value]
    graph: Graph


def resolve(
    symbol: Symbol, session: Session, above: tuple[Symbol, ...] = ()
) -> tuple[Symbol, dict[str, Value]] | None:
    """Follow `model A = B(args)` to the model with a body; gives it and the arguments set on the way."""
    node = symbol.node
    if isinstance(node, tree.Model):
        return symbol, {}
    assert isinstance(node, tree.SpecialisedModel)
    home = session.root(symbol.unit)
    if symbol in above:
        _report_cycle(above[above.index(symbol) :], session)
        return None
    if len(above) > MAX_DEPTH:
        raise LimitReached(f"more than {MAX_DEPTH} models that are made of one another")
    call = node.value
    function = call.function if isinstance(call, tree.Call) else call
    target = home.lookup(function.id) if isinstance(function, tree.Name) else None
    if not isinstance(call, tree.Call) or not isinstance(target, ModelRef):
        if not is_poisoned(target):
            home.report(unfinished.no_such_model(node, function, home))
        return None
    base = resolve(target.symbol, session, (*above, symbol))
    if base is None:
        return None
    own = _fixed(base[0], call, home)
    if own is None:
        return None
    session.hyperparameters.fixed[id(node)] = own
    return base[0], base[1] | own


def _report_cycle(cycle: tuple[Symbol, ...], session: Session) -> None:
    """Report models that are made of one another, at the first of them, wherever they were come upon."""
    first = min(cycle, key=lambda s: (s.unit.file.name, s.node.name_span.start))
    at = cycle.index(first)
    names = [symbol.name for symbol in (*cycle[at:], *cycle[:at], first)]
    label, help_ = "a model cannot be made from itself", "give it a body, or make it from another"
    if len(cycle) > 1:
        label = f"the cycle is {' -> '.join(names)}"
        help_ = "give one of them a body, or make it from another model"
    assert isinstance(first.node, tree.SpecialisedModel)
    place = first.node.value.span
    session.root(first.unit).report(problems.Cycle.at(place, label, name=first.name, help=help_))


def _fixed(base: Symbol, call: tree.Call, home: Frame) -> dict[str, Value] | None:
    """Give the hyperparameters that a specialisation fixes."""
    node = base.node
    assert isinstance(node, tree.Model)
    joined = parameters.join_arguments(node.name, node.parameters, call, home, is_stage=False)
    if joined is None:
        return None
    given, spans = joined
    found = {
        p.name: check_type(p, given[p.name], spans[p.name], node.name, home)
        for p in node.parameters
        if parameters.is_given(p, given, node.parameters)
    }
    return None if any(value is POISON for value in found.values()) else found


def instantiate(ref: ModelRef, call: tree.Call, frame: Frame) -> ModelInstance | None:
    """Give a model at the hyperparameters of a call."""
    resolved = resolve(ref.symbol, frame.session)
    if resolved is None:
        return None
    base, preset = resolved
    node = base.node
    assert isinstance(node, tree.Model)
    home = frame.session.root(base.unit)
    bound = parameters.bind_parameters(node.name, node.parameters, call, frame, home, preset)
    if bound is None or not check_parameters(node, bound, home):
        return None
    why = "a model makes its own layers, and this one is shared with what is around it"
    help_ = f"make `{node.name}` a block, whose layers join the model that it is used in"
    if not no_shared_layers(bound, call, frame, why, help_):
        return None
    via = (*(frame.body.via if frame.body is not None else ()), (call.span, node.name))
    return instance_of(base, bound, frame.session, via, ref.symbol.name)


def graph_of_use(ref: ModelRef, call: tree.Call, frame: Frame) -> Graph | None:
    """Give the graph of a model at the hyperparameters of a call; None where a mistake was reported."""
    made = instantiate(ref, call, frame)
    return None if made is None else made.graph


def instance_of(
    symbol: Symbol,
    bound: dict[str, Value],
    session: Session,
    via: tuple[tuple[Span, str], ...],
    name: str,
) -> ModelInstance:
    """Elaborate a model, once for each set of hyperparameters."""
    node = symbol.node
    assert isinstance(node, tree.Model)
    key = (id(node), name, value_key(bound))
    graph = session.graphs.get(key)
    if graph is None:
        session.budget.depth += 1
        try:
            if session.budget.depth > MAX_DEPTH:
                raise NeverEnds(node.name, "is used within itself", via)
            graph = elaborate_model(symbol, bound, session, via, name)
        finally:
            session.budget.depth -= 1
        session.graphs[key] = graph
    return ModelInstance(node, symbol, bound, graph)


def elaborate_model(
    symbol: Symbol,
    bound: dict[str, Value],
    session: Session,
    via: tuple[tuple[Span, str], ...],
    name: str,
    arriving: list[TensorSpec] | None = None,
) -> Graph:
    """Build the graph of a model; `arriving` puts other types in place of the declared inputs'."""
    node = symbol.node
    assert isinstance(node, tree.Model)
    graph = Graph(name, dict(bound), docstring=node.body.docstring, span=node.name_span)
    graph.tried = {
        p.name: (tried.kind, tried.values)
        for p in node.parameters
        if (tried := session.tried.get(id(p))) is not None
    }
    graph.drawing, graph.chains = session.drawing, session.chains
    graph.applied = session.applied
    plan = session.plan(node, symbol.unit)
    frame = Frame(
        session, symbol.unit, session.root(symbol.unit), dict(bound), Body(graph, plan, via=via)
    )
    arranged = session.arranged(node.body)
    early = bodies.run_early(arranged, frame)
    others = None if arriving is None else iter(arriving)
    for written in arranged.given:
        inputs.declare(written, frame, others)
    bodies.run_body(node.body, arranged, frame, early)
    _collect_outputs(node, frame)
    bodies.check_facts(arranged, frame, graph.needed_nodes)
    return graph


def _collect_outputs(node: tree.Model, frame: Frame) -> None:
    """Name the outputs, flatten those that are several tensors, and put them in the graph."""
    body = frame.body
    assert body is not None
    arranged = frame.session.arranged(node.body)
    body.graph.in_order = len(arranged.outputs) == 1 and bool(arranged.outputs[0].elements)
    if not arranged.outputs and frame.unit.is_broken:
        body.graph.complete = False
    elif not arranged.outputs:
        frame.report(unfinished.no_output(node, "nothing leaves this model"))
    for output in arranged.outputs:
        value = frame.variables.get(bodies.output_key(output), POISON)
        tensors = list(tensors_in(value))
        if is_poisoned(value) or not tensors:
            body.graph.complete = False
            continue
        _check_batch(output, tensors, frame)
        body.graph.listed.append(None if isinstance(value, Tensor) else len(tensors))
        for own, tensor in zip(_output_names(output, value, frame), tensors, strict=True):
            while own in body.graph.outputs:
                own = f"{own}_{len(body.graph.outputs)}"
            body.graph.outputs[own] = tensor.ref


def _output_names(output: tree.Output, value: Value, frame: Frame) -> list[str]:
    """Name the tensors of an output: numbered where it is a list with one name."""
    tensors = list(tensors_in(value))
    if output.elements:
        names = [name for item in output.elements for name in _element_names(item, frame)]
        names = names if len(names) == len(tensors) else [None] * len(tensors)
        return [name or _made_by(t, frame) for name, t in zip(names, tensors, strict=True)]
    name = bodies.output_name(output) or _made_by(tensors[0], frame)
    return [name] if isinstance(value, Tensor) else [f"{name}_{i}" for i in range(len(tensors))]


def _made_by(tensor: Tensor, frame: Frame) -> str:
    """Give the name of the layer that a tensor leaves."""
    assert frame.body is not None
    return frame.body.graph.nodes[tensor.ref.node].name


def _element_names(item: tree.Expr, frame: Frame) -> list[str | None]:
    """Give the names of what an element of a list of outputs stands for: `*levels` are `levels_0`, `levels_1`."""
    name = bodies.name_of(item.value if isinstance(item, tree.Starred) else item)
    named = frame.lookup(name) if name is not None else None
    if not isinstance(named, (list, tuple)):
        return [name]
    return [f"{name}_{number}" for number in range(len(list(tensors_in(named))))]


def _check_batch(output: tree.Output, tensors: list[Tensor], frame: Frame) -> None:
    """Tell of an output that is one for all samples: `predict` puts the results of batches behind one another."""
    assert frame.body is not None
    nodes = frame.body.graph.nodes
    single = next((t for t in tensors if nodes[t.ref.node].alone), None)
    if single is None:
        return
    shape = spell_shape(single.spec.shape)
    label = f"{shape} is one for all samples, and `fit` and `predict` want a row for each"
    name = bodies.output_name(output) or nodes[single.ref.node].name
    help_ = (
        "let it depend on an input, or read it off its layer: `model.get_layer(…).get_weights()`"
    )
    frame.report(BuildsButFails.at(output.value.span, label, layer=name, help=help_))


def model_weights(graph: Graph) -> tuple[Weight, ...]:
    """Give the weights of all layers that the outputs depend on, each layer once, and each weight that they share."""
    needed = graph.needed()
    operations = {id(n.operation): n.operation for n in graph.nodes if n.id in needed}
    return distinct(
        weight if operation.trainable and weight.trains else replace(weight, trainable=False)
        for operation in operations.values()
        for weight in operation.weights
    )


def model_inference(
    outputs: list[TensorSpec], weights: tuple[Weight, ...], graph: Graph
) -> Inference:
    """Give the outputs, the weights and the work of a model that is applied as a layer."""
    structure = outputs[0] if len(outputs) == 1 else tuple(outputs)
    return Inference(structure, weights, graph.macs())


def input_mismatch(wanted: TensorSpec, arriving: TensorSpec) -> str | None:
    """Say why a tensor does not fit a model's input, or None."""
    if wanted.rank != arriving.rank:
        return f"its input has shape {spell_shape(wanted.shape)}, {spell_shape(arriving.shape)} arrives"
    if (wanted.dtype == "string") != (arriving.dtype == "string"):
        return f"its input has dtype {wanted.dtype}, {arriving.dtype} arrives"
    for axis, (a, b) in enumerate(zip(wanted.shape, arriving.shape, strict=True)):
        if axis and isinstance(a, int) and isinstance(b, int) and equal(a, b) is False:
            return (
                f"axis {axis} of its input {spell_shape(wanted.shape)} is {a}, "
                f"and {b} in {spell_shape(arriving.shape)}, which arrives"
            )
    return None


def outputs_for(
    instance: ModelInstance, declared: list[TensorSpec], arriving: list[TensorSpec], frame: Frame
) -> list[TensorSpec]:
    """Give a model's outputs for the sizes that arrive, by running its body again where they differ."""
    graph = instance.graph
    fits = all(a.shape[1:] == d.shape[1:] for a, d in zip(arriving, declared, strict=True))
    if not fits and graph.complete:
        body = frame.body
        via = body.via if body is not None else ()
        graph = elaborate_model(
            instance.symbol, instance.hyperparameters, frame.session, via, graph.name, arriving
        )
    batch: Dim = arriving[0].shape[0] if arriving else UNKNOWN
    specs = [graph.spec(ref) for ref in graph.outputs.values()]
    return [spec.with_shape((batch, *spec.shape[1:])) for spec in specs]


def trained(
    name: str, symbol: Symbol, given: Mapping[str, Given], settings: Settings, session: Session
) -> Graph | None:
    """Give the graph that a `train` block trains, at hyperparameters that it passes on to those of its model.

    `name` is what the file calls the model.
    """
    found = top_level(name, symbol, settings, session, given)
    if found is None:
        return None
    base, bound = found
    return instance_of(base, bound, session, (), symbol.name).graph


def top_level(
    name: str,
    symbol: Symbol,
    settings: Settings,
    session: Session,
    given: Mapping[str, Given] | None = None,
) -> tuple[Symbol, dict[str, Value]] | None:
    """Give a file's own model with its hyperparameters: defaults, what it fixes, and the settings that reach it.

    What a `train` block gives goes before the model's own defaults.
    None where a parameter has no value (which is said) or a mistake was reported.
    """
    given = given or {}
    resolved = resolve(symbol, session)
    if resolved is None:
        return None
    base, preset = resolved
    node = base.node
    assert isinstance(node, tree.Model)
    home = session.root(base.unit)
    bound: dict[str, Value] = {}
    set_ = settings.reaching(name, [p.name for p in node.parameters], preset)
    session.hyperparameters.reached[name] = set_
    for parameter in node.parameters:
        if parameters.is_given(parameter, set_, node.parameters):
            value = set_[parameter.name]
            bound[parameter.name] = check_setting(parameter, value, node.name, home)
        elif parameter.name in given:
            one = given[parameter.name]
            bound[parameter.name] = check_type(parameter, one.value, one.span, node.name, home)
        elif parameters.is_given(parameter, preset, node.parameters):
            bound[parameter.name] = preset[parameter.name]
        elif parameter.default is not None:
            scope = parameters.scope_of(parameter, bound, home)
            bound[parameter.name] = parameters.default_value(parameter, node.name, scope)
        else:
            home.report(
                problems.NotChecked.at(
                    symbol.node.name_span,
                    f"`{parameter.name}` has no default",
                    name=symbol.node.name,
                    related=(Label(parameter.span, "declared here"),),
                    help=f"give it a default, or a value: `--set {parameter.name}=…`",
                )
            )
            return None
    if any(v is POISON for v in bound.values()) or not check_parameters(node, bound, home):
        return None
    return base, bound
