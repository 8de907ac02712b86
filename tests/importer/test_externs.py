"""Classes of somebody's own become declarations with what the model shows of them."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.test_hostile import layer, model
from tests.importer.test_masks import source, use


def own(factor: float, module: str = "blocks") -> dict[str, Any]:
    return {"class_name": "Own", "module": module, "config": {"factor": factor, "scale": None}}


def regularized(name: str, before: str, value: Any) -> dict[str, Any]:
    return layer(name, before, config={"name": name, "units": 2, "kernel_regularizer": value})


@pytest.mark.parametrize("is_flat", [True, False], ids=["flat", "folded"])
def test_a_regularizer_of_ones_own_is_declared(is_flat: bool) -> None:
    value = model(layer("x"), regularized("a", "x", own(0.2)), regularized("b", "a", own(0.5)))
    text = imported(read_value(value, "m"), "m", flat=is_flat).text
    assert text.count('extern regularizer Own(factor: float) from "blocks"') == 1
    assert "kernel_regularizer=Own(factor=0.2)" in text
    assert "kernel_regularizer=Own(factor=0.5)" in text


def test_a_class_that_is_from_nowhere_is_refused() -> None:
    value = model(layer("x"), regularized("b", "x", own(0.2, module="")))
    with pytest.raises(CannotImport, match="`b` cannot be written"):
        imported(read_value(value, "m"), "m")


def tensor(name: str, *sizes: int) -> dict[str, Any]:
    config = {"shape": [None, *sizes], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def test_a_size_that_is_an_argument_in_all_uses_is_called_by_it() -> None:
    value = model(
        source(16, 12),
        use("a", "Linear", tensor("x", 16, 12), module="blocks", units=32),
        use("c", "Linear", tensor("a", 16, 32), module="blocks", units=8),
        use("b", "Flatten", tensor("c", 16, 8)),
    )
    text = imported(read_value(value, "m"), "m").text
    assert "extern layer Linear(units: int): [d1, d2] -> [d1, units] weights ?" in text


def test_a_layer_is_no_activation() -> None:
    prelu = {"class_name": "PReLU", "module": "keras.layers", "config": {"name": "p"}}
    value = model(
        layer("x"), layer("b", "x", config={"name": "b", "units": 2, "activation": prelu})
    )
    with pytest.raises(CannotImport, match="its `activation` is the layer `PReLU`") as caught:
        imported(read_value(value, "m"), "m")
    assert "-> PReLU()" in caught.value.diagnostic.help


def test_layers_over_one_axis_take_a_pair() -> None:
    value = model(source(6, 2), use("b", "ZeroPadding1D", tensor("x", 6, 2), padding=[0, 1]))
    assert "ZeroPadding1D((0, 1))" in imported(read_value(value, "m"), "m").text
