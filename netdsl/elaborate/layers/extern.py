"""Layers of the user's own: `extern layer Name(params): types -> types from "module"`."""

from __future__ import annotations

from netdsl.catalog.kind import BoundLayer, Inference, Weight
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments import tensor_types as types
from netdsl.elaborate.arguments.arriving_tensors import takes
from netdsl.elaborate.arguments.held_layers import no_shared_layers
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import made_once
from netdsl.elaborate.layers.samples import keep_apart_in_own
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.scope.entities import (
    POISON,
    AlreadyTold,
    ExternLayerRef,
    is_poisoned,
    tensors_in,
)
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import Dim, TensorSpec
from netdsl.value import Value


def _bind(call: tree.Call, ref: ExternLayerRef, frame: Frame) -> dict[str, Value] | None:
    node = ref.symbol.node
    assert isinstance(node, tree.ExternLayer)
    home = frame.session.root(ref.symbol.unit)
    bound = parameters.bind_parameters(node.name, node.parameters, call, frame, home)
    why = "what a layer of your own does with a shared layer, and which weights it owns then, cannot be told"
    help_ = "give it a layer of its own: write the layer itself"
    if bound is None or not no_shared_layers(bound, call, frame, why, help_):
        return None
    return bound


def bound_layer(call: tree.Call, ref: ExternLayerRef, frame: Frame) -> Value:
    """Give an extern layer as an argument of a wrapper."""
    bound = _bind(call, ref, frame)
    if bound is None:
        return POISON
    node = ref.symbol.node
    assert isinstance(node, tree.ExternLayer)

    def infer(inputs: tuple[TensorSpec, ...], **_: Value) -> Inference:
        result = infer_extern(node, bound, inputs, ref, frame, call.span)
        if result is None:
            raise AlreadyTold
        return result

    name = layers.inner_name(call, frame)
    return BoundLayer(node.name, bound, infer, bound, None, node.module, name)


def infer_extern(
    node: tree.ExternLayer,
    bound: dict[str, Value],
    inputs: tuple[TensorSpec, ...],
    ref: ExternLayerRef,
    frame: Frame,
    span: Span,
) -> Inference | None:
    """Match what arrives with the declared types and give the declared outputs and weights."""
    home = frame.session.root(ref.symbol.unit)
    scope = Frame(frame.session, ref.symbol.unit, home, dict(bound), frame.body)
    if len(inputs) != len(node.inputs):
        frame.report(
            shape_problems.TooFewInputs.at(
                span, takes(len(node.inputs), len(inputs)), layer=node.name
            )
        )
        return None
    for written, spec in zip(node.inputs, inputs, strict=True):
        if not types.match_type(written, spec, scope, node.name, span):
            return None
    batch: Dim = inputs[0].shape[0]
    outputs = [types.given_type(t, scope, batch, "float32") for t in node.outputs]
    weights = _weights(node, scope)
    if weights is None or any(o is None for o in outputs):
        return None
    known = [o for o in outputs if o is not None]
    return Inference(known[0] if len(known) == 1 else tuple(known), weights, 0)


def _weights(node: tree.ExternLayer, scope: Frame) -> tuple[Weight, ...] | None:
    if isinstance(node.weights, tree.Arriving):
        return (Weight("weights", (0,), told=False),)
    weights: list[Weight] = []
    for number, written in enumerate(node.weights):
        dtype = types.dtype_of(written, scope) if written.dtype else "float32"
        dims = [types.dimension(expr, scope) for expr in written.dims]
        for expr, dim in zip(written.dims, dims, strict=True):
            if dim is not None and not isinstance(dim, int):
                scope.report(
                    problems.SymbolicNumber.at(expr.span, "a weight needs a number here", name=dim)
                )
                return None
        if any(dim is None for dim in dims):
            return None
        shape = tuple(d for d in dims if isinstance(d, int))
        weights.append(Weight(f"weight_{number}", shape, dtype=dtype))
    return tuple(weights)


def apply_extern(
    call: tree.Call, second: tree.Call | None, ref: ExternLayerRef, arriving: Value, frame: Frame
) -> Value:
    """Apply a new layer of the user's own to what arrives."""
    node = ref.symbol.node
    assert isinstance(node, tree.ExternLayer)
    bound = _bind(call, ref, frame)
    extra, fine = layers.call_time_arguments(second, frame)
    body = frame.body
    if bound is None or not fine or is_poisoned(arriving) or body is None:
        return POISON
    name = layers.stage_name(call, frame, snake_case(node.name))
    keywords = {g.name: g.value for g in extra if g.name is not None}
    positional = [arriving, *(g.value for g in extra if g.name is None)]
    if not keep_apart_in_own(node.name, positional, keywords.items(), call.span, frame):
        return POISON
    inputs = tuple(t.spec for t in tensors_in([positional, list(keywords.values())]))
    inference = infer_extern(node, bound, inputs, ref, frame, call.span)
    if inference is None:
        return POISON
    operation = _operation(node, name, bound, inference, call, arriving, frame)
    if operation is None:
        return POISON
    return layers.add_node(operation, positional, keywords, inference, call.span, frame)


def _operation(
    node: tree.ExternLayer,
    name: str,
    bound: dict[str, Value],
    inference: Inference,
    call: tree.Call,
    arriving: Value,
    frame: Frame,
) -> Operation | None:
    body = frame.body
    assert body is not None
    if body.shared is not None and name in body.shared:
        before = body.shared[name]
        fits = made_once.fits_again(before, inference.weights, arriving, call.span, frame)
        return before if fits else None
    arguments = dict(bound) if body.trainable else {**bound, "trainable": False}
    operation = Operation(
        name,
        node.name,
        "extern",
        arguments,
        bound,
        inference.weights,
        body.trainable and parameters.is_trainable(call, frame),
        module=node.module,
        span=call.span,
        written=call,
    )
    return made_once.keep(operation, body, arriving)
