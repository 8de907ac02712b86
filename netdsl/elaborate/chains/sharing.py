"""`layer name = …`: made once, so that every use has the same weights, after an arrow and inside other layers.

Behind an arrow the stages of the declaration are run again, and find the operations that the first run made. Inside
another layer (`TimeDistributed(name)`) it is an argument. One layer is itself there, plain layers one after the
other are a `Sequential` of those layers, and anything else is a network of its own that is made of the same layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

from netdsl.catalog.kind import BoundLayer, Inference, Refusal, Weight
from netdsl.catalog.signature import signature
from netdsl.catalog.weight import distinct
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems import structure as structure_problems
from netdsl.elaborate.arguments.arriving_tensors import report_inputs
from netdsl.elaborate.arguments.held_layers import network_in, report_several
from netdsl.elaborate.chains import bodies, models
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once, wrapped
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.plans.ordering import arrange
from netdsl.elaborate.remedies import feature_maps
from netdsl.elaborate.scope.entities import (
    POISON,
    AlreadyTold,
    BlockRef,
    ExternLayerRef,
    Given,
    KindRef,
    ModelRef,
    SharedLayer,
    Tensor,
    is_poisoned,
    structure_of,
    tensors_in,
)
from netdsl.elaborate.scope.frame import MISSING, Body, Frame
from netdsl.elaborate.scope.limits import BLOCK_STEPS
from netdsl.graph import Graph, Held, Node, Operation, Ref, Use
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, names_after_as, nodes_around, walk
from netdsl.tensor import TensorSpec
from netdsl.value import Value

Form: TypeAlias = Literal["layer", "row", "network"]


def _scope(
    shared: SharedLayer, span: Span, frame: Frame, graph: Graph, inputs: tuple[Value, ...]
) -> Frame:
    """Open the scope that a shared layer is made in; what is made joins `graph`."""
    body, own = frame.body, shared.home.body
    assert body is not None
    assert own is not None
    inner = Body(
        graph,
        own.plan,
        own.prefix,
        (*body.via, (span, shared.node.name)),
        body.path,
        shared.operations,
        own.trainable and body.trainable,
        inputs,
        body.runs,
        Use(shared.node.name, "", (), span, frame.step, is_shared=True),
    )
    return Frame(frame.session, shared.home.unit, shared.home, {}, inner)


def apply_shared(
    shared: SharedLayer, call: tree.Call | None, span: Span, arriving: Value, frame: Frame
) -> Value:
    """Use a layer that was made with `layer name = …`: the same weights at each use."""
    body = frame.body
    if body is None or shared.home.body is None:
        return POISON
    value = shared.node.value
    inner = _scope(shared, span, frame, body.graph, body.inputs)
    bodies.predefine_as(value, inner)
    if call is None or not call.arguments:
        inner.arriving = arriving
        return _at_use(
            span, frame, body, lambda: frame.session.interpreter.run(value, arriving, inner)
        )
    if not isinstance(value, tree.Call):
        text, help_ = "a chain takes no call-time arguments", "give them to a layer of the chain"
        report_inputs(shared.node.name, text, call.span, frame, help_)
        return POISON
    if feature_maps.network_call(value) is not None and any(
        a.name == "outputs" for a in call.arguments
    ):
        return feature_maps.report_cut_at_use(shared, call, frame)
    evaluated, fine = layers.call_time_arguments(call, frame)
    if not fine:
        return POISON
    inner.variables.update({f"argument {i}": item.value for i, item in enumerate(evaluated)})
    second = tree.Call(call.span, value, tuple(_evaluated(evaluated)))
    return _at_use(
        span, frame, body, lambda: frame.session.interpreter.run(second, arriving, inner)
    )


def is_called_alike(
    shared: SharedLayer, written: tree.Expr, by_name: bool, arriving: Value, frame: Frame
) -> bool:
    """Report a name that stands for several layers which are not called alike; gives True where there is none.

    `[q, v] -> for f in [attend, add] { f }`: Python would call `attend(q, v)` and `add([q, v])`, on one line.
    """
    if isinstance(written, tree.Name) and written.id == shared.node.name:
        return True
    form = _form_of_call(shared, by_name, isinstance(arriving, (list, tuple)))
    place = (written.span.file.name, written.span.start, written.span.end)
    before = frame.session.forms.setdefault(place, form)
    if before == form:
        return True
    name = shared.node.name
    frame.report(
        structure_problems.WrongUse.at(
            written.span,
            f"at this turn it is called with {form}, at another with {before}",
            name=written.span.text,
            help=f"write them one after the other, by their own names: `-> {name}`",
        )
    )
    return False


def _made_of(shared: SharedLayer) -> Value:
    """Give the layer, block or model that one call makes a shared layer of."""
    call = shared.node.value
    named = call.function if isinstance(call, tree.Call) else None
    return shared.home.lookup(named.id) if isinstance(named, tree.Name) else None


def takes_one_by_one(target: Value) -> bool:
    """Tell whether a layer's tensors are arguments of its call, each by itself, as those of MultiHeadAttention are."""
    made = _made_of(target) if isinstance(target, SharedLayer) else target
    if not isinstance(made, KindRef) or made.definition is None:
        return False
    return made.definition.takes == "positional"


