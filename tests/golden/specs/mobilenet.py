"""MobileNet.

Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
Applications, 2017, arXiv:1704.04861.
Task: image classification.

Table 1 of the paper, layer for layer as in keras.applications; `alpha` is the paper's
width multiplier.

Made by netdsl 0.1.0 from mobilenet.net (sha256 45a8fcb9, this file df1db9a3). Change
the spec, not this file.
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


def mobile_conv(x, filters, strides=1, act="relu6", *, name="mobile_conv"):
    """Depthwise, then pointwise, each normalized and activated: MobileNet's layer.

    Howard et al., 2017, arXiv:1704.04861.
    """
    x = depthwise_bn(x, 3, strides, act, name=f"{name}_depthwise_bn")
    return conv_bn(x, filters, 1, act=act, name=f"{name}_conv_bn")


def MobileNet(alpha=1.0, size=224, dropout=0.001, classes=1000, *, name="MobileNet"):
    """Thirteen times a depthwise convolution and a pointwise one.

    (None, 224, 224, 3) -> (None, 1000), 4,253,864 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = conv_bn(image, int(32 * alpha), 3, strides=2, act="relu6", name="conv_bn")
    for n, (filters, strides) in enumerate(
        [
            (64, 1),
            (128, 2),
            (128, 1),
            (256, 2),
            (256, 1),
            (512, 2),
            *[(512, 1)] * 5,
            (1024, 2),
            (1024, 1),
        ]
    ):
        x = mobile_conv(x, int(filters * alpha), strides, name=f"mobile_conv_{n}")
    x = layers.GlobalAveragePooling2D(keepdims=True, name="global_average_pooling2d")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(classes, 1, name="conv2d")(x)
    x = layers.Flatten(name="flatten")(x)
    probs = layers.Softmax(name="probs")(x)
    return keras.Model(image, probs, name=name)
