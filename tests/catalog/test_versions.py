"""Since when Keras has what: reading releases that are asked for, and recording the sources of wheels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from netdsl.catalog import refresh_versions, versions
from netdsl.catalog.keras_sources import Wheel, read_wheel
from netdsl.catalog.signature import FAMILIES, keras_version, names_and_aliases, signature

NEWEST = versions.known_releases()[-1]


def test_the_record_is_of_the_release_that_the_catalogue_is_of() -> None:
    assert versions.spell_release(NEWEST) == keras_version().rpartition(".")[0]


@pytest.mark.parametrize(
    ("text", "oldest", "newest"),
    [
        ("3.6", (3, 6), (3, 6)),
        ("==3.6.*", (3, 6), (3, 6)),
        ("3.6.0", (3, 6), (3, 6)),
        (">=3.6", (3, 6), NEWEST),
        (">= 3.6.1", (3, 6), NEWEST),
        (">=3.6,<3.10", (3, 6), (3, 9)),
        (">=3.6, <3.10.2", (3, 6), (3, 10)),
        (">3.6,<=3.8", (3, 6), (3, 8)),
        ("~=3.8", (3, 8), NEWEST),
        ("~=3.8.0", (3, 8), (3, 8)),
        (">=3.3,!=3.3.*", (3, 4), NEWEST),
        (">=3", (3, 0), NEWEST),
        ("<4", (3, 0), NEWEST),
    ],
)
def test_releases_are_read_as_requirements_are(
    text: str, oldest: versions.Release, newest: versions.Release
) -> None:
    found = versions.read_releases(text)
    assert (found.oldest, found.newest) == (oldest, newest)


@pytest.mark.parametrize(
    "text", ["", "2.15", ">=2.15", ">2", ">=4", "three", ">=3.6 <3.8", "3.6,", "3..6", ">3.8,<3.7"]
)
def test_what_names_no_release_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"release"):
        versions.read_releases(text)


def test_only_names_and_arguments_of_the_catalogue_are_recorded() -> None:
    facts = versions._facts()
    for family in FAMILIES:
        for name, entry in facts.get(family, {}).items():
            assert name in names_and_aliases(family)
            found = signature(family, name)
            assert found is not None
            if not isinstance(entry, str):
                for part in ("arguments", "places", "values", "defaults"):
                    assert set(entry.get(part, {})) <= set(found.names), name
                assert set(entry.get("call", {})) <= {p.name for p in found.call_parameters}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (versions.since("layer", "RMSNormalization"), (3, 9)),
        (versions.since("layer", "Dense"), None),
        (versions.argument_since("layer", "MultiHeadAttention", "seed"), (3, 4)),
        (versions.argument_since("application", "MobileNetV2", "name"), (3, 4)),
        (versions.value_since("loss", "Huber", "reduction", "mean"), (3, 7)),
        (versions.place_since("layer", "Conv2DTranspose", "data_format"), (3, 11)),
        (versions.default_since("optimizer", "Muon", "ns_steps"), ((3, 13), "6")),
        (versions.policy_since("int4_from_mixed_float16"), (3, 11)),
        (versions.policy_since("mixed_float16"), None),
    ],
)
def test_what_is_recorded(answer: object, expected: object) -> None:
    assert answer == expected


LAYER = """
class Layer:
    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **kwargs):
        pass
"""

OLD = """
from keras.src.api_export import keras_export
from keras.src.layers.layer import Layer


@keras_export(["keras.layers.AveragePooling1D", "keras.layers.AvgPool1D"])
class AveragePooling1D(Layer):
    def __init__(self, pool_size, padding="same", strides=None, **kwargs):
        self.padding = kwargs.pop("data_format", None)

    def call(self, inputs):
        return inputs


@keras_export("keras.layers.Forgotten")
class Forgotten(Layer):
    pass
"""

NEW = """
from keras.src.api_export import keras_export
from keras.src.layers import layer as base


@keras_export(["keras.layers.AveragePooling1D", "keras.layers.AvgPool1D"])
class AveragePooling1D(base.Layer):
    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        pass

    def call(self, inputs):
        return inputs


@keras_export("keras.layers.Dense")
class Dense(base.Layer):
    def __init__(self, units, **kwargs):
        pass
"""


def wheel(folder: Path, version: str, text: str) -> Wheel:
    path = folder / f"keras-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("keras/src/layers/layer.py", LAYER)
        archive.writestr("keras/src/layers/__init__.py", "")
        archive.writestr("keras/src/layers/pooling.py", text)
    return read_wheel(path)


def test_what_came_when_is_read_from_sources(tmp_path: Path) -> None:
    facts = refresh_versions.gather([wheel(tmp_path, "3.0.5", OLD), wheel(tmp_path, "3.1.0", NEW)])
    assert facts["layer"] == {
        "AveragePooling1D": {
            "places": {"strides": "3.1", "padding": "3.1", "data_format": "3.1", "name": "3.1"},
            "values": {"padding": {"valid": "3.1"}},
            "defaults": {"padding": ("3.1", "'same'")},
        },
        "Dense": "3.1",
    }
    assert facts["gone"] == {"layer": {"Forgotten": "3.0"}}


def test_two_releases_are_compared(tmp_path: Path) -> None:
    old, new = wheel(tmp_path, "3.0.5", OLD), wheel(tmp_path, "3.1.0", NEW)
    assert list(refresh_versions.differences(old.offers(), old.offers())) == []
    lines = list(refresh_versions.differences(old.offers(), new.offers()))
    assert lines[:3] == [
        "layer AveragePooling1D padding: 'same' is now 'valid'",
        "layer AveragePooling1D: other places by position for padding, strides",
        "layer AvgPool1D padding: 'same' is now 'valid'",
    ]
    assert lines[-2:] == ["layer Dense: new", "layer Forgotten: gone"]
