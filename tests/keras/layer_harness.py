"""Ask Keras what it makes of a layer, ask the layer's rule the same, and tell the difference.

A `Case` is one application of one layer. `ask_keras` builds it on `keras.Input`s, `ask_rule` runs the
catalogue's rule, and `difference` compares verdict, shapes, dtypes, weights and masks of the two answers.
The strategies draw shapes and the arguments that many layers share; a test file draws whole cases with them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
from hypothesis import strategies as st

from netdsl.catalog.kind import Call, Refusal, as_shape
from netdsl.tensor import TensorSpec, keras_shape
from tests.catalog.rule_harness import apply_rule, flatten

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Tensor:
    """An input: its shape with the batch first, `None` where a size is not known."""

    shape: Shape
    dtype: str = "float32"
    masked: bool = False
    sparse: bool = False


@dataclass(frozen=True)
class Case:
    """One application of a layer: `kind(**arguments)(inputs, **call_arguments)`."""

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Tensor, ...] = (Tensor((None, 4)),)
    is_list: bool = False
    call_arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        written = ", ".join(f"{k}={v!r}" for k, v in self.arguments.items())
        inputs = ", ".join(f"{x.dtype}{x.shape}{' masked' * x.masked}" for x in self.inputs)
        call = f" called with {dict(self.call_arguments)}" if self.call_arguments else ""
        return f"{'[' * self.is_list}{inputs}{']' * self.is_list} -> {self.kind}({written}){call}"


@dataclass(frozen=True)
class Answer:
    """What became of a case; `why` tells the reason of a refusal and is not compared."""

    accepted: bool
    outputs: tuple[tuple[Shape, str, bool, bool], ...] = ()  # shape, dtype, masked, sparse
    weights: tuple[
        tuple[str, tuple[int, ...], bool, str], ...
    ] = ()  # name, shape, trainable, dtype
    why: str = field(default="", compare=False)


def _keras_input(tensor: Tensor) -> Any:
    x = keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, sparse=tensor.sparse)
    return keras.layers.Masking(dtype=tensor.dtype)(x) if tensor.masked else x


def ask_keras(case: Case) -> Answer:
    """Build the case with Keras; any exception is a refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs: Any = [_keras_input(x) for x in case.inputs]
        try:
            layer = getattr(keras.layers, case.kind)(**case.arguments)
            outputs = layer(inputs if case.is_list else inputs[0], **case.call_arguments)
        except Exception as problem:
            return Answer(False, why=f"{type(problem).__name__}: {str(problem)[:200]}")
    return Answer(
        True,
        tuple(
            (tuple(y.shape), str(y.dtype), getattr(y, "_keras_mask", None) is not None, y.sparse)
            for y in keras.tree.flatten(outputs)
        ),
        tuple((w.name, tuple(w.shape), bool(w.trainable), str(w.dtype)) for w in layer.weights),
    )


def _rule_input(tensor: Tensor) -> TensorSpec:
    return TensorSpec(as_shape(tensor.shape), tensor.dtype, tensor.sparse, tensor.masked)


def ask_rule(case: Case) -> Answer:
    """Bind the arguments and run the kind's rule; a `Refusal` is a refusal."""
    inputs = tuple(_rule_input(x) for x in case.inputs)
    try:
        call, inference = apply_rule(
            case.kind, case.arguments, inputs, case.is_list, case.call_arguments
        )
    except Refusal as refusal:
        return Answer(False, why=f"{refusal.problem.code} {refusal.label}")
    outputs = flatten(inference.outputs)
    return Answer(
        True,
        tuple(
            (tuple(keras_shape(y.shape)), y.dtype, mask, y.sparse)
            for y, mask in zip(outputs, _masks(call, outputs), strict=True)
        ),
        tuple((w.name, w.shape, w.trainable, w.dtype) for w in inference.weights),
    )


def _masks(call: Call, outputs: list[TensorSpec]) -> list[bool]:
    """Tell which outputs carry a mask by the kind's policy."""
    policy = call.kind.mask
    if callable(policy):
        masked = policy(call)
    elif policy == "carry":
        if len(outputs) == len(call.inputs) > 1:
            return [x.masked for x in call.inputs]
        masked = call.x.masked
    else:
        masked = policy == "make"
    return [masked] * len(outputs)


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


# -- strategies ---------------------------------------------------------------------------------

DTYPE_POLICIES = ("float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
INPUT_DTYPES = ("float32", "float32", "float32", "float16", "float64", "int32", "uint8", "bool")

sizes = st.integers(1, 12)
maybe_sizes = st.one_of(*[sizes] * 14, st.none(), st.none(), st.just(0))
channels = st.sampled_from((1, 2, 3, 4, 6, 8, 8, None))
data_formats = st.sampled_from((None, "channels_last", "channels_first"))


def shapes(rank: int, spread: int = 1) -> st.SearchStrategy[Shape]:
    """Draw shapes mostly of `rank` (the batch included), now and then of a rank up to `spread` off."""
    ranks = st.sampled_from(
        [rank] * 8 + [r for r in range(rank - spread, rank + spread + 1) if r > 0]
    )
    return ranks.flatmap(
        lambda n: st.tuples(st.none(), *([maybe_sizes] * (n - 1))) if n else st.just(())
    )


def tensors(
    rank: int, *, spread: int = 1, masks: bool = True, sparse: bool = False
) -> st.SearchStrategy[Tensor]:
    """Draw an input of about this rank, of any dtype, now and then masked or (where allowed) sparse."""

    def tensor(shape: Shape, dtype: str, chance: int) -> Tensor:
        maskable = masks and len(shape) > 1 and dtype not in ("bool", "uint8")
        return Tensor(shape, dtype, maskable and chance == 0, sparse and chance == 1)

    return st.builds(tensor, shapes(rank, spread), st.sampled_from(INPUT_DTYPES), st.integers(0, 9))


def per_axis(n: int, values: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Draw a number for all axes, or one for each of `n` axes."""
    return st.one_of(values, st.tuples(*([values] * n)))


def pairs(n: int, values: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Draw a margin: a number, a number for each axis, or two for each axis."""
    return st.one_of(
        values, st.tuples(*([values] * n)), st.tuples(*([st.tuples(values, values)] * n))
    )


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw keyword arguments, each left out about half of the time."""
    return st.fixed_dictionaries({}, optional=strategies)


policies = optional(dtype=st.sampled_from(DTYPE_POLICIES))


def cases(
    kind: str,
    inputs: st.SearchStrategy[Tensor] | st.SearchStrategy[tuple[Tensor, ...]],
    arguments: st.SearchStrategy[dict[str, Any]] | None = None,
    *,
    is_list: bool = False,
) -> st.SearchStrategy[Case]:
    """Draw applications of one kind under any dtype policy."""

    def case(x: Tensor | tuple[Tensor, ...], drawn: dict[str, Any], policy: dict[str, Any]) -> Case:
        return Case(kind, {**drawn, **policy}, x if isinstance(x, tuple) else (x,), is_list)

    drawn = st.just({}) if arguments is None else arguments
    return st.builds(case, inputs, drawn, st.one_of(st.just({}), policies))


Strategies = Mapping[str, st.SearchStrategy[Case]]
