"""Sequences and the graph: N066 and N067."""

from __future__ import annotations

import pytest

from tests.advice.asking import compiled, image, row, the, told, words

MASKED = "Embedding(500, 8, mask_zero=True)"

TOLD = [
    (f"{MASKED} -> Conv1D(8, 3, activation=relu) -> LSTM(8) -> Dense(4)", "N0661"),
    (f"{MASKED} -> Flatten() -> Dense(4)", "N0661"),
    (f"{MASKED} -> GlobalMaxPooling1D() -> Dense(4)", "N0661"),
    (f"{MASKED} -> ops.multiply(2.0) -> LSTM(8) -> Dense(4)", "N0661"),
    (f"{MASKED} -> [_, x -> Embedding(100, 8)] -> Add() -> LSTM(8) -> Dense(4)", "N0661"),
    (
        'Embedding(500, 8) -> Bidirectional(LSTM(8, return_sequences=True)) -> Conv1D(8, 3, padding="causal")',
        "N0663",
    ),
    (
        'Embedding(500, 8) -> Conv1D(8, 3, padding="causal", activation=relu) '
        "-> Bidirectional(LSTM(8, return_sequences=True))",
        "N0663",
    ),
]

LEFT_ALONE = [
    f"{MASKED} -> LSTM(8) -> Dense(4)",
    f"{MASKED} -> Dense(8, activation=relu) -> Dropout(0.1) -> GlobalAveragePooling1D() -> Dense(4)",
    f"{MASKED} -> LSTM(8, return_sequences=True) -> Dense(4, activation=softmax)",
    f"{MASKED} -> Bidirectional(GRU(8)) -> Dense(4)",
    f"{MASKED} -> [_, Dense(8, activation=relu)] -> Add() -> LSTM(8) -> Dense(4)",
    f"{MASKED} -> Lambda(own) -> LSTM(8) -> Dense(4)",
    "Embedding(500, 8) -> Conv1D(8, 3, activation=relu) -> LSTM(8) -> Dense(4)",
    "Embedding(500, 8) -> Bidirectional(LSTM(8)) -> Dense(4)",
    'Embedding(500, 8) -> Conv1D(8, 3, padding="causal", activation=relu) -> Bidirectional(LSTM(8)) -> Dense(4)',
    "Embedding(500, 8) -> Bidirectional(LSTM(8, return_sequences=True)) -> Conv1D(8, 3)",
]


def with_function(chain: str) -> str:
    return 'extern fn own from "functions"\n' + words(chain)


@pytest.mark.parametrize(("chain", "code"), TOLD)
def test_it_is_told_of(chain: str, code: str) -> None:
    assert told(words(chain)) == [code]


@pytest.mark.parametrize("chain", LEFT_ALONE)
def test_it_is_left_alone(chain: str) -> None:
    assert told(with_function(chain)) == []


@pytest.mark.parametrize("merge", ["Multiply", "Maximum", "Minimum", "Add"])
def test_what_keras_leaves_out_of_a_product_is_told(merge: str) -> None:
    found = the(
        words(f"{MASKED} -> [_, x -> Embedding(100, 8)] -> {merge}() -> LSTM(8) -> Dense(4)"),
        "N0661",
    )
    assert ("leaves as it is" in str(found.primary.text)) == (merge != "Add")


def test_a_mask_is_told_to_be_lost_once_where_it_is_lost() -> None:
    chain = f"{MASKED} -> Conv1D(8, 3, activation=relu) -> Conv1D(8, 3, activation=relu) -> LSTM(8) -> Dense(4)"
    found = the(words(chain), "N0661")
    assert found.primary.span.text.startswith("Conv1D")
    assert [label.span.text for label in found.related] == [MASKED]


def test_masked_attention_over_an_encoder_is_left_alone() -> None:
    spec = """
    model M {
        input source: int32[20]
        input target: int32[30]
        memory = source -> Embedding(100, 16) -> Bidirectional(LSTM(8, return_sequences=True))
        h = target -> Embedding(100, 16)
        s = [h, h -> MultiHeadAttention(2, 8)(value=h, use_causal_mask=True)] -> Add() -> LayerNormalization()
        output y = [s, s -> MultiHeadAttention(2, 8)(value=memory)] -> Add() -> Dense(100, activation=softmax)
    }
    """
    assert told(spec) == []


@pytest.mark.parametrize("layer", ["GRU(8)", "LSTM(8)", "Bidirectional(SimpleRNN(8))"])
def test_thousands_of_steps_are_told_of(layer: str) -> None:
    assert told(image(f"{layer} -> Dense(4)", "[4000, 2]")) == ["N0662"]
    assert told(image(f"{layer} -> Dense(4)", "[400, 2]")) == []
    assert told(image(f"{layer} -> Dense(4)", "[T, 2]")) == []


