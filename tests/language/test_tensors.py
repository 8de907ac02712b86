"""Tensor expressions: unpacking, call-time arguments, layers in layers, frozen and named stages."""

from __future__ import annotations

import pytest

from tests.language.front_door import (
    HAS_OPERATIONS,
    argument,
    blamed,
    codes,
    compiled,
    dense_model,
    feeders,
    graph_of,
    kinds,
    layers,
    names,
    shape,
)

SEQUENCE = "input x: [5, 8]"
STATES = "x -> LSTM(3, return_sequences=True, return_state=True)"

UNPACKED = [
    (f"sequence, h, c = {STATES} output sequence output h output c", [(5, 3), (3,), (3,)]),
    (f"_, h, _ = {STATES} output h", [(3,)]),
    (f"outs = {STATES} output outs[2] output outs[0]", [(3,), (5, 3)]),
    (f"outs = {STATES} output outs[-1]", [(3,)]),
    (f"h, c = ({STATES})[1:] output h output c", [(3,), (3,)]),
    (f"outs = {STATES} h, c = outs[1:] output [h, c] -> Add()", [(3,)]),
    (f"outs = {STATES} output [*outs[1:]] -> Add()", [(3,)]),
    (f"output {STATES} -> _[0] -> Dense(4)", [(5, 4)]),
    ("a, b = [x, x -> Dense(2)] output a output b", [(5, 8), (5, 2)]),
    (
        "a, (b, c) = [x, [x -> Dense(2), x -> Dense(3)]] output a output b output c",
        [(5, 8), (5, 2), (5, 3)],
    ),
    ("a, = [x -> Dense(2)] output a", [(5, 2)]),
]


@pytest.mark.parametrize(("statements", "shapes"), UNPACKED)
def test_outputs_of_a_layer_are_unpacked_in_order(
    statements: str, shapes: list[tuple[int, ...]]
) -> None:
    graph = graph_of(f"model M {{ {SEQUENCE} {statements} }}")
    assert [graph.spec(ref).shape[1:] for ref in graph.outputs.values()] == shapes


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        (f"a, b = {STATES} output a", "N0410"),
        (f"a, b, c, d = {STATES} output a", "N0410"),
        (f"outs = {STATES} output outs[3]", "N0416"),
        (f"outs = {STATES} output outs.h", "N0209"),
        ("output x.size", "N0209"),
        (f"output {STATES} -> Dense(4)", "N0502"),
    ],
)
def test_wrong_unpacking_is_refused(statements: str, code: str) -> None:
    assert codes(f"model M {{ {SEQUENCE} {statements} }}") == [code]


CALL_TIME = [
    ("by name", "output q -> MultiHeadAttention(2, 4)(value=m)", ["q", "m"]),
    ("by position", "output q -> MultiHeadAttention(2, 4)(m)", ["q", "m"]),
    ("with what arrives", "output q -> MultiHeadAttention(2, 4)(value=_)", ["q", "q"]),
    (
        "with a switch",
        "output q -> MultiHeadAttention(2, 4)(value=m, use_causal_mask=True)",
        ["q", "m"],
    ),
    ("as a list", "output [q, m] -> MultiHeadAttention(2, 4)", None),
    ("with a chain", "output q -> MultiHeadAttention(2, 4)(value=m -> Dense(8))", ["q", "dense"]),
    (
        "states",
        "output q -> LSTM(8)(initial_state=[m -> GlobalAveragePooling1D(), m -> GlobalMaxPooling1D()])",
        None,
    ),
]


@pytest.mark.parametrize(
    ("statement", "fed"), [c[1:] for c in CALL_TIME], ids=[c[0] for c in CALL_TIME]
)
def test_call_time_arguments_go_in_a_second_pair_of_parentheses(
    statement: str, fed: list[str] | None
) -> None:
    result = compiled(f"model M {{ input q: [5, 8] input m: [7, 8] {statement} }}")
    if fed is None:
        assert all(d.code not in ("N0301", "N0407") for d in result.diagnostics)
        return
    assert result.ok
    graph = result.graphs["M"]
    assert feeders(graph, layers(graph)[-1]) == fed


