"""Prices of flats, from text and numbers in a table.

Made by netdsl 0.1.0 from train_on_tables.net (sha256 ff1e5232, this file dbac0e2f).
Change the spec, not this file.
"""

import atexit
import collections
import contextlib
import csv
import functools
import json
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf
from pyarrow.parquet import ParquetFile
from tensorflow import keras

layers = keras.layers

SEED = 0
BATCH_SIZE = 32
EPOCHS = 20
STEPS_PER_EPOCH = 500
DEVICE = "GPU:0"
DATA = "flats/*.csv"
VALIDATION = "held_out.parquet"
IN_MEMORY = 2**29


def Flats(*, name="Flats"):
    """A model of 661 parameters.

    area (None, 1), district (None, 1) -> price (None, 1), sold (None, 1).
    """
    area = keras.Input((1,), name="area")
    district = keras.Input((1,), dtype="string", name="district")
    a = layers.Normalization(name="area_scale")(area)
    d = layers.StringLookup(name="districts")(district)
    d = layers.Embedding(100, 4, name="d_embedding")(d)
    d = layers.Flatten(name="d_flatten")(d)
    h = layers.Concatenate(name="h_concatenate")([a, d])
    h = layers.Dense(32, activation="relu", name="h_dense")(h)
    price = layers.Dense(1, name="price")(h)
    sold = layers.Dense(1, activation="sigmoid", name="sold")(h)
    return keras.Model([area, district], {"price": price, "sold": sold}, name=name)


class Data(NamedTuple):
    """The data sets of training, in batches; None where there is none."""

    train: tf.data.Dataset
    validation: tf.data.Dataset | None = None
    test: tf.data.Dataset | None = None


@functools.cache
def current_epoch():
    """Hold the number of the epoch, which the order of training data depends on."""
    with tf.device("CPU"):
        return tf.Variable(0, dtype=tf.int64, trainable=False)


def device():
    """Give the scope of the device; the CPU's where there is no such GPU."""
    wanted = DEVICE
    if "gpu" in wanted.lower() and not tf.config.list_physical_devices("GPU"):
        print(f"There is no {wanted}: the CPU is used.")
        wanted = "cpu:0"
    return keras.device(wanted)


def make_model():
    """Make the model and compile it, with all that is to be set before."""
    keras.utils.set_random_seed(SEED)
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    with device():
        return compile_model(Flats())


def compile_model(model):
    """Set how Flats is trained: optimizer, loss and loss weights."""
    model.compile(
        optimizer="adam",
        loss={"price": "mse", "sold": "binary_crossentropy"},
        loss_weights={"price": 1.0, "sold": 0.1},
    )
    return model


def load_data():
    """Read *.csv and make batches."""
    here = Path(__file__).parent
    sets = read_table(here.glob(DATA))
    sets["validation"] = read_table_validation([here / VALIDATION])["train"]
    number_classes(sets)
    return Data(
        **{name: batches(*found, name == "train") for name, found in sets.items()}
    )


def number_classes(sets):
    """Replace labels that are text by the numbers of their classes, in sorted order."""
    for output in ["sold"]:
        classes = np.unique(np.asarray(sets["train"][0][1][output]))
        if classes.dtype.kind in "OU":
            for (_, labels, *_), _ in sets.values():
                labels[output] = np.searchsorted(classes, labels[output])


def read_table(paths):
    """Read the samples of a table, a chunk of rows at a time."""
    paths = sorted(paths)
    chunks = (
        columns(frame)
        for path in paths
        for frame in pd.read_csv(path, chunksize=20_000)
    )
    size = sum(os.path.getsize(path) for path in paths)
    return {"train": whole(gathered(chunks, size))}


def columns(frame):
    """Give the features and the labels of some rows of a table."""
    features = {
        "area": frame[["area"]].to_numpy("float32"),
        "district": text(frame[["district"]]),
    }
    labels = {
        "price": frame[["eur"]].to_numpy("float32"),
        "sold": np.asarray(pd.Categorical(frame["sold"])),
    }
    weights = frame["weight"].to_numpy("float32")
    return features, labels, weights


def text(cells):
    """Give cells of a table as text; one with nothing in it is an empty text."""
    return cells.astype(object).fillna("").astype(str).to_numpy(object)


