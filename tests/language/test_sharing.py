"""`layer`: made once, so that all uses share its weights; loops that are tied."""

from __future__ import annotations

import pytest

from tests.emit.test_both_outputs import hold
from tests.language.front_door import blamed, codes, compiled, graph_of, layers, names, parameters

DENSE = 8 * 8 + 8


def model(statements: str, before: str = "") -> str:
    return f"{before}\nmodel M {{ input x: [8] input z: [8] {statements} }}"


SHARED = [
    ("a layer used once", "layer d = Dense(8) output x -> d output z", DENSE, 1),
    ("a layer used twice", "layer d = Dense(8) output [x -> d, z -> d] -> Add()", DENSE, 2),
    ("a layer after itself", "layer d = Dense(8) output x -> d -> d output z", DENSE, 2),
    ("a chain", "layer c = Dense(8) -> ReLU() -> Dense(8) output [x -> c, z -> c] -> Add()", 2 * DENSE, 6),
    ("a block", "layer c = b(8) output [x -> c, z -> c] -> Add()", 2 * DENSE, 4),
    ("a fork", "layer c = [Dense(8), Dense(8)] -> Add() output [x -> c, z -> c] -> Add()", 2 * DENSE, 4),
    ("a loop inside", "layer c = repeat 3 { Dense(8) } output [x -> c, z -> c] -> Add()", 3 * DENSE, 6),
    ("a tied loop", "layer d = Dense(8) output x -> repeat 5 { d } output z", DENSE, 5),
    ("a tied loop with more in it", "layer d = Dense(8) output x -> repeat 3 { d -> Dense(8) } output z", 4 * DENSE, 6),
    ("a tied for", "layer d = Dense(8) output x -> for r in [0.1, 0.2] { d -> Dropout(r) } output z", DENSE, 4),
    ("two layers", "layer c = Dense(8) layer d = Dense(8) output x -> c -> d -> c output z", 2 * DENSE, 3),
    ("a layer of a layer", "layer c = Dense(8) layer d = c -> ReLU() output x -> c -> d output z", DENSE, 3),
    ("declared after its use", "output x -> d -> d output z layer d = Dense(8)", DENSE, 2),
    ("in a fork", "layer d = Dense(8) output x -> [d, d, _] -> Add() output z", DENSE, 2),
    ("in a condition", "layer d = Dense(8) output x -> if True { d } -> d output z", DENSE, 2),
    ("with parentheses", "layer d = Dense(8) output x -> d() -> d output z", DENSE, 2),
    ("in a spread", "layer d = Dense(8) output x -> [for i in range(4) { d }] -> Add() output z", DENSE, 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "weights", "uses"), [s[1:] for s in SHARED], ids=[s[0] for s in SHARED]
)
def test_weights_of_a_shared_layer_count_once(statements: str, weights: int, uses: int) -> None:
    graph = graph_of(model(statements, before="block b(n) = Dense(n) -> Dense(n)"))
    assert parameters(graph) == weights
    assert len([n for n in layers(graph) if n.kind != "Add"]) == uses


def test_two_uses_are_one_operation_under_one_name() -> None:
    graph = graph_of(model("layer encode = Dense(8) output [x -> encode, z -> encode] -> Add()"))
    assert len(set(names(graph))) == 2
    assert names(graph)[0] == "encode"
    assert len(graph.operations()) == 4


def test_layer_of_a_block_is_made_once_for_each_use_of_the_block() -> None:
    block = "block twice() { input x layer d = Dense(8) output x -> d -> d }"
    graph = graph_of(model("output x -> twice() -> twice() output z", before=block))
    assert parameters(graph) == 2 * DENSE
    assert len(set(names(graph))) == 2


def test_shared_layer_takes_call_time_arguments() -> None:
    text = """model M { input q: [5, 8] input m: [7, 8]
        layer attend = MultiHeadAttention(2, 4)
        output q -> attend(value=m) -> attend(value=q) -> attend(value=m, use_causal_mask=True) }"""
    graph = graph_of(text)
    assert len(graph.operations()) == 3
    assert len(layers(graph)) == 3
    assert layers(graph)[2].keywords["use_causal_mask"] is True


