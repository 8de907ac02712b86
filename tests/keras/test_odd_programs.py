"""Small odd specs in Keras itself: the structured and the flat output build one network, weight by weight.

`NETDSL_DRAWS` sets how many are drawn.
"""

from __future__ import annotations

import os
from random import Random

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from netdsl.compiler import compile_text
from tests.emit.odd_programs import draw

pytestmark = pytest.mark.keras

DRAWS = int(os.environ.get("NETDSL_DRAWS", "20"))


def test_both_outputs_compute_the_same() -> None:
    built = 0
    for number in range(DRAWS):
        text = draw(Random(number))
        compiled = compile_text(text)
        if not compiled.ok or not compiled.models:
            continue
        structured, flat = compiled.build(), compiled.build(flat=True)
        for layer in flat.layers:
            if layer.weights:
                layer.set_weights(structured.get_layer(layer.name).get_weights())
        assert flat.count_params() == structured.count_params(), text
        batch = [np.random.default_rng(0).normal(size=(2, 8)).astype("float32")] * 2
        pairs = zip(*(keras.tree.flatten(m(batch)) for m in (structured, flat)), strict=True)
        for one, other in pairs:
            np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-4, atol=1e-4)
        keras.backend.clear_session()
        built += 1
    assert built > DRAWS // 3
