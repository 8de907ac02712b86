"""MobileNet V2.

Sandler, Howard, Zhu, Zhmoginov and Chen, MobileNetV2: Inverted Residuals and Linear
Bottlenecks, 2018, arXiv:1801.04381.
Task: image classification.

Table 2 of the paper, layer for layer as in keras.applications; `alpha` is the width
multiplier.

Made by netdsl 0.1.0 from mobilenet_v2.net (sha256 f658388a, this file da9551ea). Change
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


def inverted_residual(
    x,
    filters,
    strides=1,
    expansion=6,
    kernel_size=3,
    act="relu6",
    *,
    name="inverted_residual",
):
    """A wide middle between two thin ends, without squeeze: MobileNetV2's block.

    Sandler et al., 2018, arXiv:1801.04381.
    """
    channels = x.shape[-1]
    main = x
    if expansion != 1:
        main = conv_bn(
            x, int(expansion * channels), 1, act=act, name=f"{name}_main_conv_bn1"
        )
    main = depthwise_bn(
        main, kernel_size, strides, act, name=f"{name}_main_depthwise_bn"
    )
    main = conv_bn(main, filters, 1, act="linear", name=f"{name}_main_conv_bn2")
    if strides == 1 and channels == filters:
        return layers.Add(name=f"{name}_add")([main, x])
    return main


def MobileNetV2(alpha=1.0, size=224, classes=1000, *, name="MobileNetV2"):
    """Seventeen inverted residuals.

    Each row is expansion, channels, repeats and first stride.

    (None, 224, 224, 3) -> (None, 1000), 3,538,984 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = conv_bn(
        image, make_divisible(32 * alpha), 3, strides=2, act="relu6", name="conv_bn1"
    )
    for k, (t, c, n, s) in enumerate(
        [
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ]
    ):
        for i in range(n):
            x = inverted_residual(
                x,
                make_divisible(int(c * alpha)),
                s if i == 0 else 1,
                t,
                name=f"inverted_residual_{k}_{i}",
            )
    x = conv_bn(
        x, make_divisible(1280 * max(1, alpha)), 1, act="relu6", name="conv_bn2"
    )
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
