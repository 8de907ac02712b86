"""Experiments of every kind, by the command's own way and by the module alone, where netdsl is not there: one history.

All runs of a side share a process, as starting Keras costs more than these trainings.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netdsl.training.folder.reading import Recorded, read_history
from tests import warm

pytestmark = [pytest.mark.keras, pytest.mark.slow]

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")
Image = pytest.importorskip("PIL.Image")

ROOT = Path(__file__).parents[3]

#: A number of the last epoch, and the least (or, for a loss, the most) that it comes to.
EXPERIMENTS: dict[str, tuple[str, str, float]] = {
    "arrays": ("""
model M { input x: [4]  output y = x -> Dense(16, activation=relu) -> Dropout(0.1) -> Dense(3, activation=softmax) }
train M {
    data = npz("clouds.npz")
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 6
    validation_split = 0.2
}""", "val_accuracy", 0.85),
    "two_inputs_two_outputs": ("""
model M {
    input left: [2]
    input right: [2]
    both = [left, right] -> Concatenate() -> Dense(16, activation=relu)
    output kind = both -> Dense(3, activation=softmax)
    output total = both -> Dense(1)
}
train M {
    data = npz("several.npz")
    optimizer = Adam(1e-2)
    loss = {"kind": sparse_categorical_crossentropy, "total": mse}
    loss_weights = {"kind": 1.0, "total": 0.5}
    metrics = {"kind": [accuracy], "total": [mae]}
    epochs = 6
    validation_split = 0.2
}""", "val_kind_accuracy", 0.85),
    "rows_and_parts": ("""
model M { input x: [4]  output y = x -> Dense(16, activation=relu) -> Dense(3, activation=softmax) }
train M {
    data = npz("parts.npz")
    optimizer = SGD(0.1, momentum=0.9)
    loss = categorical_crossentropy
    metrics = [accuracy]
    epochs = 6
    precision = mixed_bfloat16
}""", "val_accuracy", 0.85),
    "table": ("""
model M { input x: [3]  output y = x -> Dense(16, activation=relu) -> Dense(1) }
train M {
    data = csv("houses.csv", label="price", features=["rooms", "area", "age"])
    optimizer = Adam(1e-2)
    loss = mse
    metrics = [mae]
    epochs = 8
    test_split = 0.2
    validation_split = 0.2
}""", "val_mae", 1.3),
    "text_and_numbers": ("""
model M {
    input city: string[1]
    input area: [1]
    layer known = StringLookup()
    layer scaled = Normalization()
    output price = [city -> known -> Embedding(4, 2) -> Flatten(), area -> scaled] -> Concatenate()
        -> Dense(16, activation=relu) -> Dense(1)
}
train M {
    data = csv("houses.csv", label="price")
    optimizer = Adam(3e-2)
    loss = mse
    epochs = 8
    validation_split = 0.2
}""", "val_loss", 3.0),
    "parquet": ("""
model M { input x: [4]  output y = x -> Dense(16, activation=relu) -> Dense(3, activation=softmax) }
train M {
    data = parquet("clouds.parquet", label="kind")
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 6
    validation_split = 0.2
}""", "val_accuracy", 0.85),
    "pictures": ("""
model M {
    input image: [16, 16, 3]
    output kind = image -> Rescaling(1 / 255) -> Conv2D(8, 3, activation=relu) -> GlobalMaxPooling2D()
        -> Dense(3, activation=softmax)
}
train M {
    data = image_folder("pictures")
    augment = RandomFlip("horizontal") -> RandomTranslation(0.1, 0.1)
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 8
    batch_size = 16
}""", "val_accuracy", 0.6),
    "texts": ("""
model M {
    input text: string[1]
    layer words = TextVectorization(50, output_sequence_length=6)
    output good = text -> words -> Embedding(50, 8) -> GlobalAveragePooling1D() -> Dense(1, activation=sigmoid)
}
train M {
    data = text_folder("reviews")
    optimizer = Adam(5e-2)
    loss = binary_crossentropy
    metrics = [accuracy]
    epochs = 8
    batch_size = 8
    validation_split = 0.2
}""", "val_accuracy", 0.9),
    "records": ("""
model M { input x: [4]  output y = x -> Dense(16, activation=relu) -> Dense(3, activation=softmax) }
train M {
    data = tfrecord("clouds*.tfrecord")
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 6
    class_weight = {0: 1.0, 1: 1.0, 2: 1.5}
}""", "accuracy", 0.8),
    "shipped": ("""
