"""Keras names layers and operations of `keras.ops` in one space: a layer is numbered where it would meet one."""

from __future__ import annotations

import pytest

from tests.language.front_door import compiled, spelled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

BLOCKS = """
let half = 0.5
block flat() = ops.reshape((-1, 8))
block deeper() = Dense(8) -> flat()
block folded() = Dense(8) -> Reshape((4, 2))
block scaled(by: float = 2.0) { input u  output by * u }
"""

#: The body of a model, and the name of its one layer of a kind that an operation may share.
CASES = [
    ("output z = x -> Reshape((4, 2)) -> Flatten()", "reshape"),
    ("output z = x -> Reshape((4, 2)) -> ops.reshape((-1, 8)) -> Dense(2)", "reshape1"),
    ("output z = x -> Reshape((4, 2)) -> flat() -> Dense(2)", "reshape1"),
    ("output z = x -> Reshape((2, 4)) -> Flatten() -> deeper() -> Dense(2)", "reshape1"),
    ("layer f = deeper() output z = x -> Reshape((4, 2)) -> Flatten() -> f", "reshape1"),
    ("output z = x -> folded() -> Reshape((8,)) -> Dense(2)", "reshape"),
    ("output z = [x, y] -> Multiply() -> Dense(2)", "multiply"),
    ("output z = ([x, y] -> Multiply()) * 2.0 -> Dense(2)", "multiply1"),
    ("output z = half * ([x, y] -> Multiply()) -> Dense(2)", "multiply1"),
    ("output z = [x, y] -> Multiply() -> scaled() -> Dense(2)", "multiply1"),
    ("output z = [x, y] -> Multiply() -> for k in [1.0, 2.0] { (_ * k) } -> Dense(2)", "multiply1"),
    ("let n = 2 * 4 output z = [x, y] -> Multiply() -> Dense(n * 2) -> Dense(2)", "multiply"),
    ("output z = 1 - ([x, y] -> Subtract()) -> Dense(2)", "subtract1"),
    ("p = ops.arange(8) output z = (x + p) -> Dense(8) -> [_, y] -> Add() -> Dense(2)", "add2"),
    ("output z = x + y -> Dense(2)", "add"),
    ("output z = ops.softmax(x) -> Softmax() -> Dense(2)", "softmax1"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "name"), CASES)
def test_no_layer_meets_an_operation_of_its_name(body: str, name: str) -> None:
    result = compiled(f"{BLOCKS}model M {{ input x: [8] input y: [8] {body} }}")
    assert result.ok, spelled(result)
    for flat in (False, True):
        keras.backend.clear_session()  # from here on the first operation of a kind has the plain name
        model = result.build("M", flat=flat)
        assert name in [layer.name for layer in model.layers]