@pytest.mark.parametrize("layer", ["Add", "Subtract", "Average", "Maximum", "Minimum"])
def test_a_tensor_joined_with_itself_is_told_of(layer: str) -> None:
    assert told(row(f"[_, _] -> {layer}() -> Dense(4)")) == ["N0671"]
    assert told(row(f"[_, Dense(8)] -> {layer}() -> Dense(4)")) == []


@pytest.mark.parametrize(
    "chain", ["[_, _] -> Multiply()", "[_, _, _] -> Concatenate()", "[_, _] -> Dot(axes=1)"]
)
def test_squares_and_repeats_are_left_alone(chain: str) -> None:
    assert told(row(chain)) == []


def test_a_sum_written_with_plus_is_seen() -> None:
    spec = "model M { input x: [8] h = x -> Dense(4, activation=relu) output y = h + h }"
    assert told(spec) == ["N0671"]


def test_a_chain_too_deep_for_keras_is_told_of_once() -> None:
    assert told(row("repeat 1000 { ReLU() }")).count("N0672") == 1
    assert "N0672" not in told(row("repeat 500 { ReLU() }"))


def test_the_summary_says_which_outputs_are_masked() -> None:
    spec = words(
        f"{MASKED} -> LSTM(8, return_sequences=True, return_state=True) -> _[0] -> Dense(4)"
    )
    layers = compiled(spec).model().summary()["layers"]
    assert [layer["output_masked"] for layer in layers] == [
        [False],
        [True],
        [True, False, False],
        [True],
    ]


INSIDE = [
    ("int32[5, 20]", "TimeDistributed(Embedding(50, 8, mask_zero=True)) -> TimeDistributed(LSTM(4))", True),
    ("int32[5, 20]", "TimeDistributed(Embedding(50, 8, mask_zero=True) -> Dense(4)) -> TimeDistributed(LSTM(4))", True),
    ("[5, 20]", "TimeDistributed(Masking()) -> LSTM(4)", True),
    ("int32[5, 20]", "TimeDistributed(Embedding(50, 8, mask_zero=True) -> LSTM(4)) -> LSTM(4)", False),
    ("int32[5, 20]", "TimeDistributed(Embedding(50, 8)) -> TimeDistributed(LSTM(4))", False),
    ("int32[5, 20]", "Embedding(50, 8, mask_zero=True) -> TimeDistributed(LSTM(4)) -> LSTM(4)", False),
]  # fmt: skip


@pytest.mark.parametrize(("size", "chain", "is_told"), INSIDE)
def test_a_mask_made_inside_a_wrapper_is_told_of(size: str, chain: str, is_told: bool) -> None:
    assert ("N0664" in told(image(chain, size))) == is_told


@pytest.mark.parametrize(
    ("layer", "is_told"),
    [
        ("GRU(4, stateful=True)(initial_state=h)", True),
        ("RNN(GRUCell(4), stateful=True)(initial_state=h)", True),
        ("LSTM(4, stateful=True)(initial_state=[h, h])", True),
        ("Bidirectional(GRU(4, stateful=True))(initial_state=[h, h])", True),
        ("GRU(4, stateful=True)", False),
        ("GRU(4)(initial_state=h)", False),
    ],
)
def test_states_that_are_kept_and_never_read_are_told_of(layer: str, is_told: bool) -> None:
    spec = (
        "model M { input x: [9, 8](batch_size=2)  input h: [4](batch_size=2)"
        f" output y = x -> {layer}  output z = h * 2.0 }}"
    )
    assert ("N0665" in told(spec)) == is_told


@pytest.mark.parametrize(
    ("size", "chain", "is_told"),
    [
        ("[9]", "Embedding(50, 8)", True),
        ("float16[9]", "Embedding(50, 8)", True),
        ("[9]", "Rescaling(0.1) -> Embedding(50, 8)", True),
        ("int32[9]", "Embedding(50, 8)", False),
        ("uint8[9]", "Embedding(50, 8)", False),
        ("[9]", 'ops.cast("int32") -> Embedding(50, 8)', False),
    ],
)
def test_fractions_that_are_looked_up_are_told_of(size: str, chain: str, is_told: bool) -> None:
    assert ("N0666" in told(image(chain, size))) == is_told


def test_an_input_without_a_dtype_is_given_one() -> None:
    found = the(image("Embedding(50, 8)", "[9]"), "N0666")
    assert found.fix is not None
    assert found.fix.checked == "all"
    assert [edit.text for edit in found.fix.edits] == ["int32"]
