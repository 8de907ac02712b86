"""Models inside a model that one function made: one model of the spec, with hyperparameters."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.test_hostile import layer, model


def dense(name: str, source: str, units: int, rate: float | None = None) -> list[dict[str, Any]]:
    """Give a dense layer, and a dropout behind it."""
    made = layer(f"{name}_d", source)
    made["config"] = {"name": f"{name}_d", "units": units, "activation": "relu"}
    dropped = layer(name, f"{name}_d", kind="Dropout")
    dropped["config"] = {"name": name, "rate": rate}
    return [made, dropped] if rate is not None else [made | {"name": name}]


def inner(name: str, width: int, units: int, rate: float, source: str) -> dict[str, Any]:
    """Give a model of two layers that is used in another."""
    start = layer("x")
    start["config"]["batch_shape"] = [None, width]
    body = model(start, *dense("b", "x", units, rate))
    body["config"]["name"] = name
    return {**layer(name, source, kind="Functional"), "config": body["config"]}


def written(*layers: dict[str, Any], output: str) -> str:
    found = imported(read_value(model(layer("x"), *layers, output=output), "m"), "m")
    assert found.comparison.is_equal
    return found.text


def test_models_of_one_form_are_one_with_hyperparameters() -> None:
    widths = [(2, 8, 0.1), (8, 16, 0.1), (16, 32, 0.2), (32, 64, 0.5)]
    layers = [
        inner(f"step_{n}", width, units, rate, f"step_{n - 1}" if n else "x")
        for n, (width, units, rate) in enumerate(widths)
    ]
    text = written(*layers, output="step_3")
    assert "model Step(size: int, units: int, rate: float) {" in text
    assert "input x: [size]" in text
    assert "output y = x" in text
    assert text.count("model ") == 2
    assert "Step(2, 8, 0.1)" in text
    assert "Step(32, 64, 0.5)" in text


def test_models_that_differ_by_more_stay_apart() -> None:
    other = inner("sequential_1", 8, 16, 0.1, "sequential")
    other["config"]["layers"][1]["config"]["activation"] = "tanh"
    text = written(inner("sequential", 2, 8, 0.1, "x"), other, output="sequential_1")
    assert text.count("model ") == 3


@pytest.mark.parametrize("is_frozen", [True, False])
def test_a_model_that_is_used_twice_has_its_weights_once(is_frozen: bool) -> None:
    """Two of one form, one of which two tensors go through, and one frozen."""
    one = inner("sequential", 2, 2, 0.1, "x")
    one["inbound_nodes"].append(layer("_", "sequential")["inbound_nodes"][0])
    other = inner("sequential_1", 2, 4, 0.1, "sequential")
    other["inbound_nodes"][0]["args"][0]["config"]["keras_history"][1] = 1
    if is_frozen:
        other["config"]["trainable"] = False
    text = written(one, other, output="sequential_1")
    assert "layer " in text
    assert ("trainable=False" in text) == is_frozen
