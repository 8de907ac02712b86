"""Defaults that are worked out of the parameters before them, and parameters that may
be left out.

Made by netdsl 0.1.0 from defaults_from_other_parameters.net (sha256 bafb366d, this file
c808c3fa). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

ratio = 4


def padded(size, by=None):
    if by is None:
        by = size // 2
    return size + by


def mlp(x, width, hidden=None, last=None, *, name="mlp"):
    if hidden is None:
        hidden = ratio * width
    if last is None:
        last = hidden // 2
    x = layers.Dense(hidden, activation="gelu", name=f"{name}_dense1")(x)
    x = layers.Dense(last, name=f"{name}_dense2")(x)
    return layers.Dense(width, name=f"{name}_dense3")(x)


def normalized(x, axis, norm=None, *, name="normalized"):
    if norm is None:

        def norm():
            return layers.LayerNormalization(axis=axis, name="layer_normalization")

    return layers.TimeDistributed(norm(), name=f"{name}_time_distributed")(x)


def Net(width=8, deep=None, classes=None, *, name="Net"):
    """(None, 16, 6) -> (None, 16, 3), 1,465 parameters at the defaults."""
    if deep is None:
        deep = 2 * width
    x = keras.Input((16, 6), name="x")
    y = mlp(x, width, name="mlp1")
    y = mlp(y, width, hidden=deep, name="mlp2")
    y = mlp(y, 3, None, last=padded(4), name="mlp3")
    y = normalized(y, -1, name="normalized1")
    y = normalized(
        y,
        2,
        lambda: layers.BatchNormalization(name="batch_normalization"),
        name="normalized2",
    )
    if classes is not None:
        y = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(y)
        y = layers.Dense(classes, activation="softmax", name="dense")(y)
    return keras.Model(x, y, name=name)


def Wide(width=12, deep=None, classes=None, *, name="Wide"):
    """(None, 16, 6) -> (None, 16, 3), 2,853 parameters at the defaults."""
    return Net(width, deep, classes, name=name)


def Classifier(width=8, deep=7, classes=10, *, name="Classifier"):
    """(None, 16, 6) -> (None, 10), 1,272 parameters at the defaults."""
    return Net(width, deep, classes, name=name)
