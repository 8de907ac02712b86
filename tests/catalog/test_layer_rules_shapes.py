"""Output shapes, weights and work of layers, with sizes that are known, symbolic or unknown."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.catalog.kind import ExternFunction
from netdsl.tensor import TensorSpec
from tests.catalog.rule_harness import apply_rule
from tests.catalog.symbols import dims, tensor

Arguments = dict[str, Any]
FIRST = {"data_format": "channels_first"}


def output(
    kind: str, arguments: Arguments, *inputs: str, is_list: bool | None = None
) -> TensorSpec:
    """Run a rule on float32 inputs and give its one output."""
    listed = len(inputs) > 1 if is_list is None else is_list
    _, inference = apply_rule(kind, arguments, tuple(tensor(x) for x in inputs), listed)
    assert isinstance(inference.outputs, TensorSpec)
    return inference.outputs


ONE_INPUT: list[tuple[str, Arguments, str, str]] = [
    # dense
    ("Dense", {"units": 10}, "?, 64", "?, 10"),
    ("Dense", {"units": 10}, "?, T, 64", "?, T, 10"),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 8)}, "?, T, 4", "?, T, 8"),
    ("EinsumDense", {"equation": "...c,cd->...d", "output_shape": 8}, "?, 3, T, 4", "?, T, 3, 8"),
    # convolutions
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "?, 32, 32, 3", "?, 30, 30, 8"),
    ("Conv2D", {"filters": 8, "kernel_size": 3, **FIRST}, "?, 3, 32, 16", "?, 8, 30, 14"),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "?, H, W, 3", "?, H - 2, W - 2, 8"),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "?, ?, 9, 3", "?, ?, 7, 8"),
    (
        "Conv2D",
        {"filters": 8, "kernel_size": 3, "strides": 2, "padding": "same"},
        "?, H, 7, 3",
        "?, (H + 1) // 2, 4, 8",
    ),
    (
        "Conv2D",
        {"filters": 8, "kernel_size": 3, "strides": 2},
        "?, H, 7, 3",
        "?, (H - 3) // 2 + 1, 3, 8",
    ),
    (
        "Conv1D",
        {"filters": 8, "kernel_size": 3, "dilation_rate": 4, "padding": "causal"},
        "?, T, 2",
        "?, T, 8",
    ),
    ("Conv1D", {"filters": 8, "kernel_size": 3, "dilation_rate": 4}, "?, T, 2", "?, T - 8, 8"),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2}, "?, H, 9, 3", "?, H - 2, 7, 6"),
    ("SeparableConv1D", {"filters": 5, "kernel_size": 2}, "?, T, 3", "?, T - 1, 5"),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"},
        "?, H, 16, 8",
        "?, 2 * H, 32, 3",
    ),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2},
        "?, H, 4, 8",
        "?, 2 * H + 1, 9, 3",
    ),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0},
        "?, H, 4, 8",
        "?, 2 * H - 1, 7, 3",
    ),
    # pooling
    ("MaxPooling2D", {"pool_size": 2}, "?, H, 15, 8", "?, H // 2, 7, 8"),
    (
        "MaxPooling2D",
        {"pool_size": 3, "strides": 2, "padding": "same"},
        "?, H, 15, 8",
        "?, (H + 1) // 2, 8, 8",
    ),
    ("AveragePooling1D", {"pool_size": 4, **FIRST}, "?, 8, T", "?, 8, T // 4"),
    ("GlobalAveragePooling2D", {}, "?, H, W, 8", "?, 8"),
    ("GlobalMaxPooling3D", {"keepdims": True, **FIRST}, "?, 8, D, H, W", "?, 8, 1, 1, 1"),
    ("AdaptiveAveragePooling2D", {"output_size": (2, 4)}, "?, H, W, 8", "?, 2, 4, 8"),
    # reshaping
    ("Flatten", {}, "?, 7, 7, 512", "?, 25088"),
    ("Flatten", {}, "?, H, W, 3", "?, 3 * H * W"),
    ("Flatten", {}, "?", "?, 1"),
    ("Reshape", {"target_shape": (3, -1)}, "?, 12", "?, 3, 4"),
    ("Reshape", {"target_shape": (-1, 3)}, "?, H, W, 3", "?, H * W, 3"),
    ("Reshape", {"target_shape": (-1, 3)}, "?, ?, 3", "?, ?, 3"),
    ("Reshape", {"target_shape": (4, 3)}, "?, H, 3", "?, 4, 3"),
    ("Permute", {"dims": (2, 1)}, "?, T, 64", "?, 64, T"),
    ("RepeatVector", {"n": 3}, "?, 5", "?, 3, 5"),
    ("Cropping2D", {"cropping": ((1, 2), (3, 0))}, "?, H, 9, 3", "?, H - 3, 6, 3"),
    ("ZeroPadding2D", {"padding": (3, 1)}, "?, H, 9, 3", "?, H + 6, 11, 3"),
    ("ZeroPadding1D", {"padding": (3, 1)}, "?, T, 3", "?, T + 4, 3"),
    ("UpSampling2D", {"size": (2, 3)}, "?, H, 9, 3", "?, 2 * H, 27, 3"),
    # what keeps its shape
    ("BatchNormalization", {}, "?, H, W, 8", "?, H, W, 8"),
    ("LayerNormalization", {"axis": (-2, -1)}, "?, T, 4, 8", "?, T, 4, 8"),
    ("SpatialDropout2D", {"rate": 0.2}, "?, H, W, 8", "?, H, W, 8"),
    ("PReLU", {"shared_axes": (1, 2)}, "?, H, W, 8", "?, H, W, 8"),
]


@pytest.mark.parametrize(("kind", "arguments", "arrives", "leaves"), ONE_INPUT)
def test_shape_follows_the_rule(kind: str, arguments: Arguments, arrives: str, leaves: str) -> None:
    assert output(kind, arguments, arrives).shape == dims(leaves)


MERGES: list[tuple[str, Arguments, tuple[str, ...], str]] = [
    ("Add", {}, ("?, 14, 64", "?, 1, 64"), "?, 14, 64"),
    ("Add", {}, ("?, 64", "?, 14, 64"), "?, 14, 64"),
    ("Add", {}, ("?, H, 64", "?, H, 1"), "?, H, 64"),
    ("Add", {}, ("?, ?, 64", "?, 5, 64"), "?, ?, 64"),
    ("Multiply", {}, ("?, H, W, 64", "?, 1, 1, 64", "?, 1, W, 1"), "?, H, W, 64"),
    ("Subtract", {}, ("?, 5, H", "?, H, H"), "?, H, H"),
    ("Concatenate", {}, ("?, H, 64", "?, H, 96"), "?, H, 160"),
    ("Concatenate", {"axis": 1}, ("?, S, 8", "?, T, 8"), "?, S + T, 8"),
    ("Concatenate", {"axis": 1}, ("?, ?, 8", "?, 5, 8"), "?, ?, 8"),
    ("Concatenate", {}, ("?, 5, 8", "?, ?, 8"), "?, 5, 16"),
    ("Dot", {"axes": 2}, ("?, S, 64", "?, T, 64"), "?, S, T"),
    ("Dot", {"axes": -1}, ("?, 64", "?, 64"), "?, 1"),
    ("Dot", {"axes": (2, 1)}, ("?, S, T", "?, T, 5, 7"), "?, S, 5, 7"),
]


@pytest.mark.parametrize(("kind", "arguments", "arrive", "leaves"), MERGES)
def test_merged_shape_follows_the_rule(
    kind: str, arguments: Arguments, arrive: tuple[str, ...], leaves: str
) -> None:
    assert output(kind, arguments, *arrive).shape == dims(leaves)


DEMANDS: list[tuple[str, Arguments, tuple[str, ...], list[str]]] = [
    ("Conv2D", {"filters": 8, "kernel_size": 3}, ("?, H, 9, 3",), ["H >= 3"]),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, ("?, H // 2, 9, 3",), ["H // 2 >= 3"]),
    ("Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same"}, ("?, H, 9, 3",), []),
    ("Conv2D", {"filters": 8, "kernel_size": 1}, ("?, H, 9, 3",), []),
    ("MaxPooling1D", {"pool_size": 2}, ("?, T, 3",), ["T >= 2"]),
    ("Cropping1D", {"cropping": 2}, ("?, T, 3",), ["T >= 5"]),
    ("Reshape", {"target_shape": (4, 3)}, ("?, H, 3",), ["3 * H == 12"]),
    ("Reshape", {"target_shape": (-1, 8)}, ("?, H, 8",), []),
    ("Add", {}, ("?, S, 8", "?, T, 8"), ["S == T"]),
    ("Add", {}, ("?, T, 8", "?, T, 8"), []),
    ("Concatenate", {}, ("?, S, 8", "?, 5, 8"), ["S == 5"]),
    ("Dot", {"axes": 1}, ("?, S, 8", "?, T, 8"), ["S == T"]),
]


@pytest.mark.parametrize(("kind", "arguments", "arrive", "demanded"), DEMANDS)
def test_symbolic_sizes_leave_a_demand(
    kind: str, arguments: Arguments, arrive: tuple[str, ...], demanded: list[str]
) -> None:
    call, _ = apply_rule(kind, arguments, tuple(tensor(x) for x in arrive), len(arrive) > 1)
    assert [str(demand) for demand in call.demands] == demanded


WEIGHTS: list[tuple[str, Arguments, str, dict[str, tuple[int, ...]], list[str]]] = [
    # the last column names those that do not train
    ("Dense", {"units": 10}, "?, 64", {"kernel": (64, 10), "bias": (10,)}, []),
    ("Dense", {"units": 10, "use_bias": False}, "?, 64", {"kernel": (64, 10)}, []),
    (
        "Dense",
        {"units": 10, "lora_rank": 2},
        "?, 64",
        {"kernel": (64, 10), "bias": (10,), "lora_kernel_a": (64, 2), "lora_kernel_b": (2, 10)},
        ["kernel"],
    ),
    (
        "Conv2D",
        {"filters": 8, "kernel_size": 3, "groups": 2},
        "?, 9, 9, 4",
        {"kernel": (3, 3, 2, 8), "bias": (8,)},
        [],
    ),
    (
        "Conv2DTranspose",
        {"filters": 8, "kernel_size": 3},
        "?, 9, 9, 4",
        {"kernel": (3, 3, 8, 4), "bias": (8,)},
        [],
    ),
    (
        "SeparableConv2D",
        {"filters": 8, "kernel_size": 3, "depth_multiplier": 2},
        "?, 9, 9, 4",
        {"depthwise_kernel": (3, 3, 4, 2), "pointwise_kernel": (1, 1, 8, 8), "bias": (8,)},
        [],
    ),
    (
        "BatchNormalization",
        {"axis": 1},
        "?, 4, 9",
        {"gamma": (4,), "beta": (4,), "moving_mean": (4,), "moving_variance": (4,)},
        ["moving_mean", "moving_variance"],
    ),
    ("LayerNormalization", {"axis": (1, -1)}, "?, 4, 9, 5", {"gamma": (5, 4), "beta": (5, 4)}, []),
    ("LayerNormalization", {"scale": False}, "?, 4", {"beta": (4,)}, []),
    ("PReLU", {"shared_axes": (1, 2)}, "?, H, W, 8", {"alpha": (1, 1, 8)}, []),
    (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 8), "bias_axes": "d"},
        "?, T, 4",
        {"kernel": (4, 2, 8), "bias": (2, 1)},
        [],
    ),
    ("Dropout", {"rate": 0.5}, "?, 4", {}, []),
]


@pytest.mark.parametrize(("kind", "arguments", "arrives", "weights", "frozen"), WEIGHTS)
def test_weights_have_keras_names_and_shapes(
    kind: str,
    arguments: Arguments,
    arrives: str,
    weights: dict[str, tuple[int, ...]],
    frozen: list[str],
) -> None:
    _, inference = apply_rule(kind, arguments, (tensor(arrives),))
    assert [(w.name, w.shape) for w in inference.weights] == list(weights.items())
    assert [w.name for w in inference.weights if not w.trainable] == frozen


WORK: list[tuple[str, Arguments, tuple[str, ...], str]] = [
    ("Dense", {"units": 10}, ("?, 7, 64",), "7 * 64 * 10"),
    ("Dense", {"units": 10}, ("?, T, 64",), "T * 64 * 10"),
    ("Dense", {"units": 10}, ("?, ?, 64",), "?"),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, ("?, 32, 32, 4",), "30 * 30 * 9 * 4 * 8"),
    (
        "Conv2D",
        {"filters": 8, "kernel_size": 3, "groups": 2},
        ("?, 32, 32, 4",),
        "30 * 30 * 9 * 2 * 8",
    ),
    ("Conv1D", {"filters": 8, "kernel_size": 3}, ("?, T, 4",), "(T - 2) * 3 * 4 * 8"),
    ("DepthwiseConv2D", {"kernel_size": 3}, ("?, 32, 32, 4",), "30 * 30 * 9 * 4"),
    (
        "SeparableConv2D",
        {"filters": 8, "kernel_size": 3},
        ("?, 32, 32, 4",),
        "30 * 30 * (9 * 4 + 4 * 8)",
    ),
    (
        "Conv2DTranspose",
        {"filters": 8, "kernel_size": 3, "strides": 2},
        ("?, 16, 16, 4",),
        "16 * 16 * 9 * 4 * 8",
    ),
    (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (7, 2, 8)},
        ("?, 7, 4",),
        "7 * 4 * 2 * 8",
    ),
    ("Dot", {"axes": 2}, ("?, 10, 64", "?, 20, 64"), "10 * 20 * 64"),
    ("MaxPooling2D", {}, ("?, 32, 32, 4",), "0"),
]


@pytest.mark.parametrize(("kind", "arguments", "arrive", "macs"), WORK)
def test_work_counts_multiplications_of_one_sample(
    kind: str, arguments: Arguments, arrive: tuple[str, ...], macs: str
) -> None:
    _, inference = apply_rule(kind, arguments, tuple(tensor(x) for x in arrive), len(arrive) > 1)
    assert (inference.macs,) == dims(macs)


def test_integers_only_move_through_reshaping() -> None:
    moved = [("Flatten", {}), ("Reshape", {"target_shape": (-1,)}), ("Permute", {"dims": (1,)})]
    for kind, arguments in [*moved, ("Identity", {})]:
        _, inference = apply_rule(kind, arguments, (tensor("?, 4", "int32"),))
        assert inference.outputs == tensor("?, 4", "int32"), kind


def test_mixed_precision_computes_in_half_and_keeps_weights_whole() -> None:
    _, inference = apply_rule("Dense", {"units": 2, "dtype": "mixed_float16"}, (tensor("?, 4"),))
    assert isinstance(inference.outputs, TensorSpec)
    assert inference.outputs.dtype == "float16"
    assert {w.dtype for w in inference.weights} == {"float32"}


def test_user_function_keeps_the_shape_unless_told() -> None:
    function = ExternFunction("f", "m")
    assert output("Lambda", {"function": function}, "?, T, 4").shape == dims("?, T, 4")
    told = {"function": function, "output_shape": (None, 2)}
    assert output("Lambda", told, "?, T, 4", "?, 9").shape == dims("?, ?, 2")


def test_elementwise_layers_map_a_list() -> None:
    inputs = (tensor("?, 4"), tensor("?, 5"))
    _, inference = apply_rule("ReLU", {}, inputs, is_list=True)
    assert inference.outputs == inputs
