"""`layer` inside other layers: what is counted, what is refused, and that its uses are one operation."""

from __future__ import annotations

import pytest

from netdsl.analyse.costs import totals
from netdsl.compare.breaking import compare_weights
from netdsl.compare.changes import compare_graphs
from netdsl.graph import held_in
from netdsl.report.rows import table_rows
from tests.language.front_door import codes, compiled, graph_of, spelled

DENSE = 8 * 4 + 4

BEFORE = """
block enc(n: int) = Dense(n) -> ReLU()
block join(n: int) { input p input q  output [p -> Dense(n), q -> Dense(n)] -> Add() }
block two(n: int) { input p  output a = p -> Dense(n)  output b = p -> Dense(n) }
block steps(f: layer) { input p  output p -> TimeDistributed(f) }
block rows(f: layer) { input p  output p -> TimeDistributed(Dense(3) -> f) }
block any_steps(f) { input p  output p -> TimeDistributed(f) }
extern layer Held(f: layer): [c] -> [c] from "m"
model Frame(f: layer = Dense(2)) { input p: [9, 8]  output p -> TimeDistributed(f) }
"""


def model(body: str) -> str:
    return f"{BEFORE}\nmodel M {{ input x: [9, 8] input z: [8] {body} }}"


COUNTED = [
    ("twice", "layer d = Dense(4) output x -> TimeDistributed(d) output x -> TimeDistributed(d) output z", DENSE),
    ("before an arrow", "output x -> TimeDistributed(d) output z -> d layer d = Dense(4)", DENSE),
    ("after an arrow", "layer d = Dense(4) output z -> d output x -> TimeDistributed(d)", DENSE),
    ("a chain", "layer c = Dense(4) -> Dense(3) output z -> c output x -> TimeDistributed(c)", DENSE + 15),
    ("a block", "layer c = enc(4) output z -> c output x -> TimeDistributed(c)", DENSE),
    ("a parameter", "layer d = Dense(4) output x -> steps(d) output x -> steps(d) output z", DENSE),
    ("a block through a parameter", "layer d = enc(4) output x -> steps(d) output z -> d", DENSE),
    ("of an unknown size", "input v: [9, ?] layer d = Dense(4) output z -> d output v -> TimeDistributed(d)", DENSE),
    ("in a layer that is shared", "layer d = Dense(4) layer t = TimeDistributed(d) output x -> t output z -> d", DENSE),
    ("in a chain", "layer d = Dense(8) output z -> d output x -> TimeDistributed(Dense(8) -> d)", 2 * (64 + 8)),
    ("in a loop", "layer d = Dense(8) output x -> repeat 3 { TimeDistributed(d) } output z", 64 + 8),
    ("cells", "layer c = LSTMCell(8) output x -> RNN([c, c]) output x -> RNN(c) output z", 4 * (64 + 64 + 8)),
    ("a kernel", "layer d = Dense(4) output z -> SpectralNormalization(d) output z -> d output x", DENSE + 4),
    ("a pipeline", "layer d = Dense(8) output z -> Pipeline([d, d]) output x", 64 + 8),
]  # fmt: skip


@pytest.mark.parametrize(("body", "count"), [c[1:] for c in COUNTED], ids=[c[0] for c in COUNTED])
def test_weights_inside_others_count_once(body: str, count: int) -> None:
    result = compiled(model(body))
    assert result.ok, spelled(result)
    graph = result.graphs["M"]
    assert totals(graph).parameters == count
    rows = [row for row in table_rows(graph, expand=True) if row.role == "layer"]
    assert sum(row.parameters or 0 for row in rows) == count
    assert compiled(model(f"{body} assert params == {count}")).ok


def test_all_that_hold_it_hold_one_operation() -> None:
    text = model(
        "layer d = Dense(4) output x -> TimeDistributed(d) output x -> steps(d) output z -> d"
    )
    graph = compiled(text).graphs["M"]
    inside = [held.operations for o in graph.operations() for held in held_in(o.bound)]
    itself = next(o for o in graph.operations() if o.name == "d")
    assert inside == [(itself,), (itself,)]


def test_what_is_frozen_in_one_is_frozen_in_all() -> None:
    text = model("layer d = Dense(4) output x -> TimeDistributed(d, trainable=False) output z -> d")
    assert totals(compiled(text).graphs["M"]).trainable_parameters == 0


def test_two_models_of_one_kind_share_nothing() -> None:
    text = """model Inner { input p: [9, 8] layer d = Dense(4)
        output [p -> TimeDistributed(d), p -> TimeDistributed(d)] -> Add() }
    model M { input x: [9, 8] output [x -> Inner(), x -> Inner()] -> Add() }"""
    result = compiled(text)
    assert result.model("Inner").totals["parameters"] == DENSE
    assert result.model("M").totals["parameters"] == 2 * DENSE


