"""Ask Keras what a function of `keras.ops` gives symbolically, ask its rule the same, and tell the difference."""

from __future__ import annotations

import itertools
import operator
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras

from netdsl.catalog.kind import Refusal, as_shape
from netdsl.catalog.operations import OpCall, operation_rule, own_name
from netdsl.tensor import UNKNOWN, Sym, TensorSpec, keras_shape
from tests.catalog.rule_harness import flatten
from tests.keras.layer_harness import Tensor


@dataclass(frozen=True)
class OpCase:
    """One call: `function(*positional, **named)`, tensors among the arguments as `Tensor`s."""

    function: str
    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        written = [_spell(v) for v in self.positional]
        written += [f"{k}={_spell(v)}" for k, v in self.named.items()]
        return f"ops.{self.function}({', '.join(written)})"


def _spell(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{value.dtype}{value.shape}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_spell, value))}]"
    return repr(value)


#: What became of a call: shapes and dtypes of what it gives, or why it was refused.
Answer = tuple[tuple[Any, str], ...] | str


def _replace(value: Any, tensor: Any, many: type) -> Any:
    if isinstance(value, Tensor):
        return tensor(value)
    if isinstance(value, (list, tuple)):
        return many(_replace(item, tensor, many) for item in value)
    return value


def ask_keras(case: OpCase) -> Answer:
    """Call the function on `KerasTensor`s; any exception is a refusal."""

    def tensor(x: Tensor) -> Any:
        return keras.KerasTensor(x.shape, x.dtype)

    function = operator.getitem
    if case.function != "getitem":
        function = operator.attrgetter(case.function)(keras.ops)
    positional = [
        v if isinstance(v, _PLAIN) else _replace(v, tensor, type(v)) for v in case.positional
    ]
    named = {
        k: v if isinstance(v, _PLAIN) else _replace(v, tensor, type(v))
        for k, v in case.named.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            outputs = function(*positional, **named)
            return tuple(
                (tuple(y.shape), str(keras.backend.standardize_dtype(y.dtype)))
                for y in keras.tree.flatten(outputs)
            )
        except Exception as problem:
            return f"{type(problem).__name__}: {str(problem)[:200]}"


_PLAIN = (int, float, str, bool, slice, type(None), type(Ellipsis))


def ask_rule(case: OpCase, *, named_sizes: bool = False) -> Answer:
    """Run the function's rule; a `Refusal` is a refusal. Unknown sizes may have names, as in `input x: [H, W]`."""
    count = itertools.count()

    def tensor(x: Tensor) -> Any:
        shape = as_shape(x.shape)
        if named_sizes:
            shape = tuple(Sym.variable(f"S{next(count)}") if d is UNKNOWN else d for d in shape)
        return TensorSpec(shape, x.dtype)

    positional = tuple(_replace(v, tensor, tuple) for v in case.positional)
    named = {k: _replace(v, tensor, tuple) for k, v in case.named.items()}
    rule = operation_rule(case.function)
    assert rule is not None, case.function
    try:
        inference = rule(OpCall(own_name(case.function), positional, named))
    except Refusal as refusal:
        return f"{refusal.problem.code} {refusal.label}"
    return tuple((tuple(keras_shape(y.shape)), y.dtype) for y in flatten(inference.outputs))


def difference(case: OpCase, *, named_sizes: bool = False) -> str | None:
    """Say in which point the rule and Keras disagree, or None."""
    wanted, got = ask_keras(case), ask_rule(case, named_sizes=named_sizes)
    if wanted == got or (isinstance(wanted, str) and isinstance(got, str)):
        return None
    return f"{case}\n  Keras:    {wanted}\n  the rule: {got}"
