"""A fixed seed that several layers draw from: N0637."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text

HEAD = "model M { input x: [8]\n "
STEPS = "model M { input x: [5, 8]\n "
HELD = "let init = HeNormal(seed=3)\n"
SEEDED = "Dense(8, activation=relu, kernel_initializer=HeNormal(seed=1))"

TOLD = {
    "a loop": (f"{HEAD}output y = x -> repeat 3 {{ {SEEDED} }} }}", 3),
    "a block used twice": (f"block b = {SEEDED}\n{HEAD}output y = x -> b() -> b() }}", 2),
    "a constant": (
        f"{HELD}{HEAD}a = x -> Dense(8, kernel_initializer=init)\n b = x -> Dense(8, kernel_initializer=init)\n"
        " output y = [a, b] -> Add() }",
        2,
    ),
    "defaults": (
        f"defaults Dense(kernel_initializer=HeNormal(seed=1))\n{HEAD}output y = x -> Dense(8) -> ReLU() -> Dense(8) }}",
        2,
    ),
    "models in models": (
        f"model P {{ input x: [8]\n output y = x -> {SEEDED} }}\n"
        f"{HEAD}output y = [x -> P(), x -> P()] -> Concatenate() }}",
        2,
    ),
    "wrappers": (f"{STEPS}output y = x -> repeat 2 {{ TimeDistributed({SEEDED}) }} }}", 2),
    "recurrent weights": (
        f"{STEPS}output y = x -> repeat 2 {{ LSTM(8, recurrent_initializer=Orthogonal(seed=1), "
        "return_sequences=True) } }",
        2,
    ),
    "dropouts": (
        f"{HEAD}output y = x -> repeat 2 {{ Dense(8, activation=relu) -> Dropout(0.3, seed=1) }} }}",
        2,
    ),
}

SILENT = {
    "a seed for each turn": f"{HEAD}output y = x -> for i in range(3) {{ Dense(8, activation=relu, "
    "kernel_initializer=HeNormal(seed=i)) } }",
    "no seed": f"let init = HeNormal()\n{HEAD}output y = x -> repeat 3 {{ Dense(8, activation=relu, "
    "kernel_initializer=init) } }",
    "other shapes": f"{HEAD}output y = x -> {SEEDED} -> Dense(4, kernel_initializer=HeNormal(seed=1)) }}",
    "one layer used twice": f"{HEAD}layer d = {SEEDED}\n output y = x -> d -> d }}",
    "frozen": f"{HEAD}output y = x -> repeat 2 {{ Dense(8, activation=relu, kernel_initializer=HeNormal(seed=1), "
    "trainable=False) } -> Dense(2) }",
    "one wrapper of two cells": f"{STEPS}output y = x -> RNN([LSTMCell(8, kernel_initializer=HeNormal(seed=1)), "
    "LSTMCell(4, kernel_initializer=HeNormal(seed=1))]) }",
    "dropouts of other shapes": f"{HEAD}output y = x -> for n in [8, 4] {{ Dense(n, activation=relu) -> "
    "Dropout(0.3, seed=1) } }",
    "what draws nothing": f"{HEAD}output y = x -> repeat 2 {{ Dense(8, activation=relu, "
    "bias_initializer=Zeros()) } }",
}


def told(text: str) -> list[str]:
    result = compile_text(text)
    assert result.ok, result.diagnostics
    return [d.message for d in result.diagnostics if d.code == "N0637" and d.severity == "advice"]


@pytest.mark.parametrize(("text", "count"), TOLD.values(), ids=TOLD)
def test_layers_that_draw_the_same_are_told_of_once(text: str, count: int) -> None:
    (message,) = told(text)
    assert f"{count} layers of this shape" in message


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_layers_that_draw_by_themselves_are_left_alone(text: str) -> None:
    assert told(text) == []
