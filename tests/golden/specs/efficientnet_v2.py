"""EfficientNetV2.

Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021, arXiv:2104.00298.
Task: image classification.

Table 4 of the paper, its larger relatives, and B0 to B3, which are scaled; layer for
layer as in keras.applications. Pictures arrive as 0 to 255.

Made by netdsl 0.1.0 from efficientnet_v2.net (sha256 cd8391d9, this file a52cfeed).
Change the spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers

stages_b = [
    (True, 1, 16, 1, 1),
    (True, 4, 32, 2, 2),
    (True, 4, 48, 2, 2),
    (False, 4, 96, 3, 2),
    (False, 6, 112, 5, 1),
    (False, 6, 192, 8, 2),
]
stages_s = [
    (True, 1, 24, 2, 1),
    (True, 4, 48, 4, 2),
    (True, 4, 64, 4, 2),
    (False, 4, 128, 6, 2),
    (False, 6, 160, 9, 1),
    (False, 6, 256, 15, 2),
]
stages_m = [
    (True, 1, 24, 3, 1),
    (True, 4, 48, 5, 2),
    (True, 4, 80, 5, 2),
    (False, 4, 160, 7, 2),
    (False, 6, 176, 14, 1),
    (False, 6, 304, 18, 2),
    (False, 6, 512, 5, 1),
]
stages_l = [
    (True, 1, 32, 4, 1),
    (True, 4, 64, 7, 2),
    (True, 4, 96, 7, 2),
    (False, 4, 192, 10, 2),
    (False, 6, 224, 19, 1),
    (False, 6, 384, 25, 2),
    (False, 6, 640, 7, 1),
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


def fused_mbconv(
    x,
    filters,
    strides=1,
    expansion=4,
    kernel_size=3,
    act="silu",
    drop=0.0,
    *,
    name="fused_mbconv",
):
    """One full convolution in place of the first two: EfficientNetV2's early block.

    Tan and Le, 2021, arXiv:2104.00298.
    """
    channels = x.shape[-1]
    if expansion == 1:
        main = conv_bn(
            x, filters, kernel_size, strides, act, name=f"{name}_main_conv_bn1"
        )
    else:
        main = conv_bn(
            x,
            expansion * channels,
            kernel_size,
            strides,
            act,
            name=f"{name}_main_conv_bn2",
        )
        main = conv_bn(main, filters, 1, act="linear", name=f"{name}_main_conv_bn3")
    if strides == 1 and channels == filters:
        branch = stochastic_depth(main, drop, name=f"{name}_stochastic_depth")
        return layers.Add(name=f"{name}_add")([branch, x])
    return main


def EfficientNetV2(
    stages=stages_s,
    stem=24,
    width=1.0,
    depth=1.0,
    size=384,
    standardized=False,
    dropout=0.2,
    drop=0.2,
    classes=1000,
    *,
    name="EfficientNetV2",
):
    """Fused blocks while the map is large, EfficientNet's blocks when it is small.

    A stage is whether it is of fused blocks, their expansion, channels, number and
    first stride. The picture is brought to -1 to 1, or `standardized` by the colours of
    ImageNet.

    (None, 384, 384, 3) -> (None, 1000), 21,612,360 parameters at the defaults.
    """
    blocks = [
        (
            fused,
            expansion,
            nearest_multiple(filters * width, 8),
            strides if i == 0 else 1,
        )
        for fused, expansion, filters, repeats, strides in stages
        for i in range(math.ceil(depth * repeats))
    ]
    image = keras.Input((size, size, 3), name="image")
    if standardized:
        x = layers.Rescaling(1 / 255, name="rescaling1")(image)
        x = layers.Normalization(
            mean=[0.485, 0.456, 0.406],
            variance=[0.229**2, 0.224**2, 0.225**2],
            name="normalization",
        )(x)
    else:
        x = layers.Rescaling(1 / 128, offset=-1, name="rescaling2")(image)
    x = conv_bn(
        x, nearest_multiple(stem * width, 8), 3, strides=2, act="silu", name="conv_bn1"
    )
    for i, (fused, expansion, filters, strides) in enumerate(blocks):
        if fused:
            x = fused_mbconv(
                x,
                filters,
                strides,
                expansion,
                drop=drop * i / len(blocks),
                name=f"fused_mbconv_{i}",
            )
        else:
            x = mbconv(
                x,
                filters,
                strides,
                expansion,
                drop=drop * i / len(blocks),
                name=f"mbconv_{i}",
            )
    x = conv_bn(x, nearest_multiple(1280 * width, 8), 1, act="silu", name="conv_bn2")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def EfficientNetV2B0(
    *,
    stages=stages_b,
    stem=32,
    size=224,
    standardized=True,
    name="EfficientNetV2B0",
    **kwargs,
):
    """(None, 224, 224, 3) -> (None, 1000), 7,200,312 parameters at the defaults."""
    return EfficientNetV2(
        stages=stages,
        stem=stem,
        size=size,
        standardized=standardized,
        name=name,
        **kwargs,
    )


def EfficientNetV2B1(
    *,
    stages=stages_b,
    stem=32,
    depth=1.1,
    size=240,
    standardized=True,
    name="EfficientNetV2B1",
    **kwargs,
):
    """(None, 240, 240, 3) -> (None, 1000), 8,212,124 parameters at the defaults."""
    return EfficientNetV2(
        stages=stages,
        stem=stem,
        depth=depth,
        size=size,
        standardized=standardized,
        name=name,
        **kwargs,
    )


def EfficientNetV2B2(
    *,
    stages=stages_b,
    stem=32,
    width=1.1,
    depth=1.2,
    size=260,
    standardized=True,
    name="EfficientNetV2B2",
    **kwargs,
):
    """(None, 260, 260, 3) -> (None, 1000), 10,178,374 parameters at the defaults."""
    return EfficientNetV2(
        stages=stages,
        stem=stem,
        width=width,
        depth=depth,
        size=size,
        standardized=standardized,
        name=name,
        **kwargs,
    )


def EfficientNetV2B3(
    *,
    stages=stages_b,
    stem=32,
    width=1.2,
    depth=1.4,
    size=300,
    standardized=True,
    name="EfficientNetV2B3",
    **kwargs,
):
    """(None, 300, 300, 3) -> (None, 1000), 14,467,622 parameters at the defaults."""
    return EfficientNetV2(
        stages=stages,
        stem=stem,
        width=width,
        depth=depth,
        size=size,
        standardized=standardized,
        name=name,
        **kwargs,
    )


def EfficientNetV2S(
    *, stages=stages_s, stem=24, size=384, name="EfficientNetV2S", **kwargs
):
    """(None, 384, 384, 3) -> (None, 1000), 21,612,360 parameters at the defaults."""
    return EfficientNetV2(stages=stages, stem=stem, size=size, name=name, **kwargs)


def EfficientNetV2M(
    *, stages=stages_m, stem=24, size=480, name="EfficientNetV2M", **kwargs
):
    """(None, 480, 480, 3) -> (None, 1000), 54,431,388 parameters at the defaults."""
    return EfficientNetV2(stages=stages, stem=stem, size=size, name=name, **kwargs)


def EfficientNetV2L(
    *, stages=stages_l, stem=32, size=480, name="EfficientNetV2L", **kwargs
):
    """(None, 480, 480, 3) -> (None, 1000), 119,027,848 parameters at the defaults."""
    return EfficientNetV2(stages=stages, stem=stem, size=size, name=name, **kwargs)
