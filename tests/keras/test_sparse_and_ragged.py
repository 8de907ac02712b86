"""Sparse and ragged inputs: what netdsl takes runs in Keras, and what it refuses builds there and fails."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from netdsl.catalog import layer_kinds
from netdsl.catalog.tensor_forms import HANDED_ON, NOT_RAGGED_LAYERS, SPARSE_LAYERS
from tests.language.front_door import codes, compiled

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of TensorFlow alone"),
]

#: Kinds whose example is a chain, or takes more than an example can hold.
LEFT_OUT = {"Equalization", "Lambda", "Dot", "Discretization"}


def example(kind: str, form: str) -> tuple[str, list[str]]:
    """Write the example of a kind with all inputs sparse or ragged."""
    types, stage = layer_kinds()[kind].example.split(" -> ", 1)
    several = types.startswith("[[") or (re.match(r"\w+\[|\[\w+\[", types[1:]) and types[0] == "[")
    parts = re.findall(r"\w*\[[^\[\]]*\]", types) if several else [types]
    names = [f"x{i}" for i in range(len(parts))]
    inputs = "".join(
        f"    input {n}: {p}({form}=True)\n" for n, p in zip(names, parts, strict=True)
    )
    source = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return f"model M {{\n{inputs}    output y = {source} -> {stage}\n}}\n", parts


def arrives(tensor: Any, form: str) -> Any:
    shape = (2, *tensor.shape[1:])
    dtype = str(tensor.dtype)
    if dtype == "string":
        dense = tf.constant(np.full(shape, "cat"))
    else:
        dense = tf.cast(np.random.default_rng(0).random(shape) * 3, dtype)
    return tf.sparse.from_dense(dense) if form == "sparse" else tf.RaggedTensor.from_tensor(dense)


@pytest.mark.parametrize("kind", sorted(SPARSE_LAYERS - LEFT_OUT))
def test_a_layer_that_takes_sparse_tensors_runs(kind: str) -> None:
    text, _ = example(kind, "sparse")
    if kind == "CategoryEncoding":
        assert codes(text) == ["N0528"]  # of a one-hot code
        text = text.replace("one_hot", "multi_hot")
    model = compiled(text).build()
    given = [arrives(x, "sparse") for x in model.inputs]
    model(given if len(given) > 1 else given[0])


SPARSE_FAILS = "BatchNormalization Conv2D LSTM Bidirectional TimeDistributed ReLU Softmax Rescaling Resizing".split()
RAGGED_FAILS = "Conv2D MaxPooling2D LSTM GRU Bidirectional TimeDistributed MultiHeadAttention ZeroPadding1D".split()


@pytest.mark.parametrize(
    ("kind", "form"),
    [*((k, "sparse") for k in SPARSE_FAILS), *((k, "ragged") for k in RAGGED_FAILS)],
)
def test_a_layer_that_takes_none_is_refused_and_fails_in_keras(kind: str, form: str) -> None:
    assert kind not in SPARSE_LAYERS | HANDED_ON if form == "sparse" else kind in NOT_RAGGED_LAYERS
    text, parts = example(kind, form)
    assert codes(text) == ["N0528"]
    model = compiled(text.replace(f"({form}=True)", "")).build()  # the same, built on such inputs
    inputs = [keras.Input(x.shape[1:], dtype=x.dtype, **{form: True}) for x in model.inputs]
    layer = model.layers[-1]
    takes_list = layer_kinds()[kind].takes != "positional"
    built = layer.__class__.from_config(layer.get_config())
    output = built(
        inputs if len(inputs) > 1 and takes_list else inputs[0], *([] if takes_list else inputs[1:])
    )
    given = [arrives(x, form) for x in inputs]
    assert len(parts) == len(given)
    with pytest.raises(Exception, match=r"SparseTensor|Ragged|len|rank|[Dd]imension|shape"):
        keras.Model(inputs, output)(given if len(given) > 1 else given[0])


OPERATIONS = {
    "x * 2.0": True,
    "x / 2.0": True,
    "-x": True,
    "x + 1.0": True,
    "x -> ops.sum(axis=1)": True,
    "x -> ops.matmul(ops.ones((4, 3)))": True,
    "x[:, 0]": False,
    "x ** 2": False,
    "x -> ops.mean(axis=1)": False,
    "x -> ops.relu()": False,
    "x -> Activation(tanh)": True,
    "x -> Activation(relu)": False,
    "x -> Dense(3, activation=relu)": True,
}


@pytest.mark.parametrize(("expression", "runs"), OPERATIONS.items())
def test_functions_of_a_sparse_tensor(expression: str, runs: bool) -> None:
    text = f"model M {{ input x: [4](sparse=True)\n input z: [4]\n output y = {expression}\n output z }}"
    assert codes(text) == ([] if runs else ["N0528"])
    if runs:
        model = compiled(text).build()
        model({"x": arrives(model.inputs[0], "sparse"), "z": tf.ones((2, 4))})


def test_a_ragged_input_is_taken_where_rows_of_any_length_are() -> None:
    text = """
model M {
    input words: int32[?](ragged=True)
    output y = words -> Embedding(10, 4) -> GlobalAveragePooling1D() -> Dense(2)
}
"""
    model = compiled(text).build()
    assert model(tf.ragged.constant([[1, 2, 3], [4]], dtype="int32")).shape == (2, 2)
    assert codes(text.replace("GlobalAveragePooling1D()", "LSTM(3)")) == ["N0528"]
