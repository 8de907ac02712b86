"""DeepLabv3+.

Chen, Zhu, Papandreou, Schroff and Adam, Encoder-Decoder with Atrous Separable
Convolution for Semantic Image Segmentation, 2018, arXiv:1802.02611.
Task: segmentation.

Figure 2 of the paper on ResNet-101 at a sixteenth of the size: the last stage dilates
its convolutions in place of a stride.

Made by netdsl 0.1.0 from deeplabv3_plus.net (sha256 53485e53, this file 75c78cb7).
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


def atrous_conv_bn(
    x, filters, rate=2, kernel_size=3, act="relu", *, name="atrous_conv_bn"
):
    """A convolution whose window has gaps, normalized: it sees further.

    Yu and Koltun, 2016, arXiv:1511.07122.
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        dilation_rate=rate,
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


def atrous_bottleneck(
    x, filters, strides=1, rate=1, expansion=4, *, name="atrous_bottleneck"
):
    """A bottleneck that may leave gaps in place of a stride: a ResNet that segments.

    Chen et al., 2017, arXiv:1706.05587.
    """
    main = conv_bn(x, filters, 1, name=f"{name}_main_conv_bn1")
    main = layers.Conv2D(
        filters,
        3,
        strides=strides,
        dilation_rate=rate,
        use_bias=False,
        padding="same",
        name=f"{name}_main_conv2d",
    )(main)
    main = layers.BatchNormalization(name=f"{name}_main_batch_normalization")(main)
    main = layers.ReLU(name=f"{name}_main_re_lu")(main)
    main = conv_bn(
        main, expansion * filters, 1, act="linear", name=f"{name}_main_conv_bn2"
    )
    skip = shortcut(x, expansion * filters, strides, name=f"{name}_skip")
    x = layers.Add(name=f"{name}_add")([main, skip])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def aspp(x, filters=256, rates=(6, 12, 18), *, name="aspp"):
    """Atrous spatial pyramid pooling: DeepLabv3.

    Chen et al., 2017, arXiv:1706.05587. The map's size must be fixed.
    """
    whole = layers.GlobalAveragePooling2D(
        keepdims=True, name=f"{name}_whole_global_average_pooling2d"
    )(x)
    whole = conv_bn(whole, filters, 1, name=f"{name}_whole_conv_bn")
    whole = layers.UpSampling2D(
        x.shape[1:3], interpolation="bilinear", name=f"{name}_whole_up_sampling2d"
    )(whole)
    branch1 = conv_bn(x, filters, 1, name=f"{name}_conv_bn1")
    branches = [
        atrous_conv_bn(x, filters, rate, name=f"{name}_atrous_conv_bn_{n}")
        for n, rate in enumerate(rates)
    ]
    x = layers.Concatenate(name=f"{name}_concatenate")([branch1, *branches, whole])
    return conv_bn(x, filters, 1, name=f"{name}_conv_bn2")


def DeepLabV3Plus(classes=21, blocks=(3, 4, 23, 3), size=512, *, name="DeepLabV3Plus"):
    """An encoder that looks at five scales, and a decoder that mends the borders.

    (None, 512, 512, 3) -> (None, 512, 512, 21), 59,453,845 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    encoded = conv_bn(image, 64, 7, strides=2, name="encoded_conv_bn")
    encoded = layers.MaxPooling2D(
        3, strides=2, padding="same", name="encoded_max_pooling2d"
    )(encoded)
    stages = []
    for i, (count, strides, rate) in enumerate(zip(blocks, [1, 2, 2, 1], [1, 1, 1, 2])):
        encoded = atrous_bottleneck(
            encoded, 64 * 2**i, strides, rate, name=f"encoded_atrous_bottleneck1_{i}"
        )
        for n in range(count - 1):
            encoded = atrous_bottleneck(
                encoded,
                64 * 2**i,
                rate=rate,
                name=f"encoded_atrous_bottleneck2_{i}_{n}",
            )
        stages.append(encoded)
    encoded = aspp(encoded, 256, [6, 12, 18], name="encoded_aspp")
    encoded = layers.UpSampling2D(
        4, interpolation="bilinear", name="encoded_up_sampling2d"
    )(encoded)
    low_level = conv_bn(stages[0], 48, 1, name="low_level")
    x = layers.Concatenate(name="concatenate")([encoded, low_level])
    for n in range(2):
        x = conv_bn(x, 256, 3, name=f"conv_bn_{n}")
    x = layers.Conv2D(classes, 1, padding="same", name="conv2d")(x)
    x = layers.UpSampling2D(4, interpolation="bilinear", name="up_sampling2d")(x)
    mask = layers.Softmax(name="mask")(x)
    return keras.Model(image, mask, name=name)
