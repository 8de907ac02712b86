"""Handwritten digits.

Made by netdsl 0.1.0 from train_on_arrays.net (sha256 2771e51b, this file b78cc80a).
Change the spec, not this file.
"""

import atexit
import contextlib
import csv
import functools
import json
import math
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers

SEED = 7
BATCH_SIZE = 32
EPOCHS = 3
VALIDATION_SPLIT = 0.1
DATA = "data/digits.npz"
IN_MEMORY = 2**29


def Digits(classes=10, width=32, *, name="Digits"):
    """(None, 8, 8, 1) -> (None, 10), 11,850 parameters at the defaults."""
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Rescaling(1 / 16, name="rescaling")(image)
    x = layers.Conv2D(width, 3, activation="relu", name="conv2d")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    digit = layers.Dense(classes, activation="softmax", name="digit")(x)
    return keras.Model(image, digit, name=name)


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


def make_model(lr=1e-3, width=16, **hyperparameters):
    """Make the model and compile it, with all that is to be set before."""
    keras.utils.set_random_seed(SEED)
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    return compile_model(Digits(width=width, **hyperparameters), lr=lr)


def compile_model(model, lr=1e-3):
    """Set how Digits is trained: optimizer, loss and metrics."""
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def load_data():
    """Read digits.npz, set some apart, and make batches."""
    sets = read_npz(Path(__file__).parent / DATA)
    set_apart(sets, "validation", VALIDATION_SPLIT)
    return Data(
        **{name: batches(*found, name == "train") for name, found in sets.items()}
    )


def read_npz(path):
    """Read samples: one set of them, or one each for training, validation and test."""
    arrays = open_npz(path)
    if "x_train" in arrays:
        parts = {"train": "train", "validation": "val", "test": "test"}
        return {
            name: whole((arrays[f"x_{part}"], arrays[f"y_{part}"]))
            for name, part in parts.items()
            if f"x_{part}" in arrays
        }
    names = ("x", "y") if "x" in arrays else ("image", "digit")
    return {"train": whole(tuple(arrays[name] for name in names))}


def open_npz(path):
    """Read the arrays of an npz file; large ones are unpacked to disk and read from there."""
    with zipfile.ZipFile(path) as file:
        if sum(member.file_size for member in file.infolist()) > IN_MEMORY:
            folder = temporary_folder()
            print(f"Unpacking {path} to {folder}")
            file.extractall(folder)
            arrays = {p.stem: np.load(p, mmap_mode="r") for p in folder.glob("*.npy")}
            return {
                name: OnDisk(a.filename, a.dtype, a.shape, a.offset)
                for name, a in arrays.items()
            }
    with np.load(path) as file:
        return dict(file)


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


def set_apart(sets, name, share):
    """Take a share of the training samples out for `name`, of each class alike."""
    if name in sets:
        return
    samples, rows = sets["train"]
    rows = np.random.default_rng(SEED).permutation(rows)
    classes = np.asarray(samples[1])[rows].reshape(len(rows))
    rows = rows[np.argsort(classes, kind="stable")]
    count = round(share * len(tf.nest.flatten(samples)[0]))
    apart = np.diff(np.arange(len(rows) + 1) * count // len(rows)) > 0
    sets["train"] = samples, np.sort(rows[~apart])
    sets[name] = samples, np.sort(rows[apart])


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
    return dataset.map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def augmentation():
    """Make the layers that change training samples at random."""
    return keras.layers.Pipeline(
        [layers.RandomTranslation(0.05, 0.05), layers.RandomRotation(0.02)]
    )


def fit(
    model, data, *, epochs=EPOCHS, out=None, resume=False, callbacks=(), verbose="auto"
):
    """Train the model; with `resume`, go on after the last epoch kept in `out`."""
    augment = augmentation()
    train = data.train.map(
        lambda features, *rest: (augment(features, training=True), *rest)
    )
    callbacks = [
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        *callbacks,
        keras.callbacks.History(),
    ]
    progress = Progress(callbacks, SEED, out, resume)
    progress.seeds += seeds_of(*augment.layers)
    return model.fit(
        train.prefetch(tf.data.AUTOTUNE),
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
    return model.evaluate(dataset, return_dict=True, verbose=0)


def predict(model, inputs):
    """Give what the model makes of new inputs."""
    return model.predict(inputs, batch_size=BATCH_SIZE, verbose=0)


def main(out="train_on_arrays_run"):
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
