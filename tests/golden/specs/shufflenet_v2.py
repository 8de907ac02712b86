"""ShuffleNet V2.

Ma, Zhang, Zheng and Sun, ShuffleNet V2: Practical Guidelines for Efficient CNN
Architecture Design, 2018, arXiv:1807.11164.
Task: image classification.

Table 5 of the paper; the other widths are models of their own.

Made by netdsl 0.1.0 from shufflenet_v2.net (sha256 a085bb39, this file 41e56652).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def conv_bn(
    x, filters, kernel_size=3, strides=1, act="relu", groups=1, *, name="conv_bn"
):
    """A convolution, normalized over the batch before its activation.

    Ioffe and Szegedy, 2015, arXiv:1502.03167.
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        groups=groups,
        use_bias=False,
        padding="same",
        name=f"{name}_conv2d",
    )(x)
    x = layers.BatchNormalization(name=f"{name}_batch_normalization")(x)
    if act != "linear":
        x = layers.Activation(act, name=f"{name}_activation")(x)
    return x


def depthwise_bn(x, kernel_size=3, strides=1, act="relu", *, name="depthwise_bn"):
    """A convolution of each channel by itself, normalized."""
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=f"{name}_depthwise_conv2d",
    )(x)
    x = layers.BatchNormalization(name=f"{name}_batch_normalization")(x)
    if act != "linear":
        x = layers.Activation(act, name=f"{name}_activation")(x)
    return x


def shuffle(x, groups=2, *, name="shuffle"):
    """Deal the channels out anew, so that the groups hear of one another."""
    y = layers.Reshape(
        (*x.shape[1:3], groups, x.shape[-1] // groups), name=f"{name}_reshape1"
    )(x)
    y = layers.Permute((1, 2, 4, 3), name=f"{name}_permute")(y)
    return layers.Reshape(x.shape[1:], name=f"{name}_reshape2")(y)


def convolutions(x, filters, strides=1, *, name="convolutions"):
    """A pointwise, a depthwise and a pointwise convolution."""
    x = conv_bn(x, filters, 1, name=f"{name}_conv_bn1")
    x = depthwise_bn(x, 3, strides, act="linear", name=f"{name}_depthwise_bn")
    return conv_bn(x, filters, 1, name=f"{name}_conv_bn2")


def unit(x, *, name="unit"):
    """Half of the channels pass, the other half is convolved: figure 3 (c)."""
    half = x.shape[-1] // 2
    branch = convolutions(x[..., half:], half, name=f"{name}_convolutions")
    y = layers.Concatenate(name=f"{name}_concatenate")([x[..., :half], branch])
    return shuffle(y, name=f"{name}_shuffle")


def down(x, filters, *, name="down"):
    """Half the size: both halves see all channels, figure 3 (d)."""
    branch1 = depthwise_bn(x, 3, 2, act="linear", name=f"{name}_depthwise_bn")
    branch1 = conv_bn(branch1, filters // 2, 1, name=f"{name}_conv_bn")
    branch2 = convolutions(x, filters // 2, strides=2, name=f"{name}_convolutions")
    x = layers.Concatenate(name=f"{name}_concatenate")([branch1, branch2])
    return shuffle(x, name=f"{name}_shuffle")


def ShuffleNetV2(
    classes=1000, widths=(116, 232, 464), features=1024, *, name="ShuffleNetV2"
):
    """A stem, three stages of four, eight and four units, and a last convolution.

    (None, 224, 224, 3) -> (None, 1000), 2,294,784 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = conv_bn(image, 24, 3, strides=2, name="conv_bn1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    for n, (filters, count) in enumerate(zip(widths, [4, 8, 4])):
        x = down(x, filters, name=f"down_{n}")
        for k in range(count - 1):
            x = unit(x, name=f"unit_{n}_{k}")
    x = conv_bn(x, features, 1, name="conv_bn2")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def ShuffleNetV2Half(
    classes=1000, widths=(48, 96, 192), features=1024, *, name="ShuffleNetV2Half"
):
    """(None, 224, 224, 3) -> (None, 1000), 1,374,744 parameters at the defaults."""
    return ShuffleNetV2(classes, widths, features, name=name)


def ShuffleNetV2OneAndAHalf(
    classes=1000,
    widths=(176, 352, 704),
    features=1024,
    *,
    name="ShuffleNetV2OneAndAHalf",
):
    """(None, 224, 224, 3) -> (None, 1000), 3,527,064 parameters at the defaults."""
    return ShuffleNetV2(classes, widths, features, name=name)


def ShuffleNetV2Double(
    classes=1000, widths=(244, 488, 976), features=2048, *, name="ShuffleNetV2Double"
):
    """(None, 224, 224, 3) -> (None, 1000), 7,427,712 parameters at the defaults."""
    return ShuffleNetV2(classes, widths, features, name=name)
