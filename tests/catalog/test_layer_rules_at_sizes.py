"""A rule on symbolic sizes, tried at numbers, says what the rule on those numbers says."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from netdsl.catalog.kind import Inference, Refusal
from netdsl.tensor import TensorSpec, substitute
from tests.catalog.rule_harness import apply_rule, flatten
from tests.catalog.symbols import tensor

CONV = {"filters": 4, "kernel_size": 3}

SYMBOLIC: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("Dense", {"units": 4}, ("?, S, T, 3",)),
    ("EinsumDense", {"equation": "...c,cd->...d", "output_shape": 4}, ("?, S, 3",)),
    ("Conv2D", CONV, ("?, S, T, 2",)),
    ("Conv2D", {**CONV, "strides": (2, 3)}, ("?, S, T, 2",)),
    ("Conv2D", {**CONV, "strides": (2, 3), "padding": "same"}, ("?, S, T, 2",)),
    ("Conv2D", {**CONV, "dilation_rate": 2}, ("?, S // 2 + 2, T, 2",)),
    ("Conv1D", {**CONV, "padding": "causal", "strides": 2}, ("?, S + T, 2",)),
    ("DepthwiseConv2D", {"kernel_size": (2, 3), "strides": 2}, ("?, S, T, 2",)),
    ("SeparableConv2D", CONV, ("?, S, T, 2",)),
    ("Conv2DTranspose", {**CONV, "strides": (1, 2)}, ("?, S, T, 2",)),
    ("Conv2DTranspose", {**CONV, "strides": 2, "padding": "same"}, ("?, S, T, 2",)),
    (
        "Conv2DTranspose",
        {**CONV, "strides": 3, "padding": "same", "output_padding": (0, 2)},
        ("?, S, T, 2",),
    ),
    ("MaxPooling2D", {"pool_size": (2, 3)}, ("?, S, T, 2",)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2}, ("?, S // 2, T, 2",)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, ("?, S, T, 2",)),
    ("GlobalMaxPooling2D", {"keepdims": True}, ("?, S, T, 2",)),
    ("Flatten", {}, ("?, S, T, 2",)),
    ("Reshape", {"target_shape": (-1, 2)}, ("?, S, T, 2",)),
    ("Reshape", {"target_shape": (-1, 4)}, ("?, S, T, 2",)),
    ("Reshape", {"target_shape": (3, 4)}, ("?, S, T, 2",)),
    ("Cropping2D", {"cropping": ((1, 2), (0, 3))}, ("?, S, T, 2",)),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}, ("?, S, T, 2",)),
    ("UpSampling2D", {"size": (2, 3)}, ("?, S, T, 2",)),
    ("Concatenate", {"axis": 1}, ("?, S, 2", "?, T, 2", "?, 5, 2")),
    ("Concatenate", {"axis": 2}, ("?, S, 2", "?, T, 2")),
    ("Dot", {"axes": 2}, ("?, S, T", "?, 5, T")),
]


def infer(kind: str, arguments: dict[str, Any], inputs: tuple[TensorSpec, ...]) -> Inference | None:
    try:
        return apply_rule(kind, arguments, inputs, len(inputs) > 1)[1]
    except Refusal:
        return None


def at(x: TensorSpec, sizes: dict[str, int]) -> TensorSpec:
    return x.with_shape(substitute(dim, sizes) for dim in x.shape)


@pytest.mark.parametrize(("kind", "arguments", "arrive"), SYMBOLIC)
def test_symbolic_rule_holds_at_every_size(
    kind: str, arguments: dict[str, Any], arrive: tuple[str, ...]
) -> None:
    inputs = tuple(tensor(x) for x in arrive)
    call, inference = apply_rule(kind, arguments, inputs, len(inputs) > 1)
    for s, t in product(range(1, 10), range(1, 10)):
        sizes = {"S": s, "T": t}
        concrete = infer(kind, arguments, tuple(at(x, sizes) for x in inputs))
        assert (concrete is not None) == all(d.holds(sizes) for d in call.demands), sizes
        if concrete is not None:
            expected = [at(y, sizes).shape for y in flatten(inference.outputs)]
            assert [y.shape for y in flatten(concrete.outputs)] == expected, sizes
            assert substitute(inference.macs, sizes) == concrete.macs, sizes
