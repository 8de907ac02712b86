"""What runs on TensorFlow runs on JAX and PyTorch: the same tests once more, where the backend is installed.

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
TESTS = (
    *("test_every_kind.py", "test_every_object.py", "test_edges.py", "test_extern.py"),
    "test_weights.py",
)


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("tests", TESTS)
def test_backend_agrees(tests: str, backend: str) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    found = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            str(ROOT / "tests" / "keras" / tests),
        ],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout[-6000:]
