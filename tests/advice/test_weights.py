"""Biases, initializers and what follows what: N063."""

from __future__ import annotations

import pytest

from tests.advice.asking import compiled, image, row, the, told

TOLD = [
    ("Dense(16) -> BatchNormalization() -> ReLU() -> Dense(4)", "N0631"),
    ("Dense(16, activation=relu, kernel_initializer=zeros) -> Dense(4)", "N0632"),
    ("Dense(16, activation=relu, kernel_initializer=Constant(0.1)) -> Dense(4)", "N0632"),
    ("Dense(16, activation=selu, kernel_initializer=he_normal) -> Dense(4)", "N0633"),
    ("Dense(16, activation=selu) -> Dense(4)", "N0633"),
    ("Dense(16) -> Activation(selu) -> Dense(4)", "N0633"),
    ("Dense(16, activation=relu) -> AlphaDropout(0.1) -> Dense(4)", "N0635"),
    ("Dense(16, activation=relu) -> Dropout(0.5) -> BatchNormalization() -> Dense(4)", "N0636"),
]

LEFT_ALONE = [
    "Dense(16, use_bias=False) -> BatchNormalization() -> ReLU() -> Dense(4)",
    "Dense(16, activation=relu) -> BatchNormalization() -> Dense(4)",
    "Dense(16) -> BatchNormalization(trainable=False) -> ReLU() -> Dense(4)",
    "Dense(16) -> LayerNormalization() -> ReLU() -> Dense(4)",
    "Dense(4, kernel_initializer=zeros)",
    "[_, Dense(8, activation=relu) -> Dense(8, kernel_initializer=zeros)] -> Add() -> Dense(4)",
    "Dense(16, activation=relu, kernel_initializer=zeros, trainable=False) -> Dense(4)",
    "Dense(1, activation=relu, kernel_initializer=ones) -> Dense(4)",
    "Dense(16, activation=relu, bias_initializer=zeros) -> Dense(4)",
    "Dense(16, activation=selu, kernel_initializer=lecun_normal) -> AlphaDropout(0.1) -> Dense(4)",
    "Dense(16, activation=selu, kernel_initializer=LecunUniform(seed=1)) -> Dense(4)",
    "Dense(16, activation=relu, kernel_initializer=he_normal) -> Dense(4)",
    "Dense(16, activation=relu) -> Dropout(0.0) -> BatchNormalization() -> Dense(4)",
    "Dense(16, activation=relu) -> BatchNormalization() -> Dropout(0.5) -> Dense(4)",
]


@pytest.mark.parametrize(("chain", "code"), TOLD)
def test_it_is_told_of(chain: str, code: str) -> None:
    assert told(row(chain)) == [code]


@pytest.mark.parametrize("chain", LEFT_ALONE)
def test_it_is_left_alone(chain: str) -> None:
    assert told(row(chain)) == []


def test_a_bias_whose_channels_are_not_the_normalized_ones_is_left_alone() -> None:
    assert told(image("Conv2D(8, 3) -> BatchNormalization(axis=1) -> ReLU()")) == ["N0681"]


def test_a_bias_that_is_read_elsewhere_is_left_alone() -> None:
    spec = """model M { input x: [8]
        h = x -> Dense(8)
        output y = [h, h -> BatchNormalization()] -> Concatenate()
    }"""
    assert told(spec) == []


HEAD = "Dense(6, kernel_initializer=zeros)"
START = "Dense(8, kernel_initializer=zeros, bias_initializer=Constant([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]))"


@pytest.mark.parametrize(
    "way",
    [
        f"[image, looked -> {HEAD}] -> Sampler()",
        f"[image, looked -> {HEAD} -> Activation(tanh)] -> Sampler()",
        f"looked -> {HEAD} -> Reshape((2, 3)) -> Lambda(sample)",
        f"ops.image.affine_transform(image, looked -> {START})",
        f"looked -> {START} -> Dense(4)",
    ],
)
def test_the_last_layer_of_a_spatial_transformer_starts_at_zero_on_purpose(way: str) -> None:
    spec = f"""
    extern layer Sampler(): ([h, w, c], [n]) -> [h, w, c] from "mine"
    extern fn sample from "mine"
    model M {{
        input image: [20, 20, 1]
        looked = image -> Conv2D(8, 5, activation=relu) -> Flatten() -> Dense(16, activation=relu)
        output y = {way}
        output z = looked
    }}
    """
    assert "N0632" not in told(spec)


def test_zeros_before_a_relu_or_a_kernel_are_told_of_all_the_same() -> None:
    for chain in ("ops.relu() -> Dense(4)", "ops.tanh() -> Dense(4)", "ReLU() -> Dense(4)"):
        assert "N0632" in told(row(f"{HEAD} -> {chain}"))


def test_a_fixed_filter_of_numbers_is_left_alone() -> None:
    spec = image("DepthwiseConv2D(3, depthwise_initializer=Constant(0.1)) -> ReLU()")
    assert told(spec) == []


def test_glorot_under_relu_waits_to_be_asked_for() -> None:
    deep = row("repeat 12 { Dense(8, activation=relu) } -> Dense(4)")
    assert told(deep) == []
    assert told(deep, "N0634") == ["N0634"]
    normalized = row("repeat 12 { Dense(8, activation=relu) -> LayerNormalization() } -> Dense(4)")
    assert told(normalized, "N0634") == []


@pytest.mark.parametrize(
    ("chain", "becomes"),
    [
        ("Dense(16) -> BatchNormalization() -> ReLU() -> Dense(4)", "Dense(16, use_bias=False)"),
        ("Dense(16, activation=selu) -> Dense(4)", "Dense(16, activation=selu, kernel_initializer=lecun_normal)"),
        ("Dense(16, activation=selu, kernel_initializer=he_normal) -> Dense(4)",
         "Dense(16, activation=selu, kernel_initializer=lecun_normal)"),
    ],
)  # fmt: skip
def test_a_fix_settles_it(chain: str, becomes: str) -> None:
    (found,) = compiled(row(chain)).diagnostics
    assert found.fix is not None
    (edit,) = found.fix.edits
    text = edit.span.file.text
    assert becomes in text[: edit.span.start] + edit.text + text[edit.span.end :]


def test_a_layer_of_a_repeated_block_is_told_of_once() -> None:
    spec = """
    block unit(filters) { input x
        output x -> Conv2D(filters, 3, padding="same") -> BatchNormalization() -> ReLU() }
    model M { input x: [32, 32, 3] output y = x -> for n in [8, 16, 32] { unit(n) } }
    """
    assert "8 channels" in the(spec, "N0631").message
