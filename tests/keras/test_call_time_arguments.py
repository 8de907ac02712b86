"""What a second pair of parentheses gives that Keras takes while it builds and cannot run: refused, and it fails."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.language.front_door import codes, compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

layers = keras.layers

INPUTS = {"x": (12, 8), "h": (4,), "g": (5,), "m": (12,), "n": (11,)}

#: A stage of the language and the same call in Python.
FAILS: tuple[tuple[str, Any], ...] = (
    ("x -> LSTM(4)(initial_state=[h])", lambda x, h, **_: layers.LSTM(4)(x, initial_state=[h])),
    (
        "x -> Bidirectional(LSTM(4))(initial_state=[h, h])",
        lambda x, h, **_: layers.Bidirectional(layers.LSTM(4))(x, initial_state=[h, h]),
    ),
    (
        "x -> Bidirectional(LSTM(4))(initial_state=[h, h, h, g])",
        lambda x, h, g, **_: layers.Bidirectional(layers.LSTM(4))(x, initial_state=[h, h, h, g]),
    ),
    (
        "x -> Bidirectional(RNN([GRUCell(4), GRUCell(5)]))(initial_state=[h, g, g, h])",
        lambda x, h, g, **_: layers.Bidirectional(
            layers.RNN([layers.GRUCell(4), layers.GRUCell(5)])
        )(x, initial_state=[h, g, g, h]),
    ),
    (
        "x -> Bidirectional(GRU(4))(mask=n)",
        lambda x, n, **_: layers.Bidirectional(layers.GRU(4))(x, mask=n),
    ),
    (
        "x -> GlobalAveragePooling1D()(mask=n)",
        lambda x, n, **_: layers.GlobalAveragePooling1D()(x, mask=n),
    ),
    (
        "[x, x] -> Attention()(mask=[m, n])",
        lambda x, m, n, **_: layers.Attention()([x, x], mask=[m, n]),
    ),
    (
        "x -> MultiHeadAttention(2, 4)(value=x, value_mask=n)",
        lambda x, n, **_: layers.MultiHeadAttention(2, 4)(x, x, value_mask=n),
    ),
    (
        "x -> GroupQueryAttention(4, 2, 1)(value=x, key_mask=n)",
        lambda x, n, **_: layers.GroupQueryAttention(4, 2, 1)(x, x, key_mask=n),
    ),
    (
        "x -> BatchNormalization()(mask=True)",
        lambda x, **_: layers.BatchNormalization()(x, mask=True),
    ),
    ("x -> Dense(4)(mask=m)", lambda x, m, **_: layers.Dense(4)(x, mask=m)),
    ("x -> LayerNormalization()(mask=m)", lambda x, m, **_: layers.LayerNormalization()(x, mask=m)),
    (
        "[x, x] -> Attention()(mask=(m, m))",
        lambda x, m, **_: layers.Attention()([x, x], mask=(m, m)),
    ),
)


def written(stage: str) -> str:
    names = "".join(f"    input {n}: {list(shape)}\n" for n, shape in INPUTS.items())
    return f"model M {{\n{names}    output y = {stage}\n    output z = [h, g, m, n] -> Concatenate()\n}}\n"


@pytest.mark.parametrize(("stage", "call"), FAILS, ids=[stage for stage, _ in FAILS])
def test_what_keras_cannot_run_is_refused(stage: str, call: Any) -> None:
    assert len(codes(written(stage))) == 1
    inputs = {name: keras.Input(shape, name=name) for name, shape in INPUTS.items()}

    def run() -> None:
        model = keras.Model(inputs, call(**inputs))
        model({name: np.ones((2, *shape), "float32") for name, shape in INPUTS.items()})

    with pytest.raises(Exception, match=r"\w"):
        run()


RUNS = (
    "x -> Bidirectional(LSTM(4))(initial_state=[h, h, h, h])",
    "x -> Bidirectional(GRU(4), backward_layer=LSTM(4, go_backwards=True))(initial_state=[h, h, h])",
    "x -> Bidirectional(RNN([GRUCell(4), GRUCell(5)]))(initial_state=[h, g, h, g])",
    "x -> Bidirectional(LSTM(4))(mask=m)",
    "x -> GlobalAveragePooling1D()(mask=m)",
    "[x, x] -> Attention()(mask=[m, None])",
    "(x, x) -> Attention()",
    "x -> MultiHeadAttention(2, 4)(value=x, value_mask=m, query_mask=m)",
)


@pytest.mark.parametrize("stage", RUNS)
def test_what_keras_runs_is_built_and_runs(stage: str) -> None:
    model = compiled(written(stage)).build()
    given = {name: np.ones((2, *shape), "float32") for name, shape in INPUTS.items()}
    for name, shape in model(given).items():
        assert tuple(shape.shape)[1:] == tuple(model.output[name].shape)[1:]


def test_outputs_of_a_block_and_of_a_model_arrive_as_a_list() -> None:
    """A block gives a tuple and a model a dict, and layers take neither for a list."""
    text = """
block pair() {
    input x
    output x -> Dense(3)
    output x -> Dense(3)
}
model Two {
    input x: [4, 8]
    output a = x -> Dense(3)
    output b = x -> Dense(3)
}
model M {
    input q: [4, 8]
    layer attend = Attention()
    two = q -> Two()
    output a = q -> pair() -> Attention()
    output b = two -> attend
    output c = q -> Two() -> Add()
    output d = two -> ops.concatenate(axis=-1)
}
"""
    result = compiled(text)
    assert [tuple(y.shape) for y in result.build("M").outputs] == [(None, 4, 3)] * 3 + [
        (None, 4, 6)
    ]
