"""Parameters of type `layer` behind an arrow: a new layer at each stage, under the name of the stage."""

from __future__ import annotations

import pytest

from tests.emit.test_both_outputs import hold
from tests.language.front_door import compiled, graph_of, names, parameters

DENSE = 4 * 4 + 4

#: Blocks, a chain from `x` of four, the names of its layers and their parameters.
APPLIED = [
    ("block b(f: layer) = f", "b(Dense(4))", "b_f", DENSE),
    ("block b(f: layer) = f -> f", "b(Dense(4))", "b_f1 b_f2", 2 * DENSE),
    ("block b(f: layer) = [_, f, f] -> Add()", "b(Dense(4))", "b_f1 b_f2 b_add", 2 * DENSE),
    ("block b(f: layer) { input p  y = p -> f  output y + p }", "b(Dense(4))", "b_y b_add", DENSE),
    ("block b(f: layer) = repeat 2 { f -> ReLU() }", "b(Dense(4))", "b_f_0 b_re_lu_0 b_f_1 b_re_lu_1", 2 * DENSE),
    ("block b(f: layer = Dense(4)) = f", "b() -> b(ReLU())", "b1_f b2_f", DENSE),
    ("block a(f: layer) = b(f) -> b(f)  block b(f: layer) = f", "a(Dense(4))", "a_b1_f a_b2_f", 2 * DENSE),
    ("block b(f: layer) { input p  layer s = f  output p -> s -> s }", "b(Dense(4))", "b_s b_s", DENSE),
    ("block b(f: layer) = f -> Dense(4)", "s -> s", "s_f s_dense s_f s_dense", 2 * DENSE),
    ("block b(f: layer, on: bool) = if on { f } -> ReLU()", "b(Dense(4), False)", "b_re_lu", 0),
    ("block b(name: layer) = name -> name", "b(Dense(4))", "b_name1 b_name2", 2 * DENSE),
    ("model N(f: layer = Dense(4)) { input i: [4]  output i -> f }  model K = N(f=ReLU())", "K() -> N()", "k n", DENSE),
]  # fmt: skip


@pytest.mark.parametrize(("blocks", "chain", "named", "count"), APPLIED)
def test_a_parameter_that_makes_layers_is_a_stage(
    blocks: str, chain: str, named: str, count: int
) -> None:
    shared = "layer s = b(Dense(4))" if chain.startswith("s ") else ""
    text = f"{blocks}\nmodel M {{ input x: [4] {shared} output x -> {chain} }}"
    graph = graph_of(text, model="M")
    assert names(graph) == named.split()
    assert parameters(graph) == count
    assert hold(text) == "built"


@pytest.mark.parametrize(
    "given",
    [
        "d",
        "Dense(4) -> ReLU()",
        'Dense(4, name="u")',
        "Dense(4) if True else ReLU()",
        "Bidirectional(LSTM(4))",
    ],
)
def test_what_has_no_name_of_the_stages_own_is_refused(given: str) -> None:
    text = f"block b(f: layer) = f\nmodel M {{ input x: [4]  layer d = Dense(4)  output x -> b({given}) -> d }}"
    (found,) = compiled(text).diagnostics
    assert found.code == "N0407"
    assert "written out where it is given" in found.help
