"""Networks of two kinds, trained side by side.

Made by netdsl 0.1.0 from train_on_records.net (sha256 e3ac9f4a, this file 1c5601c2).
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
import tensorflow as tf
from my_package import sentences
from tensorflow import keras

layers = keras.layers

SEED_WORDS = 0
BATCH_SIZE_WORDS = 32
EPOCHS_WORDS = 1
VALIDATION_SPLIT_WORDS = 0.1
SEED_WAVES = 0
BATCH_SIZE_WAVES = 32
EPOCHS_WAVES = 5
DATA_WAVES = "waves-*.tfrecord"
IN_MEMORY = 2**29


def Words(*, name="Words"):
    """(None, 40) -> (None, 8), 320,264 parameters."""
    text = keras.Input((40,), dtype="int32", name="text")
    x = layers.Embedding(10_000, 32, name="embedding")(text)
    x = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(x)
    topic = layers.Dense(8, activation="softmax", name="topic")(x)
    return keras.Model(text, topic, name=name)


def Waves(*, name="Waves"):
    """(None, 400) -> (None, 400), 51,664 parameters."""
    wave = keras.Input((400,), name="wave")
    x = layers.Dense(64, activation="relu", name="dense")(wave)
    clean = layers.Dense(400, name="clean")(x)
    return keras.Model(wave, clean, name=name)


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


def make_model_Words():
    """Make the model and compile it, with all that is to be set before."""
    keras.utils.set_random_seed(SEED_WORDS)
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    return compile_model_Words(Words())


def compile_model_Words(model):
    """Set how Words is trained: optimizer and loss."""
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def load_data_Words():
    """Read what sentences gives, set some apart, and make batches."""
    sets = given(sentences(language="en"))
    set_apart(sets, "validation", VALIDATION_SPLIT_WORDS)
    return Data(
        **{name: batches_Words(*found, name == "train") for name, found in sets.items()}
    )


def given(found):
    """Take arrays of features and labels, or a Dataset, whose order and parts are its own."""
    if isinstance(found, tf.data.Dataset):
        return {"train": (found, None)}
    return {"train": whole(tuple(found))}


def in_batches(dataset):
    """Make batches of a Dataset of single samples; one of batches stays as it is."""
    first = tf.nest.flatten(dataset.element_spec)[0]
    if first.shape.rank == 1:
        dataset = dataset.batch(BATCH_SIZE_WORDS)
    return dataset.prefetch(tf.data.AUTOTUNE)


def whole(samples):
    """Give samples, and the rows of all of them."""
    return samples, np.arange(len(tf.nest.flatten(samples)[0]))


def set_apart(sets, name, share):
    """Take a share of the training samples out for `name`, of each class alike."""
    if name in sets:
        return
    samples, rows = sets["train"]
    if rows is None:
        raise ValueError(f"a Dataset is not split here: give {name} data of its own")
    rows = np.random.default_rng(SEED_WORDS).permutation(rows)
    classes = np.asarray(samples[1])[rows].reshape(len(rows))
    rows = rows[np.argsort(classes, kind="stable")]
    count = round(share * len(tf.nest.flatten(samples)[0]))
    apart = np.diff(np.arange(len(rows) + 1) * count // len(rows)) > 0
    sets["train"] = samples, np.sort(rows[~apart])
    sets[name] = samples, np.sort(rows[apart])


def batches_Words(samples, rows, training):
    """Make batches of rows; for training in an order that seed and epoch give."""
    if rows is None:
        return in_batches(samples)

    def held(array):
        return array if isinstance(array, np.memmap) else tf.constant(array[rows])

    with tf.device("CPU"):
        arrays = tf.nest.map_structure(held, samples)
    many = 1024 * BATCH_SIZE_WORDS  # positions are drawn together

    def positions(start):
        numbers = tf.range(start, tf.minimum(start + many, len(rows)))
        if training:
            seeds = tf.stack([SEED_WORDS, current_epoch()])
            shuffle = tf.random.experimental.index_shuffle
            numbers = shuffle(numbers, seeds, len(rows) - 1)
        return tf.data.Dataset.from_tensor_slices(numbers).batch(BATCH_SIZE_WORDS)

    def take(array, numbers):
        if not isinstance(array, np.memmap):
            return tf.gather(array, numbers)
        found = tf.numpy_function(lambda n: array[rows[n]], [numbers], array.dtype)
        return tf.ensure_shape(found, [*numbers.shape, *array.shape[1:]])

    def read(numbers):
        return tf.nest.map_structure(lambda array: take(array, numbers), arrays)

    steps = math.ceil(len(rows) / BATCH_SIZE_WORDS)
    dataset = tf.data.Dataset.range(0, len(rows), many).flat_map(positions)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    return dataset.map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def fit_Words(
    model,
    data,
    *,
    epochs=EPOCHS_WORDS,
    out=None,
    resume=False,
    callbacks=(),
    verbose="auto",
):
    """Train the model; with `resume`, go on after the last epoch kept in `out`."""
    callbacks = [*callbacks, keras.callbacks.History()]
    progress = Progress(callbacks, SEED_WORDS, out, resume)
    return model.fit(
        data.train,
        epochs=epochs,
        shuffle=False,
        initial_epoch=progress.first_epoch(epochs),
        validation_data=data.validation,
        callbacks=[*callbacks, progress],
        verbose=verbose,
    )


def evaluate_Words(model, data):
    """Give loss and metrics on test, else validation, else training data."""
    found = (data.test, data.validation, data.train)
    dataset = next(samples for samples in found if samples is not None)
    return model.evaluate(dataset, return_dict=True, verbose=0)


def predict_Words(model, inputs):
    """Give what the model makes of new inputs."""
    return model.predict(inputs, batch_size=BATCH_SIZE_WORDS, verbose=0)


def main_Words(out="train_on_records_Words_run"):
    """Train, evaluate, and leave model and history in a folder beside this file."""
    folder = Path(__file__).parent / out
    model, data = make_model_Words(), load_data_Words()
    fit_Words(model, data, out=folder)
    print(evaluate_Words(model, data))
    model.save(folder / "model.keras")


def make_model_Waves():
    """Make the model and compile it, with all that is to be set before."""
    keras.utils.set_random_seed(SEED_WAVES)
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    model = Waves()
    model.load_weights(Path(__file__).parent / "base.weights.h5", skip_mismatch=True)
    return compile_model_Waves(model)


def compile_model_Waves(model):
    """Set how Waves is trained: optimizer, loss and jit compile."""
    model.compile(optimizer=keras.optimizers.AdamW(3e-4), loss="mse", jit_compile=False)
    return model


def load_data_Waves():
    """Read waves-*.tfrecord and make batches."""
    sets = read_tfrecord(Path(__file__).parent.glob(DATA_WAVES))
    return Data(
        **{name: batches_Waves(*found, name == "train") for name, found in sets.items()}
    )


def read_tfrecord(paths):
    """Read the examples of some files."""
    paths = sorted(paths)
    examples = tf.data.TFRecordDataset(paths, "GZIP").batch(1024)
    size = sum(os.path.getsize(path) for path in paths)
    return {"train": whole(gathered(map(parsed, examples), 10 * size))}


def parsed(batch):
    """Give the features and the labels of some examples, of the types that the first has."""
    first = tf.train.Example.FromString(batch[0].numpy()).features.feature
    types = {"float_list": tf.float32, "int64_list": tf.int64, "bytes_list": tf.string}
    features = {
        name: tf.io.FixedLenFeature(shape, types[first[name].WhichOneof("kind")])
        for name, shape in {"wave": [400], "clean": [400]}.items()
    }
    found = {
        name: value.numpy()
        for name, value in tf.io.parse_example(batch, features).items()
    }
    return found["wave"], found["clean"]


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


def batches_Waves(samples, rows, training):
    """Make batches of rows; for training in an order that seed and epoch give."""

    def held(array):
        return array if isinstance(array, OnDisk) else tf.constant(array[rows])

    with tf.device("CPU"):
        arrays = tf.nest.map_structure(held, samples)
    many = 1024 * BATCH_SIZE_WAVES  # positions are drawn together

    def positions(start):
        numbers = tf.range(start, tf.minimum(start + many, len(rows)))
        if training:
            seeds = tf.stack([SEED_WAVES, current_epoch()])
            shuffle = tf.random.experimental.index_shuffle
            numbers = shuffle(numbers, seeds, len(rows) - 1)
        return tf.data.Dataset.from_tensor_slices(numbers).batch(BATCH_SIZE_WAVES)

    def take(array, numbers):
        if not isinstance(array, OnDisk):
            return tf.gather(array, numbers)
        found = tf.numpy_function(lambda n: array[rows[n]], [numbers], array.dtype)
        return tf.ensure_shape(found, [*numbers.shape, *array.shape[1:]])

    def read(numbers):
        return tf.nest.map_structure(lambda array: take(array, numbers), arrays)

    steps = math.ceil(len(rows) / BATCH_SIZE_WAVES)
    dataset = tf.data.Dataset.range(0, len(rows), many).flat_map(positions)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    return dataset.map(read, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def fit_Waves(
    model,
    data,
    *,
    epochs=EPOCHS_WAVES,
    out=None,
    resume=False,
    callbacks=(),
    verbose="auto",
):
    """Train the model; with `resume`, go on after the last epoch kept in `out`."""
    callbacks = [*callbacks, keras.callbacks.History()]
    progress = Progress(callbacks, SEED_WAVES, out, resume)
    return model.fit(
        data.train,
        epochs=epochs,
        shuffle=False,
        initial_epoch=progress.first_epoch(epochs),
        validation_data=data.validation,
        callbacks=[*callbacks, progress],
        verbose=verbose,
    )


def evaluate_Waves(model, data):
    """Give loss and metrics on test, else validation, else training data."""
    found = (data.test, data.validation, data.train)
    dataset = next(samples for samples in found if samples is not None)
    return model.evaluate(dataset, return_dict=True, verbose=0)


def predict_Waves(model, inputs):
    """Give what the model makes of new inputs."""
    return model.predict(inputs, batch_size=BATCH_SIZE_WAVES, verbose=0)


def main_Waves(out="train_on_records_Waves_run"):
    """Train, evaluate, and leave model and history in a folder beside this file."""
    folder = Path(__file__).parent / out
    model, data = make_model_Waves(), load_data_Waves()
    fit_Waves(model, data, out=folder)
    print(evaluate_Waves(model, data))
    model.save(folder / "model.keras")


def main(out="train_on_records_run"):
    """Train the last of the models."""
    main_Waves(out)


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
