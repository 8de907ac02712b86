"""GoogLeNet.

Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842.
Task: image classification.

Table 1 of the paper with its two auxiliary classifiers, which train the middle of the
net and are ignored afterwards. Local response normalization, which has no weights and
which later nets dropped, is left out.

Made by netdsl 0.1.0 from googlenet.net (sha256 3ac665cc, this file 2dbe468f). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def inception(
    x, one, three_reduce, three, five_reduce, five, pool, *, name="inception"
):
    """Four views of one map, side by side: GoogLeNet.

    Szegedy et al., 2014, arXiv:1409.4842.

    The widths stand in the order of the paper's table 1.
    """
    conv1x1 = layers.Conv2D(
        one, 1, activation="relu", padding="same", name=f"{name}_conv2d1"
    )(x)
    conv3x3 = layers.Conv2D(
        three_reduce, 1, activation="relu", padding="same", name=f"{name}_conv2d2"
    )(x)
    conv3x3 = layers.Conv2D(
        three, 3, activation="relu", padding="same", name=f"{name}_conv2d3"
    )(conv3x3)
    conv5x5 = layers.Conv2D(
        five_reduce, 1, activation="relu", padding="same", name=f"{name}_conv2d4"
    )(x)
    conv5x5 = layers.Conv2D(
        five, 5, activation="relu", padding="same", name=f"{name}_conv2d5"
    )(conv5x5)
    pool_branch = layers.MaxPooling2D(
        3, strides=1, padding="same", name=f"{name}_max_pooling2d"
    )(x)
    pool_branch = layers.Conv2D(
        pool, 1, activation="relu", padding="same", name=f"{name}_conv2d6"
    )(pool_branch)
    return layers.Concatenate(name=f"{name}_concatenate")(
        [conv1x1, conv3x3, conv5x5, pool_branch]
    )


def classifier(x, classes, *, name="classifier"):
    """An auxiliary classifier, as section 5 of the paper describes it."""
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_average_pooling2d")(x)
    x = layers.Conv2D(128, 1, padding="same", activation="relu", name=f"{name}_conv2d")(
        x
    )
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(1024, activation="relu", name=f"{name}_dense1")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(classes, activation="softmax", name=f"{name}_dense2")(x)


def GoogLeNet(classes=1000, *, name="GoogLeNet"):
    """Nine inception modules; in the paper the auxiliary losses count 0.3 each.

    (None, 224, 224, 3) -> probs (None, 1000), aux1 (None, 1000), aux2 (None, 1000),
    13,378,280 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    i4a = layers.Conv2D(
        64, 7, strides=2, padding="same", activation="relu", name="i4a_conv2d1"
    )(image)
    i4a = layers.MaxPooling2D(3, strides=2, padding="same", name="i4a_max_pooling2d1")(
        i4a
    )
    i4a = layers.Conv2D(64, 1, padding="same", activation="relu", name="i4a_conv2d2")(
        i4a
    )
    i4a = layers.Conv2D(192, 3, padding="same", activation="relu", name="i4a_conv2d3")(
        i4a
    )
    i4a = layers.MaxPooling2D(3, strides=2, padding="same", name="i4a_max_pooling2d2")(
        i4a
    )
    i4a = inception(i4a, 64, 96, 128, 16, 32, 32, name="i4a_inception1")
    i4a = inception(i4a, 128, 128, 192, 32, 96, 64, name="i4a_inception2")
    i4a = layers.MaxPooling2D(3, strides=2, padding="same", name="i4a_max_pooling2d3")(
        i4a
    )
    i4a = inception(i4a, 192, 96, 208, 16, 48, 64, name="i4a_inception3")
    assert i4a.shape[1:] == (14, 14, 512)
    i4d = inception(i4a, 160, 112, 224, 24, 64, 64, name="i4d_inception1")
    i4d = inception(i4d, 128, 128, 256, 24, 64, 64, name="i4d_inception2")
    i4d = inception(i4d, 112, 144, 288, 32, 64, 64, name="i4d_inception3")
    x = inception(i4d, 256, 160, 320, 32, 128, 128, name="inception1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    x = inception(x, 256, 160, 320, 32, 128, 128, name="inception2")
    x = inception(x, 384, 192, 384, 48, 128, 128, name="inception3")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = layers.Dropout(0.4, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    aux1 = classifier(i4a, classes, name="aux1")
    aux2 = classifier(i4d, classes, name="aux2")
    return keras.Model(image, {"probs": probs, "aux1": aux1, "aux2": aux2}, name=name)
