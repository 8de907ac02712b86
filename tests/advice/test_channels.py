"""The axis of the channels: N068, and what a map costs that is flattened or has a slope for each place."""

from __future__ import annotations

import pytest

from tests.advice.asking import compiled, image, the, told

FIRST = 'Conv2D(8, 3, data_format="channels_first", use_bias=False)'
LAST = "Conv2D(8, 3, use_bias=False)"
PICTURE, TURNED = "[32, 32, 3]", "[3, 32, 32]"

TOLD = [
    (f"{LAST} -> BatchNormalization(axis=1) -> ReLU()", PICTURE, "N0681"),
    (f"{LAST} -> BatchNormalization(2) -> ReLU()", PICTURE, "N0681"),
    (f"{LAST} -> ReLU() -> MaxPooling2D(2) -> BatchNormalization(axis=1)", PICTURE, "N0681"),
    (f"{FIRST} -> BatchNormalization() -> ReLU()", TURNED, "N0681"),
    (f"{FIRST} -> ReLU() -> GroupNormalization(2)", TURNED, "N0681"),
    ("BatchNormalization(axis=1) -> Conv2D(4, 3)", PICTURE, "N0681"),
    ("Conv1D(8, 3, use_bias=False) -> BatchNormalization(axis=1) -> ReLU()", "[50, 4]", "N0681"),
    ("LSTM(8, return_sequences=True) -> BatchNormalization(axis=1) -> LSTM(4)", "[50, 4]", "N0681"),
    ("[Conv2D(4, 3, activation=relu), Conv2D(4, 3, activation=relu)] -> Concatenate() -> "
     "BatchNormalization(axis=1)", PICTURE, "N0681"),
    (f"{FIRST} -> ReLU() -> MaxPooling2D(2)", TURNED, "N0682"),
    (f"{FIRST} -> ReLU() -> Conv2D(4, 3)", TURNED, "N0682"),
    (f"{FIRST} -> ReLU() -> GlobalAveragePooling2D() -> Dense(4)", TURNED, "N0682"),
    (f"{FIRST} -> ReLU() -> SpatialDropout2D(0.1) -> Flatten() -> Dense(4)", TURNED, "N0682"),
    (f"{FIRST} -> ReLU() -> UpSampling2D(2)", TURNED, "N0682"),
    (f"{LAST} -> ReLU() -> {FIRST}", PICTURE, "N0682"),
    ("Conv2D(8, 3, activation=relu)", TURNED, "N0682"),
    ('Conv1D(8, 3, data_format="channels_first", activation=relu) -> MaxPooling1D(2)', "[4, 50]", "N0682"),
]  # fmt: skip

LEFT_ALONE = [
    (f"{LAST} -> BatchNormalization() -> ReLU()", PICTURE),
    (f"{LAST} -> BatchNormalization(axis=3) -> ReLU()", PICTURE),
    (f"{LAST} -> LayerNormalization(axis=[1, 2, 3]) -> ReLU()", PICTURE),
    (f"{FIRST} -> BatchNormalization(axis=1) -> ReLU()", TURNED),
    (f"{FIRST} -> GroupNormalization(2, axis=1) -> ReLU()", TURNED),
    ("Dense(8, use_bias=False) -> BatchNormalization(axis=1) -> ReLU()", "[4]"),
    (f"{FIRST} -> ReLU() -> Permute((2, 3, 1)) -> BatchNormalization() -> MaxPooling2D(2)", TURNED),
    (f"{FIRST} -> ReLU() -> Flatten() -> Dense(4)", TURNED),
    (f'{FIRST} -> ReLU() -> MaxPooling2D(2, data_format="channels_first") -> Flatten() -> Dense(4)', TURNED),
    (f"Permute((2, 3, 1)) -> {LAST} -> BatchNormalization() -> ReLU()", TURNED),
    ("Reshape((8, 8, 6)) -> BatchNormalization(axis=1)", "[384]"),
    ("BatchNormalization(axis=1)", "[5, 6, 7]"),
    ("Conv2D(8, 3, activation=relu)", "[3, 32, 40]"),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "size", "code"), TOLD)
def test_it_is_told_of(chain: str, size: str, code: str) -> None:
    assert told(image(chain, size)) == [code]


