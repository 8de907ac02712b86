"""Each source of data is read by the generated module: what is in the sets, and that a model learns from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

from tests.keras.trained_modules import (
    CLASSES,
    CLASSIFIER,
    SETTINGS,
    classes,
    module_of,
    trained,
)

pytestmark = pytest.mark.keras


def contents(dataset: Any) -> list[Any]:
    """Give a data set as a list of arrays: features, labels and weights, all batches joined."""
    batches = list(dataset.as_numpy_iterator())
    parts: list[Any] = []
    for column in zip(*batches, strict=True):
        if isinstance(column[0], dict):
            parts.append({k: numpy.concatenate([c[k] for c in column]) for k in column[0]})
        else:
            parts.append(numpy.concatenate(column))
    return parts


def train(data: str, model: str = CLASSIFIER, settings: str = CLASSES) -> str:
    return f"{model}\ntrain Net {{\n data = {data}\n {settings}\n}}"


def rows_of(array: Any) -> set[tuple[float, ...]]:
    return {tuple(row) for row in numpy.asarray(array).reshape(len(array), -1).tolist()}


def test_a_split_takes_of_each_class_alike_and_loses_nothing(tmp_path: Path) -> None:
    features, labels = classes()
    numpy.savez(tmp_path / "f.npz", x=features, y=labels)
    module = module_of(train('npz("f.npz")\n validation_split = 0.2'), tmp_path)
    data = module.load_data()
    x, y = contents(data.train)
    held, held_labels = contents(data.validation)
    assert numpy.bincount(y).tolist() == [24, 24, 24]
    assert numpy.bincount(held_labels).tolist() == [6, 6, 6]
    assert rows_of(x) | rows_of(held) == rows_of(features)
    assert not rows_of(x) & rows_of(held)
    assert data.test is None
    by_row = {tuple(row): label for row, label in zip(features.tolist(), labels, strict=True)}
    assert [by_row[tuple(row)] for row in x.tolist()] == y.tolist()
    again = contents(data.train)[1]
    assert again.tolist() == y.tolist()  # the epoch is the same
    module.current_epoch().assign(1)
    assert contents(data.train)[1].tolist() != y.tolist()
    assert sorted(contents(data.train)[1]) == sorted(y)


def test_arrays_for_training_validation_and_test_are_these_sets(tmp_path: Path) -> None:
    x, y = classes()
    sets = {"train": slice(0, 60), "val": slice(60, 80), "test": slice(80, 90)}
    arrays = {
        f"{a}_{name}": v[part] for name, part in sets.items() for a, v in (("x", x), ("y", y))
    }
    numpy.savez_compressed(tmp_path / "f.npz", **arrays)
    module = module_of(train('npz("f.npz")'), tmp_path)
    model, data, history = trained(module, epochs=8)
    assert [len(contents(d)[0]) for d in data] == [60, 20, 10]
    assert rows_of(contents(data.test)[0]) == rows_of(x[80:])
    assert history["loss"][-1] < history["loss"][0]
    assert set(module.evaluate(model, data)) == {"accuracy", "loss"}
    assert module.predict(model, x[:3]).shape == (3, 3)


NAMED = """
model Net {
    input a: [2]
    input b: [2]
    h = [a, b] -> Concatenate() -> Dense(8, activation=relu)
    output kind = h -> Dense(3, activation=softmax)
    output size = h -> Dense(1)
}
"""


def test_arrays_go_to_inputs_and_outputs_by_name(tmp_path: Path) -> None:
    x, y = classes()
    numpy.savez(tmp_path / "f.npz", a=x[:, :2], b=x[:, 2:], kind=y, size=x[:, :1])
    losses = 'loss = {"kind": sparse_categorical_crossentropy, "size": mse}\n' + SETTINGS
    spec = train('npz("f.npz")\n validation_split = 0.2', NAMED, losses)
    _, data, history = trained(module_of(spec, tmp_path))
    features, labels = contents(data.train)
    assert (features["a"][:, 0] == labels["size"][:, 0]).all()
    assert numpy.bincount(contents(data.validation)[1]["kind"]).tolist() == [6, 6, 6]
    assert "val_kind_loss" in history


def test_a_table_has_text_for_classes_and_columns_in_order(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    x, y = classes()
    names = numpy.array(["plum", "apple", "pear"])
    pandas.DataFrame(x, columns=list("abcd")).assign(kind=names[y]).to_csv(
        tmp_path / "f.csv", index=False
    )
    module = module_of(train('csv("f.csv", label="kind")\n validation_split = 0.2'), tmp_path)
    found, labels = contents(module.load_data().train)
    expected = {
        tuple(row): {0: 2, 1: 0, 2: 1}[label]
        for row, label in zip(x.round(4).tolist(), y, strict=True)
    }
    rows = [tuple(row) for row in found.round(4).tolist()]
    assert [expected[row] for row in rows] == labels.tolist()


MIXED = """
model Net {
    input age: [1]
    input job: string[1]
    a = age -> Normalization(name="scale")
    b = job -> StringLookup(name="jobs") -> Embedding(10, 4) -> Flatten()
    h = [a, b] -> Concatenate() -> Dense(8, activation=relu)
    output price = h -> Dense(1)
}
"""


def test_a_table_of_text_and_numbers_and_what_learns_from_it(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    generator = numpy.random.default_rng(1)
    jobs = numpy.array(["cook", "nurse", "pilot"])[generator.integers(0, 3, 80)]
    frame = pandas.DataFrame(
        {"age": generator.integers(20, 60, 80), "job": jobs, "cost": generator.normal(size=80)}
    )
    (tmp_path / "parts").mkdir()
    for number in range(2):
        frame[number * 40 : number * 40 + 40].to_csv(tmp_path / f"parts/{number}.csv", index=False)
    spec = train(
        'csv("parts/*.csv", label="cost")\n validation_split = 0.25\n metrics = [mae]',
        MIXED,
        "loss = mse\n" + SETTINGS,
    )
    model, data, _ = trained(module_of(spec, tmp_path))
    features, labels = contents(data.train)
    assert labels.shape == (60, 1)
    assert model.get_layer("scale").mean.numpy().item() == pytest.approx(
        features["age"].mean(), 1e-5
    )
    assert set(model.get_layer("jobs").get_vocabulary()) == {"[UNK]", "cook", "nurse", "pilot"}


PICTURES = """
model Net {
    input image: [12, 12, 3]
    output kind = image -> Rescaling(1 / 255) -> Conv2D(4, 3, activation=relu) -> GlobalAveragePooling2D()
        -> Dense(2, activation=softmax)
}
"""


def write_pictures(folder: Path, count: int) -> None:
    image = pytest.importorskip("PIL.Image")
    generator = numpy.random.default_rng(count)
    for number, name in enumerate(("cat", "dog")):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            pixels = generator.integers(0, 60, (10, 14, 3)) + 150 * number
            image.fromarray(pixels.astype("uint8")).save(folder / name / f"{i}.png")


def test_a_folder_of_pictures_is_split_and_changed_in_training_alone(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pets", 20)
    spec = train(
        'image_folder("pets")\n validation_split = 0.2\n class_weight = {0: 1.0, 1: 2.0}\n'
        " augment = RandomBrightness(0.2)",
        PICTURES,
    )
    module = module_of(spec, tmp_path)
    _, data, history = trained(module)
    images, labels = contents(data.train)
    assert images.shape == (32, 12, 12, 3)
    assert [images[labels == kind].mean() > 100 for kind in (0, 1)] == [False, True]
    assert numpy.bincount(contents(data.validation)[1]).tolist() == [4, 4]
    assert trained(module)[2] == history


def test_folders_for_training_validation_and_test_are_these_sets(tmp_path: Path) -> None:
    for name, count in (("train", 8), ("validation", 4), ("test", 2)):
        write_pictures(tmp_path / "pets" / name, count)
    data = module_of(train('image_folder("pets")', PICTURES), tmp_path).load_data()
    assert [len(contents(d)[0]) for d in data] == [16, 8, 4]


TEXTS = """
model Net {
    input text: string[1]
    output kind = text -> TextVectorization(max_tokens=50, output_sequence_length=6) -> Embedding(50, 4)
        -> GlobalAveragePooling1D() -> Dense(2, activation=softmax)
}
"""


def test_a_folder_of_texts_is_read_and_its_words_learned(tmp_path: Path) -> None:
    for name, words in (("bad", "awful film"), ("good", "great film")):
        (tmp_path / "reviews" / name).mkdir(parents=True)
        for i in range(10):
            (tmp_path / "reviews" / name / f"{i}.txt").write_text(words, "utf-8")
    module = module_of(train('text_folder("reviews")\n validation_split = 0.2', TEXTS), tmp_path)
    model, data, history = trained(module, epochs=10)
    words = next(layer for layer in model.layers if hasattr(layer, "get_vocabulary"))
    assert set(words.get_vocabulary()) == {"", "[UNK]", "film", "awful", "great"}
    assert history["val_accuracy"][-1] == 1.0
    assert contents(data.train)[0].shape == (16, 1)


def write_records(path: Path, x: Any, y: Any) -> None:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path)) as writer:
        for row, label in zip(x, y, strict=True):
            feature = {
                "x": tf.train.Feature(float_list=tf.train.FloatList(value=row)),
                "kind": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())


def test_what_is_on_disk_trains_as_what_is_in_memory(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    x, y = classes()
    numpy.savez_compressed(tmp_path / "f.npz", x=x, y=y)
    pandas.DataFrame(x, columns=list("abcd")).assign(kind=y).to_csv(tmp_path / "f.csv", index=False)
    for part in range(2):
        write_records(
            tmp_path / f"f{part}.tfrecord",
            x[part * 45 : part * 45 + 45],
            y[part * 45 : part * 45 + 45],
        )
    histories = []
    for data in ('npz("f.npz")', 'csv("f.csv", label="kind")', 'tfrecord("f*.tfrecord")'):
        module = module_of(train(f"{data}\n validation_split = 0.2"), tmp_path)
        histories.append(trained(module)[2])
        module.IN_MEMORY = 0
        histories.append(trained(module)[2])
    assert histories[1:] == histories[:-1]


def test_a_function_of_ones_own_gives_arrays_or_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = classes()
    numpy.savez(tmp_path / "f.npz", x=x, y=y)
    (tmp_path / "own_data.py").write_text(
        "import numpy\nimport tensorflow as tf\n\n"
        f"def arrays(file={str(tmp_path / 'f.npz')!r}):\n"
        "    with numpy.load(file) as f:\n        return f['x'], f['y']\n\n"
        "def stream():\n    return tf.data.Dataset.from_tensor_slices(arrays())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    own = 'extern fn arrays from "own_data"\nextern fn stream from "own_data"\n'
    module = module_of(own + train("arrays\n validation_split = 0.2"), tmp_path)
    assert [len(contents(d)[0]) for d in module.load_data()[:2]] == [72, 18]
    module = module_of(own + train("stream()"), tmp_path)
    _, data, history = trained(module)
    assert [len(b[0]) for b in data.train.as_numpy_iterator()] == [16, 16, 16, 16, 16, 10]
    assert len(history["loss"]) == 2


def test_without_a_source_the_functions_take_data_of_the_callers(tmp_path: Path) -> None:
    import tensorflow as tf

    module = module_of(f"{CLASSIFIER}\ntrain Net {{ {CLASSES} }}", tmp_path)
    assert not hasattr(module, "load_data")
    assert not hasattr(module, "main")
    own = tf.data.Dataset.from_tensor_slices(classes()).batch(30)
    model = module.make_model()
    data = module.Data(own, validation=own)
    history = module.fit(model, data, verbose=0, epochs=3).history
    assert len(history["val_loss"]) == 3
    assert module.evaluate(model, data)["loss"] == pytest.approx(history["val_loss"][-1], 1e-5)


def test_held_out_data_may_come_from_elsewhere(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pets", 6)
    generator = numpy.random.default_rng(0)
    pixels = generator.random((10, 12, 12, 3)).astype("float32")
    numpy.savez(tmp_path / "f.npz", x=pixels, y=numpy.arange(10) % 2)
    elsewhere = 'image_folder("pets")\n validation = npz("f.npz")\n'
    elsewhere += ' test = image_folder("pets", interpolation="nearest")'
    data = module_of(train(elsewhere, PICTURES), tmp_path).load_data()
    images, labels = contents(data.validation)
    assert (images == pixels).all()
    assert labels.tolist() == [0, 1] * 5
    assert contents(data.test)[1].tolist() == [0] * 6 + [1] * 6
    assert not (contents(data.test)[0] == contents(data.train)[0]).all()


def test_data_sets_of_keras_are_brought_into_the_shape_of_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    draw = numpy.random.default_rng(0)
    made: dict[str, dict[str, Any]] = {
        "mnist": {
            "x_train": draw.integers(0, 256, (30, 28, 28), "uint8"), "y_train": (numpy.arange(30) % 10).astype("uint8"),
            "x_test": numpy.zeros((10, 28, 28), "uint8"), "y_test": numpy.arange(10, dtype="uint8"),
        },
        "boston_housing": {"x": draw.random((50, 13)), "y": draw.random(50) * 50},
    }  # fmt: skip
    words = numpy.array([[5, 6, 7], [8], [9, 10], [11, 12, 13, 14, 15]], dtype=object)
    made["imdb"] = {
        "x_train": words,
        "y_train": numpy.arange(4) % 2,
        "x_test": words,
        "y_test": numpy.arange(4) % 2,
    }
    for name, arrays in made.items():
        numpy.savez(tmp_path / f"{name}.npz", **arrays)
        place = str(tmp_path / f"{name}.npz")
        monkeypatch.setattr(
            getattr(keras.src.datasets, name), "get_file", lambda *_, place=place, **__: place
        )
    specs = {
        "mnist": ("[28, 28, 1]", "Flatten() -> Dense(10, activation=softmax)", "sparse_categorical_crossentropy", ""),
        "boston_housing": ("[13]", "Dense(1)", "mse", ""),
        "imdb": ("int32[4]", "Embedding(20, 2) -> Flatten() -> Dense(1, activation=sigmoid)", "binary_crossentropy",
                 ", num_words=12"),
    }  # fmt: skip
    found = {}
    for name, (shape, layers, loss, more) in specs.items():
        text = (
            f"model Net {{ input x: {shape}  output y = x -> {layers} }}\n"
            f'train Net {{ data = dataset("{name}"{more})\n optimizer = adam loss = {loss} epochs = 1 }}'
        )
        module = module_of(text, tmp_path)
        data = module.load_data()
        found[name] = [
            [array.shape for array in contents(part)] for part in (data.train, data.test)
        ]
        if name == "imdb":
            given = sorted(contents(data.test)[0].tolist())  # in an order of Keras
            assert given == [[0, 0, 1, 11], [0, 1, 2, 2], [1, 8, 9, 10], [2, 2, 2, 2]]
        assert numpy.isfinite(trained(module)[2]["loss"]).all()
    assert found == {
        "mnist": [[(30, 28, 28, 1), (30,)], [(10, 28, 28, 1), (10,)]],
        "boston_housing": [[(40, 13), (40, 1)], [(10, 13), (10, 1)]],
        "imdb": [[(4, 4), (4, 1)], [(4, 4), (4, 1)]],
    }