def test_unknown_call_time_argument_is_refused() -> None:
    text = "model M { input q: [5, 8] output q -> MultiHeadAttention(2, 4)(value=q, «maks»=q) }"
    code, blames, place = blamed(text)
    assert (code, blames) == ("N0301", place)


IN_LAYERS = [
    ("TimeDistributed(Dense(3))", (5, 3)),
    ("TimeDistributed(Dense(3) -> ReLU())", (5, 3)),
    ("TimeDistributed(layer=Dense(3))", (5, 3)),
    ("Bidirectional(LSTM(3))", (6,)),
    ("RNN([LSTMCell(4), LSTMCell(3)])", (3,)),
    ("RNN(GRUCell(3), return_sequences=True)", (5, 3)),
    ('Bidirectional(RNN(LSTMCell(3)), merge_mode="sum")', (3,)),
    ("TimeDistributed(TimeDistributed(Dense(3)))", None),
]


@pytest.mark.parametrize(("layer", "expected"), IN_LAYERS)
def test_layer_is_taken_where_keras_takes_one(layer: str, expected: tuple[int, ...] | None) -> None:
    inputs = SEQUENCE if expected else "input x: [5, 6, 8]"
    assert shape(graph_of(dense_model(f"x -> {layer}", inputs=inputs))) == (expected or (5, 6, 3))


@pytest.mark.parametrize(
    "layer", ["TimeDistributed(x)", "TimeDistributed(5)", "TimeDistributed(Dense)", "RNN(Dense(3))"]
)
def test_what_is_no_layer_is_refused_there(layer: str) -> None:
    assert codes(dense_model(f"x -> {layer}", inputs=SEQUENCE))


def test_stage_is_frozen_by_its_argument() -> None:
    graph = graph_of(dense_model("x -> Dense(1, trainable=False) -> Dense(2)"))
    assert [node.operation.trainable for node in layers(graph)] == [False, True]


NAMES = [
    ('x -> Dense(1, name="stem")', ["stem"]),
    ('x -> Dense(1, name=f"d{1 + 1}")', ["d2"]),
    ('x -> for i in range(2) { Dense(1, name=f"d{i}") }', ["d0", "d1"]),
    ('x -> repeat 2 { Dense(1, name="d") }', ["d_0", "d_1"]),
    ('x -> b(name="top")', ["top_inner", "top_dense"]),
    ('x -> b(name="p") -> b(name="q")', ["p_inner", "p_dense", "q_inner", "q_dense"]),
    ("x -> b() -> b()", ["b1_inner", "b1_dense", "b2_inner", "b2_dense"]),
]


@pytest.mark.parametrize(("chain", "expected"), NAMES)
def test_stage_has_the_name_that_it_says_under_the_path_of_its_block(
    chain: str, expected: list[str]
) -> None:
    block = 'block b() = Dense(8, name="inner") -> Dense(8)'
    text = f"{block}\nmodel M {{ input x: [8] made = {chain} output made -> ReLU() }}"
    found = [n for n in names(graph_of(text)) if "re_lu" not in n]
    if expected[0][0] not in "bm":
        assert found == expected
    assert len(set(found)) == len(found)


def test_same_name_twice_is_refused() -> None:
    assert codes(dense_model('x -> Dense(1, name="d") -> Dense(2, name="d")')) == ["N0404"]


def test_names_are_the_same_on_each_build_and_whatever_else_was_built() -> None:
    text = dense_model("x -> [Dense(8), repeat 3 { Dense(8) }] -> Add() -> Dense(1)")
    first = names(graph_of(text))
    graph_of(dense_model("x -> Dense(1) -> Dense(2)"))
    assert names(graph_of(text)) == first


