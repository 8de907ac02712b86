"""Initial weights through the depth (N0638) and small batches (N0639): the figures, and what is left alone."""

from __future__ import annotations

import pytest

from netdsl.analyse.advice.view import View
from netdsl.analyse.variance import carried, mean_square
from tests.advice.asking import compiled, image, row, the, told


def size(chain: str, kind: str = "[64]") -> tuple[float, float]:
    """Give the mean squares before and after the activation of the last layer that was given its weights."""
    (graph,) = compiled(image(chain, kind)).graphs.values()
    runs = carried(View(graph))
    last = runs[max(runs)]
    return last.before, last.after


SIZES = [
    ("Dense(32, kernel_initializer=lecun_normal)", (1, 1)),
    ("Dense(32, kernel_initializer=he_uniform, activation=relu)", (2, 1)),
    ("Dense(32, kernel_initializer=RandomNormal(stddev=1.0))", (64, 64)),
    ("Dense(32, kernel_initializer=RandomNormal())", (64 * 0.05**2,) * 2),
    ("Dense(32, kernel_initializer=RandomUniform(-0.3, 0.3))", (64 * 0.09 / 3,) * 2),
    ("Dense(32, kernel_initializer=TruncatedNormal(stddev=0.5))", (64 * 0.25 * 0.77374,) * 2),
    ("Dense(32, kernel_initializer=Orthogonal(gain=2.0))", (4, 4)),
    ("Dense(128, kernel_initializer=orthogonal)", (0.5, 0.5)),
    ('Dense(32, kernel_initializer=VarianceScaling(2.0, mode="fan_out"))', (4, 4)),
    ("repeat 3 { Dense(64, kernel_initializer=lecun_normal, activation=relu) }", (0.25, 0.125)),
    ("Dense(64, kernel_initializer=lecun_normal) -> ReLU() -> Dropout(0.5)", (1, 0.5)),
    ("Dense(64, kernel_initializer=he_normal, activation=relu) -> Dense(9, activation=relu)", (2, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "wanted"), SIZES)
def test_the_mean_square_is_worked_out(chain: str, wanted: tuple[float, float]) -> None:
    assert size(chain) == pytest.approx(wanted, rel=1e-4)


def test_a_convolution_adds_up_its_window() -> None:
    assert size("Conv2D(8, 3, kernel_initializer=RandomNormal(stddev=1.0))", "[9, 9, 4]") == (
        36,
        36,
    )
    groups = "Conv2D(8, 3, groups=4, kernel_initializer=RandomNormal(stddev=1.0))"
    assert size(groups, "[9, 9, 4]") == (9, 9)
    deep = "DepthwiseConv2D(3, depthwise_initializer=RandomNormal(stddev=1.0))"
    assert size(deep, "[9, 9, 4]") == (9, 9)
    up = "Conv2DTranspose(8, 4, strides=2, kernel_initializer=RandomNormal(stddev=1.0))"
    assert size(up, "[9, 9, 4]") == (16, 16)


def test_an_activation_has_the_mean_square_of_its_values() -> None:
    assert mean_square("relu", 3.0) == 1.5
    assert mean_square("selu", 1.0) == pytest.approx(1.0, abs=2e-3)  # its fixed point
    assert mean_square("tanh", 1e8) == pytest.approx(1.0, abs=2e-2)
    assert mean_square("softmax", 1.0) is None


LECUN, WILD = "kernel_initializer=lecun_normal", "kernel_initializer=RandomNormal(stddev=1.0)"
HE = "kernel_initializer=he_normal"

TOLD = [
    (f"repeat 12 {{ Dense(64, {LECUN}, activation=relu) }} -> Dense(4)", "vanish through 12 layers"),
    (f"repeat 12 {{ Dense(64, {LECUN}) -> Dropout(0.1) -> ReLU() }} -> Dense(4)", "vanish through 12 layers"),
    (f"repeat 2 {{ Dense(512, {WILD}, activation=relu) }} -> Dense(4)", "explode through 2 layers"),
    (f"Dense(512) -> ReLU() -> Dense(512, {WILD}, activation=tanh) -> Dense(4)", "explode through `Dense`"),
    (f"repeat 10 {{ Dense(64, {HE}) -> Activation(linear) }} -> Dense(4)", "explode through 10 layers"),
    ("repeat 5 { Dense(512, kernel_initializer=RandomNormal(stddev=0.01), activation=relu) } -> Dense(4)",
     "vanish through 5 layers"),
]  # fmt: skip

LEFT_ALONE = [
    f"repeat 12 {{ Dense(64, {HE}, activation=relu) }} -> Dense(4)",
    f"repeat 12 {{ Dense(64, {LECUN}, activation=selu) }} -> Dense(4)",
    "repeat 12 { Dense(64, activation=relu) } -> Dense(4)",
    "repeat 12 { Dense(64, kernel_initializer=glorot_normal, activation=relu) } -> Dense(4)",
    f"repeat 9 {{ Dense(64, {LECUN}, activation=relu) }} -> Dense(4)",
    f"repeat 3 {{ Dense(512, use_bias=False, {WILD}) -> BatchNormalization() -> ReLU() }} -> Dense(4)",
    f"Dense(512, {WILD}, activation=relu) -> Dense(64, {HE}) -> LayerNormalization() -> Dense(4)",
    f"repeat 20 {{ Dense(64, {LECUN}, activation=relu) -> LayerNormalization() }} -> Dense(4)",
    f"repeat 9 {{ [_, Dense(64, {HE}, activation=relu) -> Dense(8, {HE})] -> Add() }} -> Dense(4)",
    f"Dense(512, activation=relu) -> Dense(512, {WILD}, trainable=False) -> Dense(4)",
    "Dense(300, activation=relu) -> Dense(2, kernel_initializer=RandomUniform(-3e-3, 3e-3))",
    "Dense(64, activation=relu, kernel_initializer=RandomNormal(mean=0.1)) -> Dense(4)",
]


@pytest.mark.parametrize(("chain", "words"), TOLD)
def test_it_is_told_of(chain: str, words: str) -> None:
    assert words in the(row(chain), "N0638").title


@pytest.mark.parametrize("chain", LEFT_ALONE)
def test_it_is_left_alone(chain: str) -> None:
    assert "N0638" not in told(row(chain))


def test_the_label_has_the_figure() -> None:
    vanishing = the(row(TOLD[0][0]), "N0638")
    assert "2.4e-04 here: each layer leaves 0.5 of it" in vanishing.primary.text
    assert "he_normal" in vanishing.help
    saturated = the(row(TOLD[3][0]), "N0638")
    assert (
        "512 before the `tanh` here, and `tanh` is flat for 93% of the units"
        in saturated.primary.text
    )


# -- small batches ------------------------------------------------------------------------------

CONV = 'Conv2D(8, 3, padding="same", use_bias=False) -> BatchNormalization() -> ReLU()'
END = "GlobalAveragePooling2D() -> Dense(4, activation=softmax)"


def trained(chain: str, setting: str, size: str = "[16, 16, 3]") -> str:
    return image(chain, size) + (
        f"\ntrain M {{\n optimizer = adam\n loss = sparse_categorical_crossentropy\n {setting}\n}}"
    )


@pytest.mark.parametrize(
    ("setting", "is_told"),
    [
        ("batch_size = 1", True),
        ("batch_size = 2", True),
        ("batch_size = 4", True),
        ("batch_size = 8", False),
        ("", False),
        ('batch_size = 8\n distribute = MirroredStrategy(devices=["GPU:0", "GPU:1", "GPU:2", "GPU:3"])', True),
    ],
)  # fmt: skip
def test_a_normalization_over_a_few_samples_is_told_of(setting: str, is_told: bool) -> None:
    assert ("N0639" in told(trained(f"repeat 3 {{ {CONV} }} -> {END}", setting))) == is_told


def test_the_fewest_numbers_are_counted() -> None:
    chain = f"{CONV} -> MaxPooling2D(4) -> {CONV} -> {END}"
    found = the(trained(chain, "batch_size = 2"), "N0639")
    assert "over 32 numbers of 2 samples, and so are those of 1 more" in found.primary.text


@pytest.mark.parametrize(
    ("chain", "size"),
    [
        (f"{CONV} -> {END}", "[128, 128, 3]"),
        (f"{CONV} -> {END}", "[H, W, 3]"),
        (f"{CONV.replace('BatchNormalization()', 'GroupNormalization(4)')} -> {END}", "[16, 16, 3]"),
        (f"{CONV.replace('BatchNormalization()', 'BatchNormalization(trainable=False)')} -> {END}", "[16, 16, 3]"),
    ],
)  # fmt: skip
def test_what_does_not_depend_on_few_samples_is_left_alone(chain: str, size: str) -> None:
    assert "N0639" not in told(trained(chain, "batch_size = 2", size))
