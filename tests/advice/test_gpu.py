"""Running on a GPU: N07."""

from __future__ import annotations

import pytest

from netdsl.catalog.devices import DEVICES, device, device_names
from tests.advice.asking import compiled, image, row, told

HALF = "loss = mse precision = mixed_float16"

TOLD = [
    ('Dense(16, activation=relu) -> Dense(5001) -> Activation("softmax", dtype="float32")',
     "loss = categorical_crossentropy precision = mixed_float16", "N0701"),
    ('Dense(101, activation=relu) -> Dense(8, dtype="float32")', HALF, "N0701"),
    ("Dense(8)", HALF, "N0705"),
    ("Dense(8)", "loss = mse precision = mixed_bfloat16", "N0705"),
    ("Dense(64, activation=relu) -> BatchNormalization()(training=False) -> Dense(4)", "loss = mse", "N0704"),
    ("Dense(64, activation=relu) -> Dropout(0.1)(training=True) -> Dense(4)", "loss = mse", "N0704"),
]  # fmt: skip

LEFT_ALONE = [
    ('Dense(104, activation=relu) -> Dense(8, dtype="float32")', HALF),
    ('Dense(4096, activation=relu) -> Dense(10, dtype="float32")', HALF),  # 10 classes are no work
    ('Dense(16, activation=relu) -> Dense(10) -> Activation("softmax", dtype="float32")',
     "loss = categorical_crossentropy precision = mixed_float16"),  # much work, and the task asks for 10
    ("Dense(101, activation=relu) -> Dense(7)", "loss = mse"),
    ('Dense(64, activation=relu) -> Dense(8) -> Activation("softmax", dtype="float32")',
     "loss = categorical_crossentropy precision = mixed_float16"),
    ("Dense(64, activation=relu) -> BatchNormalization(trainable=False) -> Dense(4)", "loss = mse"),
    ("Dense(4)", 'loss = mse batch_size = 32 distribute = MirroredStrategy(devices=["a", "b"])'),
    ("Dense(4)", "loss = mse batch_size = 33 distribute = MirroredStrategy()"),
    ("Dense(4)", "loss = mse jit_compile = True"),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "train", "code"), TOLD)
def test_it_is_told_of(chain: str, train: str, code: str) -> None:
    assert told(row(chain, train)) == [code]


@pytest.mark.parametrize(("chain", "train"), LEFT_ALONE)
def test_it_is_left_alone(chain: str, train: str) -> None:
    assert told(row(chain, train)) == []


@pytest.mark.parametrize(
    "argument",
    [
        "activation=relu",
        "recurrent_activation=hard_sigmoid",
        "recurrent_dropout=0.2",
        "unroll=True",
        "use_bias=False",
    ],
)
@pytest.mark.parametrize("layer", ["LSTM(8, {})", "GRU(8, {})", "Bidirectional(LSTM(8, {}))"])
def test_a_recurrent_layer_off_cudnn_is_told_of_with_the_argument(
    layer: str, argument: str
) -> None:
    (found,) = compiled(image(f"{layer.format(argument)} -> Dense(4)", "[20, 4]")).diagnostics
    assert found.code == "N0702"
    assert f"`{argument}`" in found.message


@pytest.mark.parametrize(
    "layer", ["LSTM(8, dropout=0.5)", "GRU(8, go_backwards=True)", "SimpleRNN(8, activation=relu)"]
)
def test_a_recurrent_layer_that_cudnn_takes_or_never_takes_is_left_alone(layer: str) -> None:
    assert told(image(f"{layer} -> Dense(4)", "[20, 4]")) == []


def test_gru_without_reset_after_leaves_cudnn() -> None:
    assert told(image("GRU(8, reset_after=False) -> Dense(4)", "[20, 4]")) == ["N0702"]


def test_thin_convolutions_are_told_of_once_in_float16_alone() -> None:
    chain = "repeat 4 { DepthwiseConv2D(3, activation=relu) -> Conv2D(8, 1, activation=relu) } -> Flatten()"
    spec = image(f'{chain} -> Dense(8, dtype="float32")', "[32, 32, 8]")
    train = " train M {{ optimizer = adam loss = mse precision = {} }}"
    assert told(spec + train.format("mixed_float16")) == ["N0703"]
    assert told(spec + train.format("float32")) == []


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("Hashing(num_bins=8)", "string"),
        ('StringLookup(vocabulary=["a"])', "string"),
        ("IntegerLookup(vocabulary=[1])", "int64"),
    ],
)
def test_tables_under_xla_are_told_of_only_where_it_is_asked_for(kind: str, dtype: str) -> None:
    spec = f"model M {{ input x: {dtype}[1] output y = x -> {kind} -> Embedding(9, 4) -> Flatten() -> Dense(1) }}"
    train = " train M {{ optimizer = adam loss = mse jit_compile = {} }}"
    assert told(spec + train.format("True")) == ["N0706"]
    assert told(spec + train.format('"auto"')) == []


class TestMemory:
    SPEC = image("Conv2D(64, 3, activation=relu) -> Flatten() -> Dense(4)", "[256, 256, 3]")

    def needed(self, batch: int, spec: str = SPEC) -> list[str]:
        return [
            d.help
            for d in compiled(spec, device="t4", batch=batch).diagnostics
            if d.code == "N0708"
        ]

    def test_the_largest_batch_that_is_offered_fits_and_the_next_does_not(self) -> None:
        (help_,) = self.needed(100_000)
        largest = int("".join(c for c in help_ if c.isdigit()))
        assert self.needed(largest) == []
        assert self.needed(largest + 1)

    def test_nothing_is_told_without_a_device_or_a_size(self) -> None:
        assert told(self.SPEC) == []
        assert (
            self.needed(
                10**9,
                self.SPEC.replace("[256, 256, 3]", "[H, W, 3]").replace(
                    "Flatten", "GlobalAveragePooling2D"
                ),
            )
            == []
        )

    def test_the_train_block_gives_the_batch(self) -> None:
        train = " train M { optimizer = adam loss = mse batch_size = 100_000 }"
        found = compiled(self.SPEC + train, device="t4").diagnostics
        assert [d.code for d in found] == ["N0708"]
        assert "at batch 100,000" in found[0].message


class TestDevices:
    def test_every_name_finds_a_device(self) -> None:
        assert all(device(name) is not None for name in device_names())
        assert device("H100") is device("h100") is device("h100-sxm")
        assert device("A100-80GB") is device("a100-80")
        assert device("pear") is None

    @pytest.mark.parametrize("entry", DEVICES, ids=lambda entry: entry.name)
    def test_rates_are_in_order(self, entry: object) -> None:
        assert (
            entry.rate("float16")
            > entry.rate("float32", tensor_cores=False)
            > entry.rate("float64", tensor_cores=False)
        )  # type: ignore[attr-defined]

    def test_double_precision_has_tensor_cores_where_the_data_sheet_names_them(self) -> None:
        with_cores = {
            d.name for d in DEVICES if d.rate("float64") > d.rate("float64", tensor_cores=False)
        }
        assert with_cores == {"a100-40", "a100-80", "h100", "h100-pcie", "h200"}
