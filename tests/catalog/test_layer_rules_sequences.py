"""Rules of recurrent, wrapper and attention layers, by tables: outputs, work, masks, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netdsl.catalog import layer_kind
from netdsl.catalog.kind import BoundLayer, Call, Inference, Refusal
from netdsl.tensor import UNKNOWN, Dim, Sym, TensorSpec, spell_shape, substitute
from tests.catalog.recorded import layer
from tests.catalog.rule_harness import apply_rule

N = UNKNOWN
T, H = Sym.variable("T"), Sym.variable("H")


def spec(*shape: Dim, dtype: str = "float32", masked: bool = False) -> TensorSpec:
    return TensorSpec(shape, dtype, masked=masked)


def shapes(structure: Any) -> Any:
    """Spell the shapes of a structure, nested as it is."""
    if isinstance(structure, TensorSpec):
        return spell_shape(structure.shape)
    return [shapes(part) for part in structure]


def infer(kind: str, arguments: dict[str, Any], *inputs: TensorSpec, **called: Any) -> Inference:
    return apply_rule(kind, arguments, inputs, len(inputs) > 1, called)[1]


def inner(kind: str, **arguments: Any) -> BoundLayer:
    return layer(kind, arguments)


LSTM_3, GRU_2 = inner("LSTMCell", units=3), inner("GRUCell", units=2)

OUTPUTS = [
    ("LSTM", {"units": 5}, (N, T, 3), "(None, 5)"),
    ("LSTM", {"units": 5, "return_sequences": True}, (N, T, 3), "(None, T, 5)"),
    ("GRU", {"units": 5, "return_state": True}, (N, 4, 3), ["(None, 5)", "(None, 5)"]),
    ("LSTM", {"units": 5, "return_state": True}, (2, 4, 3), ["(2, 5)", "(2, 5)", "(2, 5)"]),
    ("RNN", {"cell": [LSTM_3, GRU_2], "return_state": True}, (N, 4, 3),
     ["(None, 2)", ["(None, 3)", "(None, 3)"], "(None, 2)"]),
    ("ConvLSTM2D", {"filters": 8, "kernel_size": 3}, (N, T, 9, 9, 3), "(None, 7, 7, 8)"),
    ("ConvLSTM1D", {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}, (N, 4, 3, 9),
     "(None, 8, 7)"),
    ("Bidirectional", {"layer": inner("LSTM", units=5)}, (N, 4, 3), "(None, 10)"),
    ("Bidirectional", {"layer": inner("LSTM", units=5, return_state=True), "merge_mode": None},
     (N, 4, 3), ["(None, 5)"] * 6),
    ("TimeDistributed", {"layer": inner("Conv2D", filters=8, kernel_size=3)}, (N, T, H, 9, 3),
     "(None, T, H - 2, 7, 8)"),
    ("SpectralNormalization", {"layer": inner("Dense", units=7)}, (N, 4, 3), "(None, 4, 7)"),
    ("Pipeline", {"layers": [inner("RandomFlip"), inner("Resizing", height=4, width=4)]},
     (N, 9, 9, 3), "(None, 4, 4, 3)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "shape", "wanted"), OUTPUTS)
def test_outputs_are_nested_as_keras_nests_them(
    kind: str, arguments: dict[str, Any], shape: tuple[Dim, ...], wanted: Any
) -> None:
    assert shapes(infer(kind, arguments, spec(*shape)).outputs) == wanted


def test_a_cell_gives_its_states_back_as_they_came() -> None:
    x, h, c = spec(N, 3), spec(N, 5), spec(N, 5)
    assert shapes(infer("LSTMCell", {"units": 5}, x, states=(h, c)).outputs) == [
        "(None, 5)",
        ["(None, 5)", "(None, 5)"],
    ]
    assert shapes(infer("GRUCell", {"units": 5}, x, states=h).outputs) == ["(None, 5)"] * 2
    assert shapes(infer("GRUCell", {"units": 5}, x, states=(h,)).outputs) == [
        "(None, 5)",
        ["(None, 5)"],
    ]


def test_spectral_normalization_lists_the_kernel_before_its_vector() -> None:
    weights = infer("SpectralNormalization", {"layer": inner("Dense", units=7)}, spec(N, 3)).weights
    assert [(w.name, w.shape, w.trainable) for w in weights] == [
        ("kernel", (3, 7), True),
        ("vector_u", (1, 7), False),
        ("bias", (7,), True),
    ]


def test_a_frozen_layer_inside_has_frozen_weights() -> None:
    frozen = inner("Dense", units=7, trainable=False)
    weights = infer("TimeDistributed", {"layer": frozen}, spec(N, 4, 3)).weights
    assert not any(w.trainable for w in weights)


# -- work ---------------------------------------------------------------------------------------

WORK = [
    ("SimpleRNN", {"units": 5}, [(N, 7, 3)], 7 * 5 * (3 + 5)),
    ("GRU", {"units": 5}, [(N, 7, 3)], 7 * 15 * (3 + 5)),
    ("LSTM", {"units": 5}, [(N, 7, 3)], 7 * 20 * (3 + 5)),
    ("RNN", {"cell": [LSTM_3, GRU_2]}, [(N, 7, 4)], 7 * (12 * (4 + 3) + 6 * (3 + 2))),
    ("Bidirectional", {"layer": inner("LSTM", units=5)}, [(N, 7, 3)], 2 * 7 * 20 * (3 + 5)),
    ("TimeDistributed", {"layer": inner("Dense", units=5)}, [(N, 7, 3)], 7 * 15),
    ("ConvLSTM1D", {"filters": 2, "kernel_size": 3}, [(N, 4, 9, 5)], 4 * 7 * 3 * (5 + 2) * 8),
    ("Attention", {}, [(N, 4, 8), (N, 6, 8)], 4 * 6 * 16),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [(N, 4, 8), (N, 6, 8)],
     4 * 8 * 6 * 2 + 6 * 8 * 6 * 2 + 4 * 6 * 2 * (3 + 3)),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
     [(N, 4, 8), (N, 6, 8)], 2 * 4 * 8 * 12 + 2 * 6 * 8 * 6 + 4 * 6 * 12 * 2),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "inputs", "wanted"), WORK)
def test_work_of_one_sample_is_counted_by_hand(
    kind: str, arguments: dict[str, Any], inputs: list[tuple[Dim, ...]], wanted: int
) -> None:
    assert infer(kind, arguments, *(spec(*shape) for shape in inputs)).macs == wanted


def test_work_over_an_unknown_time_is_unknown_and_over_a_named_one_symbolic() -> None:
    assert infer("LSTM", {"units": 5}, spec(N, N, 3)).macs is UNKNOWN
    macs = infer("LSTM", {"units": 5}, spec(N, T, 3)).macs
    assert substitute(macs, {"T": 7}) == 7 * 20 * 8


def test_attention_over_one_axis_pairs_the_rows_of_the_other_with_themselves() -> None:
    along = {"num_heads": 1, "key_dim": 1, "use_bias": False, "attention_axes": (2,)}
    x = spec(N, 5, 7, 3)
    projections = 4 * 35 * 3
    assert infer("MultiHeadAttention", along, x, x).macs == projections + 5 * 7 * 7 * 2


# -- attention ----------------------------------------------------------------------------------


def test_scores_have_the_shape_that_keras_announces() -> None:
    query, value = spec(N, 4, 8), spec(N, 6, 8)
    called = {"return_attention_scores": True}
    heads = infer(
        "MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, query, value=value, **called
    )
    assert shapes(heads.outputs) == ["(None, 4, 8)", "(None, 2, 4, 4)"]
    groups = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
    assert shapes(infer("GroupQueryAttention", groups, query, value, **called).outputs) == [
        "(None, 4, 8)",
        "(None, 4, 4, 6)",
    ]


def test_sizes_that_must_be_equal_become_demands() -> None:
    call, _ = apply_rule("Attention", {}, (spec(N, 4, H), spec(N, 6, 8)), True)
    assert [str(demand) for demand in call.demands] == ["H == 8"]


# -- masks --------------------------------------------------------------------------------------


def masked(kind: str, arguments: dict[str, Any], *inputs: TensorSpec) -> Any:
    call, _ = apply_rule(kind, arguments, inputs, len(inputs) > 1)
    policy = call.kind.mask
    return policy(call) if callable(policy) else policy


def test_a_sequence_keeps_its_mask_and_a_last_state_has_none() -> None:
    x = spec(N, 4, 3, masked=True)
    assert masked("LSTM", {"units": 5, "return_sequences": True}, x) is True
    assert masked("LSTM", {"units": 5}, x) is False
    both = {"units": 5, "return_sequences": True, "return_state": True}
    assert masked("LSTM", both, x) == (True,)


def test_attention_keeps_the_mask_of_the_query() -> None:
    assert masked("Attention", {}, spec(N, 4, 8, masked=True), spec(N, 6, 8)) == (True,)
    assert masked("Attention", {}, spec(N, 4, 8), spec(N, 6, 8, masked=True)) == (False,)


# -- refusals -----------------------------------------------------------------------------------

Asking = Callable[[], Inference]


def asking(kind: str, arguments: dict[str, Any], *inputs: TensorSpec, **called: Any) -> Asking:
    return lambda: infer(kind, arguments, *inputs, **called)


SEQ = spec(N, 4, 3)
UNITS = {"units": 5}
REFUSED: list[tuple[str, str, str, Asking]] = [
    ("a flat input", "N0501", "rank 2", asking("LSTM", UNITS, spec(N, 3))),
    ("unknown features", "N0504", "axis 2", asking("LSTM", UNITS, spec(N, 4, N))),
    ("states through the arrow", "N0502", "3 tensors", asking("LSTM", UNITS, SEQ, SEQ, SEQ)),
    ("strings", "N0510", "string", asking("LSTM", UNITS, spec(N, 4, 3, dtype="string"))),
    ("one state of two", "N0523", "1 given",
     asking("LSTM", UNITS, SEQ, initial_state=(spec(N, 5),))),
    ("a state of another size", "N0523", "(None, 5) is given (None, 4)",
     asking("GRU", UNITS, SEQ, initial_state=spec(N, 4))),
    ("stateful without a batch", "N0524", "batch is None",
     asking("GRU", {**UNITS, "stateful": True}, SEQ)),
    ("orthogonal in bfloat16", "N0510", "bfloat16", asking("GRU", {**UNITS, "dtype": "bfloat16"}, SEQ)),
    ("no cell", "N0522", "`Dense` is no recurrent cell",
     asking("RNN", {"cell": [inner("Dense", units=3)]}, SEQ)),
    ("a cell without states", "N0509", "(None, 5), (None, 5)", asking("LSTMCell", UNITS, spec(N, 3))),
    ("unknown space", "N0504", "axis 2",
     asking("ConvLSTM1D", {"filters": 2, "kernel_size": 3}, spec(N, 4, N, 3))),
    ("stride and dilation", "N0512", "do not go together",
     asking("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
            spec(N, 4, 9, 3))),
    ("a mask of another length", "N0503", "(None, 6)",
     asking("TimeDistributed", {"layer": inner("Dense", units=3)}, SEQ, mask=spec(N, 6))),
    ("what does not fit inside", "N0501", "`Conv2D` sees (None, 3) here",
     asking("TimeDistributed", {"layer": inner("Conv2D", filters=2, kernel_size=3)}, SEQ)),
    ("several outputs inside", "N0522", "gives 3 tensors",
     asking("TimeDistributed", {"layer": inner("LSTM", units=3, return_state=True)}, spec(N, 4, 5, 3))),
    ("a cell inside", "N0522", "before it runs", asking("TimeDistributed", {"layer": LSTM_3}, SEQ)),
    ("no direction", "N0522", "does not go over time",
     asking("Bidirectional", {"layer": inner("Dense", units=3)}, SEQ)),
    ("one direction twice", "N0512", "one direction",
     asking("Bidirectional", {"layer": inner("GRU", units=3, go_backwards=True)}, SEQ)),
    ("directions that differ", "N0512", "`return_sequences` is True in `layer`",
     asking("Bidirectional", {"layer": inner("GRU", units=3, return_sequences=True),
                              "backward_layer": inner("GRU", units=3, go_backwards=True)}, SEQ)),
    ("an odd number of states", "N0523", "1 given",
     asking("Bidirectional", {"layer": inner("GRU", units=3)}, SEQ, initial_state=(spec(N, 3),))),
    ("too few states for a direction", "N0523", "1 given, and the layer has 2",
     asking("Bidirectional", {"layer": inner("LSTM", units=3)}, SEQ, initial_state=(spec(N, 3),) * 2)),
    ("a state too wide backwards", "N0523", "a state of (None, 3) is given (None, 5)",
     asking("Bidirectional", {"layer": inner("GRU", units=3)}, SEQ, initial_state=(spec(N, 3), spec(N, 5)))),
    ("a mask of other steps, both ways", "N0503", "(None, 7)",
     asking("Bidirectional", {"layer": inner("GRU", units=3)}, SEQ, mask=spec(N, 7))),
    ("a mask of other steps, averaged", "N0503", "(None, 7)",
     asking("GlobalAveragePooling1D", {}, SEQ, mask=spec(N, 7))),
    ("a mask of other rows", "N0503", "each row of the value",
     asking("Attention", {}, SEQ, SEQ, mask=(None, spec(N, 7)))),
    ("a mask of other keys", "N0503", "each row of the key",
     asking("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, SEQ, SEQ, SEQ, key_mask=spec(N, 7))),
    ("weights of other counts", "N0503", "what is counted",
     asking("CategoryEncoding", {"num_tokens": 3, "output_mode": "count"}, spec(N, 4),
            count_weights=spec(N, 5))),
    ("no kernel inside", "N0522", "no kernel",
     asking("SpectralNormalization", {"layer": inner("BatchNormalization")}, SEQ)),
    ("an empty pipeline", "N0522", "empty", asking("Pipeline", {"layers": []}, SEQ)),
    ("attention of one", "N0509", "1 arrive", asking("Attention", {}, SEQ)),
    ("a query without value", "N0509", "1 arrive",
     asking("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, SEQ)),
    ("value and key of two lengths", "N0503", "last axis only",
     asking("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, SEQ, SEQ, spec(N, 5, 3))),
    ("heads that do not share evenly", "N0506", "4 query heads",
     asking("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 3},
            SEQ, SEQ)),
    ("an axis that is not there", "N0508", "axis 9",
     asking("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": (9,)}, SEQ, SEQ)),
    ("a Python object", "N0521", "a PyTorch module", asking("TorchModuleWrapper", {"module": None}, SEQ)),
    ("a base class", "N0525", "by itself", asking("Wrapper", {"layer": inner("Dense", units=3)}, SEQ)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "says", "ask"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_cannot_be_built_is_refused_with_its_numbers(
    code: str, says: str, ask: Asking
) -> None:
    with pytest.raises(Refusal) as caught:
        ask()
    assert caught.value.problem.code == code
    assert says in caught.value.label


CAVEATS = [
    ("LSTM", {"units": 5, "unroll": True}, [(N, T, 3)], "axis 1 is T"),
    ("Attention", {}, [(N, 8), (N, 8)], "has none"),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, [(N, 4, 8), (N, 2, 6, 8)], "differ in rank"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "inputs", "says"), CAVEATS)
def test_what_builds_but_fails_is_told(
    kind: str, arguments: dict[str, Any], inputs: list[tuple[Dim, ...]], says: str
) -> None:
    (caveat,) = infer(kind, arguments, *(spec(*shape) for shape in inputs)).caveats
    assert says in caveat


def test_a_cell_says_its_states_to_the_layer_around_it() -> None:
    stacked = layer_kind("StackedRNNCells")
    assert stacked is not None
    assert stacked.state_size is not None
    call = Call(stacked, {"cells": (LSTM_3, GRU_2)}, ())
    assert stacked.state_size(call) == ((3, 3), 2)