def _form_of_call(shared: SharedLayer, by_name: bool, is_several: bool) -> str:
    """Say what the call of a shared layer looks like in Python."""
    target = _made_of(shared)
    takes_pieces = takes_one_by_one(target)
    match target:
        case BlockRef(symbol):
            body = getattr(symbol.node, "body", None)
            takes_pieces = isinstance(body, tree.Body) and len(arrange(body).inputs) > 1
        case ModelRef() if by_name:
            return "one list of all tensors"
    return "each tensor by itself" if takes_pieces and is_several else "what arrives as it is"


def _evaluated(given: list[Given]) -> Iterator[tree.Argument]:
    """Write arguments whose values are known as names that only this call has."""
    for number, item in enumerate(given):
        value = tree.Name(item.span, f"argument {number}")
        yield tree.Argument(item.span, item.name, value, "", item.name_span)


def _at_use(span: Span, frame: Frame, body: Body, run: Callable[[], Value]) -> Value:
    """Run a shared layer and give its nodes the place of the use."""
    first = len(body.graph.nodes)
    result = run()
    frame.session.budget.step(BLOCK_STEPS + len(body.graph.nodes) - first)
    place = body.origin(span)
    for node in body.graph.nodes[first:]:
        if len(node.origin.via) == len(place.via) + 1:
            node.origin = place
    return result


def as_layer(shared: SharedLayer, span: Span, frame: Frame, takes_network: bool) -> Value:
    """Give a shared layer as an argument of another layer, of a block or of a function."""
    body = frame.body
    if body is None or shared.home.body is None or not body.runs:
        return POISON
    form = form_of(shared)
    if (form == "network" and not takes_network) or (
        form == "row" and not _names(shared, span, frame)
    ):
        report_several(shared.node.name, span, frame)
        return POISON
    scope = _scope(shared, span, frame, body.graph, body.inputs)
    value = shared.node.value
    if form == "layer" and isinstance(value, tree.Call):
        return _one_layer(shared, value, scope, frame)
    own = scope.body.prefix if scope.body is not None else ""
    name = f"{own}_{shared.node.name}" if own else shared.node.name
    held = Held(shared.node.name, name, form)
    kind = "Sequential" if form == "row" else "Functional"
    return BoundLayer(kind, {}, _running(shared, held, scope, frame), name=name, shared=held)


def _names(shared: SharedLayer, span: Span, frame: Frame) -> bool:
    """Tell whether the argument at a place names a shared layer itself: it may come from elsewhere, by another name."""
    around = nodes_around(frame.unit.module, span)
    inside = walk(around[-1]) if around else ()
    return any(isinstance(n, tree.Name) and n.id == shared.node.name for n in inside)


def _one_layer(shared: SharedLayer, call: tree.Call, scope: Frame, frame: Frame) -> Value:
    """Give the one layer of a declaration as an argument of another."""
    target = scope.lookup(call.function.id) if isinstance(call.function, tree.Name) else MISSING
    fallback = snake_case(call.function.span.text.rpartition(".")[2])
    name = layers.stage_name(call, scope, fallback)
    held = Held(shared.node.name, name, "layer")
    infer = _running(shared, held, scope, frame)
    if isinstance(target, (KindRef, ExternLayerRef)):
        made = wrapped.bound_layer(call, target, scope)
        if not isinstance(made, BoundLayer):
            return POISON
        if isinstance(target, KindRef):
            infer = _inferring(shared, held, made, scope, call)
        return replace(made, infer=infer, name=name, shared=held)
    return BoundLayer(call.function.span.text, {}, infer, name=name, shared=held)


def _inferring(
    shared: SharedLayer, held: Held, made: BoundLayer, scope: Frame, call: tree.Call
) -> Callable[..., Inference]:
    """Give what a layer of Keras makes of an input; its operation is made once, and its weights are that one's."""
    body = scope.body
    assert body is not None

    def infer(inputs: tuple[TensorSpec, ...], **call_arguments: Value) -> Inference:
        operation = shared.operations.get(held.name)
        first = operation.made_for if operation is not None else ()
        result = made.infer(inputs, made_for=first, **call_arguments)
        weights = distinct(result.weights)
        if operation is None:
            operation = _operation(held.name, made, weights, call, body)
            operation.made_for = inputs
        elif why := made_once.unlike_before(operation, weights, inputs[0]):
            raise Refusal(
                shape_problems.IncompatibleShape,
                f"`{shared.node.name}` is used before: {why}",
                help="use a layer of its own for each shape",
            )
        operation.is_held = True
        held.operations = (operation,)
        return replace(result, weights=operation.weights)

    return infer


