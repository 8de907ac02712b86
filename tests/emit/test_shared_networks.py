"""`layer name = …` of a whole network: an object with its name, frozen where it stands."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_text

ENCODER = "model Enc {\n    input x: [4]\n    output y = x -> Dense(3)\n}\n"
NETWORK = "applications.MobileNetV2(include_top=False, weights=None, input_shape=(64, 64, 3){})"


def written(layer: str, shape: str) -> str:
    compiled = compile_text(
        f"{ENCODER}model M {{\n    input x: {shape}\n    layer back = {layer}\n"
        "    output y = x -> back -> Flatten() -> Dense(2)\n}\n"
    )
    assert compiled.ok, compiled.diagnostics
    return compiled.source.rpartition("def M(")[2]


def test_a_network_whose_shape_is_given_is_an_object() -> None:
    source = written(NETWORK.format(""), "[64, 64, 3]")
    assert "    back = keras.applications.MobileNetV2(\n" in source
    assert "y = back(x)" in source


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("Enc(trainable=False)", "[4]"),
        (NETWORK.format(", trainable=False"), "[64, 64, 3]"),
    ],
)
def test_a_frozen_network_is_frozen_under_its_own_name(layer: str, shape: str) -> None:
    source = written(layer, shape)
    assert "    back.trainable = False\n" in source
    assert "_model" not in source


def test_a_chain_that_only_ends_leaves_no_line_behind() -> None:
    compiled = compile_text(
        "model M {\n    input x: [5, 4]\n"
        "    _ = x -> repeat 2 { LSTM(4, return_sequences=True, return_state=True) as m -> _[0] }\n"
        "    output y = x -> for _, h, c in m { LSTM(4, return_sequences=True)(initial_state=[h, c]) }\n}\n"
    )
    assert compiled.ok, compiled.diagnostics
    assert not [line for line in compiled.source.splitlines() if line.strip().isidentifier()]
