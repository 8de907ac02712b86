"""What a `Pipeline` leaves of a shape: Keras runs its layers to learn it, and meets what a shape rule passes over."""

from __future__ import annotations

from typing import Any

import pytest

from tests.language.front_door import compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

L = keras.layers

CASES: tuple[tuple[str, tuple[int | None, ...], Any], ...] = (
    ("CenterCrop(4, 4)", (8, 8, 3), lambda: [L.CenterCrop(4, 4)]),
    ("CenterCrop(4, 4)", (None, 8, 3), lambda: [L.CenterCrop(4, 4)]),
    ("CenterCrop(4, 4), Flatten()", (None, None, 3), lambda: [L.CenterCrop(4, 4), L.Flatten()]),
    (
        "Resizing(4, 4), Flatten(), Dense(2)",
        (None, None, 3),
        lambda: [L.Resizing(4, 4), L.Flatten(), L.Dense(2)],
    ),
    (
        'EinsumDense("abc,cd->abd", [None, 5]), Flatten(), Dense(2)',
        (4, 8),
        lambda: [L.EinsumDense("abc,cd->abd", [None, 5]), L.Flatten(), L.Dense(2)],
    ),
    ('EinsumDense("...c,cd->...d", 5)', (4, 5, 8), lambda: [L.EinsumDense("...c,cd->...d", 5)]),
    ("RandomHue(0.1)", (8, 8, None), lambda: [L.RandomHue(0.1)]),
    (
        "RandomColorJitter(contrast_factor=0.1)",
        (8, 8, None),
        lambda: [L.RandomColorJitter(contrast_factor=0.1)],
    ),
    ("RandomErasing(0.5)", (None, 8, 3), lambda: [L.RandomErasing(0.5)]),
    (
        "Resizing(8, 8), RandomErasing(0.5)",
        (None, None, 3),
        lambda: [L.Resizing(8, 8), L.RandomErasing(0.5)],
    ),
    ("CutMix()", (None, None, 3), lambda: [L.CutMix()]),
    ("RandomGrayscale(0.5)", (8, 8, None), lambda: [L.RandomGrayscale(0.5)]),
    ("RandomGrayscale(0.5)", (None, None, 3), lambda: [L.RandomGrayscale(0.5)]),
    ("AdaptiveMaxPooling1D(2)", (None, 8), lambda: [L.AdaptiveMaxPooling1D(2)]),
    ("AdaptiveMaxPooling1D(2)", (8, None), lambda: [L.AdaptiveMaxPooling1D(2)]),
    ("MaxPooling1D(2), LSTM(3)", (None, 8), lambda: [L.MaxPooling1D(2), L.LSTM(3)]),
)


@pytest.mark.parametrize(
    ("inside", "shape", "made"), CASES, ids=[f"{c[0]} on {c[1]}" for c in CASES]
)
def test_a_pipeline_gives_what_keras_says(
    inside: str, shape: tuple[int | None, ...], made: Any
) -> None:
    sizes = str(list(shape)).replace("None", "?")
    result = compiled(f"model M {{ input x: {sizes}\n output y = x -> Pipeline([{inside}]) }}")
    try:
        given = tuple(L.Pipeline(made())(keras.Input(shape)).shape)
    except (ValueError, TypeError):
        assert not result.ok
        return
    assert result.ok
    assert tuple(result.model().outputs[0]["shape"]) == given
