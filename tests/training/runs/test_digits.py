"""The experiment that the README begins with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.training.folder.reading import Recorded

ROOT = Path(__file__).parents[3]


@pytest.mark.keras
@pytest.mark.slow
def test_digits_are_told_apart(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = subprocess.run(
        [sys.executable, "-m", "netdsl", "train", str(ROOT / "specs/digits.net"), "--out", "run"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = Recorded(tmp_path / "run")
    assert run.part("test")["accuracy"] > 0.97
    assert run.environment["hyperparameters"] == {"lr": 2e-3, "width": 32, "classes": 10}
