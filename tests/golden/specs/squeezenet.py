"""SqueezeNet.

Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, SqueezeNet: AlexNet-level Accuracy
with 50x Fewer Parameters and <0.5MB Model Size, 2016, arXiv:1602.07360.
Task: image classification.

`SqueezeNet` is table 1 of the paper; `SqueezeNet11` the authors' later release, which
pools earlier and does as well with less than half of the work.

Made by netdsl 0.1.0 from squeezenet.net (sha256 0eac3dab, this file 3f8bc0be). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def ceil_pool(x, *, name="ceil_pool"):
    """The largest of three by three at half the size, rounded up as Caffe does it.

    Jia et al., 2014, arXiv:1408.5093.

    A map of 54 rows gives 27, the last of them from two rows alone, one of 27 gives 13.
    """
    return layers.MaxPooling2D(
        3,
        strides=2,
        padding="same" if x.shape[1] % 2 == 0 else "valid",
        name=f"{name}_max_pooling2d",
    )(x)


def fire(x, squeeze, expand, *, name="fire"):
    """Squeeze to few channels, expand at two sizes: SqueezeNet.

    Iandola et al., 2016, arXiv:1602.07360.
    """
    x = layers.Conv2D(
        squeeze, 1, activation="relu", padding="same", name=f"{name}_conv2d1"
    )(x)
    conv1x1 = layers.Conv2D(
        expand, 1, activation="relu", padding="same", name=f"{name}_conv2d2"
    )(x)
    conv3x3 = layers.Conv2D(
        expand, 3, activation="relu", padding="same", name=f"{name}_conv2d3"
    )(x)
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x1, conv3x3])


def classifier(x, classes, *, name="classifier"):
    """A map for each class, and its mean."""
    x = layers.Dropout(0.5, name=f"{name}_dropout")(x)
    x = layers.Conv2D(classes, 1, activation="relu", name=f"{name}_conv2d")(x)
    x = layers.GlobalAveragePooling2D(name=f"{name}_global_average_pooling2d")(x)
    return layers.Softmax(name=f"{name}_softmax")(x)


def SqueezeNet(classes=1000, *, name="SqueezeNet"):
    """Eight fire modules between two convolutions.

    (None, 224, 224, 3) -> (None, 1000), 1,248,424 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.Conv2D(96, 7, strides=2, activation="relu", name="conv2d")(image)
    x = ceil_pool(x, name="ceil_pool1")
    for n in range(2):
        x = fire(x, 16, 64, name=f"fire1_{n}")
    x = fire(x, 32, 128, name="fire2")
    x = ceil_pool(x, name="ceil_pool2")
    x = fire(x, 32, 128, name="fire3")
    for n in range(2):
        x = fire(x, 48, 192, name=f"fire4_{n}")
    x = fire(x, 64, 256, name="fire5")
    x = ceil_pool(x, name="ceil_pool3")
    x = fire(x, 64, 256, name="fire6")
    probs = classifier(x, classes, name="probs")
    return keras.Model(image, probs, name=name)


def SqueezeNet11(classes=1000, *, name="SqueezeNet11"):
    """The same modules behind a smaller first convolution.

    (None, 224, 224, 3) -> (None, 1000), 1,235,496 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv2d")(image)
    x = ceil_pool(x, name="ceil_pool1")
    for n in range(2):
        x = fire(x, 16, 64, name=f"fire1_{n}")
    x = ceil_pool(x, name="ceil_pool2")
    for n in range(2):
        x = fire(x, 32, 128, name=f"fire2_{n}")
    x = ceil_pool(x, name="ceil_pool3")
    for n in range(2):
        x = fire(x, 48, 192, name=f"fire3_{n}")
    for n in range(2):
        x = fire(x, 64, 256, name=f"fire4_{n}")
    probs = classifier(x, classes, name="probs")
    return keras.Model(image, probs, name=name)
