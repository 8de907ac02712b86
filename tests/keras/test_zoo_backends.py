"""Every shipped network gives the same on TensorFlow, JAX and PyTorch, from equal weights.

A backend is chosen when Keras is imported, so each has processes of its own. Networks that take strings are left
out: only TensorFlow has them.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.zoo.specs import FAMILIES, SPECS, name_of

pytestmark = [pytest.mark.keras, pytest.mark.backends, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
STEMS = [name_of(path) for path in SPECS]
#: Large networks one by one, the rest together.
GROUPS = [[stem] for stem in STEMS if stem in FAMILIES] + [[s for s in STEMS if s not in FAMILIES]]


def outputs(backend: str, stems: list[str], folder: Path) -> dict[str, np.ndarray]:
    path = folder / f"{backend}.npz"
    subprocess.run(
        [sys.executable, "-m", "tests.keras.on_backend", str(path), *stems],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    with np.load(path) as held:
        return {name: held[name] for name in held.files}


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("stems", GROUPS, ids=lambda stems: "-".join(stems[:2]))
def test_the_outputs_are_those_of_tensorflow(
    backend: str, stems: list[str], tmp_path: Path
) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    expected = outputs("tensorflow", stems, tmp_path)
    found = outputs(backend, stems, tmp_path)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        largest = max(1.0, float(np.abs(value).max()))
        assert np.isfinite(value).all(), name
        assert np.abs(value - found[name]).max() <= 1e-4 * largest, name
