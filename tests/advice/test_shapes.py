"""Sizes, kernels and strides: N064."""

from __future__ import annotations

import pytest

from tests.advice.asking import image, the, told

HEAD = "-> Flatten() -> Dense(4, activation=softmax)"
POOLED = "-> GlobalAveragePooling2D() -> Dense(4, activation=softmax)"

#: A chain, the size of the image, and what is told of it.
TOLD = [
    ("Dense(64, activation=relu) -> Dense(4, activation=softmax)", "[28, 28, 1]", "N0641"),
    ("Conv2D(8, 3, strides=2, activation=relu) -> Dense(4, activation=softmax)", "[33, 33, 3]", "N0641"),
    ("Dense(64, activation=relu) -> Dense(4, activation=softmax)", "[28, 28]", "N0641"),
    (f'Conv2D(8, 3, padding="same", activation=relu) {HEAD}', "[1, 1, 3]", "N0642"),
    (f'Conv2D(8, 7, padding="same", activation=relu) {HEAD}', "[3, 3, 3]", "N0643"),
    (f'Conv2D(8, 3, dilation_rate=18, padding="same", activation=relu) {HEAD}', "[14, 14, 3]", "N0643"),
    (f'Conv2D(8, 4, padding="same", activation=relu) {HEAD}', "[32, 32, 3]", "N0644"),
    (f"Conv2D(8, 3, strides=4, activation=relu) {HEAD}", "[32, 32, 3]", "N0645"),
    (f"MaxPooling2D(2, strides=3) {HEAD}", "[32, 32, 3]", "N0645"),
    (f"MaxPooling2D(2) {HEAD}", "[7, 7, 3]", "N0646"),
    (f"MaxPooling2D(4) {HEAD}", "[15, 16, 3]", "N0646"),
    (f"repeat 3 {{ Conv2D(8, 3, activation=relu) }} {POOLED}", "[224, 224, 3]", "N0647"),
    (f'repeat 40 {{ Conv2D(8, 3, padding="same", activation=relu) }} {HEAD}', "[8, 8, 3]", "N0648"),
    ('Conv2DTranspose(8, 3, strides=2, padding="same")', "[8, 8, 3]", "N0649"),
    ("Conv2DTranspose(8, (4, 3), strides=(2, 2))", "[8, 8, 3]", "N0649"),
    (f"{HEAD.removeprefix('-> ')}", "[0, 3]", "N0650"),
]  # fmt: skip

LEFT_ALONE = [
    (f"Dense(8, activation=relu) {HEAD}", "[28, 28, 1]"),
    ("GlobalAveragePooling2D(keepdims=True) -> Dense(4, activation=softmax)", "[28, 28, 1]"),
    ("Dense(8, activation=relu) -> Dense(4, activation=softmax)", "[1, 1, 64]"),
    # each place has a label of its own: the map keeps, or gets back, the size of the image
    ('Conv2D(8, 3, padding="same", activation=relu) -> Dense(4, activation=softmax)', "[32, 32, 3]"),
    ("Conv2D(8, 2, strides=2, activation=relu) -> UpSampling2D() -> Dense(4, activation=softmax)", "[32, 32, 3]"),
    ("Conv2D(8, 3, activation=relu) -> Conv2D(4, 1, activation=softmax)", "[32, 32, 3]"),
    # a sequence is labelled step by step
    ('Conv1D(8, 3, padding="same", activation=relu) -> Dense(4, activation=softmax)', "[32, 3]"),
    ("LSTM(8, return_sequences=True) -> Dense(4, activation=softmax)", "[32, 3]"),
    ("Dense(8, activation=relu) -> Dense(4, activation=softmax)", "[T, 3]"),
    ("Dense(8, activation=relu) -> Dense(4)", "[32, 3]"),
    (f'Conv2D(8, 1, padding="same", activation=relu) {HEAD}', "[1, 1, 3]"),
    (f'Conv2D(8, 5, padding="same", activation=relu) {HEAD}', "[4, 4, 3]"),
    (f'Conv2D(8, 3, dilation_rate=12, padding="same", activation=relu) {HEAD}', "[14, 14, 3]"),
    (f'Conv2D(8, 3, padding="same", activation=relu) {POOLED}', "[?, ?, 3]"),
    (f"Conv2D(8, 4, activation=relu) {HEAD}", "[32, 32, 3]"),
    (f'Conv2D(8, 4, strides=2, padding="same", activation=relu) {HEAD}', "[32, 32, 3]"),
    (f'Conv2D(8, (1, 64), padding="same", activation=relu) {HEAD}', "[4, 100, 1]"),
    (f'Conv2D(8, 16, strides=16, padding="same", activation=relu) {HEAD}', "[32, 32, 3]"),
    (f'MaxPooling2D(2, padding="same") {HEAD}', "[7, 7, 3]"),
    (f"Conv2D(8, 1, strides=2, activation=relu) {HEAD}", "[32, 32, 3]"),
    (f"Conv2D(8, 4, strides=4, activation=relu) {HEAD}", "[32, 32, 3]"),
    (f"MaxPooling2D(2) {HEAD}", "[13, 13, 3]"),
    (f"MaxPooling2D(3, strides=2) {HEAD}", "[8, 8, 3]"),
    (f"repeat 3 {{ Conv2D(8, 3, activation=relu) }} {HEAD}", "[64, 64, 3]"),
    (f"repeat 5 {{ Conv2D(8, 3, activation=relu) -> MaxPooling2D() }} {POOLED}", "[224, 224, 3]"),
    ("repeat 3 { Conv2D(8, 3, activation=relu) } -> GlobalAveragePooling2D()", "[224, 224, 3]"),
    (f'repeat 40 {{ [_, Conv2D(3, 3, padding="same", activation=relu)] -> Add() }} {HEAD}', "[8, 8, 3]"),
    ('Conv2DTranspose(8, 4, strides=2, padding="same")', "[8, 8, 3]"),
    ("Conv2DTranspose(8, 3)", "[8, 8, 3]"),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "size", "code"), TOLD)
