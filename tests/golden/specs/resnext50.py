"""ResNeXt-50 (32x4d).

Xie, Girshick, Dollár, Tu and He, Aggregated Residual Transformations for Deep Neural
Networks, 2017, arXiv:1611.05431.
Task: image classification.

Table 1 of the paper, right column: 32 groups of 4 channels in the first stage.

Made by netdsl 0.1.0 from resnext50.net (sha256 b7cb3085, this file 7c3c96a9). Change
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


def shortcut(x, filters, strides=1, *, name="shortcut"):
    """The map itself where its shape fits, a projection where it does not."""
    if strides != 1 or x.shape[-1] != filters:
        x = conv_bn(x, filters, 1, strides, act="linear", name=f"{name}_conv_bn")
    return x


def bottleneck(x, filters, strides=1, expansion=4, groups=1, *, name="bottleneck"):
    """Reduce, convolve, expand, round a shortcut: ResNet-50 and deeper.

    He et al., 2015, arXiv:1512.03385.

    The stride is that of the middle convolution. With `groups` it is ResNeXt's (Xie et
    al., 2017, arXiv:1611.05431).
    """
    main = conv_bn(x, filters, 1, name=f"{name}_main_conv_bn1")
    main = conv_bn(
        main, filters, 3, strides, groups=groups, name=f"{name}_main_conv_bn2"
    )
    main = conv_bn(
        main, expansion * filters, 1, act="linear", name=f"{name}_main_conv_bn3"
    )
    skip = shortcut(x, expansion * filters, strides, name=f"{name}_skip")
    x = layers.Add(name=f"{name}_add")([main, skip])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def ResNeXt50(classes=1000, groups=32, group_width=4, *, name="ResNeXt50"):
    """ResNet-50 with the middle convolution of each bottleneck split into groups.

    (None, 224, 224, 3) -> (None, 1000), 25,097,128 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = conv_bn(image, 64, 7, strides=2, name="conv_bn")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    for i, count in enumerate([3, 4, 6, 3]):
        for j in range(count):
            x = bottleneck(
                x,
                groups * group_width * 2**i,
                strides=2 if i > 0 and j == 0 else 1,
                expansion=2,
                groups=groups,
                name=f"bottleneck_{i}_{j}",
            )
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
