"""What Keras was recorded to accept binds, and what it refused for an argument's own sake does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.signature import signature
from tests.catalog import recorded

pytestmark = pytest.mark.skipif(
    not recorded.folder().exists(), reason="no recorded verdicts beside this checkout"
)

#: Values that Keras lets through, and that fail when the layer is run or do nothing at all.
CARELESS = {
    ("HashedCrossing", "num_bins"),
    ("Hashing", "num_bins"),
    ("Resizing", "interpolation"),
    ("UpSampling2D", "interpolation"),
}

#: Layers whose refusals, when made, come from several arguments at once: their rules see to those.
BETWEEN_ARGUMENTS = {
    "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D", "Discretization", "Hashing",
    "InputLayer", "MelSpectrogram", "Normalization", "STFTSpectrogram",
}  # fmt: skip

CONSTRUCTIONS = recorded.constructions("layer_cases", "supplement_cases", "bad_inputs")


def problems(layer: str, arguments: dict[str, Any]) -> list[str]:
    found = signature("layer", layer)
    assert found is not None
    return [p.label for p in bind_arguments(found, None, (), arguments).problems]


def changes_an_argument(mutation: str) -> bool:
    return bool(re.match(r"\w+=|missing required argument|unknown constructor", mutation))


def accepted(case: dict[str, Any]) -> bool:
    return bool(case["keras"].get("accepted", case.get("verdict") == "accepted"))


def test_what_keras_accepts_binds() -> None:
    refused = [
        (layer, case.get("mutation"), said)
        for layer, arguments, case in CONSTRUCTIONS
        if accepted(case) and (said := problems(layer, arguments))
    ]
    unexpected = [
        row
        for row in refused
        if (row[0], str(row[1]).partition("=")[0]) not in CARELESS
        and row[:2] != ("HashedCrossing", "unknown constructor argument")
    ]
    assert not unexpected


def test_a_refused_shape_leaves_the_arguments_alone() -> None:
    blamed = [
        (layer, case["mutation"], said)
        for layer, arguments, case in CONSTRUCTIONS
        if "mutation" in case
        and not changes_an_argument(case["mutation"])
        and (said := problems(layer, arguments))
    ]
    assert not blamed


def test_what_keras_refuses_of_an_argument_does_not_bind() -> None:
    missed = [
        (layer, case["mutation"])
        for layer, arguments, case in CONSTRUCTIONS
        if changes_an_argument(case.get("mutation", ""))
        and not accepted(case)
        and not problems(layer, arguments)
    ]
    assert not missed


def test_what_constructors_refuse_does_not_bind() -> None:
    missed = []
    for case in recorded.load("layer_errors"):
        found = signature("layer", case["layer"])
        if case["op"] != "__init__" or found is None or case.get("init_kwargs") is None:
            continue
        try:
            arguments = recorded.value(case["init_kwargs"])
        except recorded.Unsayable:
            continue
        if not bind_arguments(found, None, (), arguments).problems:
            missed.append(case["layer"])
    assert set(missed) <= BETWEEN_ARGUMENTS