def test_it_is_told_of(chain: str, size: str, code: str) -> None:
    assert told(image(chain, size)) == [code]


@pytest.mark.parametrize(("chain", "size"), LEFT_ALONE)
def test_it_is_left_alone(chain: str, size: str) -> None:
    assert told(image(chain, size)) == []


def test_labels_for_each_sample_make_rows_of_predictions_a_mistake() -> None:
    train = (
        'train M { optimizer = adam loss = sparse_categorical_crossentropy data = dataset("imdb") }'
    )
    chain = "Embedding(99, 3) -> LSTM(8, return_sequences=True) -> Dense(4, activation=softmax)"
    assert told(image(chain, "int32[32]")) == []
    assert told(image(chain, "int32[32]") + train) == ["N0641"]


def test_channels_first_is_read_as_such() -> None:
    pool = 'MaxPooling2D(2, data_format="channels_first") -> Flatten() -> Dense(4)'
    assert told(image(pool, "[3, 32, 32]")) == []
    assert told(image(pool, "[3, 32, 7]")) == ["N0646"]


def test_an_attended_map_sees_everything() -> None:
    gate = (
        "[_, GlobalAveragePooling2D(keepdims=True) -> Dense(8, activation=sigmoid)] -> Multiply()"
    )
    chain = f"Conv2D(8, 3, activation=relu) -> {gate} -> GlobalAveragePooling2D() -> Dense(4, activation=softmax)"
    assert told(image(chain, "[224, 224, 3]")) == []


def test_the_receptive_field_is_that_of_the_formula() -> None:
    chain = f"Conv2D(8, 3, strides=2, activation=relu) -> Conv2D(8, 3, dilation_rate=2, activation=relu) {POOLED}"
    field = 1 + (3 - 1) * 1 + (3 - 1) * 2 * 2
    assert f"{field}x{field} of 224x224" in the(image(chain, "[224, 224, 3]"), "N0647").message


@pytest.mark.parametrize(
    "layer",
    [
        "GroupNormalization(4)",
        "UpSampling2D(2)",
        "Conv2DTranspose(8, 2, strides=2)",
        "EinsumDense('abcd,de->abce', (None, None, 8))",
        "Cropping2D(1)",
    ],
)
def test_one_walk_tells_how_far_is_seen_through_every_layer_that_it_follows(layer: str) -> None:
    chain = f"Conv2D(8, 3, activation=relu) -> {layer} -> Conv2D(8, 3, activation=relu) {POOLED}"
    assert " of 224x224" in the(image(chain, "[224, 224, 3]"), "N0647").message


def test_the_shortest_path_counts_where_paths_meet() -> None:
    deep = 'repeat 40 { [_, Conv2D(3, 3, padding="same", activation=relu)] -> Add() }'
    assert "N0648" not in told(image(f"{deep} {HEAD}", "[8, 8, 3]"))
    both = "[Conv2D(3, 3, padding='same'), Conv2D(3, 5, padding='same')] -> Add() -> ReLU()"
    found = the(image(f"repeat 40 {{ {both} }} {HEAD}", "[8, 8, 3]"), "N0648")
    assert "65x65 of an input of 8x8" in found.message  # by kernels of 3 alone