def test_names_of_other_layers_stay_when_one_is_added_elsewhere() -> None:
    model = "model M { input x: [8] p = x -> a() output p -> b() }"
    before = f"block a() = Dense(8) -> ReLU()\nblock b() = Dense(4)\n{model}"
    after = before.replace(
        "block b() = Dense(4)", "block b() = Dense(4) -> Dropout(0.5) -> Dense(4)"
    )
    assert names(graph_of(before))[:2] == names(graph_of(after))[:2]


MERGES = {"+": "Add", "-": "Subtract", "*": "Multiply"}


@pytest.mark.parametrize(
    ("bare", "instead"), [("x[None]", "x[None, ...]"), ("x[1:]", "x[1:, ...]"), ("x[...]", None)]
)
def test_a_slice_by_itself_is_refused_as_keras_does(bare: str, instead: str | None) -> None:
    """Keras takes a number, or several entries in a tuple."""
    text = dense_model(bare)
    (found,) = compiled(text).diagnostics
    assert found.code == "N0513"
    if instead is None:
        assert found.fix is None
    else:
        assert found.fix is not None
        assert codes(dense_model(instead)) == []


@pytest.mark.parametrize("op", MERGES)
def test_operator_between_tensors_is_a_merge_layer(op: str) -> None:
    graph = graph_of(dense_model(f"x {op} (x -> Dense(8))"))
    assert kinds(graph) == ["Dense", MERGES[op]]
    assert feeders(graph, layers(graph)[-1])[0] == "x"


@pytest.mark.skipif(not HAS_OPERATIONS, reason="the catalogue has no rules for keras.ops")
@pytest.mark.parametrize(
    ("expression", "expected"),
    [("x * 2.0", (8,)), ("1 - x", (8,)), ("x / x", (8,)), ("-x", (8,)), ("x ** 2", (8,)), ("x[:, 0]", ()),
    ("x[:, 2:5]", (3,)), ("x[..., 0]", ()), ("x[..., 2:5]", (3,)), ("x[..., None]", (8, 1)), ("x[1:, ...]", (8,)),
     ("x[1:,]", (8,)), ("x[None,]", ("?", 8)),
     ("x -> ops.reshape((-1, 4))", None), ("x -> ops.mean(axis=1)", ())],
)  # fmt: skip
def test_arithmetic_with_numbers_and_slices_give_tensors(
    expression: str, expected: tuple[int, ...] | None
) -> None:
    result = compiled(dense_model(expression))
    assert result.ok
    if expected is not None:
        assert shape(result.graphs["M"]) == expected


@pytest.mark.parametrize(
    "expression", ["x in [x]", "x + [1]", 'x + "a"', "x and x", "x + None", "x % x and x"]
)
def test_operator_that_tensors_lack_is_refused(expression: str) -> None:
    assert codes(dense_model(expression))


def test_argument_in_keras_order_is_the_one_by_name() -> None:
    by_position = graph_of(dense_model('x -> Conv2D(4, 3, 2, "same")', inputs="input x: [8, 8, 3]"))
    by_name = graph_of(
        dense_model(
            'x -> Conv2D(filters=4, kernel_size=(3, 3), strides=(2, 2), padding="same")',
            inputs="input x: [8, 8, 3]",
        )
    )
    for name in ("filters", "kernel_size", "strides", "padding"):
        assert argument(by_position, name) == argument(by_name, name)


@pytest.mark.parametrize("layer", ["LSTM(4)", "RNN(LSTMCell(4))", "Bidirectional(LSTM(4))"])
@pytest.mark.parametrize("states", ["8", "[8]", '"a"'])
def test_states_that_are_no_tensors_are_refused(layer: str, states: str) -> None:
    spec = f"model M {{ input x: [10, 32]\n output y = x -> {layer}(initial_state={states}) }}"
    assert codes(spec) == ["N0523"]
