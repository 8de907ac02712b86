"""Layers as values: every use is a new layer, in the graph and in Keras, or the spec is refused."""

from __future__ import annotations

from typing import Any

import pytest

import netdsl

pytestmark = pytest.mark.keras

HEAD = "model M { input x: [5, 8]\n output y = x -> "
BLOCK = "{ input x output x -> TimeDistributed(n) -> TimeDistributed(n) }\n"

MADE_ANEW = {
    "a constant": f"let d = Dense(4)\n{HEAD} TimeDistributed(d) -> TimeDistributed(d) }}",
    "a chain": f"let d = Dense(4) -> ReLU()\n{HEAD} TimeDistributed(d) -> TimeDistributed(d) }}",
    "a list": f"let ds = [Dense(3), Dense(5)]\n{HEAD} for d in ds {{ TimeDistributed(d) }} "
    "-> for d in ds { TimeDistributed(d) } -> repeat 2 { TimeDistributed(ds[0]) } }",
    "a longer list": f"let a = [Dense(3)]\nlet b = a + [Dense(4)]\n{HEAD} for d in b {{ "
    "TimeDistributed(d) } -> for d in b { TimeDistributed(d) } }",
    "cells": f"let cells = [LSTMCell(n) for n in [3, 4]]\n{HEAD} "
    "RNN(cells, return_sequences=True) -> RNN(cells) }",
    "a dict": f'let ds = {{"a": Dense(3)}}\n{HEAD} TimeDistributed(ds["a"]) -> TimeDistributed(ds["a"]) }}',
    "a choice": f"let w = True\nlet d = Dense(3) if w else Dense(5)\n{HEAD} "
    "TimeDistributed(d) -> TimeDistributed(d) }",
    "pairs": f"let ps = [(Dense(3), 2), (Dense(4), 1)]\n{HEAD} for d, n in ps {{ TimeDistributed(d) "
    "-> Dense(n) } -> for d, n in ps { TimeDistributed(d) } }",
    "a loop in a loop": f"{HEAD} for i in range(2) {{ for d in [Dense(3), Dense(5)] {{ TimeDistributed(d) }} }} }}",
    "a parameter": f"block b(n: layer) {BLOCK}{HEAD} b(Dense(4)) -> b(Dense(4)) }}",
    "a default": f"block b(n: layer = Dense(4) -> ReLU()) {BLOCK}{HEAD} b() -> b() }}",
    "a parameter used once": "block b(n) { input x output x -> TimeDistributed(n) }\n"
    f"{HEAD} b(Dense(4)) -> b(Dense(4)) }}",
    "a function": f"fn make(n) = Dense(n)\n{HEAD} TimeDistributed(make(3)) -> TimeDistributed(make(3)) }}",
}


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize("spec", MADE_ANEW.values(), ids=MADE_ANEW)
def test_each_use_is_a_new_layer(spec: str, flat: bool) -> None:
    compiled = netdsl.compile_text(spec)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.emit(flat=flat), module)
    assert module["M"]().count_params() == compiled.model().totals["parameters"]