model M {
    input x: [13]
    layer scaled = Normalization()
    output y = x -> scaled -> Dense(16, activation=relu) -> Dense(3, activation=softmax)
}
train M {
    data = dataset("wine")
    test_split = 0.2
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 12
}""", "accuracy", 0.9),
    "own_function": ("""
extern fn load from "own_data"
model M { input x: [4]  output y = x -> Dense(16, activation=relu) -> Dense(3, activation=softmax) }
train M {
    data = load
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 4
}""", "accuracy", 0.7),
    "tokens": ("""
model M {
    input words: int32[6]
    output y = words -> Embedding(20, 8) -> LSTM(8) -> Dense(1, activation=sigmoid)
}
train M {
    data = npz("words.npz")
    sample_weight = "w"
    optimizer = Adam(2e-2)
    loss = binary_crossentropy
    metrics = [accuracy]
    epochs = 6
    validation_split = 0.2
    callbacks = [EarlyStopping(patience=1, restore_best_weights=True), ReduceLROnPlateau(patience=1)]
}""", "val_accuracy", 0.7),
    "maps": ("""
model M {
    input x: [8, 8, 1]
    output y = x -> Conv2D(8, 3, padding="same", activation=relu) -> Conv2D(2, 1, activation=softmax)
}
train M {
    data = npz("maps.npz")
    optimizer = Adam(1e-2)
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    epochs = 8
    steps_per_execution = 2
    validation_split = 0.25
}""", "val_accuracy", 0.85),
    "residuals": ("""
model M {
    input x: [10]
    layer scaled = Normalization()
    output y = x -> scaled -> Dense(32, activation=relu) -> Dense(1)
}
train M(lr: float = 3e-2) {
    data = dataset("diabetes")
    validation_split = 0.2
    optimizer = Adam(lr)
    loss = huber
    metrics = [mae]
    epochs = 12
    seed = 7
}""", "val_mae", 80.0),
}  # fmt: skip


def write_data(folder: Path) -> None:
    """Write small data of every kind, in which there is something to learn."""
    generator = numpy.random.default_rng(0)
    y = numpy.arange(240) % 3
    x = (generator.normal(size=(240, 4)) + 2.5 * numpy.eye(4)[y]).astype("float32")
    numpy.savez(folder / "clouds.npz", x=x, y=y)
    numpy.savez(folder / "several.npz", left=x[:, :2], right=x[:, 2:], kind=y, total=x.sum(1) / 4)
    rows = numpy.eye(3)[y]
    numpy.savez_compressed(
        folder / "parts.npz",
        x_train=x[:160], y_train=rows[:160], x_val=x[160:200], y_val=rows[160:200], x_test=x[200:], y_test=rows[200:],
    )  # fmt: skip
    table = pandas.DataFrame(x, columns=list("abcd")).assign(
        kind=[("rose", "tulip", "lily")[i] for i in y]
    )
    table.to_parquet(folder / "clouds.parquet")
    _write_houses(folder, generator)
    _write_pictures(folder, generator)
    _write_texts(folder, generator)
    words = generator.integers(0, 20, (240, 6))
    weights = numpy.ones(240, "float32")
    numpy.savez(folder / "words.npz", x=words, y=(words.mean(1) > 9.5).astype("int32"), w=weights)
    maps = generator.random((64, 8, 8, 1)).astype("float32")
    numpy.savez(folder / "maps.npz", x=maps, y=(maps[..., 0] > 0.5).astype("int32"))
    (folder / "own_data.py").write_text(
        "import numpy as np\n\n\ndef load():\n    file = np.load('clouds.npz')\n    return file['x'], file['y']\n"
    )
    _write_records(folder, x, y)


def _write_houses(folder: Path, generator: numpy.random.Generator) -> None:
    rooms, age = generator.integers(1, 6, 300), generator.random(300)
    area = generator.random(300).round(3)
    city = generator.choice(["Rome", "Oslo", "Lima"], 300)
    price = rooms * 0.5 + area * 2 - age + (city == "Rome") * 2
    columns = {
        "city": city,
        "rooms": rooms,
        "area": area,
        "age": age.round(3),
        "price": price.round(3),
    }
    houses = pandas.DataFrame(columns)
    houses.to_csv(folder / "houses.csv", index=False)


def _write_pictures(folder: Path, generator: numpy.random.Generator) -> None:
    for part, count in (("train", 32), ("validation", 8)):
        for kind in range(3):
            place = folder / "pictures" / part / f"kind{kind}"
            place.mkdir(parents=True)
            for i in range(count):
                pixels = generator.integers(0, 90, (20, 20, 3))
                pixels[..., kind] += 160
                Image.fromarray(pixels.astype("uint8")).save(place / f"{i}.png")


def _write_texts(folder: Path, generator: numpy.random.Generator) -> None:
    words = {"good": ["fine", "lovely", "great"], "bad": ["dull", "poor", "awful"]}
    for kind, own in words.items():
        (folder / "reviews" / kind).mkdir(parents=True)
        for i in range(30):
            text = " ".join(generator.choice([*own, "a", "film", "the"], 6))
            (folder / "reviews" / kind / f"{i}.txt").write_text(f"{own[i % 3]} {text}")


def _write_records(folder: Path, x: numpy.ndarray, y: numpy.ndarray) -> None:
    program = (
        "import sys, numpy as np, tensorflow as tf\n"
        "f = np.load('clouds.npz')\n"
        "for part in range(2):\n"
        "    with tf.io.TFRecordWriter(f'clouds{part}.tfrecord') as w:\n"
        "        for x, y in zip(f['x'][part::2], f['y'][part::2]):\n"
        "            w.write(tf.train.Example(features=tf.train.Features(feature={\n"
        "                'x': tf.train.Feature(float_list=tf.train.FloatList(value=x)),\n"
        "                'y': tf.train.Feature(int64_list=tf.train.Int64List(value=[int(y)]))})).SerializeToString())\n"
    )
    (folder / "write_records.py").write_text(program)
    done = warm.run(["write_records.py"], folder)
    assert done.returncode == 0, done.stderr


BY_NETDSL = """
import sys, json, traceback, keras, netdsl
failed = {}
for name in sys.argv[1:]:
    try:
        netdsl.train(f"{name}.net", out=f"out/{name}", verbose=0)
    except Exception as error:
        failed[name] = "".join(traceback.format_exception(error))[-3000:]
    keras.utils.clear_session()
    keras.config.set_dtype_policy("float32")
