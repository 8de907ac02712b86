"""A shared layer on a second tensor of another rank or of unknown sizes: what netdsl says of it is what Keras does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.language.front_door import compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

L = keras.layers

LAYERS: dict[str, Any] = {
    "BatchNormalization()": L.BatchNormalization,
    "BatchNormalization(axis=1)": lambda: L.BatchNormalization(axis=1),
    "GroupNormalization(2)": lambda: L.GroupNormalization(2),
    "LayerNormalization()": L.LayerNormalization,
    "PReLU(shared_axes=[1])": lambda: L.PReLU(shared_axes=[1]),
    "Dense(3)": lambda: L.Dense(3),
    'EinsumDense("...c,cd->...d", 5)': lambda: L.EinsumDense("...c,cd->...d", 5),
    "Conv1D(3, 2)": lambda: L.Conv1D(3, 2),
    "DepthwiseConv1D(2)": lambda: L.DepthwiseConv1D(2),
    "LSTM(3)": lambda: L.LSTM(3),
    "Bidirectional(GRU(3))": lambda: L.Bidirectional(L.GRU(3)),
    "TimeDistributed(Dense(3))": lambda: L.TimeDistributed(L.Dense(3)),
    "SpectralNormalization(Dense(3))": lambda: L.SpectralNormalization(L.Dense(3)),
    "Pipeline([BatchNormalization()])": lambda: L.Pipeline([L.BatchNormalization()]),
    "Embedding(9, 3)": lambda: L.Embedding(9, 3),
    "Softmax()": L.Softmax,
    "GlobalAveragePooling1D()": L.GlobalAveragePooling1D,
}

SHAPES = (
    ((8,), (4, 8)),
    ((4, 8), (8,)),
    ((4, 8), (4, 4, 8)),
    ((4, 8), (4, None)),
    ((4, 8), (None, 8)),
    ((4, 4, 8), (None, 4, None)),
    ((4, 8), (5, 8)),
)


@pytest.mark.parametrize("written", LAYERS)
def test_a_second_use_is_taken_as_keras_takes_it(written: str) -> None:
    compared = 0
    for first, second in SHAPES:
        layer = LAYERS[written]()
        a, b = keras.Input(first), keras.Input(second)
        try:
            layer(a)
        except (ValueError, TypeError):
            continue
        sizes = [str(list(s)).replace("None", "?") for s in (first, second)]
        result = compiled(
            f"model M {{ input a: {sizes[0]}\n input b: {sizes[1]}\n layer s = {written}\n"
            " output y = a -> s\n output z = b -> s }"
        )
        compared += 1
        try:
            shape = tuple(layer(b).shape)
        except (ValueError, TypeError):
            assert not result.ok, sizes
            continue
        if result.ok:
            assert tuple(result.model().outputs[1]["shape"]) == shape, sizes
        else:  # Keras compares no weights: it fails when the model is run
            assert [d.code for d in result.diagnostics] == ["N0511"], sizes
    assert compared
