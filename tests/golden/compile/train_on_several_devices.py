"""Data of the caller's, and weights that are shared out over devices.

Made by netdsl 0.1.0 from train_on_several_devices.net (sha256 1f3b113f, this file
0d2e73a8). Change the spec, not this file.
"""

import contextlib
import functools
import math
import os
from typing import NamedTuple

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers

BATCH_SIZE = 32
EPOCHS = 1


def Wide(*, name="Wide"):
    """(None, 64) -> (None, 4), 17,668 parameters."""
    x = keras.Input((64,), name="x")
    y = layers.Dense(256, activation="relu", name="up")(x)
    y = layers.Dense(4, name="y")(y)
    return keras.Model(x, y, name=name)


class Data(NamedTuple):
    """The data sets of training, in batches; None where there is none."""

    train: tf.data.Dataset
    validation: tf.data.Dataset | None = None
    test: tf.data.Dataset | None = None


@functools.cache
def strategy():
    """Make the one strategy of this process."""
    mesh = keras.distribution.DeviceMesh((2, 2), ["batch", "model"])
    layout = keras.distribution.LayoutMap(mesh)
    layout["up/kernel"] = None, "model"
    return keras.distribution.ModelParallel(
        layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
    )


def make_model():
    """Make the model and compile it, with all that is to be set before."""
    if "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
        keras.distribution.initialize()
    with contextlib.suppress(RuntimeError):  # it cannot be changed once TensorFlow runs
        if keras.backend.backend() != "tensorflow":
            tf.config.set_visible_devices([], "GPU")  # which is for the model alone
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    keras.distribution.set_distribution(strategy())
    return compile_model(Wide())


def compile_model(model):
    """Set how Wide is trained: optimizer and loss."""
    model.compile(optimizer="adam", loss="mse")
    return model


def fit(model, data, *, epochs=EPOCHS, callbacks=(), verbose="auto"):
    """Train the model."""
    return model.fit(
        data.train,
        epochs=epochs,
        shuffle=False,
        validation_data=data.validation,
        callbacks=[*callbacks],
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
