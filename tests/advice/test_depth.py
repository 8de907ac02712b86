"""Activations through the depth: N062."""

from __future__ import annotations

import pytest

from tests.advice.asking import image, row, the, told

TOLD = [
    ("repeat 4 { Dense(16, activation=sigmoid) } -> Dense(4)", "N0621"),
    (
        "repeat 5 { Dense(16) -> Activation(sigmoid) -> Dropout(0.1) } -> Dense(4, activation=relu)",
        "N0621",
    ),
    ("repeat 8 { Dense(16, activation=tanh) } -> Dense(4)", "N0621"),
    ("Dense(16, activation=relu) -> ReLU() -> Dense(4)", "N0622"),
    ("Dense(16, activation=relu) -> Activation(tanh) -> Dense(4)", "N0622"),
    ("Dense(4, activation=relu) -> Softmax()", "N0622"),
    ("Dense(16) -> Dense(4)", "N0623"),
    ("Dense(16) -> Dropout(0.1) -> Dense(4)", "N0623"),
    ("Dense(16) -> BatchNormalization() -> Dense(4, use_bias=False)", "N0631 N0623"),
    (
        'block unit { input x output [x, x -> ReLU() -> Dense(8)] -> Add() } '
        "model M { input x: [8] output y = x -> unit() -> ReLU() -> unit() }",
        "N0624",
    ),
]  # fmt: skip

LEFT_ALONE = [
    "repeat 3 { Dense(16, activation=sigmoid) } -> Dense(4)",
    "repeat 7 { Dense(16, activation=tanh) } -> Dense(4)",
    "repeat 6 { Dense(8, activation=sigmoid) -> LayerNormalization() } -> Dense(4)",
    "repeat 6 { [_, Dense(8, activation=sigmoid)] -> Add() } -> Dense(4)",
    "repeat 3 { Dense(8, activation=sigmoid) -> Dense(8, activation=relu) } -> Dense(4)",
    "repeat 3 { Dense(8, activation=sigmoid) } -> Dense(4, activation=sigmoid)",
    "Dense(16) -> ReLU() -> Dense(4)",
    "Dense(16, activation=linear) -> ReLU() -> Dense(4)",
    "Dense(16, activation=relu) -> Activation(linear) -> Dense(4)",
    "[Dense(8, activation=sigmoid), _] -> Multiply() -> ReLU() -> Dense(4)",
    "Dense(2) -> Dense(32)",  # a map of rank 2 saves weights
    "Dense(16) -> LayerNormalization() -> Dense(4)",
    "Dense(16) -> ops.relu() -> Dense(4)",
    "Dense(64) -> Reshape((4, 4, 4)) -> Conv2DTranspose(8, 4, strides=2, padding='same')",
    "Dense(16) -> [Dense(4), Dense(4)] -> Add()",  # what two layers read is not one map
]

IMAGES_TOLD = [
    "Conv2D(8, 3) -> Conv2D(8, 3)",
    "Conv2D(8, 3) -> AveragePooling2D(2) -> Conv2D(8, 3)",
    "Conv2D(8, 3) -> Flatten() -> Dense(4)",
]

IMAGES_LEFT_ALONE = [
    "Conv2D(8, 3) -> MaxPooling2D() -> Conv2D(8, 3)",
    "Conv2D(8, 3, activation=relu) -> Conv2D(8, 3)",
    "Conv2D(8, (1, 7)) -> Conv2D(8, (7, 1))",
    "DepthwiseConv2D(3) -> Conv2D(8, 1)",
    "Conv2D(32, 3, activation=relu) -> Conv2D(8, 1) -> Conv2D(8, 3)",
    "Conv2D(32, 3, activation=relu) -> Conv2D(8, 1) -> Conv2D(32, 3)",
    "Conv2D(8, 2, strides=2) -> Conv2DTranspose(8, 2, strides=2)",
]


@pytest.mark.parametrize(("chain", "codes"), TOLD)
def test_it_is_told_of(chain: str, codes: str) -> None:
    assert told(chain if "model" in chain else row(chain)) == codes.split()


@pytest.mark.parametrize("chain", LEFT_ALONE)
def test_it_is_left_alone(chain: str) -> None:
    assert told(row(chain)) == []