json.dump(failed, open("failed.json", "w"))
"""

ALONE = """
import sys, runpy, keras, traceback
assert not any("netdsl" in p for p in sys.modules)
for name in sys.argv[1:]:
    try:
        runpy.run_path(f"{name}.py", run_name="__main__")
    except Exception:
        traceback.print_exc()
    keras.utils.clear_session()
    keras.config.set_dtype_policy("float32")
assert not any("netdsl" in p for p in sys.modules)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run every experiment in both ways."""
    import netdsl

    folder = tmp_path_factory.mktemp("experiments")
    write_data(folder)
    (folder / "out").mkdir()
    for name, (spec, _, _) in EXPERIMENTS.items():
        (folder / f"{name}.net").write_text(spec)
        compiled = netdsl.compile_file(folder / f"{name}.net")
        assert compiled.ok, (name, [d.message for d in compiled.diagnostics])
        (folder / f"{name}.py").write_text(compiled.source)
    for program, path in ((BY_NETDSL, str(ROOT)), (ALONE, "")):
        subprocess.run(
            [sys.executable, "-c", program, *EXPERIMENTS], cwd=folder, check=True, timeout=1500,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([path, str(folder)]).strip(os.pathsep)},
        )  # fmt: skip
    return folder


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_both_ways_give_one_history(folder: Path, name: str) -> None:
    failed = json.loads((folder / "failed.json").read_text())
    assert name not in failed, failed[name]
    ours = read_history(folder / "out" / name / "history.csv")
    alone = read_history(folder / f"{name}_run/history.csv")
    assert ours
    assert ours == alone


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_something_is_learned(folder: Path, name: str) -> None:
    _, metric, bound = EXPERIMENTS[name]
    found = read_history(folder / "out" / name / "history.csv")[-1][metric]
    assert found <= bound if metric.endswith(("loss", "mae")) else found >= bound


def test_what_is_kept_of_each(folder: Path) -> None:
    pictures = {
        name: {p.name for p in (folder / "out" / name).glob("*.png")} for name in EXPERIMENTS
    }
    assert pictures["residuals"] == {"curves.png", "residuals.png"}
    assert pictures["arrays"] == {"curves.png", "confusion.png"}
    assert pictures["two_inputs_two_outputs"] == {
        "curves.png",
        "confusion_kind.png",
        "residuals_total.png",
    }
    assert pictures["maps"] == {"curves.png"}
    classes = {
        n: Recorded(folder / "out" / n).classes for n in ("parquet", "pictures", "texts", "arrays")
    }
    assert classes == {
        "parquet": ["lily", "rose", "tulip"], "pictures": ["kind0", "kind1", "kind2"],
        "texts": ["bad", "good"], "arrays": ["0", "1", "2"],
    }  # fmt: skip
