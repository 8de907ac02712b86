"""A block that uses itself, under a condition.

Made by netdsl 0.1.0 from recursive_block.net (sha256 8763b8b0, this file 7c5cb422).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def hourglass(x, depth, filters, *, name="hourglass"):
    side = layers.Conv2D(filters, 3, padding="same", name=f"{name}_side")(x)
    low = layers.MaxPooling2D(name=f"{name}_low1")(x)
    low = layers.Conv2D(filters, 3, padding="same", name=f"{name}_low2")(low)
    if depth > 1:
        low = hourglass(low, depth - 1, filters, name=f"{name}_low3")
    else:
        low = layers.Conv2D(filters, 3, padding="same", name=f"{name}_low4")(low)
    return layers.Add(name=f"{name}_add")(
        [side, layers.UpSampling2D(name=f"{name}_up_sampling2d")(low)]
    )


def Hourglass(depth=3, *, name="Hourglass"):
    """Hourglass: (None, 32, 32, 8) -> (None, 32, 32, 1), 4,097 parameters at the
    defaults.
    """
    image = keras.Input((32, 32, 8), name="image")
    x = hourglass(image, depth, 8, name="hourglass")
    heat = layers.Conv2D(1, 1, name="heat")(x)
    return keras.Model(image, heat, name=name)