@pytest.mark.parametrize("chain", IMAGES_TOLD)
def test_convolutions_that_are_one_map_are_told_of(chain: str) -> None:
    assert told(image(chain)) == ["N0623"]


@pytest.mark.parametrize("chain", IMAGES_LEFT_ALONE)
def test_convolutions_that_save_weights_are_left_alone(chain: str) -> None:
    assert told(image(chain)) == []


def test_a_run_is_told_of_once_with_its_length() -> None:
    assert the(row("repeat 5 { Dense(16) } -> Dense(4)"), "N0623").title.startswith("6 layers")
    found = the(row("repeat 6 { Dense(16, activation=sigmoid) } -> Dense(4)"), "N0621")
    assert "2.4e-04" in found.message


def test_the_shortcut_of_the_first_residual_nets_is_left_alone() -> None:
    spec = """
    block unit { input x
        output [x, x -> Dense(8, use_bias=False) -> BatchNormalization()] -> Add() -> ReLU() }
    model M { input x: [8] output y = x -> repeat 3 { unit() } -> Dense(2) }
    """
    assert told(spec) == []


INSIDE = [
    "Dense(64, activation=softmax) -> Dense(10)",
    "Dense(64) -> Softmax() -> Dropout(0.1) -> Dense(10)",
    "Dense(64, activation=softmax) -> Reshape((8, 8, 1)) -> Conv2D(4, 3)",
    "[Dense(64, activation=softmax) -> Dense(8), _] -> Add() -> Dense(3)",
    "RepeatVector(4) -> TimeDistributed(Dense(64, activation=softmax)) -> TimeDistributed(Dense(3))",
    "RepeatVector(4) -> Dense(64, activation=softmax) -> LSTM(8) -> Dense(3)",
]

WHERE_IT_BELONGS = [
    "Dense(10, activation=softmax)",
    "Dense(8) -> Softmax() -> [_, x] -> Multiply() -> Dense(3)",
    "Dense(8, activation=softmax) -> [_, x] -> Concatenate() -> Dense(3)",
    "Reshape((8, 1)) -> Dense(4) -> Softmax(axis=1) -> Dense(3)",
    "Reshape((2, 4)) -> Softmax() -> Dense(1, trainable=False)",
    "Dense(1, activation=softmax) -> Dense(4)",  # told of otherwise
]


@pytest.mark.parametrize("chain", INSIDE)
def test_a_softmax_in_a_hidden_layer_is_told_of(chain: str) -> None:
    assert "its 64 values sum to 1, so each is about 0.016" in the(row(chain), "N0628").message


@pytest.mark.parametrize("chain", WHERE_IT_BELONGS)
def test_a_softmax_where_it_belongs_is_left_alone(chain: str) -> None:
    assert "N0628" not in told(row(chain))


def test_a_softmax_that_is_an_output_too_is_left_alone() -> None:
    spec = """model M { input x: [8]
        kind = x -> Dense(4, activation=softmax)
        output kind
        output y = kind -> Dense(3)
    }"""
    assert "N0628" not in told(spec)


def test_the_state_of_a_recurrence_is_hidden() -> None:
    chain = "LSTM(32, activation=softmax) -> Dense(4)"
    assert "32 values" in the(image(chain, "[9, 8]"), "N0628").message


@pytest.mark.parametrize(
    ("chain", "count"),
    [
        ("repeat 100 { Dense(16, activation=relu) } -> Dense(4)", 101),
        ("repeat 60 { Dense(16, use_bias=False) -> BatchNormalization() -> ReLU() } -> Dense(4)", 61),
        ("repeat 49 { Dense(16, activation=relu) } -> Dense(4)", 50),
        ("repeat 40 { Dense(16, activation=relu) } -> Dense(4)", 0),
        ("repeat 50 { [_, Dense(8, activation=relu) -> Dense(8)] -> Add() } -> Dense(4)", 0),
        ("repeat 30 { [_, Dense(4, activation=relu)] -> Concatenate() -> Dense(8, activation=relu) } -> Dense(4)", 0),
    ],
)  # fmt: skip
def test_a_plain_net_is_told_of_by_its_depth(chain: str, count: int) -> None:
    if not count:
        assert "N0629" not in told(row(chain))
    else:
        assert the(row(chain), "N0629").title == f"{count} layers in a row without a shortcut"
