"""Inception v3.

Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception Architecture for
Computer Vision, 2015, arXiv:1512.00567.
Task: image classification.

Table 1 of the paper without its auxiliary classifier, layer for layer as in
keras.applications.

Made by netdsl 0.1.0 from inception_v3.net (sha256 72da92c5, this file bef7101a). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

row = (1, 7)
column = (7, 1)


# Of one pixel, where no size is told.
def conv(x, filters, kernel_size=1, strides=1, padding="same", *, name="conv"):
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        use_bias=False,
        name=f"{name}_conv2d",
    )(x)
    x = layers.BatchNormalization(scale=False, name=f"{name}_batch_normalization")(x)
    return layers.ReLU(name=f"{name}_re_lu")(x)


# A convolution that loses its border, and with it half the size.
def inner(x, filters, strides=2, *, name="inner"):
    return conv(x, filters, 3, strides, "valid", name=f"{name}_conv")


# What a map says on average, around each pixel.
def pooled(x, filters, *, name="pooled"):
    x = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d"
    )(x)
    return conv(x, filters, name=f"{name}_conv")


# Five convolutions and two poolings; an eighth of the size remains.
def stem(x, *, name="stem"):
    x = inner(x, 32, name=f"{name}_inner1")
    x = inner(x, 32, 1, name=f"{name}_inner2")
    x = conv(x, 64, 3, name=f"{name}_conv1")
    x = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d1")(x)
    x = conv(x, 80, name=f"{name}_conv2")
    x = inner(x, 192, 1, name=f"{name}_inner3")
    return layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d2")(x)


# Two small convolutions in place of one of 5x5.
def figure5(x, pool, *, name="figure5"):
    conv1x1 = conv(x, 64, name=f"{name}_conv1")
    conv5x5 = conv(x, 48, name=f"{name}_conv2")
    conv5x5 = conv(conv5x5, 64, 5, name=f"{name}_conv3")
    conv3x3 = conv(x, 64, name=f"{name}_conv4")
    for n in range(2):
        conv3x3 = conv(conv3x3, 96, 3, name=f"{name}_conv5_{n}")
    pool_branch = pooled(x, pool, name=f"{name}_pooled")
    return layers.Concatenate(name=f"{name}_concatenate")(
        [conv1x1, conv5x5, conv3x3, pool_branch]
    )


# Rows and columns in place of squares.
def figure6(x, width, *, name="figure6"):
    conv1x1 = conv(x, 192, name=f"{name}_conv1")
    conv7x1 = conv(x, width, name=f"{name}_conv2")
    conv7x1 = conv(conv7x1, width, row, name=f"{name}_conv3")
    conv7x1 = conv(conv7x1, 192, column, name=f"{name}_conv4")
    conv1x7 = conv(x, width, name=f"{name}_conv5")
    for n, size in enumerate([column, row, column]):
        conv1x7 = conv(conv1x7, width, size, name=f"{name}_conv6_{n}")
    conv1x7 = conv(conv1x7, 192, row, name=f"{name}_conv7")
    pool = pooled(x, 192, name=f"{name}_pooled")
    return layers.Concatenate(name=f"{name}_concatenate")(
        [conv1x1, conv7x1, conv1x7, pool]
    )


def spread(x, *, name="spread"):
    conv1x3 = conv(x, 384, (1, 3), name=f"{name}_conv1")
    conv3x1 = conv(x, 384, (3, 1), name=f"{name}_conv2")
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x3, conv3x1])


# Wider instead of deeper, where the map is smallest.
def figure7(x, *, name="figure7"):
    branch1 = conv(x, 320, name=f"{name}_conv1")
    branch2 = conv(x, 384, name=f"{name}_conv2")
    branch2 = spread(branch2, name=f"{name}_spread1")
    branch3 = conv(x, 448, name=f"{name}_conv3")
    branch3 = conv(branch3, 384, 3, name=f"{name}_conv4")
    branch3 = spread(branch3, name=f"{name}_spread2")
    branch4 = pooled(x, 192, name=f"{name}_pooled")
    return layers.Concatenate(name=f"{name}_concatenate")(
        [branch1, branch2, branch3, branch4]
    )


# Figure 10: half the size without a bottleneck.
def halve(x, *, name="halve"):
    inner_branch = inner(x, 384, name=f"{name}_inner1")
    conv3x3 = conv(x, 64, name=f"{name}_conv1")
    conv3x3 = conv(conv3x3, 96, 3, name=f"{name}_conv2")
    conv3x3 = inner(conv3x3, 96, name=f"{name}_inner2")
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)
    return layers.Concatenate(name=f"{name}_concatenate")([inner_branch, conv3x3, pool])


def halve_again(x, *, name="halve_again"):
    conv1x1 = conv(x, 192, name=f"{name}_conv1")
    conv1x1 = inner(conv1x1, 320, name=f"{name}_inner1")
    conv7x1 = conv(x, 192, name=f"{name}_conv2")
    conv7x1 = conv(conv7x1, 192, row, name=f"{name}_conv3")
    conv7x1 = conv(conv7x1, 192, column, name=f"{name}_conv4")
    conv7x1 = inner(conv7x1, 192, name=f"{name}_inner2")
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x1, conv7x1, pool])


def InceptionV3(classes=1000, *, name="InceptionV3"):
    """Eleven modules of three kinds, each kind at half the size of the one before.

    (None, 299, 299, 3) -> (None, 1000), 23,851,784 parameters at the defaults.
    """
    image = keras.Input((299, 299, 3), name="image")
    x = stem(image, name="stem")
    for n, pool in enumerate([32, 64, 64]):
        x = figure5(x, pool, name=f"figure5_{n}")
    x = halve(x, name="halve1")
    for n, width in enumerate([128, 160, 160, 192]):
        x = figure6(x, width, name=f"figure6_{n}")
    x = halve_again(x, name="halve_again")
    for n in range(2):
        x = figure7(x, name=f"figure7_{n}")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
