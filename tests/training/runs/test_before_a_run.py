"""What `train` and `sweep` say before anything is run, and the places of what Keras raises; no TensorFlow."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import netdsl
from netdsl import ending
from netdsl.cli.commands import netdsl as command_line
from netdsl.extras import MissingExtra, UnknownBackend, needed
from netdsl.training.run.blame import diagnose
from netdsl.training.run.loading import choose_backend
from netdsl.training.run.overrides import with_settings
from netdsl.training.run.running import guarded

ROOT = Path(__file__).parents[3]

MODEL = """\
model Net(units: int = 8) {
    input image: [8, 8, 1]
    stem = image -> Conv2D(4, 3, name="stem") -> Flatten()
    output y = stem -> Dense(units, name="head") -> Dense(3, activation=softmax)
}
"""
TRAIN = """\
train Net(lr: float = 1e-3) {
    data = npz("d.npz")
    optimizer = Adam(lr)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 3
}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command_line, list(arguments))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.net").write_text(MODEL + TRAIN)
    return tmp_path


def test_a_file_without_a_train_block_gets_one_to_paste(folder: Path) -> None:
    (folder / "m.net").write_text(MODEL)
    result = run("train", "m.net")
    assert result.exit_code == 1
    block = result.stderr.partition("One to paste:\n\n")[2]
    assert 'data = image_folder("pictures")' in block
    pasted = netdsl.compile_text(MODEL + block)
    assert pasted.ok, pasted.diagnostics
    assert pasted.experiment().epochs == 10


def test_several_train_blocks_are_listed(folder: Path) -> None:
    other = MODEL.replace("Net", "Other") + TRAIN.replace("Net", "Other")
    (folder / "m.net").write_text(MODEL + TRAIN + other)
    result = run("train", "m.net")
    assert result.exit_code == 2
    assert "say which: `--model Net`, `--model Other`" in result.stderr


def test_a_missing_file_of_data_is_told_at_its_place(folder: Path) -> None:
    pytest.importorskip("numpy")
    result = run("train", "m.net")
    assert result.exit_code == 1
    assert result.stderr.startswith("error[N0851]: there is no data at `d.npz`\n --> m.net:7:16\n")
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--resume"], "there is no unfinished run of m.net in `runs/m`"),
        (["--resume", "--out", "gone"], "there is no folder `gone`"),
        (["--resume", "--out", "."], "`.` is no folder of a run"),
    ],
)
def test_what_cannot_be_gone_on_with(folder: Path, arguments: list[str], said: str) -> None:
    result = run("train", "m.net", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_backend_that_does_not_train_is_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    with pytest.raises(UnknownBackend, match="is `numpy`: tensorflow, jax and torch train"):
        choose_backend(None)
    assert os.environ["KERAS_BACKEND"] == "numpy"


def test_an_interrupt_that_became_another_error_still_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "_asked", [])

    def lost() -> None:  # as in C++, which calls Python back
        ending.noted(KeyboardInterrupt())
        raise SystemError("bad argument to internal function")

    with pytest.raises(KeyboardInterrupt):
        guarded(lost)
    with pytest.raises(KeyboardInterrupt):  # or it is not seen at all
        guarded(lambda: 1)


def test_a_folder_that_is_no_run_is_not_to_be_gone_on_with(folder: Path) -> None:
    (folder / "own").mkdir()
    (folder / "own/notes.txt").write_text("mine")
    result = run("train", "m.net", "--out", "own")
    assert result.exit_code == 2
    assert result.stderr == (
        "netdsl: `own` is there already, and is not empty: name another with --out\n"
    )


def test_a_missing_extra_is_a_sentence_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtra) as told:
        needed("optuna_of_no_version.storages", "to search")
    assert str(told.value).endswith("pip install 'netdsl[train]'")
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingExtra) as told:
        needed("optuna", "to search")
    assert str(told.value) == (
        "optuna is needed to search and is not installed: pip install 'netdsl[sweep]'"
    )


@pytest.mark.parametrize("command", ["evaluate", "predict", "export"])
def test_a_folder_that_is_no_run(folder: Path, command: str) -> None:
    more = {"predict": ["x.npz"], "export": ["--to", "onnx"]}.get(command, [])
    result = run(command, "gone", *more)
    assert result.exit_code == 2
    assert result.stderr == "netdsl: there is no folder `gone`\n"


def test_settings_of_the_command_line_are_as_if_the_block_had_them() -> None:
    compiled = netdsl.compile_text(MODEL + TRAIN)
    changed = with_settings(compiled, "Net", {"epochs": 7, "batch_size": 16}).experiment()
    assert (changed.epochs, changed.batch_size) == (7, 16)
    assert compiled.experiment().epochs == 3


# -- what Keras raises --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "marked"),
    [
        (
            "Exception encountered when calling layer 'head' (type Dense).",
            'Dense(units, name="head")',
        ),
        (
            "Graph execution error: Node: 'Net_1/stem_1/convolution' defined at",
            'Conv2D(4, 3, name="stem")',
        ),
        ("Exception encountered when calling Conv2D.call().", 'Conv2D(4, 3, name="stem")'),
        ("Exception encountered when calling Dense.call().", "Net"),
        (
            "Node: 'compile_loss/sparse_categorical_crossentropy/label'",
            "sparse_categorical_crossentropy",
        ),
        ("something else", "Net"),
    ],
)
def test_the_place_of_what_keras_raises(said: str, marked: str) -> None:
    experiment = netdsl.compile_text(MODEL + TRAIN).experiment()
    found = diagnose(ValueError(said), experiment)
    assert found.primary.span.text == marked
    assert found.primary.text == f"ValueError: {said}"


class CompileMetrics:
    """Named as Keras's own, which is running where a metric fails."""

    def update_state(self) -> None:
        raise ValueError("incompatible shapes in layer head")


def test_a_metric_that_fails_is_told_at_its_setting() -> None:
    experiment = netdsl.compile_text(MODEL + TRAIN).experiment()
    with pytest.raises(ValueError, match="head") as raised:
        CompileMetrics().update_state()
    assert diagnose(raised.value, experiment).primary.span.text == "[accuracy]"


# -- what may be tried --------------------------------------------------------------------------


def test_a_spec_that_says_nothing_of_what_may_be_tried(folder: Path) -> None:
    result = run("sweep", "m.net")
    assert result.exit_code == 1
    assert "`lr: float in [0.001, …] = 0.001`" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="a script of bash")
@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train", "m.net"], "train"),
        (["sweep", "m.net", "--trials", "3"], "sweep"),
        (["export", "run", "--to", "onnx"], "export"),
        (["sweep", "m.net"], ""),
        (["train", "--help"], ""),
        (["check", "m.net"], ""),
    ],
)
def test_the_script_of_a_clone_brings_the_extra_that_a_command_asks_for(
    tmp_path: Path, arguments: list[str], extra: str
) -> None:
    """The virtual environment is a stand-in that has no packages and tells what pip is asked for."""
    (tmp_path / "bin").mkdir()
    python = '#!/bin/sh\n[ "$1" = -c ] && exit 1\necho "$@" >> "$0.log"\n'
    for name, text in (("python", python), ("netdsl", '#!/bin/sh\necho "$@"\n')):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts/netdsl", *arguments], env={**os.environ, "NETDSL_VENV": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == " ".join(arguments) + "\n"
    log = tmp_path / "bin/python.log"
    asked = log.read_text() if log.exists() else ""
    assert asked.endswith(f"--editable {ROOT}[{extra}]\n") if extra else asked == ""
