"""U-Net.

Ronneberger, Fischer and Brox, Convolutional Networks for Biomedical Image Segmentation,
2015, arXiv:1505.04597.
Task: segmentation.

Figure 1 of the paper: convolutions without padding, so the map that goes across is
cropped to the one that comes up. With `padding="same"` nothing is.

Made by netdsl 0.1.0 from unet.net (sha256 c3ddd507, this file e8a1cf7e). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def convolutions(x, filters, padding, *, name="convolutions"):
    """The two convolutions of every level."""
    x = layers.Conv2D(
        filters, 3, padding=padding, activation="relu", name=f"{name}_conv2d1"
    )(x)
    return layers.Conv2D(
        filters, 3, padding=padding, activation="relu", name=f"{name}_conv2d2"
    )(x)


def up(x, across, filters, padding, *, name="up"):
    """Double the size, and put what came across beside it."""
    below = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_below")(x)
    beside = layers.Cropping2D(
        (across.shape[1] - below.shape[1]) // 2, name=f"{name}_beside"
    )(across)
    x = layers.Concatenate(name=f"{name}_concatenate")([beside, below])
    return convolutions(x, filters, padding, name=f"{name}_convolutions")


def UNet(
    classes=2,
    widths=(64, 128, 256, 512),
    padding="valid",
    channels=1,
    size=572,
    *,
    name="UNet",
):
    """Down four levels, across each, and up again.

    (None, 572, 572, 1) -> (None, 388, 388, 2), 31,030,658 parameters at the defaults.
    """
    image = keras.Input((size, size, channels), name="image")
    bottom = image
    levels = []
    for n, width in enumerate(widths):
        bottom = convolutions(bottom, width, padding, name=f"levels_{n}")
        levels.append(bottom)
        bottom = layers.MaxPooling2D(2, name=f"bottom_max_pooling2d_{n}")(bottom)
    bottom = convolutions(bottom, 2 * widths[-1], padding, name="bottom_convolutions")
    bottom = layers.Dropout(0.5, name="bottom_dropout")(bottom)
    x = bottom
    for n, (width, across) in enumerate(zip(widths[::-1], levels[::-1])):
        x = up(x, across, width, padding, name=f"up_{n}")
    mask = layers.Conv2D(
        classes, 1, activation="sigmoid" if classes == 1 else "softmax", name="mask"
    )(x)
    return keras.Model(image, mask, name=name)
