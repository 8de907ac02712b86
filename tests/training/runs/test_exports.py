"""Exports are held against the model that they came from, and the layer that stands in the way is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.training.after.exporting import FORMATS, NotExported, export_model

pytestmark = [pytest.mark.keras, pytest.mark.slow]

SPEC = """
model Images {
    input x: [8, 8, 1]
    output y = x -> Conv2D(4, 3) -> BatchNormalization() -> Flatten() -> Dense(10, activation=softmax)
}
train Images { optimizer = adam  loss = sparse_categorical_crossentropy }
model Exact {
    input x: [4]
    hidden = x -> Dense(4, name="first") -> Dense(4, activation=gelu, name="second")
    output y = hidden -> Dense(2)
}
train Exact { optimizer = adam  loss = mse }
model Steps { input x: [6, 4]  output y = x -> LSTM(8, name="steps") -> Dense(2) }
train Steps { optimizer = adam  loss = mse }
model Several {
    input b: [4]
    input a: [3]
    output left = [a -> Dense(4), b] -> Add() -> Dense(2)
    output right = a -> Dense(3)
}
train Several { optimizer = adam  loss = mse }
"""


def exported(name: str, format_: str, folder: Path) -> float:
    if format_ != "savedmodel":
        pytest.importorskip("tf2onnx" if format_ == "onnx" else "ai_edge_litert")
    compiled = netdsl.compile_text(SPEC)
    assert compiled.ok, compiled.diagnostics
    path = folder / FORMATS[format_][1]
    done = export_model(compiled.build(name), compiled.experiment(name), format_, path)
    assert path.exists()
    return done.difference


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", ["Images", "Several"])
def test_what_is_written_gives_the_same(tmp_path: Path, name: str, format_: str) -> None:
    assert exported(name, format_, tmp_path) < 1e-5


@pytest.mark.parametrize(
    ("name", "format_", "layer"),
    [("Exact", "onnx", "`second` (Dense)"), ("Steps", "litert", "`steps` (LSTM)")],
)
def test_the_layer_in_the_way_is_named_and_nothing_is_left(
    tmp_path: Path, name: str, format_: str, layer: str
) -> None:
    with pytest.raises(NotExported) as told:
        exported(name, format_, tmp_path)
    assert str(told.value).startswith(f"{layer} stands in the way: ")
    assert list(tmp_path.iterdir()) == []
