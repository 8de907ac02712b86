"""Several workers on JAX: two processes on one machine give the history of one; where one dies the other ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import netdsl
from netdsl.cli.commands import netdsl as command_line
from netdsl.training.folder.reading import Recorded, read_history
from netdsl.training.run.overrides import with_settings
from netdsl.training.run.running import Misfit, Request, refuse_uneven
from netdsl.training.run.several import Crew
from tests.training.runs.test_a_run import SPEC

numpy = pytest.importorskip("numpy")

ROOT = Path(__file__).parents[3]
SHARED = SPEC.replace("seed = 3", "seed = 3\n    distribute = DataParallel()")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--index", "0"], "--index says which of --workers this process is"),
        (["--workers", "a:1,b:2"], "Which of the 2 workers is this one?"),
        (["--workers", "a:1,b:2", "--index", "2"], "none has index 2"),
        (["--workers", "a,b", "--index", "0"], "`a` is no `host:port`"),
        (["--workers", "a:99999,b:1", "--index", "0"], "`a:99999` is no `host:port`"),
        (["--workers", "a:1,a:1", "--index", "0"], "`a:1` stands twice"),
    ],
)
def test_workers_that_are_none(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "m.net").write_text(SHARED)
    result = CliRunner().invoke(command_line, ["train", str(tmp_path / "m.net"), *arguments])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_port_in_use_is_told_before_jax_is_started(tmp_path: Path) -> None:
    (tmp_path / "m.net").write_text(SHARED)
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["--workers", f"localhost:{port},b:2", "--index", "0"]
        result = CliRunner().invoke(command_line, ["train", str(tmp_path / "m.net"), *arguments])
    assert result.exit_code == 2
    assert f"the port {port} is in use here" in result.stderr


def test_a_batch_that_is_never_full_where_devices_share_it(folder: Path) -> None:
    arguments = ["train", str(folder / "m.net"), "--batch-size", "200", "--out", str(folder / "o")]
    result = CliRunner().invoke(command_line, arguments)
    assert result.exit_code == 1
    assert "192 are left to train with, and they fill no batch of 200" in result.stderr


def test_a_batch_divides_among_the_processes_too(folder: Path) -> None:
    compiled = netdsl.compile_file(folder / "m.net")
    changed = with_settings(compiled, "Net", {"batch_size": 15})
    request = Request(changed, changed.experiment("Net"), "m", backend="jax", crew=Crew(2, 1))
    with pytest.raises(Misfit, match="a batch of 15 does not divide among 2 replicas"):
        refuse_uneven(request)


def start(folder: Path, index: int, ports: list[int], *more: str) -> subprocess.Popen[str]:
    addresses = ",".join(f"localhost:{port}" for port in ports)
    return subprocess.Popen(
        [sys.executable, "-m", "netdsl", "train", "m.net", "--workers", addresses, "--index", str(index), *more],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT), "CI": "1"},
    )  # fmt: skip


def free_ports() -> list[int]:
    found = []
    for _ in range(2):
        with socket.socket() as one:
            one.bind(("localhost", 0))
            found.append(one.getsockname()[1])
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("jax")
    generator = numpy.random.default_rng(0)
    y = numpy.arange(240) % 3
    x = generator.normal(size=(240, 4)) + 2.5 * numpy.eye(4)[y]
    numpy.savez(tmp_path / "d.npz", x=x.astype("float32"), y=y)
    (tmp_path / "m.net").write_text(SHARED)
    return tmp_path


@pytest.mark.keras
@pytest.mark.slow
def test_two_workers_give_the_history_of_one(folder: Path) -> None:
    alone = [sys.executable, "-m", "netdsl", "train", "m.net", "--out", "one"]
    environment = {**os.environ, "PYTHONPATH": os.fspath(ROOT)}
    subprocess.run(alone, cwd=folder, env=environment, check=True, timeout=300, capture_output=True)
    ports = free_ports()
    second = start(folder, 1, ports)
    first = start(folder, 0, ports, "--out", "two")
    _, told = first.communicate(timeout=300)
    second.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 0), told
    one, two = (read_history(folder / name / "history.csv") for name in ("one", "two"))
    assert len(two) == 6
    for before, after in zip(one, two, strict=True):
        assert after == pytest.approx(before, abs=2e-6)
    assert Recorded(folder / "two").part("validation")["accuracy"] > 0.8
    assert {path.name for path in folder.iterdir()} >= {"one", "two"}
    assert not (folder / "runs").exists()


@pytest.mark.keras
@pytest.mark.slow
def test_workers_with_other_settings_or_data_end_with_a_sentence(folder: Path) -> None:
    ports = free_ports()
    second = start(folder, 1, ports, "--set", "lr=0.5")
    first = start(folder, 0, ports, "--out", "two")
    for worker in (first, second):
        _, told = worker.communicate(timeout=300)
        assert worker.returncode == 2
        assert "worker 1 has not the spec and settings that worker 0 has" in told


@pytest.mark.keras
@pytest.mark.slow
def test_workers_find_each_other_by_what_slurm_says(folder: Path) -> None:
    def under_slurm(index: int, *more: str) -> subprocess.Popen[str]:
        slurm = {
            "SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2",
            "SLURM_PROCID": str(index), "SLURM_LOCALID": str(index),
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "netdsl", "train", "m.net", "--workers", "auto", "--epochs", "2", *more],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, **slurm, "PYTHONPATH": os.fspath(ROOT), "CI": "1"},
        )  # fmt: skip

    second, first = under_slurm(1), under_slurm(0, "--out", "two")
    _, told = first.communicate(timeout=300)
    second.communicate(timeout=300)
    assert (first.returncode, second.returncode) == (0, 0), told
    assert len(read_history(folder / "two" / "history.csv")) == 2


@pytest.mark.keras
@pytest.mark.slow
def test_a_worker_that_dies_ends_the_others_within_a_minute(folder: Path) -> None:
    ports = free_ports()
    second = start(folder, 1, ports, "--epochs", "100000")
    first = start(folder, 0, ports, "--epochs", "100000", "--out", "two")
    for _ in range(2400):
        if len(read_history(folder / "two/history.csv")) >= 2:
            break
        assert first.poll() is None, first.communicate()
        time.sleep(0.05)
    os.killpg(second.pid, signal.SIGKILL)
    killed = time.monotonic()
    _, told = first.communicate(timeout=120)
    assert time.monotonic() - killed < 60
    assert first.returncode == 1
    assert "another worker is gone, or cannot be reached" in told
    second.communicate(timeout=30)
