"""Runs from end to end by the command: what they leave, going on after a crash, what comes after."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from netdsl.training.folder.reading import Recorded, read_history
from tests import warm

pytestmark = pytest.mark.keras

numpy = pytest.importorskip("numpy")

SPEC = """\
model Net(units: int = 16) {
    input x: [4]
    output y = x -> Dense(units, activation=relu) -> Dropout(0.1) -> Dense(3, activation=softmax)
}
train Net(lr: float = 1e-2) {
    data = npz("d.npz")
    optimizer = Adam(lr)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 6
    batch_size = 16
    validation_split = 0.2
    seed = 3
}
"""


def netdsl(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of netdsl in a folder."""
    return warm.run(["-m", "netdsl", *arguments], folder, CI="1", **environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec with its data: three clouds of points."""
    folder = tmp_path_factory.mktemp("run")
    generator = numpy.random.default_rng(0)
    y = numpy.arange(240) % 3
    x = generator.normal(size=(240, 4)) + 2.5 * numpy.eye(4)[y]
    numpy.savez(folder / "d.npz", x=x.astype("float32"), y=y)
    (folder / "m.net").write_text(SPEC)
    return folder


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    """A run that came to its end."""
    done = netdsl(folder, "train", "m.net", "--out", "whole")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "whole"
    return folder / "whole"


def test_what_a_run_leaves(whole: Path) -> None:
    names = {path.name for path in whole.iterdir()}
    assert names == {
        "classes.json", "confusion.png", "curves.png", "environment.json", "history.csv", "m.py", "metrics.json",
        "model.keras", "spec", "state",
    }  # fmt: skip
    run = Recorded(whole)
    assert len(run.history) == 6
    assert run.part("validation")["accuracy"] == run.history[-1]["val_accuracy"] > 0.85
    assert run.number("parameters") == 4 * 16 + 16 + 16 * 3 + 3
    assert (whole / "spec/m.net").read_text() == SPEC
    told = run.environment
    assert (told["model"], told["seed"], told["epochs"], told["batch_size"]) == ("Net", 3, 6, 16)
    assert told["hyperparameters"] == {"lr": 0.01, "units": 16}
    assert json.loads((whole / "classes.json").read_text()) == ["0", "1", "2"]


def test_pictures_are_light_and_not_empty(whole: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for name in ("curves.png", "confusion.png"):
        path = whole / name
        assert path.stat().st_size < 80_000
        with image.open(path) as picture:
            assert max(picture.size) < 1400
            colours = picture.convert("RGB").getcolors(1 << 24)
            assert colours is not None
            assert len(colours) > 50


def test_the_module_alone_gives_the_same_history(folder: Path, whole: Path) -> None:
    done = netdsl(folder, "compile", "m.net", "-o", "m.py")
    assert done.returncode == 0, done.stderr
    clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    alone = subprocess.run(
        [sys.executable, "m.py"], cwd=folder, env=clean, capture_output=True, text=True, timeout=300, check=False
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    assert read_history(folder / "m_run/history.csv") == read_history(whole / "history.csv")


def test_a_run_that_was_killed_goes_on_to_the_last_bit(folder: Path, whole: Path) -> None:
    command = [sys.executable, "-m", "netdsl", "train", "m.net", "--out", "killed"]
    environment = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[3]), "CI": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        _wait_for_epochs(folder / "killed", 2, process)
        process.send_signal(signal.SIGKILL)
    assert not (folder / "killed/metrics.json").exists()
    done = netdsl(folder, "train", "m.net", "--resume", "--out", "killed")
    assert done.returncode == 0, done.stderr
    assert (folder / "killed/history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    same = ("train", "validation", "epochs", "parameters")
    ours, theirs = Recorded(folder / "killed").metrics, Recorded(whole).metrics
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}


def test_a_finished_run_goes_on_where_more_epochs_are_asked_for(folder: Path, whole: Path) -> None:
    shutil.copytree(whole, folder / "more")
    arguments = ("train", "m.net", "--resume", "--out", "more")
    done = netdsl(folder, *arguments, "--epochs", "7")
    assert done.returncode == 0, done.stderr
    assert "7 epochs, 1 of them now" in done.stdout
    before, run = Recorded(whole), Recorded(folder / "more")
    assert run.history[:6] == before.history
    told = run.environment
    assert (told["epochs"], told["overrides"], told["started"]) == (
        7,
        {"epochs": 7},
        before.environment["started"],
    )
    assert [each["command"] for each in told["resumed"]] == [
        "netdsl train m.net --resume --out more --epochs 7"
    ]
    assert (run.number("seconds") or 0) > (before.number("seconds") or 0)
    (folder / "more/state/000007/callbacks.json").write_text("{")
    broken = netdsl(folder, *arguments, "--epochs", "8")
    assert broken.returncode == 1
    assert "what the run in `more` kept does not fit, or cannot be read" in broken.stderr
    assert Recorded(folder / "more").is_finished  # nothing of it was touched


def test_ctrl_c_keeps_the_whole_epochs_and_says_how_to_go_on(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "netdsl",
        "train",
        "m.net",
        "--out",
        "stopped",
        "--epochs",
        "100000",
    ]
    environment = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[3]), "CI": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        _wait_for_epochs(folder / "stopped", 2, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    kept = len(read_history(folder / "stopped/history.csv"))
    assert f"interrupted: {kept} whole epochs are kept in `stopped`" in told
    assert "go on with `netdsl train m.net --out stopped --resume`" in told
    assert "Traceback" not in told


def _wait_for_epochs(
    run: Path, count: int, process: subprocess.Popen[str] | subprocess.Popen[bytes]
) -> None:
    for _ in range(6000):
        if len(read_history(run / "history.csv")) >= count:
            return
        assert process.poll() is None, "it ended too soon"
        time.sleep(0.05)
    pytest.fail("no epoch within five minutes")


def test_a_changed_spec_or_data_is_not_gone_on_with(
    folder: Path, whole: Path, tmp_path: Path
) -> None:
    numpy.savez(tmp_path / "d.npz", x=numpy.zeros((9, 4)), y=numpy.arange(9) % 3)
    (tmp_path / "m.net").write_text(SPEC.replace("Dropout(0.1)", "Dropout(0.2)"))
    done = netdsl(tmp_path, "train", "m.net", "--resume", "--out", str(whole))
    assert done.returncode == 1
    assert "-    output y = x -> Dense(units, activation=relu) -> Dropout(0.1)" in done.stderr
    assert "data `d.npz` has other content" in done.stderr
    assert "--force" in done.stderr


# -- what comes after ---------------------------------------------------------------------------


def test_a_run_is_evaluated_as_it_was(folder: Path, whole: Path) -> None:
    done = netdsl(folder, "evaluate", "whole", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("data") == "validation"
    assert found == pytest.approx(Recorded(whole).part("validation"), rel=1e-5)


def test_a_run_that_began_with_another_is_evaluated_without_it(folder: Path, whole: Path) -> None:
    """Frozen features first, as the page on transfer learning has it; the first run is gone afterwards."""
    base = folder / "base"
    shutil.copytree(whole, base)
    text = SPEC.replace("units: int = 16)", "units: int = 16, frozen: bool = False)")
    text = text.replace("activation=relu)", "activation=relu, trainable=not frozen)")
    text = text.replace("lr: float = 1e-2)", "lr: float = 1e-3, frozen: bool = True)")
    text = text.replace("epochs = 6", 'epochs = 1 start_from = run("base")')
    (folder / "tuned.net").write_text(text)
    for place, settings in (("head", ()), ("tuned", ("--set", "frozen=False", "--set", "lr=1e-5"))):
        done = netdsl(folder, "train", "tuned.net", "--out", place, *settings)
        assert done.returncode == 0, done.stderr
    kernels = [
        keras_weights(path / "model.keras")[0] for path in (base, folder / "head", folder / "tuned")
    ]
    assert (kernels[0] == kernels[1]).all()
    assert 0 < numpy.abs(kernels[0] - kernels[2]).max() < 1e-3
    shutil.rmtree(base)
    done = netdsl(folder, "evaluate", "head", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    found.pop("data")
    assert found == pytest.approx(Recorded(folder / "head").part("validation"), rel=1e-5)


def keras_weights(path: Path) -> list[Any]:
    import keras

    return list(keras.saving.load_model(path).get_weights())


def test_classes_of_other_data_have_the_numbers_of_training() -> None:
    import tensorflow as tf

    from netdsl.training.after.numbering import numbered_as_trained
    from netdsl.training.after.reviving import NotRevived

    data = tf.data.Dataset.from_tensor_slices(([[0.0], [1.0], [2.0]], [0, 1, 0])).batch(2)
    found = numbered_as_trained(data, ["b", "d"], ["a", "b", "c", "d"])
    assert [labels.tolist() for _, labels in found.as_numpy_iterator()] == [[1, 3], [1]]
    with pytest.raises(NotRevived, match="no class `x`"):
        numbered_as_trained(data, ["b", "x"], ["a", "b"])


def test_predictions_are_the_models(folder: Path, whole: Path) -> None:
    import keras

    x = numpy.load(folder / "d.npz")["x"][:7]
    numpy.savez(folder / "ask.npz", x=x)
    done = netdsl(folder, "predict", "whole", "ask.npz", "-o", "said.npz")
    assert done.returncode == 0, done.stderr
    wanted = keras.saving.load_model(whole / "model.keras").predict(x, verbose=0)
    found = numpy.load(folder / "said.npz")
    assert numpy.abs(found["y"] - wanted).max() < 1e-6
    assert list(found["input"]) == [f"ask.npz:{i}" for i in range(7)]
    rows = netdsl(folder, "predict", "whole", "ask.npz", "-o", "-").stdout.splitlines()
    assert rows[0] == "input,class,probability"
    assert [int(row.split(",")[1]) for row in rows[1:]] == list(wanted.argmax(-1))


def test_code_in_a_run_folder_is_never_run(folder: Path, whole: Path) -> None:
    (whole / "m.py").write_text("raise SystemExit('it ran')")
    (whole / "keras.py").write_text("raise SystemExit('it ran')")
    done = subprocess.run(  # which has imported nothing yet
        [sys.executable, "-m", "netdsl", "evaluate", "whole"],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[3])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (whole / "keras.py").unlink()


def test_functions_of_a_spec_from_a_run_run_only_with_trust(folder: Path, whole: Path) -> None:
    spec = whole / "spec/m.net"
    spec.write_text('extern loss own from "losses_of_my_own"\n'.replace("loss own", "fn own") + SPEC.replace(
        "loss = sparse_categorical_crossentropy", "loss = own"))  # fmt: skip
    done = netdsl(folder, "evaluate", "whole")
    spec.write_text(SPEC)
    assert done.returncode == 1
    assert "runs code of its own, `own`: say --trust" in done.stderr


def test_a_model_goes_to_another_format(folder: Path, whole: Path) -> None:
    pytest.importorskip("tf2onnx")
    shutil.copytree(whole, folder / "strangers")  # what stands beside its spec is not imported
    (folder / "strangers/spec/onnx.py").write_text("raise SystemExit('it ran')")
    told = {**Recorded(whole).environment, "spec": "/nowhere/m.net"}
    (folder / "strangers/environment.json").write_text(json.dumps(told))
    done = netdsl(folder, "export", "strangers", "--to", "onnx", "-o", "m.onnx")
    assert done.returncode == 0, done.stderr
    x = numpy.load(folder / "d.npz")["x"][:5]
    session = pytest.importorskip("onnxruntime").InferenceSession(str(folder / "m.onnx"))
    found = session.run(None, {session.get_inputs()[0].name: x})[0]
    import keras

    wanted = keras.saving.load_model(whole / "model.keras").predict(x, verbose=0)
    assert numpy.abs(found - wanted).max() < 1e-5


# -- what goes wrong ----------------------------------------------------------------------------


def test_a_loss_that_is_no_number_ends_the_run(folder: Path) -> None:
    text = SPEC.replace("Adam(lr)", "SGD(1e30)").replace("epochs = 6", "epochs = 50")
    (folder / "nan.net").write_text(text)
    done = netdsl(folder, "train", "nan.net", "--out", "nan")
    assert done.returncode == 1
    assert "the loss is no number from epoch" in done.stdout
    assert len(read_history(folder / "nan/history.csv")) < 50
    assert json.loads((folder / "nan/metrics.json").read_text())["train"]["loss"] is None


def test_what_keras_raises_is_told_at_the_layer(folder: Path) -> None:
    (folder / "own_layers.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable()\nclass Odd(keras.layers.Layer):\n"
        "    def call(self, x, training=None):\n        if training:\n            raise ValueError('odd weather')\n"
        "        return x\n"
    )
    text = 'extern layer Odd(): [n] -> [n] from "own_layers"\n' + SPEC.replace(
        "Dropout(0.1)", "Odd()"
    )
    (folder / "odd.net").write_text(text)
    done = netdsl(folder, "train", "odd.net", "--out", "odd")
    assert done.returncode == 1
    assert "error[N0866]: Keras stops while it trains `Net`" in done.stderr
    column = text.splitlines()[3].index("Odd()") + 1
    assert f" --> odd.net:4:{column}\n" in done.stderr
    assert "odd weather" in done.stderr
    assert "Traceback" not in done.stderr


def test_data_of_ones_own_that_does_not_fit_is_told(folder: Path) -> None:
    (folder / "own_data.py").write_text(
        "import numpy as np\n\n\ndef load():\n    return np.zeros((9, 4), 'float32'), np.arange(9) % 4\n"
    )
    text = 'extern fn load from "own_data"\n' + SPEC.replace('npz("d.npz")', "load")
    (folder / "own.net").write_text(text.replace("    validation_split = 0.2\n", ""))
    done = netdsl(folder, "train", "own.net", "--out", "own")
    assert done.returncode == 1
    assert "error[N0855]: labels lie outside the classes of `y`" in done.stderr
    assert "the labels of `load`" in done.stderr
    assert "give the output 4 units, one for each class" in done.stderr


def test_a_disk_that_is_full_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    program = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "sys.argv = ['netdsl', 'train', 'm.net', '--out', 'full']\n"
        "runpy.run_module('netdsl', run_name='__main__')\n"
    )
    (tmp_path / "program.py").write_text(program)
    done = warm.run([str(tmp_path / "program.py")], folder)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("netdsl: the run stops: ")
    assert done.stderr.endswith("File too large\n")


def test_a_step_is_tried_and_nothing_written(folder: Path) -> None:
    before = set(folder.iterdir())
    done = netdsl(folder, "train", "m.net", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "an epoch of 12 steps" in done.stdout
    assert set(folder.iterdir()) == before


def test_a_run_from_python(folder: Path, whole: Path, tmp_path: Path) -> None:
    program = (
        "import sys, netdsl\n"
        "run = netdsl.train('m.net', lr=1e-2, out='python', verbose=0)\n"
        "assert len(run.history['loss']) == 6 and run.metrics['parameters'] == 131, run.metrics\n"
        "assert run.model.count_params() == 131 and str(run.folder) == 'python'\n"
    )
    (tmp_path / "program.py").write_text(program)
    done = warm.run([str(tmp_path / "program.py")], folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "python/history.csv").read_bytes() == (whole / "history.csv").read_bytes()
