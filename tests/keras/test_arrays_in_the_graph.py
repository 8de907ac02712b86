"""Arrays that `ops` makes of no tensor belong to the model, with the weights of the layers applied to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netdsl
from netdsl.building import ParametersDiffer
from netdsl.emit import calls
from tests.keras.test_every_kind import exercise

pytestmark = pytest.mark.keras

HEAD = "model M { input x: [16, 8]\n "
PLUS = "\n output y = x + p }"

#: Arguments that mention a tensor's sizes or dtype, and give no tensor: the array, and the parameters after it.
ARRAYS = {
    "ops.arange(x.shape[1]) -> Embedding(16, 8)": 128,
    "ops.arange(stop=x.shape[1], start=0) -> Embedding(16, 8)": 128,
    "ops.ones((x.shape[1], 4)) -> Dense(8)": 40,
    "ops.ones(x.shape[1:]) -> Dense(8)": 72,
    "ops.ones((16, 4), dtype=x.dtype) -> Dense(8)": 40,
    "ops.zeros((1, x.shape[1], x.shape[2])) -> Dense(8)": 72,
    "ops.full((x.shape[1], 3), 0.5) -> Dense(8)": 32,
    "ops.eye(x.shape[1]) -> Dense(8)": 136,
    "ops.tri(x.shape[1]) -> Dense(8)": 136,
    "ops.linspace(0.0, 1.0, x.shape[1]) -> ops.reshape((16, 1)) -> Dense(8)": 16,
    "ops.reshape(ops.arange(x.shape[1] * 4), (x.shape[1], 4)) -> Dense(8)": 40,
    "ops.one_hot(ops.arange(x.shape[1]), 4) -> Dense(8)": 40,
    "ops.stack([ops.ones((x.shape[1],)) for k in range(3)], axis=-1) -> Dense(8)": 32,
    "ops.concatenate([*[ops.ones((x.shape[1], n)) for n in [1, 2]]], axis=-1) -> Dense(8)": 32,
    "ops.ones((half(x.shape[1]), 4)) -> Dense(8)": 40,
    "ops.ones((16, len(x.shape))) -> Dense(8)": 32,
    "(ops.ones((x.shape[1], 4)) if x.shape[1] > 3 else ops.zeros((16, 2))) -> Dense(8)": 40,
    "if x.shape[1] > 3 { ops.ones((x.shape[1], 4)) -> Dense(8) } else { x }": 40,
    "(ops.ones((x.shape[1], 4)) * 2.0 + ops.eye(x.shape[1], 4)) -> Dense(8)": 40,
    "-ops.ones((x.shape[1], 4)) -> Dense(8)": 40,
    "x -> MultiHeadAttention(2, 4)(value=(ops.ones((2, x.shape[1], 8)) -> Dense(8)))": 360,
}


@pytest.mark.parametrize("array", ARRAYS)
def test_layer_on_an_array_is_in_the_model(array: str, tmp_path: Path) -> None:
    text = f"fn half(n) = n // 2 * 2\n{HEAD} p = {array}{PLUS}"
    assert netdsl.compile_text(text).model().totals["parameters"] == ARRAYS[array]
    exercise(text, tmp_path)  # it builds both forms, and holds each to what was printed


WHERE = {
    "a block used twice": "block b(n) { input x\n p = ops.arange(x.shape[1]) -> Embedding(n, 8)\n"
    f" output x + p }}\n{HEAD} output y = x -> b(16) -> b(16) }}",
    "a block of two inputs": "block b { input a\n input c\n p = ops.ones((c.shape[1], 4)) -> Dense(8)\n"
    f" output a + c + p }}\n{HEAD} output y = [x, x] -> b() }}",
    "a block that gets a list": "block b { input xs\n p = ops.ones((xs[0].shape[1], 4)) -> Dense(8)\n"
    f" output xs[0] + p }}\n{HEAD} output y = [x, x] -> b() }}",
    "a loop over lists in a block": "block b = [_, Dense(8)] -> for k in [4, 5] { "
    f"[_[0] + (ops.ones((16, k)) -> Dense(8)), _[1]] }} -> Add()\n{HEAD} output y = x -> b() }}",
    "a block that gets a list of other shapes": "block b { input xs\n p = ops.ones((16, 4)) -> Dense(8)\n"
    " output xs[0] + p }\nmodel M { input x: [16, 8]\n input v: [4]\n output y = [x, v] -> b()\n"
    " output z = v -> Dense(2) }",
    "a block that gets a model's outputs": "model Two { input x: [16, 8]\n output a = x -> Dense(8)\n"
    " output c = x -> Dense(4) }\nblock b { input t\n p = ops.ones((16, 4)) -> Dense(8)\n output t[0] + p }\n"
    f"block c = Two() -> [_[0] + (ops.ones((16, 4)) -> Dense(8)), _[1]] -> Concatenate()\n{HEAD} "
    "output y = x -> Two() -> b()\n output z = x -> c() }",
    "a shared chain of lists": f"{HEAD} layer e = [_, Dense(4)] -> for k in [1, 2] {{ "
    "[_[0] + (ops.ones((16, k)) -> Dense(8)), _[1]] } -> Concatenate()\n output y = (x -> e) + (x -> e) }",
    "a parameter of a block": f"block b(t) {{ input x\n output x + (t -> Dense(8)) }}\n{HEAD} "
    "output y = x -> b(ops.ones((x.shape[1], 4))) }",
    "a model in a model, at two settings": "model P(n: int) { input x: [16, 8]\n p = if n > 2 { "
    "ops.arange(x.shape[1]) -> Embedding(16, 8) } else { ops.ones((x.shape[1], n)) -> Dense(8) }"
    f"\n output y = x + p }}\n{HEAD} output y = x -> P(1) -> P(3) -> P(2) }}",
    "a shared layer": f"{HEAD} layer e = Embedding(16, 8)\n p = ops.arange(x.shape[1]) -> e{PLUS}",
    "a shared block": "block b(k) { input x\n p = ops.ones((x.shape[1], k)) -> Dense(8)\n output x + p }\n"
    f"{HEAD} layer e = b(4)\n output y = x -> e -> e }}",
    "a loop": f"{HEAD} p = ops.arange(x.shape[1]) -> repeat 2 {{ Embedding(16, 8) -> ops.argmax(axis=-1) }} "
    f"-> Embedding(16, 8){PLUS}",
    "a list": f"{HEAD} ps = [ops.ones((x.shape[1], k)) for k in [1, 2, 3]]\n"
    " output y = x + (ps[0] -> Dense(8)) + (ps[2] -> Dense(8)) }",
    "parts of one": f"{HEAD} a, b = ops.split(ops.ones((x.shape[1], 4)), 2, axis=-1)\n"
    " output y = x + (a -> Dense(8)) + (b -> Dense(8)) }",
    "a sparse input beside": "model M { input s: [8](sparse=True)\n input x: [8]\n"
    " p = ops.ones((1, x.shape[1])) -> Dense(8)\n output y = x + p + (s -> Dense(8)) }",
    "an output": f"{HEAD} output a = ops.ones((x.shape[1], 4)) -> Dense(8)\n output b = x -> Dense(2) }}",
}


@pytest.mark.parametrize("text", WHERE.values(), ids=WHERE)
def test_wherever_it_stands(text: str, tmp_path: Path) -> None:
    assert netdsl.compile_text(text).model().totals["parameters"] > 0
    exercise(text, tmp_path)


# -- what Keras built is held to what was printed -----------------------------------------------


def test_a_model_without_what_was_printed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> bool:
        return False

    monkeypatch.setattr(calls, "_is_tied", never)  # as if the array needed no place in the graph
    text = (
        f"{HEAD} p = ops.arange(x.shape[1]) -> Embedding(16, 8)\n output y = x + p -> Dense(3) }}"
    )
    with pytest.raises(ParametersDiffer) as raised:
        netdsl.compile_text(text).build()
    message = str(raised.value)
    assert message.startswith("M was printed with 155 parameters, and Keras built 27: ")
    assert "`p` (Embedding) is not in the built model, with 128" in message
    assert "mistake in netdsl" in message


def test_a_layer_inside_a_model_is_named_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = "model P { input x: [8]\n output y = x -> Dense(3, name='d') }\n"
    compiled = netdsl.compile_text(f"{inner}model M {{ input x: [8]\n output y = x -> P() }}")
    (dense,) = (n for n in compiled.graphs["P"].nodes if n.kind == "Dense")
    monkeypatch.setattr(dense.operation, "weights", dense.operation.weights[:1])
    with pytest.raises(ParametersDiffer, match=r"`d` \(Dense\) has 27, 24 were printed"):
        compiled.build("P")
    nested = compiled.graphs["M"].operations()[-1].graph
    assert nested is not None
    (dense,) = (n for n in nested.nodes if n.kind == "Dense")
    monkeypatch.setattr(dense.operation, "weights", dense.operation.weights[:1])
    with pytest.raises(ParametersDiffer, match=r"`p/d` \(Dense\) has 27, 24 were printed"):
        compiled.build("M")