def _operation(
    name: str, made: BoundLayer, weights: tuple[Weight, ...], call: tree.Call, body: Body
) -> Operation:
    arguments = dict(made.written) if body.trainable else {**made.written, "trainable": False}
    trainable = bool(made.arguments.get("trainable", True)) and body.trainable
    operation = Operation(
        name, made.kind, "layer", arguments, made.arguments, weights, trainable,
        made.definition, span=call.span, written=call,
    )  # fmt: skip
    return made_once.keep(operation, body, ())


def _running(
    shared: SharedLayer, held: Held, scope: Frame, frame: Frame
) -> Callable[..., Inference]:
    """Give what the stages of a declaration make of an input: they are run in a graph of their own."""
    outer = scope.body
    assert outer is not None

    def infer(inputs: tuple[TensorSpec, ...], **_: Value) -> Inference:
        if len(inputs) != 1:
            raise Refusal(
                shape_problems.SeveralInputs,
                f"`{shared.node.name}` gets {len(inputs)} tensors here, and one is taken",
            )
        if not _stands_alone(shared, scope):
            raise AlreadyTold
        graph = Graph(held.name, decided=outer.graph.decided)
        span = shared.node.span
        given = Operation("inputs", "InputLayer", "input", span=span)
        graph.nodes.append(Node(0, given, (), {}, inputs[0], 0, outer.origin(span)))
        graph.inputs.append(0)
        tensor = Tensor(Ref(0), inputs[0])
        body = replace(outer, graph=graph, inputs=(tensor,))
        inner = Frame(scope.session, scope.unit, shared.home, {}, body)
        inner.arriving = tensor
        bodies.predefine_as(shared.node.value, inner)
        result = frame.session.interpreter.run(shared.node.value, tensor, inner)
        outer.graph.demands.extend(graph.demands)
        if is_poisoned(result) or not graph.complete:
            outer.graph.complete = False
            raise AlreadyTold
        return _made(held, graph, result)

    return infer


def _stands_alone(shared: SharedLayer, scope: Frame) -> bool:
    """Report a tensor of the body around that a layer inside another would read: it is a network of its own there."""
    value, own = shared.node.value, names_after_as(shared.node.value)
    for name, written in free_names(value).items():
        tensor = None if name in own else next(tensors_in(shared.home.lookup(name)), None)
        if tensor is None:
            continue
        assert shared.home.body is not None
        is_weight = shared.home.body.graph.nodes[tensor.ref.node].alone == "weight"
        scope.report(
            structure_problems.WrongUse.at(
                written.span,
                f"inside another layer `{shared.node.name}` is a network of its own, and this is a tensor around it",
                name=name,
                help=f"declare the weight inside a block, and make `{shared.node.name}` a use of that block"
                if is_weight
                else f"apply `{shared.node.name}` behind an arrow, where the tensor is known",
            )
        )
        return False
    return True


def _made(held: Held, graph: Graph, result: Value) -> Inference:
    """Give what a graph comes to as a layer, and note of what it is made."""
    tensors = list(tensors_in(result))
    graph.outputs = {f"output{i}": tensor.ref for i, tensor in enumerate(tensors, 1)}
    held.graph = graph
    used = {id(n.operation): n.operation for n in graph.needed_nodes()}
    held.operations = tuple(o for o in used.values() if o.family not in ("input", "op"))
    for operation in held.operations:
        operation.is_held = True
    return Inference(structure_of(result), models.model_weights(graph), graph.macs())


def form_of(shared: SharedLayer) -> Form:
    """Tell what a shared layer is inside another: one layer, plain layers in a row, or a network."""
    value = shared.node.value
    parts = value.stages if isinstance(value, tree.Pipe) else (value,)
    if not all(_is_plain(part, shared.home) for part in parts):
        return "network"
    return "layer" if len(parts) == 1 else "row"


def _is_plain(stage: tree.Expr, frame: Frame) -> bool:
    """Tell whether a stage makes one layer, whatever it is applied to."""
    if not isinstance(stage, tree.Call):
        return False
    if shaped_kind(stage) is not None:
        return True
    target = stage.function
    if not isinstance(target, tree.Name) or frame.holds_value(target.id):
        return False
    if not isinstance(frame.lookup(target.id), (KindRef, ExternLayerRef, ModelRef)):
        return False
    named = (n.id for a in stage.arguments for n in walk(a.value) if isinstance(n, tree.Name))
    return not any(_is_network(frame.lookup(name)) for name in named)


def _is_network(value: Value) -> bool:
    if isinstance(value, SharedLayer):
        return form_of(value) == "network"
    return network_in(value) is not None


def shaped_kind(call: tree.Call) -> str | None:
    """Give the network that a call makes, if the call gives the shape of its image and so needs no tensor."""
    target = call.function
    if not isinstance(target, tree.Attribute) or not isinstance(target.value, tree.Name):
        return None
    facts = signature("application", target.name)
    if target.value.id != "applications" or facts is None or any(a.star for a in call.arguments):
        return None
    positional = sum(argument.name is None for argument in call.arguments)
    given = {*facts.names[:positional], *(a.name for a in call.arguments)}
    return target.name if "input_shape" in given else None
