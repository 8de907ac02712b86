"""A training module by itself: run as a program, stopped and resumed, on several devices, in less than float32."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy
import pytest

from tests.keras.trained_modules import (
    CLASSES,
    CLASSIFIER,
    classes,
    module_of,
    run_python,
    source_of,
    trained,
)

pytestmark = pytest.mark.keras


def arrays(folder: Path, rows: int = 90) -> None:
    x, y = classes(rows)
    numpy.savez(folder / "f.npz", x=x, y=y)


def train(settings: str, model: str = CLASSIFIER, parameters: str = "") -> str:
    return f'{model}\ntrain Net{parameters} {{\n data = npz("f.npz")\n {CLASSES}\n {settings}\n}}'


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def digest(model: Any) -> str:
    weights = (numpy.ascontiguousarray(w).tobytes() for w in model.get_weights())
    return hashlib.sha256(b"".join(weights)).hexdigest()


STOPPING = """validation_split = 0.2
 epochs = 4
 callbacks = [EarlyStopping(patience=3, restore_best_weights=True), ReduceLROnPlateau(patience=1)]
"""

#: Fits up to the third step of an epoch, and kills itself; else goes on, and prints what came out.
INTERRUPTED = """
import hashlib, json, os, signal, sys
import numpy
import net

class Kill(net.keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.number = epoch
    def on_train_batch_end(self, batch, logs=None):
        if (self.number, batch) == (2, 2) and {kills}:
            os.kill(os.getpid(), signal.SIGKILL)

model, data = net.make_model(), net.load_data()
history = net.fit(model, data, out="kept", resume={resumes}, verbose=0, callbacks=[Kill()]).history
weights = b"".join(numpy.ascontiguousarray(w).tobytes() for w in model.get_weights())
print(json.dumps([history, hashlib.sha256(weights).hexdigest()]))
"""


@pytest.mark.parametrize(
    "api",
    [
        # Three starts each; `tests/training/runs` kills and resumes a run of the command.
        pytest.param("tf.keras", marks=pytest.mark.slow),
        pytest.param(
            "keras",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif("not __import__('importlib').util.find_spec('jax')"),
            ],
        ),
    ],
)
def test_training_killed_and_resumed_ends_as_if_it_had_not_been(tmp_path: Path, api: str) -> None:
    arrays(tmp_path)
    layer = "RandomTranslation(0.1, 0.1)"
    pictures = CLASSIFIER.replace("input x: [4]", "input image: [2, 2, 1]").replace(
        "= x ->", "= image -> Flatten() ->"
    )
    x, y = classes()
    numpy.savez(tmp_path / "f.npz", x=x.reshape(-1, 2, 2, 1), y=y)
    spec = train(STOPPING.replace("epochs = 4\n", "") + f"augment = {layer}", pictures)
    spec = spec.replace("epochs = 2", "epochs = 4")
    (tmp_path / "net.py").write_text(source_of(spec, tmp_path, api), "utf-8")
    backend = {"KERAS_BACKEND": "jax"} if api == "keras" else {}

    def run(kills: bool, resumes: bool) -> Any:
        return run_python(INTERRUPTED.format(kills=kills, resumes=resumes), tmp_path, **backend)

    assert run(True, False).returncode == -9
    assert [p.name for p in (tmp_path / "kept" / "state").glob("0*")] == ["000002"]
    resumed = run(False, True)
    whole = run(False, False)
    assert resumed.returncode == whole.returncode == 0, resumed.stderr + whole.stderr
    assert resumed.stdout == whole.stdout
    assert len(json.loads(whole.stdout)[0]["loss"]) == 4


def test_a_program_by_itself_trains_as_its_functions_do(tmp_path: Path) -> None:
    arrays(tmp_path)
    spec = train("validation_split = 0.2", parameters="(lr: float = 1e-2)").replace(
        "Adam(1e-2)", "Adam(lr)"
    )
    module = module_of(spec, tmp_path)
    model, data, history = trained(module)
    ran = run_python("import runpy; runpy.run_path('net.py', run_name='__main__')", tmp_path)
    assert ran.returncode == 0, ran.stderr
    kept = rows(tmp_path / "net_run" / "history.csv")
    assert [row["epoch"] for row in kept] == ["0", "1"]
    assert {name: [float(row[name]) for row in kept] for name in history} == history
    saved = module.keras.models.load_model(tmp_path / "net_run" / "model.keras")
    assert digest(saved) == digest(model)
    assert trained(module)[2] == history
    slower = module.make_model(lr=1e-4)
    assert float(slower.optimizer.learning_rate) == pytest.approx(1e-4)
    assert module.evaluate(model, data)["loss"] == pytest.approx(history["val_loss"][-1], 1e-5)


def test_numbers_of_each_class_are_kept_and_a_loss_that_is_none_ends(tmp_path: Path) -> None:
    arrays(tmp_path)
    module = module_of(
        train("").replace("[accuracy]", "[F1Score()]").replace("sparse_", ""), tmp_path
    )
    x, y = (numpy.load(tmp_path / "f.npz")[name] for name in "xy")
    numpy.savez(tmp_path / "f.npz", x=x, y=numpy.eye(3)[y])
    _, _, history = trained(module, out=tmp_path / "kept")
    assert numpy.shape(history["f1_score"]) == (2, 3)
    kept = [json.loads(row["f1_score"]) for row in rows(tmp_path / "kept/history.csv")]
    assert numpy.array_equal(kept, history["f1_score"])
    again = trained(module, out=tmp_path / "kept", resume=True, epochs=3)[2]
    assert numpy.array_equal(again["f1_score"][:2], history["f1_score"])
    wild = module_of(train("").replace("Adam(1e-2)", "SGD(1e30)"), tmp_path)
    numpy.savez(tmp_path / "f.npz", x=x, y=y)
    assert len(trained(wild, epochs=9)[2]["loss"]) < 9


def test_more_epochs_go_on_from_where_training_ended(tmp_path: Path) -> None:
    arrays(tmp_path)
    module = module_of(train(""), tmp_path)
    trained(module, out=tmp_path / "kept")
    model, _, history = trained(module, out=tmp_path / "kept", resume=True, epochs=3)
    expected, _, whole = trained(module, epochs=3)
    assert history == whole
    assert digest(model) == digest(expected)
    assert trained(module, out=tmp_path / "kept", epochs=1)[2] == {
        k: v[:1] for k, v in whole.items()
    }
    assert [p.name for p in (tmp_path / "kept" / "state").iterdir()] == ["000001"]


def test_outputs_are_float32_where_the_rest_computes_in_less(tmp_path: Path) -> None:
    arrays(tmp_path)
    for flat in (False, True):
        module = module_of(train("precision = mixed_bfloat16"), tmp_path, flat=flat)
        model = module.make_model()
        module.keras.config.set_dtype_policy("float32")
        assert model.layers[1].compute_dtype == "bfloat16"
        assert model.get_layer("kind").compute_dtype == "float32"
        sums = module.predict(model, classes()[0]).sum(axis=1)
        assert numpy.abs(sums - 1).max() < 1e-6


MIRRORED = """
import json
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""
#: Trains each module of a process afresh, that of one device first.
PRINTED = """
import importlib
import json
import numpy

found = []
for name in {names}:
    net = importlib.import_module(name)
    net.keras.utils.clear_session()
    model, data = net.make_model(), net.load_data()
    history = net.fit(model, data, verbose=0).history
    outputs = net.predict(model, numpy.load("f.npz")["x"][:7])
    found.append([history, net.evaluate(model, data), outputs.tolist()])
print(json.dumps(found))
"""
ON_JAX = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}


