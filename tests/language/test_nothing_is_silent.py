"""No spec stops without a diagnostic: anything in any place compiles, or is told of; and the compiler asserts that."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from netdsl.elaborate.chains import stages
from netdsl.elaborate.scope.entities import POISON
from netdsl.elaborate.scope.untold import UntoldMistake
from tests.language.front_door import compiled, spelled

#: What may stand in a place that is not for it.
THINGS = {
    "a tensor": "x", "several tensors": "t", "a class": "Dense", "a class in a list": "[Dense]", "a block": "enc",
    "a model": "Enc", "a class of the user's own": "Mine", "a function": "half", "a function of Python": "pf",
    "a shared layer": "d", "a shared chain": "c", "a shared block": "e", "shared in a list": "[d, c]",
    "shared in a dict": '{"a": d}', "a layer": "Dense(4)", "a chain of layers": "(Dense(4) -> ReLU())",
    "an identifier": "relu", "a name of nothing": "nonsense", "an object": "HeNormal()", "an array": "ops.arange(3)",
    "what arrives": "_", "a size": "H", "a number": "3",
}  # fmt: skip

PLACES = (
    "output {}", "y = {} output y", "_ = x -> TimeDistributed({}) output x", "output x + {}", "output -{}",
    "output x[{}]", "output {}.a", "output {}(x)", "output x -> {}", "output x -> {}(3)",
    "output x -> [_, {}] -> Add()",
    "output x -> [_, *[{}]] -> Add()", "output x -> Dense({})", "output x -> Dense(3, kernel_initializer={})",
    "output x -> Dense(3, activation={})", "output x -> TimeDistributed({})",
    "output x -> TimeDistributed({} -> ReLU())",
    "output x -> Bidirectional({})", "output x -> RNN({})", "output x -> Pipeline([{}])",
    "output x -> Dense(3, name={})",
    "output x -> MultiHeadAttention(2, 3)(value={})", "output x -> d(mask={})", "output x -> enc({})",
    "output x -> steps({})", "output z -> Enc({})", "let v = half({}) output x", "output x -> ops.add({})",
    "output x -> repeat {} {{ ReLU() }}", "output x -> if {} {{ ReLU() }}", "output x -> for i in [{}] {{ i }}",
    "let v = {} output x -> TimeDistributed(v)", "layer v = Dense(8) -> {} output x -> v", "assert {} == 3 output x",
    'let v = f"{{{}}}" output x', "a, b = {} output a output b", "input s: [{}] output s output x",
    "defaults TimeDistributed(layer={}) output x -> TimeDistributed()",
)  # fmt: skip

SPEC = """
fn half(n) = n // 2
extern fn pf from "m"
extern layer Mine(): [c] -> [c] weights [c] from "m"
block enc(n: int = 3) = Dense(n) -> ReLU()
block two() {{ input p  output a = p -> Dense(2)  output b = p -> Dense(2) }}
block steps(f: layer) {{ input p output p -> TimeDistributed(f) }}
model Enc {{ input i: [8] output i -> Dense(3) }}
model M {{
    input x: [9, 8] input z: [8] input s2: [H, 8]
    t = z -> two()
    layer d = Dense(4) layer c = Dense(4) -> ReLU() layer e = enc(4)
    {}
}}
"""

#: All of them take a minute: each place is tried with every third thing, another third each.
TRIED = [(place, thing) for i, (place, thing) in enumerate(product(PLACES, THINGS)) if i % 3 == 0]


@pytest.mark.parametrize("place", PLACES)
def test_anything_in_any_place_compiles_or_is_told_of(place: str) -> None:
    for thing in (thing for p, thing in TRIED if p == place):
        result = compiled(SPEC.format(place.format(THINGS[thing])))
        assert result.ok or any(d.severity == "error" for d in result.diagnostics)
        if result.ok:
            assert result.graphs["M"].complete
            assert result.source
            assert result.flat_source
        shown = spelled(result)
        assert "object at 0x" not in shown, thing
        assert "LayerDecl" not in shown, thing


@pytest.mark.parametrize(
    "body",
    [
        "output x -> Dense(3)",
        "_ = x -> Dense(3)  output x",
        "h = x -> Dense(3)  output x",
        "output x -> b()",
        "layer d = Dense(3)  output x -> d",
    ],
)
def test_a_stage_that_fails_without_a_word_is_a_mistake_of_the_compiler(
    body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        return POISON

    monkeypatch.setattr(stages.layers, "apply_layer", silent)
    with pytest.raises(
        UntoldMistake, match=r"^spec\.net:2:\d+: nothing came of `.*`, and nothing says why$"
    ):
        compiled(f"block b() = Dense(3)\nmodel M {{ input x: [8] {body} }}")


def test_an_incomplete_model_without_an_error_is_a_mistake_of_the_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from netdsl.elaborate.chains import models

    real = models._collect_outputs

    def stopped(node: Any, frame: Any) -> None:
        real(node, frame)
        frame.body.graph.complete = False

    monkeypatch.setattr(models, "_collect_outputs", stopped)
    with pytest.raises(UntoldMistake, match="model M was not made to its end"):
        compiled("model M { input x: [8] output x -> Dense(3) }")
