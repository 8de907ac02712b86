"""`breaking` against Keras itself: the order of layers, and whether a checkpoint really loads."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.compare.breaking import compare_weights
from netdsl.compare.holders import keras_order

pytestmark = pytest.mark.keras

SPECS = Path(__file__).resolve().parents[2] / "specs"

FORKED = """
model M {
    input image: [16, 16, 3]
    input side: [4]
    a = image -> Conv2D(4, 3, padding="same")
    b = a -> Conv2D(4, 3, padding="same") -> BatchNormalization()
    c = [a, b] -> Add() -> GlobalAveragePooling2D()
    output first = [c, side -> Dense(4)] -> Concatenate() -> Dense(3)
    output second = c -> Dense(4)
}
"""

TURNED = FORKED.replace("second", "zeroth").replace("first", "second").replace("zeroth", "first")

CHANGES = [
    (
        "padding",
        FORKED.replace('a -> Conv2D(4, 3, padding="same")', 'a -> Conv2D(4, 5, padding="same")'),
    ),
    ("a dropout", FORKED.replace("output second = c ->", "output second = c -> Dropout(0.1) ->")),
    ("a normalization less", FORKED.replace(" -> BatchNormalization()", "")),
    ("another dense", FORKED.replace("output second = c ->", "output second = c -> Dense(4) ->")),
    ("other widths", FORKED.replace("Dense(3)", "Dense(5)")),
    (
        "the outputs turned round",
        FORKED.replace("second", "zeroth").replace("first", "second").replace("zeroth", "first"),
    ),
]


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "densenet121", "unet", "siamese"])
def test_layers_come_in_the_order_of_keras(name: str) -> None:
    compiled = netdsl.compile_file(SPECS / f"{name}.net")
    ours = [o.name for o in keras_order(compiled.model().net) if o.family != "op"]
    assert ours == [layer.name for layer in compiled.build().layers]


@pytest.mark.parametrize(("label", "after"), CHANGES, ids=[label for label, _ in CHANGES])
def test_a_checkpoint_loads_exactly_where_breaking_says_so(
    label: str, after: str, tmp_path: Path
) -> None:
    old, new = netdsl.compile_text(FORKED), netdsl.compile_text(after)
    comparison = compare_weights(old.model().net, new.model().net)
    path = tmp_path / "weights.weights.h5"
    before = old.build()
    before.save_weights(path)
    model = new.build()
    try:
        model.load_weights(path)
        loaded = True
    except ValueError:
        loaded = False
    refused = any(item.problem in ("missing", "shapes differ") for item in comparison.loading)
    assert loaded is not refused
    if loaded:
        _check_where_weights_went(before, model, comparison)


def _check_where_weights_went(before: object, model: object, comparison: object) -> None:
    """Where `breaking` sees no trouble each layer has the weights of its counterpart."""
    import numpy

    if not comparison.loads:  # type: ignore[attr-defined]
        return
    for match in comparison.matches:  # type: ignore[attr-defined]
        if match.before is None or match.after is None:
            continue
        old = before.get_layer(match.before.name).get_weights()  # type: ignore[attr-defined]
        new = model.get_layer(match.after.name).get_weights()  # type: ignore[attr-defined]
        assert all(numpy.array_equal(a, b) for a, b in zip(old, new, strict=True))