def gathered(chunks, size):
    """Join chunks of samples; those of large files go to disk, all but text."""
    if size < IN_MEMORY:
        return tf.nest.map_structure(lambda *parts: np.concatenate(parts), *chunks)
    folder, rows, text = temporary_folder(), 0, collections.defaultdict(list)
    for chunk in chunks:
        for number, array in enumerate(tf.nest.flatten(chunk)):
            if array.dtype == object:
                text[number].append(array)
            else:
                with (folder / str(number)).open("ab") as file:
                    array.tofile(file)
        rows += len(array)
    found = [
        np.concatenate(text[number])
        if number in text
        else OnDisk(folder / str(number), array.dtype, (rows, *array.shape[1:]))
        for number, array in enumerate(tf.nest.flatten(chunk))
    ]
    return tf.nest.pack_sequence_as(chunk, found)


def whole(samples):
    """Give samples, and the rows of all of them."""
    return samples, np.arange(len(tf.nest.flatten(samples)[0]))


class OnDisk:
    """An array in a file, opened anew for each read so that it takes no memory."""

    def __init__(self, path, dtype, shape, offset=0):
        self.path, self.dtype, self.shape, self.offset = path, dtype, shape, offset

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        array = np.memmap(self.path, self.dtype, "r", self.offset, self.shape)
        return np.asarray(array[rows])

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)


