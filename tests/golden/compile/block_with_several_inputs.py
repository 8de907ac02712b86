"""A decoder level that takes two tensors, by position and by name.

Made by netdsl 0.1.0 from block_with_several_inputs.net (sha256 27bd77e7, this file
2b7321d1). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def up(x, skip, filters, rate=0.1, *, name="up"):
    conv2d_transpose = layers.Conv2DTranspose(
        filters, 2, strides=2, name=f"{name}_joined_conv2d_transpose"
    )(x)
    joined = layers.Concatenate(name=f"{name}_joined_concatenate")(
        [conv2d_transpose, skip]
    )
    x = layers.Conv2D(
        filters, 3, padding="same", activation="relu", name=f"{name}_conv2d"
    )(joined)
    return layers.Dropout(rate, name=f"{name}_dropout")(x)


def Level(filters=8, *, name="Level"):
    """A model of 3,369 parameters at the defaults.

    small (None, 8, 8, 16), large (None, 16, 16, 8) -> (None, 16, 16, 1).
    """
    small = keras.Input((8, 8, 16), name="small")
    large = keras.Input((16, 16, 8), name="large")
    a = up(small, large, filters, name="a")
    b = up(small, large, filters, rate=0.2, name="b")
    x = layers.Add(name="add")([a, b])
    mask = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    return keras.Model([small, large], mask, name=name)
