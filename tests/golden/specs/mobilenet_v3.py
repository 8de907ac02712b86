"""MobileNet V3.

Howard et al., Searching for MobileNetV3, 2019, arXiv:1905.02244.
Task: image classification.

Tables 1 and 2 of the paper, layer for layer as in keras.applications; `alpha` is the
width multiplier.

Made by netdsl 0.1.0 from mobilenet_v3.net (sha256 b444aa75, this file 9b922b30). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

large = [
    (3, 1, 16, 1, 1, 0, "relu"),
    (3, 4, 24, 1, 2, 0, "relu"),
    (3, 3, 24, 1, 1, 0, "relu"),
    (5, 3, 40, 3, 2, 1 / 4, "relu"),
    (3, 6, 80, 1, 2, 0, "hard_swish"),
    (3, 2.5, 80, 1, 1, 0, "hard_swish"),
    (3, 2.3, 80, 2, 1, 0, "hard_swish"),
    (3, 6, 112, 2, 1, 1 / 4, "hard_swish"),
    (5, 6, 160, 3, 2, 1 / 4, "hard_swish"),
]
small = [
    (3, 1, 16, 1, 2, 1 / 4, "relu"),
    (3, 72 / 16, 24, 1, 2, 0, "relu"),
    (3, 88 / 24, 24, 1, 1, 0, "relu"),
    (5, 4, 40, 1, 2, 1 / 4, "hard_swish"),
    (5, 6, 40, 2, 1, 1 / 4, "hard_swish"),
    (5, 3, 48, 2, 1, 1 / 4, "hard_swish"),
    (5, 6, 96, 3, 2, 1 / 4, "hard_swish"),
]


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


def stochastic_depth(x, rate=0.0, *, name="stochastic_depth"):
    """Drop the whole branch of a sample while training, as often as `rate` says.

    Huang et al., 2016, arXiv:1603.09382.
    """
    if rate > 0:
        x = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}_dropout")(x)
    return x


def mbconv(
    x,
    filters,
    strides=1,
    expansion=6,
    kernel_size=3,
    squeeze=0.25,
    act="silu",
    squeeze_act=None,
    gate="sigmoid",
    divisor=1,
    drop=0.0,
    *,
    name="mbconv",
):
    """Expand, convolve depthwise, squeeze and excite, project: EfficientNet's block.

    Tan and Le, 2019, arXiv:1905.11946.

    The squeeze is to a share of the channels that arrive, and there is none where it is
    0. Widths in between are multiples of `divisor`: 8 for MobileNetV3, whose `gate` is
    hard_sigmoid. Where a shortcut fits, `drop` is how often the branch beside it is
    left out in training.
    """
    if squeeze_act is None:
        squeeze_act = act
    channels = x.shape[-1]
    main = x
    if expansion != 1:
        main = conv_bn(
            x,
            make_divisible(expansion * channels, divisor),
            1,
            act=act,
            name=f"{name}_main_conv_bn1",
        )
    main = depthwise_bn(
        main, kernel_size, strides, act, name=f"{name}_main_depthwise_bn"
    )
    if squeeze > 0:
        main = squeeze_excite(
            main,
            expansion / squeeze,
            squeeze_act,
            gate,
            divisor,
            name=f"{name}_main_squeeze_excite",
        )
    main = conv_bn(main, filters, 1, act="linear", name=f"{name}_main_conv_bn2")
    if strides == 1 and channels == filters:
        branch = stochastic_depth(main, drop, name=f"{name}_stochastic_depth")
        return layers.Add(name=f"{name}_add")([branch, x])
    return main


def MobileNetV3(
    rows=large,
    last=1280,
    alpha=1.0,
    size=224,
    dropout=0.2,
    classes=1000,
    *,
    name="MobileNetV3",
):
    """Inverted residuals, a row of the table each, and a head on the averaged map.

    A row is kernel, expansion, channels, number of blocks, first stride, share of the
    squeeze and nonlinearity.

    (None, 224, 224, 3) -> (None, 1000), 5,507,432 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(image)
    x = conv_bn(x, 16, 3, strides=2, act="hard_swish", name="conv_bn1")
    for n, (kernel_size, expansion, filters, count, strides, squeeze, act) in enumerate(
        rows
    ):
        for i in range(count):
            x = mbconv(
                x,
                make_divisible(filters * alpha),
                strides if i == 0 else 1,
                expansion,
                kernel_size,
                squeeze * expansion,
                act,
                squeeze_act="relu",
                gate="hard_sigmoid",
                divisor=8,
                name=f"mbconv_{n}_{i}",
            )
    x = conv_bn(
        x, make_divisible(6 * x.shape[-1]), 1, act="hard_swish", name="conv_bn2"
    )
    x = layers.GlobalAveragePooling2D(keepdims=True, name="global_average_pooling2d")(x)
    x = layers.Conv2D(
        make_divisible(last * max(1, alpha)), 1, activation="hard_swish", name="conv2d1"
    )(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(classes, 1, name="conv2d2")(x)
    x = layers.Flatten(name="flatten")(x)
    probs = layers.Softmax(name="probs")(x)
    return keras.Model(image, probs, name=name)


def MobileNetV3Large(*, rows=large, last=1280, name="MobileNetV3Large", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 5,507,432 parameters at the defaults."""
    return MobileNetV3(rows=rows, last=last, name=name, **kwargs)


def MobileNetV3Small(*, rows=small, last=1024, name="MobileNetV3Small", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 2,554,968 parameters at the defaults."""
    return MobileNetV3(rows=rows, last=last, name=name, **kwargs)