@pytest.mark.parametrize(
    ("engines", "api", "before", "environment"),
    [
        (['MirroredStrategy(devices=["CPU:0", "CPU:1"])'], "tf.keras", MIRRORED, {}),
        pytest.param(
            [
                "DataParallel()",
                'ModelParallel(layout={"dense/kernel": (None, "part")}, mesh={"batch": 2, "part": 2})',
            ],
            "keras",
            "",
            ON_JAX,
            marks=pytest.mark.slow,  # a process of JAX with four devices
        ),
    ],
    ids=["TensorFlow", "JAX"],
)
def test_several_devices_train_as_one_does(
    tmp_path: Path, engines: list[str], api: str, before: str, environment: dict[str, str]
) -> None:
    """Training samples fill whole batches; held-out ones do not, and a remainder must not change a figure."""
    if api == "keras":
        pytest.importorskip("jax")
    arrays(tmp_path, 96 + 19)
    model = CLASSIFIER if api == "keras" else CLASSIFIER.replace("Dropout(0.1) -> ", "")
    names = []
    for number, engine in enumerate(["", *engines]):
        distribute = f"distribute = {engine}" if engine else ""
        spec = train(f"validation_split = {19 / 115}\n {distribute}", model)
        names.append(f"net{number}")
        (tmp_path / f"net{number}.py").write_text(source_of(spec, tmp_path, api), "utf-8")
    ran = run_python(before + PRINTED.format(names=names), tmp_path, **environment)
    assert ran.returncode == 0, ran.stderr
    (history, metrics, outputs), *several = json.loads(ran.stdout)
    assert len(several) == len(engines)
    for shared, shared_metrics, shared_outputs in several:
        for name, values in history.items():
            assert shared[name] == pytest.approx(values, abs=1e-6)
        assert shared_metrics == pytest.approx(metrics, abs=1e-6)
        assert numpy.abs(numpy.array(shared_outputs) - outputs).max() < 1e-6


