"""Layers as arguments of other layers: `TimeDistributed(Conv2D(32, 3) -> Flatten())`, bound and not applied."""

from __future__ import annotations

from netdsl.catalog.every_call import run_rule
from netdsl.catalog.kind import BoundLayer, Call, Inference, Refusal, Weight
from netdsl.catalog.signature import signature
from netdsl.catalog.weight_rules import frozen
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.diagnostics.problems.shapes import MakesNoModel
from netdsl.elaborate.arguments.binding import Prepared
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import extern
from netdsl.elaborate.layers.built_before import infer_again
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.scope.entities import POISON, ExternLayerRef, KindRef, Tensor
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.tensor import Dim, TensorSpec
from netdsl.value import Value


def bound_layer(call: tree.Call, target: KindRef | ExternLayerRef, frame: Frame) -> Value:
    """Give the layer of `TimeDistributed(layer)`: bound, not applied.

    A layer that is shared is asked with what it was `made_for`, where that is known.
    """
    if isinstance(target, ExternLayerRef):
        return extern.bound_layer(call, target, frame)
    prepared = layers.prepare(call, target, frame)
    if prepared is None or not prepared.complete or prepared.definition is None:
        return POISON
    definition = prepared.definition

    def infer(
        inputs: tuple[TensorSpec, ...],
        *,
        is_list: bool | None = None,
        made_for: tuple[TensorSpec, ...] = (),
        **call_arguments: Value,
    ) -> Inference:
        call = Call(
            definition,
            prepared.arguments,
            tuple(inputs),
            len(inputs) > 1 if is_list is None else is_list,
            call_arguments,
            frozenset(prepared.written),
        )
        return infer_again(call, made_for) if made_for else run_rule(call)

    return BoundLayer(
        definition.name,
        prepared.arguments,
        infer,
        prepared.written,
        definition,
        name=layers.inner_name(call, frame),
        made_at=(call.span.file.name, call.span.start, call.span.end),
    )


def can_be_applied(layer: BoundLayer, stage: tree.Name, arriving: Value, frame: Frame) -> bool:
    """Tell a layer of a parameter that makes a new one at each stage, for one tensor, under the name of the stage."""
    if frame.body is None or frame.body.plan.of(stage) is None:
        return False
    is_plain = layer.definition is not None and not layer.definition.holds_layers
    return bool(layer.through) and is_plain and not layer.name and isinstance(arriving, Tensor)


def apply_bound(layer: BoundLayer, stage: tree.Name, arriving: Value, frame: Frame) -> Value:
    """Apply a new layer as a parameter has it, behind an arrow: `block residual(f: layer) = [_, f] -> Add()`."""
    found = signature("layer", layer.kind)
    assert found is not None
    frame.session.applied.update(layer.through)
    call = tree.Call(stage.span, stage, ())
    prepared = Prepared(
        layer.kind, layer.definition, layer.arguments, dict(layer.written), stage.span, call, True, None, found, ()
    )  # fmt: skip
    name = layers.stage_name(stage, frame, snake_case(stage.id))
    return layers.apply_prepared(prepared, name, arriving, [], frame, call)


def layer_chain(chain: list[BoundLayer]) -> BoundLayer:
    """Give several layers, one after the other, as one: a `Sequential` where Keras takes a layer."""

    def infer(inputs: tuple[TensorSpec, ...], **call_arguments: Value) -> Inference:
        weights: list[Weight] = []
        macs: Dim = 0
        kept: Dim = 0
        outputs = inputs[0]
        unsaved: tuple[str, ...] = ()
        for layer in chain:
            result = layer.infer((outputs,))
            if result.no_model:
                raise Refusal(MakesNoModel, f"`{layer.label}` in a chain: {result.no_model}")
            if not isinstance(result.outputs, TensorSpec):
                raise Refusal(
                    shape_problems.SeveralInputs,
                    f"`{layer.label}` gives several tensors to the next layer",
                )
            outputs, macs, kept = result.outputs, macs + result.macs, kept + result.kept
            weights.extend(frozen(layer, result.weights))
            unsaved = (*unsaved, *result.unsaved)
        return Inference(outputs, tuple(weights), macs, unsaved=unsaved, kept=kept)

    row: dict[str, Value] = {"layers": [*chain]}
    return BoundLayer("Sequential", row, infer, row, None)
