"""The shelf on TensorFlow, JAX and PyTorch: from equal weights the networks give equal outputs.

A backend is chosen when Keras is imported, so each gets a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.keras, pytest.mark.backends, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]


def run(backend: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.keras.shelf_outputs", str(folder)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    made = run("tensorflow", folder)
    assert made.returncode == 0, made.stdout + made.stderr[-6000:]
    return folder


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_networks_compute_the_same_on(backend: str, kept: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    found = run(backend, kept)
    assert found.returncode == 0, found.stdout + found.stderr[-6000:]
