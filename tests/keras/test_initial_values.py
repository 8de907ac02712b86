"""Initializers that cannot fill the weight they are given are refused, as Keras does while it builds the layer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netdsl.compiler import compile_text
from tests.language.front_door import compiled
from tests.language.test_families import INITIALIZERS

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

FILLED = (
    "Dense(4, kernel_initializer=identity)",
    "Dense(4, kernel_initializer=Constant([1, 2, 3, 4]))",
    "Dense(4, kernel_initializer=Constant([[0.5]]))",
    "Conv2D(4, 3, kernel_initializer=orthogonal)",
    "Conv2D(4, (1, 3), kernel_initializer=Constant([[[[1]], [[0]], [[-1]]]]))",
    "DepthwiseConv2D(1, depthwise_initializer=Constant([[[[2.0]]]]))",
    "SeparableConv2D(4, 3, depthwise_initializer=orthogonal)",
    "BatchNormalization(gamma_initializer=Constant(0.5))",
)

REFUSED = (
    "Dense(8, bias_initializer=identity)",
    "Dense(4, bias_initializer=orthogonal)",
    "Dense(4, kernel_initializer=Constant([[1, 2], [3, 4]]))",
    "Conv2D(4, 3, kernel_initializer=identity)",
    "Conv2D(4, 3, kernel_initializer=orthogonal, dtype=bfloat16)",
    "DepthwiseConv2D(3, depthwise_initializer=identity)",
    "DepthwiseConv2D(3, depthwise_initializer=Constant([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))",
    "SeparableConv2D(4, 3, pointwise_initializer=identity)",
    "SeparableConv2D(4, 3, bias_initializer=orthogonal)",
    "BatchNormalization(gamma_initializer=orthogonal)",
    "BatchNormalization(moving_mean_initializer=identity)",
    "LayerNormalization(beta_initializer=identity)",
    "GroupNormalization(2, gamma_initializer=identity)",
    "PReLU(alpha_initializer=identity)",
    'EinsumDense("abcd,de->abce", (None, None, 4), bias_axes="e", bias_initializer=orthogonal)',
)


def spec(stage: str) -> str:
    return f"model M {{\n    input x: [6, 6, 8]\n    output y = x -> {stage}\n}}\n"


@pytest.mark.parametrize("stage", FILLED)
def test_initializer_that_fits_fills_the_weight(stage: str, tmp_path: Path) -> None:
    result = compiled(spec(stage))
    assert result.ok, result.diagnostics
    model = result.build()
    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras")
    for kept, read in zip(model.weights, reloaded.weights, strict=True):
        assert (keras.ops.convert_to_numpy(kept) == keras.ops.convert_to_numpy(read)).all()


def in_python(stage: str) -> str:
    """Spell the bare names of a stage as Keras takes them."""
    return re.sub(r"=(identity|orthogonal|bfloat16)\b", r'="\1"', stage)


def keras_takes(stage: str, folder: Path) -> bool:
    """Tell whether Keras makes a model of a stage, saves it and loads it again."""
    names = {**vars(keras.layers), "Constant": keras.initializers.Constant}
    try:
        model = keras.Model(x := keras.Input((6, 6, 8)), eval(in_python(stage), names)(x))
        model.save(folder / "model.keras")
        keras.models.load_model(folder / "model.keras")
    except Exception:
        return False
    return True


@pytest.mark.parametrize("stage", REFUSED)
def test_initializer_that_does_not_is_refused_at_its_argument(stage: str, tmp_path: Path) -> None:
    found = [d for d in compiled(spec(stage)).diagnostics if d.severity == "error"]
    assert len(found) == 1
    place = found[0].primary.span
    assert place.file.text[: place.start].endswith("_initializer=")
    assert not keras_takes(stage, tmp_path)


@pytest.mark.parametrize(("spec", "given"), INITIALIZERS)
def test_a_name_in_two_families_is_built_as_the_argument_takes_it(
    spec: str, given: dict[str, Any]
) -> None:
    for flat in (False, True):
        model = compile_text(spec).build("M", flat=flat)
        kernel = model.get_weights()[0]
        np.testing.assert_array_equal(kernel, given.get("gain", 1.0) * np.eye(8))
