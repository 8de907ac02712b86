"""Loops without a turn, and with nothing in them, leave what arrives: under its name, in both forms of Python.

The structured form keeps its loops and conditions, so it must also be right at other hyperparameters than it was
compiled at: its function called with them builds the model that a compilation at them prints.
"""

from __future__ import annotations

from typing import Any

import pytest

import netdsl
from netdsl.emit.declarations import model_functions
from tests.keras.test_every_kind import exercise

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

HEAD = "model M(a: bool = True, n: int = 0, vs: list = []) { input x: [8]\n "
DENSE = "\n output y = t -> Dense(3) }"
SUM = "\n output y = [t, x, *d] -> Add() }"
TWO = (
    "model Two { input x: [8]\n output a = x -> Dense(8)\n output c = x -> Dense(8) }\n"
    "model Join { input p: [8]\n input q: [8]\n output s = [p, q] -> Add() -> Dense(8)\n"
    " output t = [p, q] -> Multiply() }\n"
)
BLOCK = "block b(a: bool = False, n: int = 0) { input x\n "

NAMED = {
    "nothing repeated": f"{HEAD} t = x -> repeat 2 {{ _ }}{DENSE}",
    "no turn": f"{HEAD} t = x -> repeat n {{ Dense(3) }}{DENSE}",
    "no value": f"{HEAD} t = x -> for v in vs {{ Dense(v) }}{DENSE}",
    "nothing for each value": f"{HEAD} t = x -> for v in [1, *vs] {{ _ }}{DENSE}",
    "a branch not taken in each turn": f"{HEAD} t = x -> repeat 2 {{ if False {{ Dense(4) }} }}{DENSE}",
    "nothing under a condition": f"{HEAD} t = x -> repeat 2 {{ if a {{ _ }} }}{DENSE}",
    "loops in loops": f"{HEAD} t = x -> repeat 2 {{ for v in [1] {{ repeat 3 {{ _ }} }} }}{DENSE}",
    "after a layer": f"{HEAD} t = x -> Dense(4) -> repeat 2 {{ _ }}{DENSE}",
    "between layers": f"{HEAD} t = x -> Dense(4) -> repeat 2 {{ _ }} -> Dense(5){DENSE}",
    "three names": f"{HEAD} t = x -> repeat 2 {{ _ }} -> repeat 3 {{ _ }}\n"
    " u = t -> for i in vs { _ }\n output y = [t, u] -> Add() }",
    "an output": f"{HEAD} output y = x -> repeat 2 {{ _ }} -> Dense(3)\n output z = y -> repeat n {{ _ }} }}",
    "an input": f"{HEAD} output y = x -> repeat 2 {{ _ }} }}",
    "a branch": f"{HEAD} t = x -> [repeat 2 {{ _ }}, Dense(8)] -> Add(){DENSE}",
    "a list": f"{HEAD} t = x -> [_, Dense(8)] -> repeat 2 {{ _ }}\n output y = t -> Add() }}",
    "a list of branches": f"{HEAD} t = x -> [for k in [8, 8] {{ Dense(k) }}] -> repeat 2 {{ _ }}\n"
    " u = x -> [for k in [8, 8] { Dense(k) }]\n output y = [*t, *u] -> Add() }",
    "an argument": "model M(n: int = 0) { input x: [5, 8]\n"
    " output y = x -> MultiHeadAttention(2, 4)(value=(x -> repeat 2 { _ }), key=(x -> repeat n { Dense(8) })) }",
    "operands": f"{HEAD} output y = (x -> repeat 2 {{ _ }}) + (x -> for i in vs {{ Dense(8) }}) }}",
    "a slice": f"{HEAD} t = x[:, :4] -> repeat 2 {{ _ }}{DENSE}",
    "over tensors": f"{HEAD} ts = [x -> Dense(8) for v in [1, 2]]\n t = x -> for u in ts {{ _ }}\n"
    " output y = [t, *ts] -> Add() }",
    "over what arrives": f"{HEAD} t = x -> Dense(4) -> for u in range(_.shape[1]) {{ _ }}{DENSE}",
    "a block": f"{BLOCK} t = x -> repeat n {{ if a {{ Dense(8) }} }}\n u = t -> repeat 2 {{ _ }}\n"
    f" output u -> Dense(3) }}\n{HEAD} output y = x -> b() -> b(n=2) -> b(a=True, n=2) }}",
    "a shared layer": f"{HEAD} layer d = repeat 2 {{ _ }}\n t = x -> d -> d{DENSE}",
    "a value": f"{HEAD} t = x -> (Dense(4) if n > 3 else _) -> repeat n {{ _ }}{DENSE}",
}

