"""A configured initializer is a new object at each use: no two layers start alike, in either form of Python.

One object of Keras's fills every weight of a shape with the same values, which is right for one layer and for no two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import netdsl

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras

HEAD = "model M { input x: [8]\n "
STEPS = "model M { input x: [5, 8]\n "
DENSE = "Dense(8, kernel_initializer={})"
TWICE = f"output y = x -> {DENSE.format('init')} -> {DENSE.format('init')} }}"
BLOCK = "block b({}) = Dense(8, kernel_initializer=init) -> Dense(8, kernel_initializer=init)\n"

HELD = {
    "a constant": f"let init = HeNormal()\n{HEAD}{TWICE}",
    "a constant of a body": f"{HEAD}let init = RandomNormal(stddev=0.1)\n {TWICE}",
    "another name of it": f"let first = keras.initializers.HeNormal()\nlet init = first\n{HEAD}{TWICE}",
    "a choice": f"let wide = True\nlet init = HeNormal() if wide else GlorotNormal()\n{HEAD}{TWICE}",
    "a choice at the layer": f"let init = HeNormal()\n{HEAD}output y = x -> for k in range(2) "
    "{ Dense(8, kernel_initializer=init if k < 5 else zeros) } }",
    "a hyperparameter": f"model M(init: initializer = Orthogonal(0.5)) {{ input x: [8]\n {TWICE}",
    "a hyperparameter without a type": f"model M(init = HeNormal()) {{ input x: [8]\n {TWICE}",
    "a preset": f"model P(init = HeNormal()) {{ input x: [8]\n {TWICE}\nmodel M = P(init=GlorotNormal())",
    "a default": f"{BLOCK.format('init = HeNormal()')}{HEAD}output y = x -> b() -> b() -> repeat 2 {{ b() }} }}",
    "a typed default": f"{BLOCK.format('init: initializer = HeNormal()')}{HEAD}output y = x -> b() -> b() }}",
    "an argument": f"{BLOCK.format('init')}{HEAD}output y = x -> b(HeNormal()) }}",
    "an argument with a name": f"let i = HeNormal()\n{BLOCK.format('init')}{HEAD}output y = x -> b(i) -> b(init=i) }}",
    "an argument beside strings": f"{BLOCK.format('init = he_normal')}{HEAD}"
    'output y = x -> b() -> b(HeNormal()) -> b("glorot_normal") -> repeat 2 { b(GlorotNormal()) } }',
    "what stands in for None": "let i = HeNormal()\nblock b(init = None) = Dense(8, kernel_initializer=init or i)\n"
    f"{HEAD}output y = x -> b() -> b() -> b(GlorotNormal()) }}",
    "defaults": f"defaults Dense(kernel_initializer=HeNormal())\n{HEAD}output y = x -> Dense(8) -> Dense(8) }}",
    "defaults with a name": "let init = HeNormal()\ndefaults Dense(kernel_initializer=init)\n"
    f"{HEAD}output y = x -> repeat 2 {{ Dense(8) }} }}",
    "defaults of a block": "block b(init = HeNormal()) { input x\n defaults Dense(kernel_initializer=init)\n"
    f" output x -> Dense(8) -> Dense(8) }}\n{HEAD}output y = x -> b() -> b() }}",
    "a function that makes it": f"fn make(s) = VarianceScaling(s)\n{HEAD}output y = x -> "
    f"{DENSE.format('make(2.0)')} -> {DENSE.format('make(2.0)')} }}",
    "a function that hands it on": f"let i = HeNormal()\nfn same(a) = a\n{HEAD}output y = x -> "
    f"{DENSE.format('same(i)')} -> {DENSE.format('same(i)')} }}",
    "a list": f"let inits = [HeNormal(), GlorotNormal()]\n{HEAD}output y = x -> "
    f"{DENSE.format('inits[0]')} -> {DENSE.format('inits[0]')} }}",
    "a list twice over": f"let inits = [HeNormal()] * 2\n{HEAD}output y = x -> for init in inits {{ "
    f"{DENSE.format('init')} }} }}",
    "a dict": f"let inits = {{'a': HeNormal()}}\n{HEAD}output y = x -> repeat 2 {{ "
    "Dense(8, kernel_initializer=inits['a']) } }",
    "a comprehension": f"{HEAD}let inits = [HeNormal() for k in range(2)]\n output y = x -> for k, init in "
    f"enumerate(inits) {{ repeat 2 {{ {DENSE.format('init')} }} }} }}",
    "a loop": f"{HEAD}output y = x -> for (n, init) in [(8, HeNormal()), (8, HeUniform())] {{ "
    f"{DENSE.format('init')} -> {DENSE.format('init')} }} }}",
    "arguments in a list": "let args = [8, None, True, HeNormal()]\n"
    f"{HEAD}output y = x -> Dense(*args) -> Dense(*args) }}",
    "arguments in a dict": 'let opts = {"kernel_initializer": HeNormal(), "use_bias": False}\n'
    f"{HEAD}output y = x -> Dense(8, **opts) -> Dense(8, **opts) }}",
    "weights of one layer": f"let i = GlorotUniform()\n{STEPS}output y = x -> LSTM(2, kernel_initializer=i, "
    "recurrent_initializer=i, return_sequences=True) -> LSTM(2, kernel_initializer=i, recurrent_initializer=i) }",
    "wrappers": f"let i = HeNormal()\n{STEPS}output y = x -> repeat 2 {{ TimeDistributed(Dense(8, "
    "kernel_initializer=i) -> Dense(8, kernel_initializer=i)) } -> Bidirectional(LSTM(8, kernel_initializer=i)) }",
    "cells": "let i = HeNormal()\nlet cells = [LSTMCell(8, kernel_initializer=i) for k in range(2)]\n"
    f"{STEPS}output y = x -> RNN(cells) }}",
    "layers that are values": "let i = HeNormal()\nlet d = Dense(8, kernel_initializer=i)\n"
    f"block b(inner: layer = Dense(8, kernel_initializer=i)) = TimeDistributed(inner)\n"
    f"{STEPS}output y = x -> TimeDistributed(d) -> TimeDistributed(d) -> b() -> b() }}",
    "shared layers": f"{BLOCK.format('init = HeNormal()')}{HEAD}let i = HeNormal()\n"
    " layer one = Dense(8, kernel_initializer=i)\n layer two = b()\n layer three = b()\n"
    " output y = x -> one -> two -> three -> one }",
    "models in models": "model P(init = HeNormal()) { input x: [8]\n output y = x -> Dense(8, "
    f"kernel_initializer=init) }}\n{HEAD}output y = x -> P() -> P() }}",
    "layers of one's own": "let i = HeNormal()\nextern layer Matrix(units: int, init: initializer = i): [n] -> "
    f'[units] weights [n, units] from "own_layers"\n{HEAD}output y = x -> Matrix(8) -> Matrix(8) -> '
    "Matrix(8, i) -> Matrix(8, init=i) }",
}


class Matrix(keras.layers.Layer):  # type: ignore[misc, name-defined]
    def __init__(self, units: int, init: Any = "ones", **options: Any) -> None:
        super().__init__(**options)
        self.units, self.init = units, init

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(shape=(shape[-1], self.units), initializer=self.init)

    def call(self, x: Any) -> Any:
        return keras.ops.matmul(x, self.kernel)


@pytest.fixture(autouse=True)
def own_layers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module: Any = ModuleType("own_layers")
    module.Matrix = Matrix
    monkeypatch.setitem(sys.modules, "own_layers", module)
    yield
    keras.backend.clear_session()


def drawn(model: Any) -> list[bytes]:
    """Give the values of each weight that is a matrix, or more, of them."""
    return [
        np.asarray(w).tobytes() for w in model.weights if len(w.shape) > 1 and np.asarray(w).any()
    ]


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize("text", HELD.values(), ids=HELD)
def test_no_two_layers_start_alike(text: str, flat: bool) -> None:
    compiled = netdsl.compile_text(text)
    assert compiled.ok, compiled.diagnostics
    found = drawn(compiled.build("M", flat=flat))
    assert len(found) == len(set(found)) >= 2


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
def test_a_seed_that_is_given_stays(flat: bool) -> None:
    text = f"let init = HeNormal(seed=7)\n{HEAD}{TWICE}"
    first, second = drawn(netdsl.compile_text(text).build(flat=flat))
    expected = keras.initializers.HeNormal(seed=7)((8, 8))
    assert first == second == np.asarray(expected).tobytes()


def test_dropouts_of_one_seed_drop_the_same_units() -> None:
    """What advice says of them (N0637): at each step again, in layers of one shape."""
    first, second = (keras.layers.Dropout(0.5, seed=1) for _ in range(2))
    ones, masks = np.ones((4, 16), "float32"), []
    for _ in range(2):
        left, right = (np.asarray(layer(ones, training=True)) for layer in (first, second))
        np.testing.assert_array_equal(left, right)
        masks.append(left)
    assert (masks[0] != masks[1]).any()
