"""VGG-16.

Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, arXiv:1409.1556.

Configuration D of the paper's table 1, layer for layer as in keras.applications.

Made by netdsl 0.1.0 from vgg16.net (sha256 ccc1118d, this file a900bec5). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def convolutions(x, filters, count, *, name="convolutions"):
    """Small convolutions one after the other, then half the size."""
    for i in range(count):
        x = layers.Conv2D(
            filters, 3, padding="same", activation="relu", name=f"{name}_conv2d_{i}"
        )(x)
    return layers.MaxPooling2D(2, name=f"{name}_max_pooling2d")(x)


def VGG16(classes=1000, *, name="VGG16"):
    """Thirteen convolutions in five groups and three dense layers.

    VGG16: (None, 224, 224, 3) -> (None, 1000), 138,357,544 parameters at the
    defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = image
    for i, (filters, count) in enumerate(
        [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
    ):
        x = convolutions(x, filters, count, name=f"convolutions_{i}")
    x = layers.Flatten(name="flatten")(x)
    for i in range(2):
        x = layers.Dense(4096, activation="relu", name=f"dense_{i}")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