LISTS = {
    "nothing repeated": f"{HEAD} t = x -> repeat 2 {{ _ as d }}{SUM}",
    "no turn": f"{HEAD} t = x -> repeat n {{ Dense(8) as d }}{SUM}",
    "no value": f"{HEAD} t = x -> for v in vs {{ Dense(8) as d }}{SUM}",
    "never taken": f"{HEAD} t = x -> repeat 2 {{ if False {{ Dense(8) as d }} }}{SUM}",
    "not taken": f"{HEAD} t = x -> for v in [8, 9] {{ if v > 10 - n {{ Dense(8) as d }} }}{SUM}",
    "in a loop": f"{HEAD} t = x -> repeat 2 {{ for v in vs {{ Dense(8) as d }} }}{SUM}",
    "in a fork": f"{HEAD} t = x -> [_, repeat n {{ Dense(8) as d }}] -> Add(){SUM}",
    "two": f"{HEAD} t = x -> repeat n {{ Dense(8) as d -> Dense(8) as e }}\n output y = [t, x, *d, *e] -> Add() }}",
    "its length": f"{HEAD} t = x -> repeat 2 {{ if False {{ Dense(8) as d }} }}\n output y = t -> Dense(len(d) + 3) }}",
    "its truth": f"{HEAD} t = x -> repeat 2 {{ if False {{ Dense(8) as d }} }}\n"
    " output y = t -> if d { Dense(4) } else { Dense(3) } }",
    "branches for values": f"{HEAD} t = x -> [_, _, for v in vs {{ Dense(8) as d }}]\n output y = [*t, *d] -> Add() }}",
    "tensors for values": f"{HEAD} ts = [x -> Dense(8) as d for v in vs]\n output y = [x, x, *ts, *d] -> Add() }}",
}

OUTPUTS = {
    "a layer": f"{TWO}{HEAD} output y = x -> Two() -> Add() }}",
    "a shared layer": f"{TWO}{HEAD} layer j = Add()\n t = x -> Two()\n output y = t -> j }}",
    "a function": f"fn first(xs) = xs[0]\n{TWO}{HEAD} t = x -> Two()\n"
    " output y = ops.stack(t, axis=1)\n output z = first(t) -> Dense(3) }",
    "an argument": f"{TWO}model M {{ input x: [8]\n input s: [5, 8]\n t = x -> Two()\n"
    " output y = s -> LSTM(8)(initial_state=t) }",
    "lists of them": f"{TWO}{HEAD} t = x -> Two()\n u = t -> Join()\n ts = [t, u]\n"
    " output y = [p[0] -> Dense(3) for p in ts] -> Add() }",
    "a list in a turn": f"{TWO}{HEAD} t = x -> Two() -> repeat n {{ [_[1], _[0]] }}\n output y = t -> Add() }}",
    "nothing in a turn": f"{TWO}{HEAD} t = x -> Two() -> repeat 2 {{ _ }}\n output y = t.a + t[1] }}",
    "another model in a turn": f"{TWO}{HEAD} t = x -> Two() -> repeat n {{ Join() }}\n output y = t[0] + t[1] }}",
    "names where there is no turn": f"{TWO}{HEAD} t = x -> Two() -> repeat 0 {{ Join() }}\n output y = t.a + t.c }}",
    "a list under a condition": f"{TWO}{HEAD} t = x -> Two() -> if a {{ [_.a, _.c] }}\n output y = t -> Add() }}",
    "another model under a condition": f"{TWO}{HEAD} t = x -> Two() -> if a {{ Join() }}\n"
    " output y = t -> Subtract() }",
    "either": f"{TWO}{HEAD} t = x -> if a {{ Two() }} else {{ [Dense(8), Dense(8)] }}\n output y = t -> Add() }}",
}

SPECS = [("named", NAMED), ("list", LISTS), ("outputs", OUTPUTS)]
EVERY = {f"{what}: {name}": text for what, group in SPECS for name, text in group.items()}
SETTINGS: list[dict[str, Any]] = [{"a": False}, {"n": 2}, {"vs": [8]}, {"vs": [8, 8], "n": 1}]


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_both_forms_build_it(text: str, tmp_path: Any) -> None:
    exercise(text, tmp_path)


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_the_function_builds_it_at_other_hyperparameters(text: str) -> None:
    compiled = netdsl.compile_text(text)
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.emit("keras"), module)
    make = module[model_functions(compiled.unit)["M"]]
    takes = "vs: list" in text
    for settings in SETTINGS if takes else ():
        expected = netdsl.compile_text(text, **settings)
        if not expected.ok:
            continue
        keras.backend.clear_session()
        model, graph = make(**settings), expected.graphs["M"]
        wanted = {node.name for node in graph.needed_nodes() if node.operation.family != "op"}
        named = {
            layer.name for layer in model.layers if not layer.name.startswith(("get_item", "stack"))
        }
        assert named == wanted | {"x"}, settings
        assert model.count_params() == expected.model().totals["parameters"], settings


def test_names_as_and_loops_may_stand_in_a_comprehension() -> None:
    text = f"{HEAD} ts = [x -> Dense(8) as d for v in [1, 2]]\n output y = [*ts, *d] -> Add() }}"
    assert netdsl.compile_text(text).model().totals["parameters"] == 144
