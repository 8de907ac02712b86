"""Cases of `layer_harness.py` with layers inside layers, tensors given by name and several positional tensors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from netdsl.catalog import layer_kind, layer_kinds
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import BoundLayer, Call, Inference, Refusal
from netdsl.catalog.signature import signature
from netdsl.tensor import TensorSpec, keras_shape
from tests.catalog.rule_harness import apply_rule, flatten
from tests.keras.layer_harness import Answer, Case, Tensor, _keras_input, _masks, _rule_input


@dataclass(frozen=True)
class Inner:
    """A layer that stands as an argument."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v!r}' for k, v in self.arguments.items())})"


def _mapped(value: Any, change: Any) -> Any:
    """Change the tensors and layers in a nest of lists."""
    if isinstance(value, list | tuple):
        return type(value)(_mapped(item, change) for item in value)
    return change(value)


def _for_keras(value: Any) -> Any:
    if isinstance(value, Inner):
        made = {k: _mapped(v, _for_keras) for k, v in value.arguments.items()}
        return getattr(keras.layers, value.kind)(**made)
    return _keras_input(value) if isinstance(value, Tensor) else value


def _for_rule(value: Any) -> Any:
    if isinstance(value, Inner):
        return bound(value)
    return _rule_input(value) if isinstance(value, Tensor) else value


def bound(inner: Inner) -> BoundLayer:
    """Bind a layer's arguments as the elaborator does for `TimeDistributed(layer)`."""
    kind, found = layer_kind(inner.kind), signature("layer", inner.kind)
    assert kind is not None
    assert found is not None
    written = {k: _mapped(v, _for_rule) for k, v in inner.arguments.items()}
    binding = bind_arguments(found, kind.arguments, (), written)
    if binding.problems:
        problem = binding.problems[0]
        raise Refusal(problem.problem, problem.label)

    def infer(inputs: tuple[TensorSpec, ...], **call_arguments: Any) -> Inference:
        is_list = len(inputs) > 1
        return kind.rule(Call(kind, binding.arguments, tuple(inputs), is_list, call_arguments))

    return BoundLayer(inner.kind, binding.arguments, infer, binding.written, kind)


def ask_keras(case: Case) -> Answer:
    """Build the case with Keras; any exception is a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            inputs = [_keras_input(x) for x in case.inputs]
            made = {k: _mapped(v, _for_keras) for k, v in case.arguments.items()}
            called = {k: _mapped(v, _for_keras) for k, v in case.call_arguments.items()}
            layer = getattr(keras.layers, case.kind)(**made)
            if case.is_list and layer_kinds()[case.kind].takes != "positional":
                outputs = layer(inputs, **called)
            else:
                outputs = layer(*inputs, **called)
        except Exception as problem:
            return Answer(False, why=f"{type(problem).__name__}: {str(problem)[:300]}")
    return Answer(
        True,
        tuple(
            (tuple(y.shape), str(y.dtype), getattr(y, "_keras_mask", None) is not None, y.sparse)
            for y in keras.tree.flatten(outputs)
        ),
        tuple((w.name, tuple(w.shape), bool(w.trainable), str(w.dtype)) for w in layer.weights),
    )


def ask_rule(case: Case) -> Answer:
    """Bind the arguments and run the kind's rule; a `Refusal` is a refusal."""
    try:
        inputs = tuple(_rule_input(x) for x in case.inputs)
        made = {k: _mapped(v, _for_rule) for k, v in case.arguments.items()}
        called = {k: _mapped(v, _for_rule) for k, v in case.call_arguments.items()}
        call, inference = apply_rule(case.kind, made, inputs, case.is_list, called)
    except Refusal as refusal:
        return Answer(False, why=f"{refusal.problem.code} {refusal.label}")
    outputs = flatten(inference.outputs)
    return Answer(
        True,
        tuple(
            (tuple(keras_shape(y.shape)), y.dtype, mask, y.sparse)
            for y, mask in zip(outputs, _all_masks(call, outputs), strict=True)
        ),
        tuple((w.name, w.shape, w.trainable, w.dtype) for w in inference.weights),
    )


def _all_masks(call: Call, outputs: list[TensorSpec]) -> list[bool]:
    """Tell which outputs carry a mask; a tuple tells it of the first ones."""
    policy = call.kind.mask
    told = policy(call) if callable(policy) else None
    if isinstance(told, tuple):
        return [*told, *[False] * len(outputs)][: len(outputs)]
    return _masks(call, outputs)


def difference(case: Case) -> str | None:
    """Say in which point the rule and Keras disagree, or None."""
    wanted, got = ask_keras(case), ask_rule(case)
    if wanted == got:
        return None
    if wanted.accepted != got.accepted:
        who = "Keras accepts it" if wanted.accepted else f"Keras refuses it ({wanted.why})"
        return (
            f"{case}\n  {who}, the rule {'accepts it' if got.accepted else 'refuses: ' + got.why}"
        )
    return f"{case}\n  Keras:    {wanted.outputs} {wanted.weights}\n  the rule: {got.outputs} {got.weights}"
