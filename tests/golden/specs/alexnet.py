"""AlexNet.

Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural
Networks, 2012.
Task: image classification.

`AlexNet` is split over two graphics processors as in the paper: three of its
convolutions see half of the channels. `AlexNetUndivided` is not, and `OneWeirdTrick` is
the narrower net of Krizhevsky, 2014, arXiv:1404.5997.

Made by netdsl 0.1.0 from alexnet.net (sha256 e1aa033b, this file 56e92ed3). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def local_response_normalization(
    x, size=5, bias=2.0, alpha=1e-4, beta=0.75, *, name="local_response_normalization"
):
    """Divide by what the neighbouring channels say at the same place: section 3.3."""
    reach = size // 2
    channels = x.shape[-1]
    padded = ops.pad(x**2, [(0, 0), (0, 0), (0, 0), (reach, reach)])
    branches = [padded[..., i : i + channels] for i in range(size)]
    energy = layers.Add(name=f"{name}_energy")(branches)
    return x / (bias + alpha * energy) ** beta


def classifier(maps, classes, *, name="classifier"):
    """Three dense layers; the first two forget half of what they know at each step."""
    x = layers.Flatten(name=f"{name}_flatten")(maps)
    for n in range(2):
        x = layers.Dense(4096, activation="relu", name=f"{name}_dense1_{n}")(x)
        x = layers.Dropout(0.5, name=f"{name}_dropout_{n}")(x)
    return layers.Dense(classes, activation="softmax", name=f"{name}_dense2")(x)


def AlexNet(classes=1000, groups=2, *, name="AlexNet"):
    """Five convolutions and three dense layers: the winner of ImageNet's challenge.

    (None, 227, 227, 3) -> (None, 1000), 60,965,224 parameters at the defaults.
    """
    image = keras.Input((227, 227, 3), name="image")
    features = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv2d1")(
        image
    )
    features = local_response_normalization(
        features, name="local_response_normalization1"
    )
    features = layers.MaxPooling2D(3, strides=2, name="max_pooling2d1")(features)
    features = layers.Conv2D(
        256, 5, groups=groups, padding="same", activation="relu", name="conv2d2"
    )(features)
    features = local_response_normalization(
        features, name="local_response_normalization2"
    )
    features = layers.MaxPooling2D(3, strides=2, name="max_pooling2d2")(features)
    features = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv2d3")(
        features
    )
    features = layers.Conv2D(
        384, 3, groups=groups, padding="same", activation="relu", name="conv2d4"
    )(features)
    features = layers.Conv2D(
        256, 3, groups=groups, padding="same", activation="relu", name="conv2d5"
    )(features)
    features = layers.MaxPooling2D(3, strides=2, name="features")(features)
    assert features.shape[1:] == (6, 6, 256)
    probs = classifier(features, classes, name="probs")
    return keras.Model(image, probs, name=name)


def AlexNetUndivided(classes=1000, groups=1, *, name="AlexNetUndivided"):
    """(None, 227, 227, 3) -> (None, 1000), 62,378,344 parameters at the defaults."""
    return AlexNet(classes, groups, name=name)


def OneWeirdTrick(classes=1000, *, name="OneWeirdTrick"):
    """One column, without normalization, in the sizes of torchvision's AlexNet.

    (None, 224, 224, 3) -> (None, 1000), 61,100,840 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.ZeroPadding2D(2, name="zero_padding2d")(image)
    x = layers.Conv2D(64, 11, strides=4, activation="relu", name="conv2d1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d1")(x)
    x = layers.Conv2D(192, 5, padding="same", activation="relu", name="conv2d2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d2")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv2d3")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv2d4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv2d5")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d3")(x)
    probs = classifier(x, classes, name="probs")
    return keras.Model(image, probs, name=name)
