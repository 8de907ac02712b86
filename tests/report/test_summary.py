"""The summary as data: what it counts, how it writes what is not a number, and that JSON can carry it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from netdsl.compiler import compile_text
from tests.report import specs

ALL = [specs.LENET, specs.RESIDUAL, specs.SHARED, specs.FROZEN, specs.SYMBOLIC, specs.NESTED]


def summary(text: str, **settings: Any) -> dict[str, Any]:
    return compile_text(text, name="model.net", **settings).model().summary()


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {layer["name"]: layer for layer in found["layers"]}


@pytest.mark.parametrize("text", ALL, ids=lambda text: text.split("model ")[-1].split()[0])
class TestEverySummary:
    def test_is_json(self, text: str) -> None:
        found = summary(text)
        assert json.loads(json.dumps(found, allow_nan=False)) == found

    def test_names_inputs_that_are_layers(self, text: str) -> None:
        found = summary(text)
        names = by_name(found)
        assert all(source in names for layer in found["layers"] for source in layer["inputs"])

    def test_counts_the_weights_it_lists(self, text: str) -> None:
        for layer in summary(text)["layers"]:
            assert layer["parameters"] == sum(math.prod(shape) for shape in layer["weights"])

    def test_adds_up(self, text: str) -> None:
        found = summary(text)
        totals, layers = found["totals"], by_name(found).values()
        assert totals["parameters"] == sum(layer["parameters"] for layer in layers)
        assert totals["parameters"] == (
            totals["trainable_parameters"] + totals["non_trainable_parameters"]
        )

    def test_places_each_layer_in_the_file(self, text: str) -> None:
        lines = text.splitlines()
        for layer in summary(text)["layers"]:
            assert layer["file"] == "model.net"
            assert lines[layer["line"] - 1][layer["column"] - 1 :].strip()

    def test_has_the_batch_first(self, text: str) -> None:
        for layer in summary(text)["layers"]:
            assert all(shape[0] is None for shape in layer["output_shapes"])


def test_lenet_is_as_counted_by_hand() -> None:
    found = summary(specs.LENET)
    assert [layer["parameters"] for layer in found["layers"]] == [
        0, 456, 0, 2416, 0, 0, 48120, 10164, 850,
    ]  # fmt: skip
    assert found["layers"][0]["kind"] == "InputLayer"
    activations = [32 * 32 * 3, 28 * 28 * 6, 14 * 14 * 6, 10 * 10 * 16, 400, 400, 120, 84, 10]
    assert found["totals"]["activation_bytes"] == 4 * sum(activations)
    work = 28 * 28 * 6 * 75 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10
    assert found["totals"]["macs"] == work


def test_a_shared_layer_is_listed_twice_and_counted_once() -> None:
    found = summary(specs.SHARED)
    uses = [layer for layer in found["layers"] if layer["name"] == "embed"]
    assert [use["parameters"] for use in uses] == [36, 36]
    assert [use["inputs"] for use in uses] == [["a"], ["b"]]
    assert found["totals"]["parameters"] == 36
    assert found["totals"]["macs"] == 2 * 8 * 4
    assert found["totals"]["layers"] == 4


def test_frozen_weights_and_statistics_do_not_train() -> None:
    found = summary(specs.FROZEN)
    trainable = [layer["trainable_parameters"] for layer in found["layers"]]
    assert trainable == [0, 0, 8, 10]
    assert found["totals"]["non_trainable_parameters"] == 36 + 8


def test_a_sub_model_counts_what_is_in_it() -> None:
    inner, outer = (compile_text(specs.NESTED).model(name).summary() for name in ("Inner", "Outer"))
    (use,) = (layer for layer in outer["layers"] if layer["kind"] == "Functional")
    assert use["parameters"] == inner["totals"]["parameters"]
    assert use["trainable_parameters"] == inner["totals"]["trainable_parameters"]
    assert use["macs"] == inner["totals"]["macs"]


def test_trainable_weights_come_first() -> None:
    outer = compile_text(specs.NESTED).model("Outer").summary()
    (use,) = (layer for layer in outer["layers"] if layer["kind"] == "Functional")
    assert use["weights"] == [[8, 4], [4], [4, 4], [4]]


def test_what_no_output_needs_is_not_counted() -> None:
    text = specs.FROZEN.replace("    output", "    dead = x -> Dense(100)\n    output")
    assert summary(text)["totals"] == summary(specs.FROZEN)["totals"]


def test_a_symbolic_size_is_null() -> None:
    found = summary(specs.SYMBOLIC)
    assert found["inputs"] == [{"name": "x", "shape": [None, None, None, 3], "dtype": "float32"}]
    assert found["totals"]["macs"] is None
    assert found["totals"]["activation_bytes"] is None
    assert found["demands"] == ["H % 4 == 0", "W % 4 == 0"]


def test_hyperparameters_are_those_in_force() -> None:
    assert summary(specs.LENET, classes=3)["hyperparameters"] == {"classes": 3}
    assert summary(specs.LENET, classes=3)["outputs"][0]["shape"] == [None, 3]


def test_a_wrong_model_is_summed_up_as_far_as_it_goes() -> None:
    found = summary(specs.LENET.replace("Flatten()", "Flatten() -> Conv2D(8, 3)"))
    assert not found["complete"]
    assert "conv2d1" in by_name(found)
