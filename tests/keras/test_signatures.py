"""`signatures.json` says what the installed Keras says, and what was recorded of it."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

import pytest

from netdsl.catalog.signature import (
    FAMILIES,
    FAMILY_MODULES,
    SIGNATURES,
    Family,
    keras_version,
    names,
    signature,
)
from tests.catalog import recorded

pytestmark = pytest.mark.keras

keras = pytest.importorskip("keras")

MODULES: dict[Family, str] = {"layer": "layers", **FAMILY_MODULES}


def module(family: Family) -> Any:
    found = keras
    for part in MODULES[family].split("."):
        found = getattr(found, part)
    return found


@pytest.mark.slow
def test_the_file_is_what_refreshing_it_would_write() -> None:
    from netdsl.catalog.refresh import gather, write_lines

    if keras.__version__ != keras_version():
        pytest.skip(f"the catalogue is of Keras {keras_version()}")
    written = SIGNATURES.read_text(encoding="utf-8")
    assert written == write_lines(gather()), "run `python -m netdsl.catalog.refresh`"


@pytest.mark.parametrize("family", MODULES)
def test_parameters_are_those_of_the_installed_classes(family: Family) -> None:
    for name in names(family):
        found = signature(family, name)
        assert found is not None
        item = getattr(module(family), name)
        if isinstance(item, type) and item.__init__ is object.__init__:
            continue
        installed = [
            p
            for p in inspect.signature(item).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        assert [p.name for p in found.positional] == [p.name for p in installed], name
        for ours, theirs in zip(found.positional, installed, strict=True):
            assert ours.required == (theirs.default is theirs.empty), (name, ours.name)
            assert ours.required or ours.default == theirs.default, (name, ours.name)
            assert type(ours.default) is type(None if ours.required else theirs.default)


@pytest.mark.parametrize(
    "family", ["activation", "initializer", "regularizer", "constraint", "loss"]
)
def test_every_identifier_is_understood_by_keras(family: Family) -> None:
    for name in names(family):
        found = signature(family, name)
        assert found is not None
        for text in found.identifiers:
            if not text.lower().startswith("stft"):  # needs scipy
                assert module(family).get(text) is not None


def test_every_alias_is_the_object_itself() -> None:
    for family in MODULES:
        for name in names(family):
            found = signature(family, name)
            assert found is not None
            for alias in found.aliases:
                assert getattr(module(family), alias) is getattr(module(family), name)


def test_every_public_layer_is_there() -> None:
    from keras import layers

    public = {
        name
        for name, item in vars(layers).items()
        if isinstance(item, type) and issubclass(item, layers.Layer) and item is not layers.Layer
    }
    assert {name for name in public if signature("layer", name) is None} == set()


def test_the_file_is_small_and_has_an_entry_to_a_line() -> None:
    text = SIGNATURES.read_text(encoding="utf-8")
    assert len(text) < 150_000
    content = json.loads(text)
    entries = sum(len(content[family]) for family in FAMILIES)
    assert entries <= text.count("\n") <= entries + 5 * len(FAMILIES)


def test_recorded_arguments_are_the_same() -> None:
    path = recorded.folder() / "catalog.json"
    if not path.exists():
        pytest.skip("no recorded catalogue beside this checkout")
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    for family, home in MODULES.items():
        for entry in catalogue[f"keras.{home}"]:
            found = signature(family, entry["name"])
            if found is None:
                assert entry["kind"] == "function" or entry["name"] in ABSTRACT, entry["name"]
                continue
            explicit = [
                (a["name"], a["required"], a.get("default"))
                for a in entry["args"]
                if a["kind"] == "positional_or_keyword"
            ]
            assert [p.name for p in found.positional] == [name for name, _, _ in explicit]
            for ours, (_, required, default) in zip(found.positional, explicit, strict=True):
                assert ours.required == required
                assert required or ours.default == ast.literal_eval(default)


ABSTRACT = {
    "Layer", "Initializer", "Regularizer", "Constraint", "Loss", "Metric", "Optimizer", "InputSpec",
    "LearningRateSchedule", "Callback",
}  # fmt: skip
