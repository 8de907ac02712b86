"""VGG.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
Recognition, 2014, arXiv:1409.1556.
Task: image classification.

Configurations A, B, D and E of the paper's table 1. keras.applications has the last
two, layer for layer.

Made by netdsl 0.1.0 from vgg.net (sha256 bb4be6c7, this file 9019041d). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def VGG(
    convolutions=(2, 2, 3, 3, 3),
    widths=(64, 128, 256, 512, 512),
    size=224,
    units=4096,
    classes=1000,
    *,
    name="VGG",
):
    """Groups of small convolutions, each then half the size, and three dense layers.

    (None, 224, 224, 3) -> (None, 1000), 138,357,544 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = image
    for n, (filters, count) in enumerate(zip(widths, convolutions)):
        for k in range(count):
            x = layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=f"conv2d_{n}_{k}"
            )(x)
        x = layers.MaxPooling2D(2, name=f"max_pooling2d_{n}")(x)
    x = layers.Flatten(name="flatten")(x)
    for n in range(2):
        x = layers.Dense(units, activation="relu", name=f"dense_{n}")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def VGG11(*, convolutions=(1, 1, 2, 2, 2), name="VGG11", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 132,863,336 parameters at the defaults."""
    return VGG(convolutions=convolutions, name=name, **kwargs)


def VGG13(*, convolutions=(2, 2, 2, 2, 2), name="VGG13", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 133,047,848 parameters at the defaults."""
    return VGG(convolutions=convolutions, name=name, **kwargs)


def VGG16(*, convolutions=(2, 2, 3, 3, 3), name="VGG16", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 138,357,544 parameters at the defaults."""
    return VGG(convolutions=convolutions, name=name, **kwargs)


def VGG19(*, convolutions=(2, 2, 4, 4, 4), name="VGG19", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 143,667,240 parameters at the defaults."""
    return VGG(convolutions=convolutions, name=name, **kwargs)
