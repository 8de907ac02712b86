"""Comparisons of tensors, `@` and `abs`, computed: both forms of Python give what NumPy does of the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netdsl
from tests.keras.test_every_kind import exercise, run

pytestmark = pytest.mark.keras

W = np.array([[0, 1, 2, 3], [3, 1, 0, 1]], "int32")
X = np.linspace(-2.0, 2.0, 64, dtype="float32").reshape(2, 4, 8)
HEAD = "model M(n: int = 1) { input x: [4, 8]\n input w: int32[4]\n "
ONE_OUTPUT = "\n output z = x -> Dense(1) }"

COMPUTED: dict[str, Any] = {
    "w == n": W == 1,
    "w != n": W != 1,
    "w < n": W < 1,
    "w <= n": W <= 1,
    "w > n": W > 1,
    "w >= n": W >= 1,
    "0 == w": W == 0,
    "2 < w": W > 2,
    "w == w": np.ones((2, 4), bool),
    "x == x[:, :1]": np.equal(X, X[:, :1]),
    "x != -x": X != -X,
    "abs(x) > 1.0": np.abs(X) > 1.0,
    "x * 2.0 + 1.0 >= -x": X * 2.0 + 1.0 >= -X,
    "(x > 0.0) == True": X > 0.0,
    "False != (x > 0.0)": X > 0.0,
    "w < x.shape[1] - 2": W < 2,
    "first([w, w]) == 1": W == 1,
    "w -> same(1)": W == 1,
    "w -> same(w)": np.ones((2, 4), bool),
    "[w, w - 1] -> below()": np.zeros((2, 4), bool),
    "w -> if n == 1 { ops.equal(2) }": W == 2,
    "abs(x - 1.0)": np.abs(X - 1.0),
    "x @ ops.transpose(x, (0, 2, 1))": X @ X.transpose(0, 2, 1),
    "x @ ops.transpose(x, (0, 2, 1)) * 2.0 @ x": (X @ X.transpose(0, 2, 1)) * 2.0 @ X,
    "ops.where(x > 0.0, x, 0.0) @ ops.ones((8, 3))": np.where(X > 0, X, 0) @ np.ones((8, 3)),
}
BLOCKS = (
    "fn first(xs) = xs[0]\nblock same(t) { input a\n output a == t }\n"
    "block below { input a\n input b\n output a < b }\n"
)


@pytest.mark.parametrize("flat", [False, True], ids=["structured", "flat"])
@pytest.mark.parametrize("expression", COMPUTED)
def test_it_computes_what_numpy_does(expression: str, flat: bool) -> None:
    compiled = netdsl.compile_text(f"{BLOCKS}{HEAD} output y = {expression}{ONE_OUTPUT}")
    assert compiled.ok, compiled.diagnostics
    found, _ = run(compiled.build(flat=flat), [X, W])
    expected = COMPUTED[expression]
    assert found.dtype == (bool if expected.dtype == bool else "float32")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


MASKED = {
    "by name": "m = w != 0\n output y = x -> LSTM(4)(mask=m)",
    "in place": "output y = x -> LSTM(4)(mask=w == 1)",
    "of a layer": "output y = x -> LSTM(4)(mask=ops.squeeze((w -> Embedding(10, 1)) > 0.0, -1))",
    "of attention": "output y = x -> MultiHeadAttention(2, 4)(value=x, attention_mask=x[:, :, :4] > 0.0)",
    "of an array": "m = ops.arange(x.shape[1]) >= ops.arange(x.shape[1])[:, None]\n"
    " output y = x -> MultiHeadAttention(2, 4)(value=x, attention_mask=m)",
    "to weigh": "output y = ops.cast(w != 0, 'float32') -> Dense(3)\n output z = x -> Dense(2)",
    "in a block": "output y = [x, w] -> masked(4)",
    "in a loop": "output y = x -> repeat 2 { [_ * (ops.cast(_ > 0.0, 'float32')), Dense(8)] -> Add() }",
}
MASKED_BLOCK = "block masked(n) { input x\n input m\n output x -> LSTM(n)(mask=m != 0) }\n"


@pytest.mark.parametrize("statements", MASKED.values(), ids=MASKED)
def test_it_is_an_argument_of_layers(statements: str, tmp_path: Path) -> None:
    end = "" if "w" in statements.split("'")[0] else "\n output z = w -> Embedding(9, 1)"
    exercise(f"{MASKED_BLOCK}{HEAD} {statements}{end} }}", tmp_path)


def test_a_mask_of_a_comparison_leaves_steps_out() -> None:
    """The same sequence with and without zeros at its end: an LSTM that is masked sees the two alike."""
    text = "model M { input w: int32[4]\n output y = w -> Embedding(4, 8) -> LSTM(3)(mask=w != 0) }"
    model = netdsl.compile_text(text).build()
    embedding, lstm = (layer for layer in model.layers if layer.weights)
    words = np.array([[1, 2, 0, 0]], "int32")
    (masked,) = run(model, [words])
    expected = np.asarray(lstm(embedding(words[:, :2])))
    np.testing.assert_allclose(masked, expected, rtol=1e-5)