TWO = CLASSIFIER + CLASSIFIER.replace("Net", "Other")


def test_several_trainings_stand_side_by_side(tmp_path: Path) -> None:
    arrays(tmp_path)
    second = train("", "").replace("train Net", "train Other").replace("epochs = 2", "epochs = 1")
    module = module_of(train("", TWO) + second, tmp_path)
    model, data = module.make_model_Other(), module.load_data_Other()
    assert len(module.fit_Other(model, data, verbose=0).history["loss"]) == 1
    assert module.EPOCHS_NET == 2
    assert module.make_model_Net().name == "Net"
    module.main()
    assert len(rows(tmp_path / "net_run" / "history.csv")) == 1
    module.main_Net()
    assert len(rows(tmp_path / "net_Net_run" / "history.csv")) == 2


def test_the_words_of_a_spec_stay_and_the_modules_own_make_way(tmp_path: Path) -> None:
    arrays(tmp_path)
    spec = (
        "let EPOCHS = 3\nlet np = 2\nfn batches(a) = a + np\n"
        + CLASSIFIER.replace("Dense(8", "Dense(batches(6)").replace("Dense(3", "Dense(EPOCHS")
        + train("", "")
    )
    module = module_of(spec, tmp_path)
    assert module.EPOCHS == 3
    assert len(trained(module)[2]["loss"]) == 2


STARTS = CLASSIFIER.replace("-> Dropout(0.1)", "")


def test_weights_of_an_earlier_model_are_taken_where_they_fit(
    tmp_path: Path, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    arrays(tmp_path)
    base = module_of(train("", STARTS), tmp_path)
    base.main(out="base")
    trained_base = base.keras.models.load_model(tmp_path / "base" / "model.keras")
    trained_base.save_weights(tmp_path / "base.weights.h5")
    for start in ('run("base")', 'weights("base.weights.h5")'):
        model = module_of(train(f"start_from = {start}", STARTS), tmp_path).make_model()
        assert digest(model) == digest(trained_base)
    wider = STARTS.replace("Dense(3", "Dense(5")
    capsys.readouterr()
    model = module_of(train('start_from = run("base")', wider), tmp_path).make_model()
    assert (model.layers[1].get_weights()[0] == trained_base.layers[1].get_weights()[0]).all()
    assert "kind does not take the weights of kind" in capsys.readouterr().out


def test_a_normalization_computes_with_the_means_that_it_takes(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """Those of the earlier run: the layers behind it were trained on what it made of the data then."""
    monkeypatch.chdir(tmp_path)
    arrays(tmp_path)
    normal = STARTS.replace("x ->", "x -> Normalization() ->", 1)
    assert normal != STARTS
    base = module_of(train("", normal), tmp_path)
    base.main(out="base")
    samples = numpy.load(tmp_path / "f.npz")["x"]
    trained_base = base.keras.models.load_model(tmp_path / "base" / "model.keras")
    numpy.savez(tmp_path / "f.npz", x=samples + 5, y=numpy.load(tmp_path / "f.npz")["y"])
    module = module_of(train('start_from = run("base")', normal), tmp_path)
    model = module.make_model()
    means = trained_base.layers[1].get_weights()[0]
    assert numpy.abs(means).max() > 0
    expected = trained_base.predict(samples, verbose=0)
    assert numpy.abs(model.predict(samples, verbose=0) - expected).max() < 1e-6
    module.fit(model, module.load_data())
    assert (model.layers[1].get_weights()[0] == means).all()
