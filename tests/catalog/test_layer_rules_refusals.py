"""What layers refuse: the code, the words with the numbers in them, and who is to blame."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.catalog.kind import ExternFunction, Refusal
from tests.catalog.rule_harness import apply_rule
from tests.catalog.symbols import tensor

CONV = {"filters": 8, "kernel_size": 3}
FUNCTION = ExternFunction("f", "m")

REFUSED: list[tuple[str, dict[str, Any], tuple[str, ...], str, str, object]] = [
    # ranks and counts
    ("Dense", {"units": 2}, ("?",), "N0501", "needs rank at least 2 with the batch, (None,) has rank 1", None),
    ("Conv2D", CONV, ("?, 9, 3",), "N0501", "needs rank 4 with the batch, (None, 9, 3) has rank 3", None),
    ("Dense", {"units": 2}, ("?, 4", "?, 4"), "N0502", "takes one tensor, a list of 2 arrives", None),
    ("Add", {}, ("?, 4",), "N0509", "takes a list of several tensors, one tensor arrives", None),
    ("Subtract", {}, ("?, 4", "?, 4", "?, 4"), "N0509", "takes a list of 2 tensors, 3 arrive", None),
    # sizes
    (
        "Conv2D", CONV, ("?, 2, 9, 3",), "N0505",
        "axis 1 of (None, 2, 9, 3) is 2 and the window spans 3", "kernel_size",
    ),
    (
        "Conv2D", {**CONV, "data_format": "channels_first"}, ("?, 3, 9, 2",), "N0505",
        "axis 3 of (None, 3, 9, 2) is 2 and the window spans 3", "kernel_size",
    ),
    (
        "Conv1D", {**CONV, "dilation_rate": 4}, ("?, 8, 3",), "N0505",
        "axis 1 of (None, 8, 3) is 8 and the window spans 9", "kernel_size",
    ),
    (
        "MaxPooling1D", {"pool_size": 5}, ("?, 4, 3",), "N0505",
        "axis 1 of (None, 4, 3) is 4 and the window spans 5", "pool_size",
    ),
    (
        "Cropping1D", {"cropping": (2, 2)}, ("?, 4, 3",), "N0505",
        "axis 1 of (None, 4, 3) is 4 and 4 are cut off", "cropping",
    ),
    (
        "Dense", {"units": 2}, ("?, ?",), "N0504",
        "axis 1 of (None, None) is None, and the weights need a number there", None,
    ),
    (
        "Conv1D", CONV, ("?, 9, C",), "N0504",
        "axis 2 of (None, 9, C) is C, and the weights need a number there", None,
    ),
    (
        "Reshape", {"target_shape": (5, 2)}, ("?, 12",), "N0507",
        "a sample of (None, 12) has 12 elements, (5, 2) holds 10", "target_shape",
    ),
    (
        "Reshape", {"target_shape": (-1, 5)}, ("?, 12",), "N0507",
        "a sample of (None, 12) has 12 elements, and 5 does not go into it", "target_shape",
    ),
    # sizes of 0
    (
        "GroupNormalization", {"groups": -1}, ("?, 4, 0",), "N0506",
        "0 channels do not split into 0 groups", "groups",
    ),
    (
        "GroupNormalization", {"groups": 2}, ("?, 4, 0",), "N0506",
        "0 channels do not split into 2 groups", "groups",
    ),
    # what Keras cannot draw, or do without
    (
        "Dense", {"units": 2, "dtype": "int32"}, ("?, 4",), "N0510",
        "`kernel` is of int32 by the layer's `dtype`, and its initializer draws floats", "dtype",
    ),
    (
        "LSTM", {"units": 2, "bias_initializer": None}, ("?, 4, 3",), "N0512",
        "`unit_forget_bias` puts ones into a bias, and `bias_initializer` is `None`", "bias_initializer",
    ),
    (
        "GroupQueryAttention",
        {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 2, "kernel_initializer": None},
        ("?, 4, 8", "?, 4, 8"), "N0305", "`kernel_initializer` is `None`, not an initializer", "kernel_initializer",
    ),
    (
        "MaxPooling1D", {"padding": "SAME"}, ("?, 4, 3",), "N0307",
        '`padding` is `"SAME"`, not `"valid"` or `"same"`', "padding",
    ),
    (
        "StringLookup", {"vocabulary": [0, 1]}, ("?, 1",), "N0305",
        "`vocabulary` is `[0, 1]`, not a list of strings", "vocabulary",
    ),
    (
        "IntegerLookup", {"vocabulary": [1, "a"]}, ("?, 1",), "N0305",
        '`vocabulary` is `[1, "a"]`, not a string or a list of integers', "vocabulary",
    ),
    # groups
    ("Conv2D", {**CONV, "groups": 3}, ("?, 9, 9, 3",), "N0506", "`filters` is 8, and `groups` is 3", "groups"),
    (
        "Conv2D", {**CONV, "groups": 2}, ("?, 9, 9, 3",), "N0506",
        "the input's channels are 3, and `groups` is 2", "groups",
    ),
    (
        "GroupNormalization", {}, ("?, 8",), "N0506",
        "8 channels do not split into 32 groups", "groups",
    ),
    # axes
    ("Softmax", {"axis": 3}, ("?, 12",), "N0508", "axis 3 of (None, 12), which has axes 0 to 1", "axis"),
    ("BatchNormalization", {"axis": 0}, ("?, 12",), "N0508", "axis 0 of (None, 12) is the batch", "axis"),
    (
        "LayerNormalization", {"axis": (1, -1)}, ("?, 12",), "N0508",
        "axis 1 of (None, 12) is named twice", "axis",
    ),
    (
        "PReLU", {"shared_axes": (0,)}, ("?, 12",), "N0508",
        "axis 0 of (None, 12); axes are shared from 1 to 1", "shared_axes",
    ),
    ("Dot", {"axes": 0}, ("?, 4", "?, 4"), "N0508", "axis 0 of (None, 4) is the batch", "axes"),
    # arguments that do not go together
    (
        "Conv2D", {**CONV, "strides": 2, "dilation_rate": 2}, ("?, 9, 9, 3",), "N0512",
        "`strides` are (2, 2) and `dilation_rate` is (2, 2); one must be 1", "dilation_rate",
    ),
    (
        "Conv1DTranspose", {**CONV, "output_padding": 1}, ("?, 9, 3",), "N0512",
        "`output_padding` is 1 where the stride is 1; it must be less", "output_padding",
    ),
    # merges
    (
        "Add", {}, ("?, 14, 64", "?, 28, 64"), "N0503",
        "axis 1 is 14 in input 1 and 28 in input 2 ((None, 14, 64) and (None, 28, 64))", ("input", 1),
    ),
    (
        "Add", {}, ("?, 1, 64", "?, 14, 64", "?, 28, 64"), "N0503",
        "axis 1 is 14 in input 2 and 28 in input 3 ((None, 14, 64) and (None, 28, 64))", ("input", 2),
    ),
    (
        "Add", {}, ("?, 14, 64", "?, 32"), "N0503",
        "axis 2 is 64 in input 1 and axis 1 is 32 in input 2 ((None, 14, 64) and (None, 32))", ("input", 1),
    ),
    (
        "Add", {}, ("?, T", "?, T - 2"), "N0503",
        "axis 1 is T in input 1 and T - 2 in input 2 ((None, T) and (None, T - 2))", ("input", 1),
    ),
    ("Concatenate", {}, ("?, 14, 64", "?, 28, 96"), "N0503", "axis 1 is 14 in input 1 and 28 in input 2", ("input", 1)),
    (
        "Concatenate", {}, ("?, 14, 64", "?, 64"), "N0503",
        "input 1 has rank 3 and input 2 rank 2 ((None, 14, 64) and (None, 64))", ("input", 1),
    ),
    ("Dot", {"axes": 1}, ("?, 4", "?, 5"), "N0503", "axis 1 is 4 in input 1 and axis 1 is 5 in input 2", "axes"),
    ("Dot", {"axes": 1}, ("?, 4", "?, T"), "N0503", "axis 1 is 4 in input 1 and axis 1 is T in input 2", "axes"),
    # equations
    (
        "EinsumDense", {"equation": "abc->ab", "output_shape": 4}, ("?, 4, 5",), "N0514",
        "`abc->ab` is not of the form `ab,bc->ac`, `...ab,bc->...ac` or `ab...,bc->ac...`", "equation",
    ),
    (
        "EinsumDense", {"equation": "abc,cd->abe", "output_shape": (4, 6)}, ("?, 4, 5",), "N0514",
        "`e` is in the output only", "equation",
    ),
    (
        "EinsumDense", {"equation": "abc,cd->abd", "output_shape": (7, 6)}, ("?, 4, 5",), "N0514",
        "axis `b` is 4 in the input and 7 in the output", "output_shape",
    ),
    (
        "EinsumDense", {"equation": "ab,bc->ac", "output_shape": 6, "bias_axes": "x"}, ("?, 4",), "N0514",
        "`x` is not an axis of the output", "bias_axes",
    ),
    # the user's function
    (
        "Lambda", {"function": FUNCTION}, ("?, 4", "?, 5"), "N0503",
        "(None, 4) and (None, 5) arrive, and nothing says what the function makes of them", ("input", 1),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "arrive", "code", "label", "blames"), REFUSED)
def test_refusal_says_what_is_wrong_here(
    kind: str,
    arguments: dict[str, Any],
    arrive: tuple[str, ...],
    code: str,
    label: str,
    blames: object,
) -> None:
    with pytest.raises(Refusal) as caught:
        apply_rule(kind, arguments, tuple(tensor(x) for x in arrive), len(arrive) > 1)
    refusal = caught.value
    assert (refusal.problem.code, refusal.label, refusal.blames) == (code, label, blames)


@pytest.mark.parametrize("kind", ["Dense", "Activation", "Add", "Masking", "BatchNormalization"])
def test_strings_are_not_computed_with(kind: str) -> None:
    arguments = {"Dense": {"units": 2}, "Activation": {"activation": "relu"}}.get(kind, {})
    x = tensor("?, 4", "string")
    with pytest.raises(Refusal) as caught:
        apply_rule(kind, arguments, (x, x) if kind == "Add" else (x,), kind == "Add")
    assert caught.value.problem.code == "N0510"
    assert "string(None, 4)" in caught.value.label