@pytest.mark.parametrize(("chain", "size"), LEFT_ALONE)
def test_it_is_left_alone(chain: str, size: str) -> None:
    assert told(image(chain, size)) == []


def test_a_fix_puts_the_channels_where_they_are() -> None:
    for chain, size, becomes in [
        (f"{LAST} -> BatchNormalization(axis=1)", PICTURE, "BatchNormalization(axis=-1)"),
        (f"{FIRST} -> BatchNormalization()", TURNED, "BatchNormalization(axis=1)"),
        (f"{FIRST} -> MaxPooling2D(2)", TURNED, 'MaxPooling2D(2, data_format="channels_first")'),
    ]:
        found = [d for d in compiled(image(chain, size)).diagnostics if d.code[:4] == "N068"]
        assert found[0].fix is not None
        assert found[0].fix.checked
        assert becomes in found[0].fix.text


def test_the_label_has_the_figures() -> None:
    found = the(image(TOLD[0][0]), "N0681")
    assert "keeps 30 means, one for each place along axis 1, and the 8 channels are on axis 3" in (
        found.primary.text
    )


# -- what a map costs ---------------------------------------------------------------------------

WIDE = "MaxPooling2D(2) -> Flatten() -> Dropout(0.5)"


@pytest.mark.parametrize(
    ("chain", "size", "weights"),
    [
        ("Conv2D(64, 3, activation=relu) -> Flatten() -> Dense(4096)", "[224, 224, 3]", 222 * 222 * 64 * 4096),
        (f"Conv2D(32, 3, activation=relu) -> {WIDE} -> Dense(128)", "[224, 224, 3]", 111 * 111 * 32 * 128),
        ("Conv3D(16, 3, activation=relu) -> Flatten() -> Dense(256)", "[32, 64, 64, 1]", 30 * 62 * 62 * 16 * 256),
        ("Flatten() -> Dense(1024, activation=relu)", "[224, 224, 3]", 224 * 224 * 3 * 1024),
        ("[Flatten(), GlobalAveragePooling2D()] -> Concatenate() -> Dropout(0.2) -> Dense(1024)", "[224, 224, 3]",
         (224 * 224 * 3 + 3) * 1024),
    ],
)  # fmt: skip
def test_a_flattened_map_is_told_of_with_its_weights(chain: str, size: str, weights: int) -> None:
    found = the(image(f"{chain} -> ReLU() -> Dense(10)", size), "N0655")
    assert f"{weights:,} weights" in found.title


@pytest.mark.parametrize(
    ("chain", "size"),
    [
        ("Conv2D(64, 3, activation=relu) -> GlobalAveragePooling2D() -> Dense(4096)", "[224, 224, 3]"),
        ("repeat 5 { Conv2D(512, 3, padding=\"same\", activation=relu) -> MaxPooling2D(2) } -> Flatten() -> "
         "Dense(4096, activation=relu)", "[224, 224, 3]"),
        ("Flatten() -> Dense(1024, activation=relu) -> Dense(10)", "[28, 28, 1]"),
        ("Dense(4096, activation=relu) -> Dense(40000)", "[4096]"),
    ],
)  # fmt: skip
def test_other_wide_layers_are_left_alone(chain: str, size: str) -> None:
    assert "N0655" not in told(image(chain, size))


def test_slopes_that_no_places_share_are_told_of() -> None:
    found = the(image("Conv2D(16, 3) -> PReLU() -> GlobalAveragePooling2D() -> Dense(4)"), "N0656")
    assert found.title == "`PReLU` learns a slope for each of 900 places"
    assert "14,400 weights" in found.primary.text
    assert found.fix is not None
    assert found.fix.checked == "all"
    assert "PReLU(shared_axes=[1, 2])" in found.help
    turned = 'Conv2D(16, 3, data_format="channels_first") -> PReLU()'
    assert "shared_axes=[2, 3]" in the(image(turned, TURNED), "N0656").help
    assert "shared_axes=[1]" in the(image("Conv1D(4, 3) -> PReLU()", "[50, 4]"), "N0656").help


@pytest.mark.parametrize(
    "chain", ["Conv2D(8, 3) -> PReLU(shared_axes=[1, 2])", "Flatten() -> Dense(8) -> PReLU()"]
)
def test_shared_slopes_and_those_of_units_are_left_alone(chain: str) -> None:
    assert "N0656" not in told(image(chain))
