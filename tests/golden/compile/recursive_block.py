"""A block that uses itself, under a condition.

Made by netdsl 0.1.0 from recursive_block.net (sha256 8763b8b0, this file 605fd621).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def hourglass(x, depth, filters, *, name="hourglass"):
    side = layers.Conv2D(filters, 3, padding="same", name=f"{name}_side")(x)
    low = layers.MaxPooling2D(name=f"{name}_low_max_pooling2d")(x)
    low = layers.Conv2D(filters, 3, padding="same", name=f"{name}_low_conv2d1")(low)
    if depth > 1:
        low = hourglass(low, depth - 1, filters, name=f"{name}_low_hourglass")
    else:
        low = layers.Conv2D(filters, 3, padding="same", name=f"{name}_low_conv2d2")(low)
    up_sampling2d = layers.UpSampling2D(name=f"{name}_up_sampling2d")(low)
    return layers.Add(name=f"{name}_add")([side, up_sampling2d])


def Hourglass(depth=3, *, name="Hourglass"):
    """(None, 32, 32, 8) -> (None, 32, 32, 1), 4,097 parameters at the defaults."""
    image = keras.Input((32, 32, 8), name="image")
    x = hourglass(image, depth, 8, name="hourglass")
    heat = layers.Conv2D(1, 1, name="heat")(x)
    return keras.Model(image, heat, name=name)
