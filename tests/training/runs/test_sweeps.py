"""Sweeps: the grid without TensorFlow; a search that two processes share, and that goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from netdsl.cli.commands import netdsl as command_line
from netdsl.training.folder.reading import runs_in

ROOT = Path(__file__).parents[3]

SPEC = """\
model Net(units: int in [4, 16] = 4, stride: int in [1, 9] = 1) {
    input x: [8, 8, 1]
    output y = x -> Conv2D(units, 3, strides=stride) -> MaxPooling2D(2) -> Flatten() -> Dense(3, activation=softmax)
}
train Net(lr: float in (1e-3, 1e-1) = 1e-2) {
    data = npz("d.npz")
    optimizer = Adam(lr)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 2
    validation_split = 0.25
}
"""


def test_the_grid_with_costs_and_what_is_illegal(tmp_path: Path) -> None:
    (tmp_path / "m.net").write_text(SPEC)
    result = CliRunner().invoke(
        command_line, ["sweep", str(tmp_path / "m.net"), "--format", "json"]
    )
    assert result.exit_code == 0
    grid = json.loads(result.stdout)
    assert len(grid) == 3 * 2 * 2
    assert [m["values"]["lr"] for m in grid[::4]] == [1e-3, 1e-2, 1e-1]
    for member in grid:
        units, stride = member["values"]["units"], member["values"]["stride"]
        assert member["legal"] is (stride == 1)
        if stride == 1:
            assert member["parameters"] == 9 * units + units + 3 * 3 * units * 3 + 3
            assert member["macs"] == 36 * 9 * units + 27 * units
            assert member["problem"] is None
        else:
            assert member["parameters"] is None
            assert member["problem"].startswith("N0505 ")


def test_the_table_of_the_grid(tmp_path: Path) -> None:
    (tmp_path / "m.net").write_text(SPEC)
    lines = CliRunner().invoke(command_line, ["sweep", str(tmp_path / "m.net")]).stdout.splitlines()
    assert lines[0].split() == ["lr", "units", "stride", "parameters", "MACs", "memory"]
    assert lines[1].split()[:5] == ["0.001", "4", "1", "151", "1,404"]
    assert lines[-1] == "12 members, 6 of them legal"


@pytest.mark.keras
@pytest.mark.slow
def test_two_processes_share_a_search_and_it_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    numpy = pytest.importorskip("numpy")
    y = numpy.arange(60) % 3
    x = numpy.random.default_rng(0).random((60, 8, 8, 1)) + y[:, None, None, None]
    numpy.savez(tmp_path / "d.npz", x=x.astype("float32"), y=y)
    (tmp_path / "m.net").write_text(SPEC)
    command = [sys.executable, "-m", "netdsl", "sweep", "m.net", "--trials", "4", "--out", "study"]
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT)}
    both = [
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=500) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    runs = runs_in(tmp_path / "study")
    assert 4 <= len(runs) <= 5  # the last trial of each may overshoot
    assert all(run.is_finished and run.epochs == 2 for run in runs)
    assert {run.environment["hyperparameters"]["stride"] for run in runs} == {1}
    assert (tmp_path / "study/sweep.png").stat().st_size < 120_000
    best = max(max(row["val_accuracy"] for row in run.history) for run in runs)
    assert any(f"val_accuracy {best:.4f} at lr = " in out for out, _ in said)
    command[6] = "6"
    again = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500,
        check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert len(runs_in(tmp_path / "study")) == 6