def test_shared_layer_refuses_an_input_of_another_width() -> None:
    assert (
        codes(
            "model M { input x: [8] input z: [9] layer d = Dense(4) output [x -> d, z -> d] -> Add() }"
        )
        != []
    )


def test_shared_convolution_takes_images_of_other_sizes() -> None:
    text = "model M { input x: [8, 8, 3] input z: [5, 5, 3] layer c = Conv2D(4, 3) output x -> c output z -> c }"
    assert parameters(graph_of(text)) == 3 * 3 * 3 * 4 + 4


@pytest.mark.parametrize(
    "statement",
    [
        "output x -> d(units=3) output z",
        "output d output z",
        "output x + d output z",
        "layer e = x -> Dense(8) output x -> e output z",
    ],
)
def test_wrong_use_of_a_shared_layer_is_refused(statement: str) -> None:
    assert codes(model(f"layer d = Dense(8) {statement}"))


def test_frozen_shared_layer_does_not_train() -> None:
    graph = graph_of(model("layer d = Dense(8, trainable=False) output x -> d -> d output z"))
    assert [n.operation.trainable for n in layers(graph)] == [False, False]


def test_layer_that_nobody_uses_costs_nothing() -> None:
    graph = graph_of(model("layer d = Dense(8) output x output z"))
    assert parameters(graph) == 0


@pytest.mark.parametrize("cells", ["[LSTMCell(8)] * 2", "2 * [LSTMCell(8)]", "cells * 2"])
def test_a_list_of_layers_is_not_taken_several_times(cells: str) -> None:
    """Python would have one layer in it, twice."""
    text = f"let cells = [LSTMCell(8)]\nlet all = {cells}\nmodel M {{ input x: [5, 8] output y = x -> RNN(all) }}"
    (found,) = [d for d in compiled(text).diagnostics if d.severity == "error"]
    assert found.code == "N0420"
    edits = [] if found.fix is None else [edit.text for edit in found.fix.edits]
    assert edits == ([] if "cells" in cells else ["[LSTMCell(8) for _ in range(2)]"])


CALLED = """
block both { input p input q  output [p, q] -> Add() }
model Both { input p: [6, 4] input q: [6, 4]  output [p, q] -> Add() }
model M { input x: [6, 4] input z: [6, 4]
  layer attend = MultiHeadAttention(2, 4)  layer other = MultiHeadAttention(1, 4)
  layer d = Dense(4)  layer add = Add()  layer block = both()  layer net = Both()  layer again = Both()
"""


@pytest.mark.parametrize(
    "chain",
    [
        "[x, z] -> for f in [attend, d] { «f» }",
        "x -> for f in [attend, add] { [_, z] -> «f» }",
        "x -> for f in [net, block] { [_, z] -> «f» }",
        "x -> for f in [net, block] { «f»(q=z) }",
        "x -> for f in [block, net] { «f»(q=z) }",
        "x -> for f in [add, net, other] { [_, z] -> «f» }",
    ],
)
def test_one_line_calls_layers_in_one_way(chain: str) -> None:
    code, text, place = blamed(f"{CALLED} output y = {chain} output v = [x, z] -> Add() }}")
    assert (code, text) == ("N0420", place)


@pytest.mark.parametrize(
    "chain",
    [
        "x -> for f in [attend, other] { [_, z] -> f }",
        "[x, z] -> for f in [attend, other] { [f, z] } -> Add()",
        "x -> for f in [net, add] { [_, z] -> f }",
        "x -> for f in [net, again] { f(q=z) }",
        "x -> for f in [attend, block] { [_, z] -> f }",
        "x -> for f in [attend, d] { attend(value=z) -> d }",
    ],
)
def test_layers_that_are_called_alike_may_share_a_name(chain: str) -> None:
    text = f"{CALLED} output y = {chain} output v = [x, z] -> Add() }}"
    assert hold(text) == "built"
