"""SE-ResNet-50.

Hu, Shen and Sun, Squeeze-and-Excitation Networks, 2018, arXiv:1709.01507.
Task: image classification.

Table 1 of the paper, middle column: ResNet-50 whose bottlenecks weigh their channels
before the sum.

Made by netdsl 0.1.0 from se_resnet50.net (sha256 3236a2da, this file 76b54862). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def nearest_multiple(width, divisor):
    return max(divisor, int(width + divisor / 2) // divisor * divisor)


# A width that hardware likes, at most a tenth below the one asked for.
def make_divisible(width, divisor=8):
    return nearest_multiple(width, divisor) + (
        divisor if nearest_multiple(width, divisor) < 0.9 * width else 0
    )


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


def squeeze_excite(
    x, ratio=16, act="relu", gate="sigmoid", divisor=1, *, name="squeeze_excite"
):
    """Weigh each channel by what the whole map holds.

    Hu, Shen and Sun, 2018, arXiv:1709.01507.

    `ratio` is how many times fewer channels the map is squeezed to; their number is a
    multiple of `divisor`.
    """
    channels = x.shape[-1]
    squeezed = (
        make_divisible(channels / ratio, divisor)
        if divisor > 1
        else max(1, int(channels / ratio))
    )
    branch = layers.GlobalAveragePooling2D(
        keepdims=True, name=f"{name}_global_average_pooling2d"
    )(x)
    branch = layers.Conv2D(
        squeezed, 1, activation=act, padding="same", name=f"{name}_conv2d1"
    )(branch)
    branch = layers.Conv2D(
        channels, 1, activation=gate, padding="same", name=f"{name}_conv2d2"
    )(branch)
    return layers.Multiply(name=f"{name}_multiply")([x, branch])


def shortcut(x, filters, strides=1, *, name="shortcut"):
    """The map itself where its shape fits, a projection where it does not."""
    if strides != 1 or x.shape[-1] != filters:
        x = conv_bn(x, filters, 1, strides, act="linear", name=f"{name}_conv_bn")
    return x


def se_bottleneck(
    x, filters, strides=1, ratio=16, expansion=4, groups=1, *, name="se_bottleneck"
):
    """A bottleneck that weighs its channels: SE-ResNet, with `groups` SE-ResNeXt.

    Hu, Shen and Sun, 2018, arXiv:1709.01507.
    """
    main = conv_bn(x, filters, 1, name=f"{name}_main_conv_bn1")
    main = conv_bn(
        main, filters, 3, strides, groups=groups, name=f"{name}_main_conv_bn2"
    )
    main = conv_bn(
        main, expansion * filters, 1, act="linear", name=f"{name}_main_conv_bn3"
    )
    main = squeeze_excite(main, ratio, name=f"{name}_main_squeeze_excite")
    skip = shortcut(x, expansion * filters, strides, name=f"{name}_skip")
    x = layers.Add(name=f"{name}_add")([main, skip])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def SEResNet50(classes=1000, reduction=16, *, name="SEResNet50"):
    """Sixteen bottlenecks of three layers, each with its gate.

    (None, 224, 224, 3) -> (None, 1000), 28,141,144 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = conv_bn(image, 64, 7, strides=2, name="conv_bn")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    for i, count in enumerate([3, 4, 6, 3]):
        x = se_bottleneck(
            x, 64 * 2**i, 1 if i == 0 else 2, reduction, name=f"se_bottleneck1_{i}"
        )
        for n in range(count - 1):
            x = se_bottleneck(
                x, 64 * 2**i, ratio=reduction, name=f"se_bottleneck2_{i}_{n}"
            )
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
