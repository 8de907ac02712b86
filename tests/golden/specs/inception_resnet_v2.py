"""Inception-ResNet v2.

Szegedy, Ioffe, Vanhoucke and Alemi, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, 2016, arXiv:1602.07261.
Task: image classification.

Figure 15 of the paper with the stem of Inception v3, layer for layer as in keras.applications.

Made by netdsl 0.1.0 from inception_resnet_v2.net (sha256 0bdc2863, this file 8ae22af0).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def conv(x, filters, kernel_size, strides=1, padding="same", *, name="conv"):
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


def stem(image, *, name="stem"):
    """Five convolutions and two poolings; an eighth of the size remains."""
    x = conv(image, 32, 3, strides=2, padding="valid", name=f"{name}_conv1")
    x = conv(x, 32, 3, padding="valid", name=f"{name}_conv2")
    x = conv(x, 64, 3, name=f"{name}_conv3")
    x = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d1")(x)
    x = conv(x, 80, 1, padding="valid", name=f"{name}_conv4")
    x = conv(x, 192, 3, padding="valid", name=f"{name}_conv5")
    return layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d2")(x)


def mixed_5b(x, *, name="mixed_5b"):
    branch1 = conv(x, 96, 1, name=f"{name}_conv1")
    branch2 = conv(x, 48, 1, name=f"{name}_conv2")
    branch2 = conv(branch2, 64, 5, name=f"{name}_conv3")
    branch3 = conv(x, 64, 1, name=f"{name}_conv4")
    branch3 = conv(branch3, 96, 3, name=f"{name}_conv5")
    branch3 = conv(branch3, 96, 3, name=f"{name}_conv6")
    branch4 = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d"
    )(x)
    branch4 = conv(branch4, 64, 1, name=f"{name}_conv7")
    return layers.Concatenate(name=f"{name}_concatenate")(
        [branch1, branch2, branch3, branch4]
    )


def block35(x, *, name="block35"):
    branch1 = conv(x, 32, 1, name=f"{name}_conv1")
    branch2 = conv(x, 32, 1, name=f"{name}_conv2")
    branch2 = conv(branch2, 32, 3, name=f"{name}_conv3")
    branch3 = conv(x, 32, 1, name=f"{name}_conv4")
    branch3 = conv(branch3, 48, 3, name=f"{name}_conv5")
    branch3 = conv(branch3, 64, 3, name=f"{name}_conv6")
    return layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2, branch3])


def block17(x, *, name="block17"):
    branch1 = conv(x, 192, 1, name=f"{name}_conv1")
    branch2 = conv(x, 128, 1, name=f"{name}_conv2")
    branch2 = conv(branch2, 160, (1, 7), name=f"{name}_conv3")
    branch2 = conv(branch2, 192, (7, 1), name=f"{name}_conv4")
    return layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2])


def block8(x, *, name="block8"):
    branch1 = conv(x, 192, 1, name=f"{name}_conv1")
    branch2 = conv(x, 192, 1, name=f"{name}_conv2")
    branch2 = conv(branch2, 224, (1, 3), name=f"{name}_conv3")
    branch2 = conv(branch2, 256, (3, 1), name=f"{name}_conv4")
    return layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2])


def half(x, filters, *, name="half"):
    return conv(x, filters, 3, strides=2, padding="valid", name=f"{name}_conv")


def reduction_a(x, *, name="reduction_a"):
    branch1 = half(x, 384, name=f"{name}_half1")
    branch2 = conv(x, 256, 1, name=f"{name}_conv1")
    branch2 = conv(branch2, 256, 3, name=f"{name}_conv2")
    branch2 = half(branch2, 384, name=f"{name}_half2")
    branch3 = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)
    return layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2, branch3])


def reduction_b(x, *, name="reduction_b"):
    branch1 = conv(x, 256, 1, name=f"{name}_conv1")
    branch1 = half(branch1, 384, name=f"{name}_half1")
    branch2 = conv(x, 256, 1, name=f"{name}_conv2")
    branch2 = half(branch2, 288, name=f"{name}_half2")
    branch3 = conv(x, 256, 1, name=f"{name}_conv3")
    branch3 = conv(branch3, 288, 3, name=f"{name}_conv4")
    branch3 = half(branch3, 320, name=f"{name}_half3")
    branch4 = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)
    return layers.Concatenate(name=f"{name}_concatenate")(
        [branch1, branch2, branch3, branch4]
    )


def residual(x, made, scale, *, name="residual"):
    """Add a share of what a module made of the map, carried to the map's width."""
    conv2d = layers.Conv2D(x.shape[-1], 1, name=f"{name}_conv2d")(made)
    return layers.Add(name=f"{name}_add")([x, ops.multiply(scale, conv2d)])


def InceptionResNetV2(classes=1000, *, name="InceptionResNetV2"):
    """Forty residual modules of three kinds.

    InceptionResNetV2: (None, 299, 299, 3) -> (None, 1000), 55,873,736 parameters
    at the defaults.
    """
    image = keras.Input((299, 299, 3), name="image")
    x = stem(image, name="stem")
    x = mixed_5b(x, name="mixed_5b")
    for i in range(10):
        x = residual(x, block35(x, name=f"block35_{i}"), 0.17, name=f"residual1_{i}")
        x = layers.ReLU(name=f"re_lu1_{i}")(x)
    x = reduction_a(x, name="reduction_a")
    for i in range(20):
        x = residual(x, block17(x, name=f"block17_{i}"), 0.1, name=f"residual2_{i}")
        x = layers.ReLU(name=f"re_lu2_{i}")(x)
    x = reduction_b(x, name="reduction_b")
    for i in range(9):
        x = residual(x, block8(x, name=f"block8_1_{i}"), 0.2, name=f"residual3_{i}")
        x = layers.ReLU(name=f"re_lu3_{i}")(x)
    x = residual(x, block8(x, name="block8_2"), 1.0, name="residual4")
    x = conv(x, 1536, 1, name="conv")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
