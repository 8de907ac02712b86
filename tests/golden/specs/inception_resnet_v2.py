"""Inception-ResNet v2.

Szegedy, Ioffe, Vanhoucke and Alemi, Inception-v4, Inception-ResNet and the Impact of
Residual Connections on Learning, 2016, arXiv:1602.07261.
Task: image classification.

Figure 15 of the paper with the stem of Inception v3, layer for layer as in
keras.applications.

Made by netdsl 0.1.0 from inception_resnet_v2.net (sha256 c71e6bd6, this file 386fa525).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


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


def residual(x, made, scale, *, name="residual"):
    """Add a share of what a module made of the map, carried to the map's width."""
    conv2d = layers.Conv2D(x.shape[-1], 1, name=f"{name}_conv2d")(made)
    return layers.Add(name=f"{name}_add")([x, scale * conv2d])


def module_a(x, *, name="module_a"):
    branch1 = conv(x, 32, name=f"{name}_conv1")
    branch2 = conv(x, 32, name=f"{name}_conv2")
    branch2 = conv(branch2, 32, 3, name=f"{name}_conv3")
    branch3 = conv(x, 32, name=f"{name}_conv4")
    branch3 = conv(branch3, 48, 3, name=f"{name}_conv5")
    branch3 = conv(branch3, 64, 3, name=f"{name}_conv6")
    return layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2, branch3])


def module_b(x, *, name="module_b"):
    conv1x1 = conv(x, 192, name=f"{name}_conv1")
    conv7x1 = conv(x, 128, name=f"{name}_conv2")
    conv7x1 = conv(conv7x1, 160, (1, 7), name=f"{name}_conv3")
    conv7x1 = conv(conv7x1, 192, (7, 1), name=f"{name}_conv4")
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x1, conv7x1])


def module_c(x, *, name="module_c"):
    conv1x1 = conv(x, 192, name=f"{name}_conv1")
    conv3x1 = conv(x, 192, name=f"{name}_conv2")
    conv3x1 = conv(conv3x1, 224, (1, 3), name=f"{name}_conv3")
    conv3x1 = conv(conv3x1, 256, (3, 1), name=f"{name}_conv4")
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x1, conv3x1])


def InceptionResNetV2(classes=1000, *, name="InceptionResNetV2"):
    """Forty residual modules of three kinds.

    The last one is added whole, and not activated.

    (None, 299, 299, 3) -> (None, 1000), 55,873,736 parameters at the defaults.
    """
    image = keras.Input((299, 299, 3), name="image")
    x = stem(image, name="stem")
    conv1x1 = conv(x, 96, name="conv1")
    conv5x5 = conv(x, 48, name="conv2")
    conv5x5 = conv(conv5x5, 64, 5, name="conv3")
    conv3x3 = conv(x, 64, name="conv4")
    for n in range(2):
        conv3x3 = conv(conv3x3, 96, 3, name=f"conv5_{n}")
    pool = pooled(x, 64, name="pooled")
    x = layers.Concatenate(name="concatenate1")([conv1x1, conv5x5, conv3x3, pool])
    for n in range(10):
        x = residual(x, module_a(x, name=f"module_a_{n}"), 0.17, name=f"residual1_{n}")
        x = layers.ReLU(name=f"re_lu1_{n}")(x)
    inner_branch = inner(x, 384, name="inner1")
    conv3x3 = conv(x, 256, name="conv6")
    conv3x3 = conv(conv3x3, 256, 3, name="conv7")
    conv3x3 = inner(conv3x3, 384, name="inner2")
    pool = layers.MaxPooling2D(3, strides=2, name="max_pooling2d1")(x)
    x = layers.Concatenate(name="concatenate2")([inner_branch, conv3x3, pool])
    for n in range(20):
        x = residual(x, module_b(x, name=f"module_b_{n}"), 0.1, name=f"residual2_{n}")
        x = layers.ReLU(name=f"re_lu2_{n}")(x)
    branch1 = conv(x, 256, name="conv8")
    branch1 = inner(branch1, 384, name="inner3")
    branch2 = conv(x, 256, name="conv9")
    branch2 = inner(branch2, 288, name="inner4")
    branch3 = conv(x, 256, name="conv10")
    branch3 = conv(branch3, 288, 3, name="conv11")
    branch3 = inner(branch3, 320, name="inner5")
    branch4 = layers.MaxPooling2D(3, strides=2, name="max_pooling2d2")(x)
    x = layers.Concatenate(name="concatenate3")([branch1, branch2, branch3, branch4])
    for n in range(9):
        x = residual(x, module_c(x, name=f"module_c1_{n}"), 0.2, name=f"residual3_{n}")
        x = layers.ReLU(name=f"re_lu3_{n}")(x)
    x = residual(x, module_c(x, name="module_c2"), 1.0, name="residual4")
    x = conv(x, 1536, name="conv12")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
