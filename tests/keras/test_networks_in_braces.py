"""The networks of `tests/networks` in Keras: both outputs build what was elaborated, and compute the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netdsl
from tests.emit.test_networks import SPECS

pytestmark = pytest.mark.keras

#: Hyperparameters that make a network small.
SMALL: dict[str, dict[str, Any]] = {
    "ddpm_unet": {"widths": [8, 16], "attends": [False, True], "blocks": 1, "size": 8},
    "mobilevit": {"size": 32},
    "nasnet_cells": {"stages": 2, "filters": 4},
    "swin_stages": {"size": 16, "width": 8, "window": 2},
    "tab_transformer": {"depth": 2},
}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_a_network_is_the_same_in_both_outputs(spec: Path) -> None:
    compiled = netdsl.compile_file(spec, **SMALL[spec.stem])
    structured, flat = compiled.build(), compiled.build(flat=True)
    names = [row["name"] for row in compiled.model().summary()["layers"]]
    for model in (structured, flat):
        own = {layer.name for layer in model.layers}
        assert own == {name for name in names if not name.startswith("ops.")}
        assert model.count_params() == compiled.model().totals["parameters"]
    for layer in flat.layers:
        layer.set_weights(structured.get_layer(layer.name).get_weights())
    chance = np.random.default_rng(0)
    batch = [chance.integers(0, 5, (2, *t.shape[1:])).astype(t.dtype) for t in structured.inputs]
    expected, got = (
        [np.asarray(t) for t in keras.tree.flatten(m(batch))] for m in (structured, flat)
    )
    for one, other in zip(expected, got, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
