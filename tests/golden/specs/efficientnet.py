"""EfficientNet.

Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
2019, arXiv:1905.11946.
Task: image classification.

Table 1 of the paper and its compound scaling, layer for layer as in keras.applications.
Pictures arrive as 0 to 255.

Made by netdsl 0.1.0 from efficientnet.net (sha256 c2cfabc5, this file 7ded8a6c). Change
the spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers

# Expansion, channels, repeats, first stride and kernel of each stage.
stages = [
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
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


def EfficientNet(
    width=1.0,
    depth=1.0,
    size=224,
    dropout=0.2,
    drop=0.2,
    pretrained=False,
    classes=1000,
    *,
    name="EfficientNet",
):
    """Blocks that are wider, deeper and see larger pictures, all three together.

    `drop` is how often the deepest branch is left out in training; `pretrained` is for
    the weights that Keras learned on ImageNet, which expect one more scale.

    (None, 224, 224, 3) -> (None, 1000), 5,330,571 parameters at the defaults.
    """
    blocks = [
        (expansion, filters, strides if i == 0 else 1, kernel_size)
        for expansion, filters, repeats, strides, kernel_size in stages
        for i in range(math.ceil(depth * repeats))
    ]
    image = keras.Input((size, size, 3), name="image")
    x = layers.Rescaling(1 / 255, name="rescaling1")(image)
    x = layers.Normalization(name="normalization")(x)
    if pretrained:
        x = layers.Rescaling(
            [1 / math.sqrt(d) for d in [0.229, 0.224, 0.225]], name="rescaling2"
        )(x)
    x = conv_bn(
        x, make_divisible(32 * width), 3, strides=2, act="silu", name="conv_bn1"
    )
    for i, (expansion, filters, strides, kernel_size) in enumerate(blocks):
        x = mbconv(
            x,
            make_divisible(filters * width),
            strides,
            expansion,
            kernel_size,
            drop=drop * i / len(blocks),
            name=f"mbconv_{i}",
        )
    x = conv_bn(x, make_divisible(1280 * width), 1, act="silu", name="conv_bn2")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def EfficientNetB0(
    *, width=1.0, depth=1.0, size=224, dropout=0.2, name="EfficientNetB0", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 5,330,571 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB1(
    *, width=1.0, depth=1.1, size=240, dropout=0.2, name="EfficientNetB1", **kwargs
):
    """(None, 240, 240, 3) -> (None, 1000), 7,856,239 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB2(
    *, width=1.1, depth=1.2, size=260, dropout=0.3, name="EfficientNetB2", **kwargs
):
    """(None, 260, 260, 3) -> (None, 1000), 9,177,569 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB3(
    *, width=1.2, depth=1.4, size=300, dropout=0.3, name="EfficientNetB3", **kwargs
):
    """(None, 300, 300, 3) -> (None, 1000), 12,320,535 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB4(
    *, width=1.4, depth=1.8, size=380, dropout=0.4, name="EfficientNetB4", **kwargs
):
    """(None, 380, 380, 3) -> (None, 1000), 19,466,823 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB5(
    *, width=1.6, depth=2.2, size=456, dropout=0.4, name="EfficientNetB5", **kwargs
):
    """(None, 456, 456, 3) -> (None, 1000), 30,562,527 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB6(
    *, width=1.8, depth=2.6, size=528, dropout=0.5, name="EfficientNetB6", **kwargs
):
    """(None, 528, 528, 3) -> (None, 1000), 43,265,143 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetB7(
    *, width=2.0, depth=3.1, size=600, dropout=0.5, name="EfficientNetB7", **kwargs
):
    """(None, 600, 600, 3) -> (None, 1000), 66,658,687 parameters at the defaults."""
    return EfficientNet(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )
