"""Dicts: of values, of layers and of tensors; a parameter of that type; what Python asks of one is told."""

from __future__ import annotations

import pytest

from netdsl.diagnostics.diagnostic import apply_edits
from tests.language.front_door import compiled, dense_model, graph_of, names, spelled, units


@pytest.mark.parametrize(
    ("chain", "called"),
    [
        ('let d = {"a": x -> Dense(8), "b": x -> Dense(8)} output y = d["a"] + d["b"]', ["d_dense1", "d_dense2", "y"]),
        ('let d = {k: x -> Dense(8) for k in ["a", "b"]} output y = d["a"] * d["b"]', ["d_0", "d_1", "y"]),
        ('let d = {"a": {"b": x -> Dense(8) -> ReLU()}, "c": x + x} output y = d["a"]["b"] - d["c"]',
         ["d_dense", "d_re_lu", "d_add", "y"]),
        ('output y = x -> repeat 2 { let d = {"a": _ -> Dense(8), "b": _ -> Dense(8)} output d["a"] + d["b"] }',
         ["d_dense1_0", "d_dense2_0", "add1_0", "d_dense1_1", "d_dense2_1", "add1_1"]),
    ],
)  # fmt: skip
def test_a_dict_of_tensors_names_its_layers_by_its_own_name(chain: str, called: list[str]) -> None:
    found = graph_of(f"model M {{ input x: [8] {chain} }}")
    assert names(found)[: len(called) - 1] == called[:-1]
    assert len({node.name for node in found.nodes}) == len(found.nodes)


def test_a_dict_holds_layers_or_tensors() -> None:
    text = 'model M { input x: [8] let d = {"a": LSTM(8), "b": x -> Dense(4)} output y = d["b"] }'
    (found,) = [d for d in compiled(text).diagnostics if d.severity == "error"]
    assert (found.code, "a dict of their own" in found.help) == ("N0420", True)


def test_a_parameter_may_take_a_dict() -> None:
    block = "block f(sizes: dict, more: dict = None) = Dense(sum([sizes[k] for k in sizes]))"
    assert units(graph_of(dense_model('x -> f({"a": 3, "b": 4})', before=block))) == [7]
    (found,) = compiled(dense_model("x -> f([3])", before=block)).diagnostics
    assert (found.code, found.help) == ("N0305", "give a dict")


#: What people write of a dict, and what is offered.
OFFERED = [
    (
        "x -> for k, v in d.items() { Dense(v) }",
        "x -> for k, v in [(key, d[key]) for key in d] { Dense(v) }",
    ),
    ("x -> for v in d.values() { Dense(v) }", "x -> for v in [d[key] for key in d] { Dense(v) }"),
    ("x -> for k in d.keys() { Dense(d[k]) }", "x -> for k in d { Dense(d[k]) }"),
    ('x -> Dense(d.get("c", 3))', 'x -> Dense(d["c"] if "c" in d else 3)'),
    ("x -> Dense(d.a)", 'x -> Dense(d["a"])'),
]


@pytest.mark.parametrize(("chain", "offered"), OFFERED, ids=[chain for chain, _ in OFFERED])
def test_what_python_asks_of_a_dict_is_told_in_other_words(chain: str, offered: str) -> None:
    text = dense_model(chain, before='let d = {"a": 1, "b": 2}')
    (found,) = compiled(text).diagnostics
    assert found.code == "N0209"
    assert found.fix is not None
    fixed = apply_edits(text, found.fix.edits)
    assert offered in fixed
    assert compiled(fixed).ok, spelled(compiled(fixed))


@pytest.mark.parametrize("written", ["dict[str, int]", "list[int]"])
def test_a_type_is_one_word(written: str) -> None:
    text = f"model M(n: {written} = None) {{ input x: [8] output y = x -> Dense(4 if n is None else 8) }}"
    (found,) = compiled(text).diagnostics
    assert found.fix is not None
    assert compiled(apply_edits(text, found.fix.edits)).ok
