"""Blocks of other files are written into the same one; equal names are told apart.

Made by netdsl 0.1.0 from imported_blocks.net (sha256 20ce6e9a, this file 305b7611).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

factor2 = 2
factor = 4


def swish_block(x, filters, *, name="swish_block"):
    x = layers.Conv2D(filters * factor2, 1, name=f"{name}_conv2d")(x)
    return layers.Activation("silu", name=f"{name}_activation")(x)


def cb(x, filters, *, name="conv_bn"):
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2d")(x)
    return layers.BatchNormalization(name=f"{name}_batch_normalization")(x)


def helper2(x, filters, *, name="helper"):
    x = cb(x, filters, name=f"{name}_conv_bn")
    return layers.ReLU(name=f"{name}_re_lu")(x)


def tower(x, filters, *, name="tower"):
    x = helper2(x, filters, name=f"{name}_helper")
    return swish_block(x, factor, name=f"{name}_swish_block")


def helper(x, filters, *, name="helper"):
    return layers.Conv2D(filters, 1, name=f"{name}_conv2d")(x)


def Imported(*, name="Imported"):
    """(None, 16, 16, 3) -> (None, 16, 16, 4), 980 parameters."""
    image = keras.Input((16, 16, 3), name="image")
    x = cb(image, factor * 2, name="cb")
    x = tower(x, 8, name="tower")
    y = helper(x, 4, name="y")
    return keras.Model(image, y, name=name)
