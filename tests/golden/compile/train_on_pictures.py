"""Flowers told apart, on one GPU or several.

Made by netdsl 0.1.0 from train_on_pictures.net (sha256 f63df562, this file 9d730cf3).
Change the spec, not this file.
"""

import contextlib
import csv
import functools
import json
import math
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers

SEED = 1
BATCH_SIZE = 64
EPOCHS = 90
VALIDATION_SPLIT = 0.2
TEST_SPLIT = 0.1
PRECISION = "mixed_bfloat16"
CLASS_WEIGHT = {0: 2.0, 1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0}
IN_MEMORY = 2**29


def Flowers(classes=5, *, name="Flowers"):
    """(None, 64, 64, 3) -> (None, 5), 533 parameters at the defaults."""
    image = keras.Input((64, 64, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    x = layers.Conv2D(16, 3, activation="relu", name="conv2d")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    kind = layers.Dense(classes, activation="softmax", dtype="float32", name="kind")(x)
    return keras.Model(image, kind, name=name)


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


@functools.cache
def strategy():
    """Make the one strategy of this process."""
    return tf.distribute.MirroredStrategy()


def make_model(lr=0.1, **hyperparameters):
    """Make the model and compile it, with all that is to be set before."""
    keras.utils.set_random_seed(SEED)
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    keras.config.set_dtype_policy(PRECISION)
    with strategy().scope():
        return compile_model(Flowers(**hyperparameters), lr=lr)


def compile_model(model, lr=0.1):
    """As the first course of a laboratory trains it."""
    model.compile(
        optimizer=keras.optimizers.SGD(
            keras.optimizers.schedules.CosineDecay(lr, decay_steps=10_000), momentum=0.9
        ),
        loss="sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
    )
    return model


def load_data(folder="flowers"):
    """Read the data, set some apart, and make batches."""
    sets = read_folder(Path(__file__).parent / folder)
    set_apart(sets, "test", TEST_SPLIT)
    set_apart(sets, "validation", VALIDATION_SPLIT)
    return Data(
        **{name: batches(*found, name == "train") for name, found in sets.items()}
    )


def read_folder(folder):
    """Find the files of each class, in sets where there are folders for these."""
    if not (folder / "train").is_dir():
        return {"train": files_of(folder, class_names(folder))}
    classes = class_names(folder / "train")
    held_out = "validation" if (folder / "validation").is_dir() else "val"
    names = {"train": "train", "validation": held_out, "test": "test"}
    found = {
        name: folder / own for name, own in names.items() if (folder / own).is_dir()
    }
    return {name: files_of(path, classes) for name, path in found.items()}


def class_names(folder):
    """Give the names of the classes, those of the folders in sorted order."""
    return sorted(
        path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "."
    )


def files_of(folder, classes):
    """Give the files of a set, and of each the number of its class."""
    found = [
        (str(path), number)
        for number, name in enumerate(classes)
        for path in sorted((folder / name).rglob("*"))
        if path.suffix.lower() in (".bmp", ".gif", ".jpeg", ".jpg", ".png")
    ]
    paths, labels = zip(*found)
    return whole((np.array(paths), np.array(labels)))


def load_image(path):
    """Decode a picture at the size that the model takes."""
    image = tf.io.decode_image(tf.io.read_file(path), 3, expand_animations=False)
    return tf.image.resize(image, (64, 64))


def whole(samples):
    """Give samples, and the rows of all of them."""
    return samples, np.arange(len(tf.nest.flatten(samples)[0]))


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
    """Read files in whole batches; for training in an order that seed and epoch give.

    What is over of training data waits for the next epoch; held-out data is filled up
    with samples of weight 0.
    """
    count = len(rows) // BATCH_SIZE if training else math.ceil(len(rows) / BATCH_SIZE)
    count *= BATCH_SIZE
    paths, labels = (tf.constant(array[rows]) for array in samples)

    def positions(_):
        numbers = tf.data.Dataset.range(count)
        if training:
            seeds = tf.stack([SEED, current_epoch()])
            shuffle = tf.random.experimental.index_shuffle
            numbers = numbers.map(lambda n: shuffle(n, seeds, len(rows) - 1))
        return numbers

    def read(number):
        n = number % len(rows)
        sample = (load_image(paths[n]), labels[n])
        if training:
            return sample
        return *sample, tf.cast(number < len(rows), "float32") * (count / len(rows))

    dataset = tf.data.Dataset.range(1).flat_map(positions)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    dataset = dataset.map(read, tf.data.AUTOTUNE).batch(BATCH_SIZE, drop_remainder=True)
    if not training and len(rows) * 49152 < IN_MEMORY:
        dataset = dataset.cache()
    return dataset.prefetch(tf.data.AUTOTUNE)


def augmentation():
    """Make the layers that change training samples at random."""
    return keras.layers.Pipeline(
        [layers.RandomFlip("horizontal"), layers.RandomRotation(0.05)]
    )


def fit(
    model,
    data,
    *,
    epochs=EPOCHS,
    out=None,
    resume=False,
    callbacks=(),
    verbose="auto",
    patience=5,
):
    """Train the model; with `resume`, go on after the last epoch kept in `out`."""
    augment = augmentation()
    train = data.train.map(
        lambda features, *rest: (augment(features, training=True), *rest)
    )
    callbacks = [
        keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True),
        keras.callbacks.TerminateOnNaN(),
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
        class_weight=CLASS_WEIGHT,
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
    count = len(tf.nest.flatten(inputs)[0])
    whole_batches = math.ceil(count / BATCH_SIZE) * BATCH_SIZE
    rows = np.arange(whole_batches) % count
    filled = tf.nest.map_structure(lambda array: np.asarray(array)[rows], inputs)
    found = model.predict(filled, batch_size=BATCH_SIZE, verbose=0)
    return tf.nest.map_structure(lambda array: array[:count], found)


def main(out="train_on_pictures_run"):
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
