"""EfficientNet-Lite.

Liu, Higher accuracy on vision models with EfficientNet-Lite, 2020,
https://blog.tensorflow.org/2020/03/higher-accuracy-on-vision-models-with-efficientnet-lite.html.
Task: image classification.

EfficientNet (Tan and Le, 2019, arXiv:1905.11946) for small devices: without squeeze and
excitation, with ReLU6, and with a stem, a head and first and last stages that do not
grow.

Made by netdsl 0.1.0 from efficientnet_lite.net (sha256 161ddf4a, this file 9e78d3ef).
Change the spec, not this file.
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


def deeper(blocks, depth, stage):
    return blocks if stage in (0, len(stages) - 1) else math.ceil(depth * blocks)


def EfficientNetLite(
    classes=1000,
    width=1.0,
    depth=1.0,
    size=224,
    dropout=0.2,
    *,
    name="EfficientNetLite",
):
    """Lite0, which `width`, `depth` and `size` scale.

    (None, 224, 224, 3) -> (None, 1000), 4,694,024 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = conv_bn(image, 32, 3, strides=2, act="relu6", name="conv_bn1")
    for i, (expansion, channels, blocks, strides, kernel_size) in enumerate(stages):
        for j in range(deeper(blocks, depth, i)):
            x = inverted_residual(
                x,
                make_divisible(channels * width),
                strides=strides if j == 0 else 1,
                expansion=expansion,
                kernel_size=kernel_size,
                name=f"inverted_residual_{i}_{j}",
            )
    x = conv_bn(x, 1280, 1, act="relu6", name="conv_bn2")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def EfficientNetLite0(*, name="EfficientNetLite0", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 4,694,024 parameters at the defaults."""
    return EfficientNetLite(name=name, **kwargs)


def EfficientNetLite1(*, depth=1.1, size=240, name="EfficientNetLite1", **kwargs):
    """(None, 240, 240, 3) -> (None, 1000), 5,470,344 parameters at the defaults."""
    return EfficientNetLite(depth=depth, size=size, name=name, **kwargs)


def EfficientNetLite2(
    *, width=1.1, depth=1.2, size=260, dropout=0.3, name="EfficientNetLite2", **kwargs
):
    """(None, 260, 260, 3) -> (None, 1000), 6,150,168 parameters at the defaults."""
    return EfficientNetLite(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetLite3(
    *, width=1.2, depth=1.4, size=280, dropout=0.3, name="EfficientNetLite3", **kwargs
):
    """(None, 280, 280, 3) -> (None, 1000), 8,273,768 parameters at the defaults."""
    return EfficientNetLite(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )


def EfficientNetLite4(
    *, width=1.4, depth=1.8, size=300, dropout=0.3, name="EfficientNetLite4", **kwargs
):
    """(None, 300, 300, 3) -> (None, 1000), 13,118,936 parameters at the defaults."""
    return EfficientNetLite(
        width=width, depth=depth, size=size, dropout=dropout, name=name, **kwargs
    )