REFUSED = [
    ("a copy", "layer n = LSTM(4) output x -> Bidirectional(n) output z", "N0522"),
    ("another width", "layer d = Dense(4) output z -> Dense(3) -> d output x -> TimeDistributed(d)", "N0511"),
    ("another width later", "layer d = Dense(4) output x -> TimeDistributed(d) output z -> Dense(3) -> d", "N0511"),
    ("another rank", "layer n = BatchNormalization() output x -> n output x -> TimeDistributed(n) output z", "N0511"),
    ("another rank behind arrows", "layer n = BatchNormalization() output x -> n output z -> n", "N0511"),
    ("no cell", "layer d = Dense(4) output x -> RNN(d) output z", "N0522"),
    ("no kernel", "layer d = enc(4) output z -> SpectralNormalization(d) output x", "N0420"),
    ("no kernel of its own", "layer d = Dense(4) -> ReLU() output z -> SpectralNormalization(d) output x", "N0522"),
    ("several inputs", "layer j = join(4) output x -> TimeDistributed(j) output z", "N0414"),
    ("several outputs", "layer t = two(4) output x -> TimeDistributed(t) output z", "N0522"),
    ("a number", "layer d = Dense(4) output z -> Dense(d) output x", "N0305"),
    ("an initializer", "layer d = Dense(4) output z -> Dense(4, kernel_initializer=d) output x", "N0305"),
    ("a tensor", "layer d = Dense(4) output [x, x] -> MultiHeadAttention(2, 4)(key=d) output z", "N0405"),
    ("a block in a row", "layer d = enc(8) output z -> Pipeline([Dense(3), d]) output x", "N0420"),
    ("a block in a chain", "layer d = enc(8) output x -> TimeDistributed(Dense(3) -> d) output z", "N0420"),
    ("a block in a chain through a parameter", "layer d = enc(8) output x -> rows(d) output z", "N0420"),
    ("a parameter of no type", "layer d = Dense(4) output x -> any_steps(d) output z", "N0305"),
    ("another model", "layer d = Dense(4) output x -> Frame(d) output z", "N0420"),
    ("a layer of the user's own", "layer d = Dense(4) output z -> Held(d) output x", "N0420"),
    ("itself", "layer d = TimeDistributed(d) output x -> d output z", "N0401"),
    ("a class in a list", "output z -> Pipeline([Dense]) output x", "N0420"),
    ("a class of the user's own", "output x -> TimeDistributed(Held) output z", "N0420"),
    ("compared", "layer d = Dense(4) assert d == 3 output x output z", "N0420"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_keras_would_not_share_is_refused_with_a_way_out(body: str, code: str) -> None:
    result = compiled(model(body))
    assert [d.code for d in result.diagnostics if d.severity == "error"] == [code], spelled(result)
    (found,) = (d for d in result.diagnostics if d.severity == "error")
    assert found.help or code == "N0305"
    shown = found.message + found.help
    assert "object at 0x" not in shown
    assert "LayerDecl" not in shown


def test_a_parameter_without_a_type_is_given_one() -> None:
    result = compiled(model("layer d = Dense(4) output x -> any_steps(d) output z"))
    (found,) = result.diagnostics
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits] == [": layer"]


def test_a_layer_of_a_block_that_is_shared_is_made_once() -> None:
    before = "block b() { input p layer c = Dense(8) -> ReLU() layer e = enc(8) output p -> c -> c -> e -> e }"
    text = f"{before}\n{model('layer s = b() output z -> s output z -> s output x')}"
    assert totals(graph_of(text)).parameters == 2 * (64 + 8)


def test_what_a_checkpoint_keeps_is_told_of_the_first_holder() -> None:
    shared = model(
        "layer d = Dense(4) output x -> TimeDistributed(d) output x -> TimeDistributed(d) output z"
    )
    apart = model(
        "output x -> TimeDistributed(Dense(4)) output x -> TimeDistributed(Dense(4)) output z"
    )
    before, after = (compiled(text).graphs["M"] for text in (shared, apart))
    assert compare_weights(before, before).loads
    assert not compare_weights(before, after).loads
    assert [m.fate for m in compare_weights(before, after).matches] == ["unchanged", "new"]
    assert not compare_graphs(before, before)
    assert compare_graphs(before, after)


FOUND_AGAIN = [
    ("output z -> d -> ReLU() output x -> TimeDistributed(d)", True),
    ("output z -> d output x -> TimeDistributed(d) -> ReLU()", False),
    ("output x -> TimeDistributed(d) output x -> TimeDistributed(d) output z", False),
    ("output x -> TimeDistributed(d) output z", True),
    ("output z -> d -> ReLU() output x -> TimeDistributed(d -> ReLU())", False),
]


@pytest.mark.parametrize(("body", "is_found"), FOUND_AGAIN)
def test_what_keras_cannot_load_from_a_saved_model_is_told(body: str, is_found: bool) -> None:
    found = [c for c in codes(model(f"layer d = Dense(4) {body}")) if c != "N0418"]
    assert found == ([] if is_found else ["N0520"])
