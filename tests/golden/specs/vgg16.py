"""VGG-16.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
Recognition, 2014, arXiv:1409.1556.
Task: image classification.

Configuration D, of `vgg.net`, by itself.

Made by netdsl 0.1.0 from vgg16.net (sha256 6f7b629f, this file 806c791e). Change the
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
    """Groups of small convolutions, each then half the size, and three dense layers."""
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


def VGG16(*, convolutions=(2, 2, 3, 3, 3), name="VGG16", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 138,357,544 parameters at the defaults."""
    return VGG(convolutions=convolutions, name=name, **kwargs)
