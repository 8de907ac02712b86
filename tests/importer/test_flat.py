"""The flat spec of recorded models: the same graph, every layer under its own name."""

from __future__ import annotations

from typing import Any

import pytest

from netdsl.importer.errors import CannotImport
from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.record import read

SPECIFIED = read("specs")

MODELS = {
    **{f"applications:{name}": value for name, value in read("applications").items()},
    **{f"specs/{name}": value for name, value in SPECIFIED.items()},
    **{f"by hand/{name}": value for name, value in read("hand_written").items()},
}


#: Of networks that differ in how often a part comes, these are tried each time, and all with `-m slow`.
FEW = (
    "ConvNeXtTiny",
    "EfficientNetB0",
    "InceptionResNetV2",
    "MobileNetV3Small",
    "ResNet50V2",
    "VGG16",
)


def each_model() -> list[Any]:
    """Give the names of all models, those of which others are like marked as slow."""
    rest = {name for name in MODELS if name.startswith("applications:") and name[13:] not in FEW}
    rest |= {f"specs/{name}" for name in SPECIFIED if is_large(name)}
    return [pytest.param(n, marks=pytest.mark.slow) if n in rest else n for n in MODELS]


def is_large(name: str) -> bool:
    """Tell whether the network of a spec has so many layers that it is imported with the slow tests alone."""
    return len(SPECIFIED[name]["config"]["layers"]) > 120


def each_spec() -> list[Any]:
    """Give the names of all specs, the large ones marked as slow."""
    return [pytest.param(n, marks=pytest.mark.slow) if is_large(n) else n for n in SPECIFIED]


@pytest.mark.parametrize("name", each_model())
def test_a_flat_spec_is_the_model_under_its_names(name: str) -> None:
    found = imported(read_value(MODELS[name], name), name, flat=True)
    assert found.comparison.is_equal
    assert found.comparison.unnamed == []
    assert found.comparison.layers > 1


def changed(value: Any, layer: int, **config: Any) -> Any:
    """Give a model with other values in the configuration of one layer."""
    layers = list(value["config"]["layers"])
    layers[layer] = {**layers[layer], "config": {**layers[layer]["config"], **config}}
    return {**value, "config": {**value["config"], "layers": layers}}


def test_what_no_argument_takes_is_refused_with_the_layer_named() -> None:
    value = changed(MODELS["by hand/squeezenet"], 1, colour="red")
    with pytest.raises(CannotImport, match=r"`conv1` cannot be written in a spec: .*`colour`"):
        imported(read_value(value, "m"), "m")


def test_a_subclassed_model_is_refused() -> None:
    value = {"class_name": "Own", "module": "mine", "config": {"name": "own"}}
    with pytest.raises(CannotImport, match=r"`own` .*class whose layers"):
        read_value(value, "m")


def older(name: str, kind: str, *sources: str, **config: Any) -> dict[str, Any]:
    """Give a layer as Keras 2 wrote it: no module, calls as lists."""
    calls = [[[source, 0, 0, {}] for source in sources]] if sources else []
    return {
        "class_name": kind,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": calls,
    }


def test_a_configuration_of_keras_2_is_read() -> None:
    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    layers = [
        older("x", "InputLayer", batch_input_shape=[None, 4], dtype="float32", sparse=False),
        older(
            "a",
            "Dense",
            "x",
            units=3,
            activation="relu",
            kernel_initializer=glorot,
            dtype="float32",
        ),
        older("b", "Dense", "x", units=3, activation="linear", trainable=False),
        older("c", "Add", "a", "b"),
    ]
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["c", 0, 0]],
    }
    found = imported(
        read_value({"class_name": "Functional", "config": config}, "m"), "m", flat=True
    )
    assert "a = x -> Dense(3, activation=relu)" in found.text
    assert "b = x -> Dense(3, trainable=False)" in found.text
    assert "[a, b] -> Add()" in found.text
    assert found.comparison.unnamed == []