def temporary_folder():
    """Make a folder that goes when the program ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def read_table_validation(paths):
    """Read the samples of a table, a chunk of rows at a time."""
    paths = sorted(paths)
    chunks = (
        columns_validation(batch.to_pandas())
        for path in paths
        for batch in ParquetFile(path).iter_batches()
    )
    size = sum(os.path.getsize(path) for path in paths)
    return {"train": whole(gathered(chunks, 4 * size))}


def columns_validation(frame):
    """Give the features and the labels of some rows of a table."""
    features = {
        "area": frame[["area"]].to_numpy("float32"),
        "district": text(frame[["district"]]),
    }
    labels = {
        "price": frame[["eur"]].to_numpy("float32"),
        "sold": np.asarray(pd.Categorical(frame["sold"])),
    }
    weights = frame["weight"].to_numpy("float32")
    return features, labels, weights


def batches(samples, rows, training):
    """Make batches of rows; for training in an order that seed and epoch give."""

    def held(array):
        return array if isinstance(array, OnDisk) else tf.constant(array[rows])

    with tf.device("CPU"):
        arrays = tf.nest.map_structure(held, samples)
    many = 1024 * BATCH_SIZE  # positions are drawn together

    def positions(start):
        numbers = tf.range(start, tf.minimum(start + many, len(rows)))
        if training:
            seeds = tf.stack([SEED, current_epoch()])
            shuffle = tf.random.experimental.index_shuffle
            numbers = shuffle(numbers, seeds, len(rows) - 1)
        return tf.data.Dataset.from_tensor_slices(numbers).batch(BATCH_SIZE)

    def take(array, numbers):
        if not isinstance(array, OnDisk):
            return tf.gather(array, numbers)
        found = tf.numpy_function(lambda n: array[rows[n]], [numbers], array.dtype)
        return tf.ensure_shape(found, [*numbers.shape, *array.shape[1:]])

    def read(numbers):
        return tf.nest.map_structure(lambda array: take(array, numbers), arrays)

    steps = math.ceil(len(rows) / BATCH_SIZE)
    dataset = tf.data.Dataset.range(0, len(rows), many).flat_map(positions)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    if training:
        dataset = dataset.repeat().take(STEPS_PER_EPOCH)
    return dataset.map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def adapt(model, samples):
    """Let the preprocessing layers learn from training data."""
    features = samples.map(lambda features, *_: features)
    model.get_layer("area_scale").adapt(features.map(lambda features: features["area"]))
    model.get_layer("districts").adapt(
        features.map(lambda features: features["district"])
    )


def fit(
    model, data, *, epochs=EPOCHS, out=None, resume=False, callbacks=(), verbose="auto"
):
    """Train the model; with `resume`, go on after the last epoch kept in `out`."""
    current_epoch().assign(0)
    adapt(model, data.train)
    callbacks = [*callbacks, keras.callbacks.History()]
    progress = Progress(callbacks, SEED, out, resume)
    with device():
        return model.fit(
            data.train,
            epochs=epochs,
            shuffle=False,
            initial_epoch=progress.first_epoch(epochs),
            validation_data=data.validation,
            callbacks=[*callbacks, progress],
            verbose=verbose,
        )


def evaluate(model, data):
    """Give loss and metrics on test, else validation, else training data."""
    found = (data.test, data.validation, data.train)
    dataset = next(samples for samples in found if samples is not None)
    with device():
        return model.evaluate(dataset, return_dict=True, verbose=0)


def predict(model, inputs):
    """Give what the model makes of new inputs."""
    with device():
        return model.predict(inputs, batch_size=BATCH_SIZE, verbose=0)


def main(out="train_on_tables_run"):
    """Train, evaluate, and leave model and history in a folder beside this file."""
    folder = Path(__file__).parent / out
    model, data = make_model(), load_data()
    fit(model, data, out=folder)
    print(evaluate(model, data))
    model.save(folder / "model.keras")


def seeds_of(*parts):
    """Give the states of the random numbers that layers draw."""
    found = [variable for part in parts for variable in part.variables]
    return [variable for variable in found if variable.name == "seed_generator_state"]


class Progress(keras.callbacks.Callback):
    """Lets an epoch depend on the seed and its number alone, and keeps what follows it.

    What it takes to go on after an epoch is written to a folder that gets its name when
    it is whole: a crash loses at most the epoch in progress.
    """

    def __init__(self, callbacks, seed, folder, resume):
        super().__init__()
        self.callbacks, self.seed, self.seeds = callbacks, seed, []
        self.folder = Path(folder) if folder is not None else None
        self.kept = None
        if self.folder is not None:
            states = sorted((self.folder / "state").glob("[0-9]*"))
            if resume and states:
                self.kept = states[-1]
            else:
                shutil.rmtree(self.folder / "state", ignore_errors=True)

    def first_epoch(self, epochs):
        """Give the epoch to start with: the one after the last that is kept."""
        if self.kept is None:
            return 0
        state = json.loads((self.kept / "callbacks.json").read_text())
        return epochs if state["ended"] else int(self.kept.name)

    def on_train_begin(self, logs=None):
        self.seeds += seeds_of(self.model)
        if self.kept is None:
            return
        self.model.optimizer.build(self.model.trainable_variables)
        self.model.load_weights(self.kept / "model.weights.h5")
        state = json.loads((self.kept / "callbacks.json").read_text())
        for number, values in enumerate(state["callbacks"][: len(self.callbacks)]):
            vars(self.callbacks[number]).update(values)
            best = self.kept / f"best_weights_{number}.npz"
            if best.exists():
                with np.load(best) as file:
                    self.callbacks[number].best_weights = list(file.values())
        self.callbacks[-1].history = state["history"]
        self.callbacks[-1].epoch = list(range(int(self.kept.name)))

    def on_epoch_begin(self, epoch, logs=None):
        current_epoch().assign(epoch)
        drawn = np.random.default_rng([self.seed, epoch]).integers(
            2**31, size=len(self.seeds)
        )
        for state, number in zip(self.seeds, drawn):
            state.assign([number, 0])

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):  # which gets no better
            self.model.stop_training = True
        if self.folder is None:
            return
        new = self.folder / "state" / "new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        self.model.save_weights(new / "model.weights.h5")
        plain = (type(None), bool, int, float)
        state = {
            "ended": self.model.stop_training,
            "history": {
                name: [keras.ops.convert_to_numpy(value).tolist() for value in values]
                for name, values in self.callbacks[-1].history.items()
            },
            "callbacks": [
                {
                    name: value
                    for name, value in vars(callback).items()
                    if isinstance(value, plain)
                }
                for callback in self.callbacks
            ],
        }
        (new / "callbacks.json").write_text(json.dumps(state))
        for number, callback in enumerate(self.callbacks):
            if getattr(callback, "best_weights", None):
                np.savez(new / f"best_weights_{number}.npz", *callback.best_weights)
        older = list((self.folder / "state").glob("[0-9]*"))
        new.rename(self.folder / "state" / f"{epoch + 1:06}")
        for folder in older:
            shutil.rmtree(folder)
        table = self.folder / "state" / "history.csv"
        with table.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["epoch", *state["history"]])
            rows.writerows(zip(range(epoch + 1), *state["history"].values()))
        table.replace(self.folder / "history.csv")


if __name__ == "__main__":
    main()
