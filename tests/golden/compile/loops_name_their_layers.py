"""Loops: counted, over values, nested, numbered by the spec itself, with names for
skips.

Made by netdsl 0.1.0 from loops_name_their_layers.net (sha256 871eecbd, this file
1eb90809). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def conv(x, filters, act="relu", *, name="conv"):
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2d")(x)
    return layers.Activation(act, name=f"{name}_activation")(x)


def UNet(widths=(8, 16), depth=2, *, name="UNet"):
    """(None, 32, 32, 3) -> (None, 32, 32, 1), 17,901 parameters at the defaults."""
    image = keras.Input((32, 32, 3), name="image")
    down = image
    skips = []
    for n, width in enumerate(widths):
        for k in range(depth):
            down = conv(down, width, name=f"down_conv_{n}_{k}")
        skips.append(down)
        down = layers.MaxPooling2D(name=f"down_max_pooling2d_{n}")(down)
    middle = conv(down, 2 * widths[-1], name="middle")
    up = middle
    for level, (width, skip) in enumerate(zip(widths[::-1], skips[::-1])):
        up = layers.Conv2DTranspose(width, 2, strides=2, name=f"up{level}")(up)
        up = layers.Concatenate(name=f"up_concatenate_{level}")([up, skip])
        up = conv(up, width, name=f"up_conv_{level}")
    counted = up
    for i in range(1, 3):
        counted = conv(counted, 4 * i, name=f"counted_conv_{i - 1}")
    for n in range(2):
        counted = layers.ReLU(name=f"counted_re_lu_{n}")(counted)
    mask = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(counted)
    return keras.Model(image, mask, name=name)
