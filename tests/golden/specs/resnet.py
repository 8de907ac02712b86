"""ResNet.

He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015,
arXiv:1512.03385.
Task: image classification.

The columns of the paper's table 1. The deeper three are those of keras.applications,
layer for layer: their convolutions have biases, and their stages stride in the first
convolution.

Made by netdsl 0.1.0 from resnet.net (sha256 d4f0551c, this file 2eb76e2b). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

expansion = 4


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


def basic_residual(x, filters, strides=1, *, name="basic_residual"):
    """Two convolutions round a shortcut: ResNet-18 and ResNet-34.

    He et al., 2015, arXiv:1512.03385.
    """
    main = conv_bn(x, filters, 3, strides, name=f"{name}_main_conv_bn1")
    main = conv_bn(main, filters, 3, act="linear", name=f"{name}_main_conv_bn2")
    skip = shortcut(x, filters, strides, name=f"{name}_skip")
    x = layers.Add(name=f"{name}_add")([main, skip])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def bottleneck(x, filters, strides=1, project=False, *, name="bottleneck"):
    """Reduce, convolve, expand, round a shortcut: figure 5, on the right."""
    skip = x
    if project:
        skip = layers.Conv2D(
            expansion * filters, 1, strides=strides, name=f"{name}_skip_conv2d"
        )(x)
        skip = layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_skip_batch_normalization"
        )(skip)
    main = layers.Conv2D(filters, 1, strides=strides, name=f"{name}_main_conv2d1")(x)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization1"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu1")(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization2"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu2")(main)
    main = layers.Conv2D(expansion * filters, 1, name=f"{name}_main_conv2d3")(main)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization3"
    )(main)
    x = layers.Add(name=f"{name}_add")([skip, main])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def stage(x, filters, blocks, strides, *, name="stage"):
    x = bottleneck(x, filters, strides, project=True, name=f"{name}_bottleneck1")
    for n in range(blocks - 1):
        x = bottleneck(x, filters, name=f"{name}_bottleneck2_{n}")
    return x


def stem(image, *, name="stem"):
    """One large convolution and a pooling; a quarter of the size remains."""
    x = layers.ZeroPadding2D(3, name=f"{name}_zero_padding2d1")(image)
    x = layers.Conv2D(64, 7, strides=2, name=f"{name}_conv2d")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_batch_normalization")(
        x
    )
    x = layers.ReLU(name=f"{name}_re_lu")(x)
    x = layers.ZeroPadding2D(1, name=f"{name}_zero_padding2d2")(x)
    return layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)


def resnet(image, blocks, *, name="resnet"):
    """The features; `blocks` counts the bottlenecks of each stage."""
    x = stem(image, name=f"{name}_stem")
    for i, count in enumerate(blocks):
        x = stage(
            x, 64 * 2**i, count, strides=1 if i == 0 else 2, name=f"{name}_stage_{i}"
        )
    return x


def ResNet(blocks=(2, 2, 2, 2), classes=1000, *, name="ResNet"):
    """Two convolutions in each block: the shallow two of the paper.

    (None, 224, 224, 3) -> (None, 1000), 11,699,112 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = conv_bn(image, 64, 7, strides=2, name="conv_bn")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d")(x)
    for i, count in enumerate(blocks):
        x = basic_residual(
            x, 64 * 2**i, strides=1 if i == 0 else 2, name=f"basic_residual1_{i}"
        )
        for n in range(count - 1):
            x = basic_residual(x, 64 * 2**i, name=f"basic_residual2_{i}_{n}")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def DeepResNet(blocks=(3, 4, 6, 3), classes=1000, *, name="DeepResNet"):
    """Three convolutions in each block, so that depth costs less.

    (None, 224, 224, 3) -> (None, 1000), 25,636,712 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = resnet(image, blocks, name="resnet")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def ResNet18(blocks=(2, 2, 2, 2), classes=1000, *, name="ResNet18"):
    """(None, 224, 224, 3) -> (None, 1000), 11,699,112 parameters at the defaults."""
    return ResNet(blocks, classes, name=name)


def ResNet34(blocks=(3, 4, 6, 3), classes=1000, *, name="ResNet34"):
    """(None, 224, 224, 3) -> (None, 1000), 21,814,696 parameters at the defaults."""
    return ResNet(blocks, classes, name=name)


def ResNet50(blocks=(3, 4, 6, 3), classes=1000, *, name="ResNet50"):
    """(None, 224, 224, 3) -> (None, 1000), 25,636,712 parameters at the defaults."""
    return DeepResNet(blocks, classes, name=name)


def ResNet101(blocks=(3, 4, 23, 3), classes=1000, *, name="ResNet101"):
    """(None, 224, 224, 3) -> (None, 1000), 44,707,176 parameters at the defaults."""
    return DeepResNet(blocks, classes, name=name)


def ResNet152(blocks=(3, 8, 36, 3), classes=1000, *, name="ResNet152"):
    """(None, 224, 224, 3) -> (None, 1000), 60,419,944 parameters at the defaults."""
    return DeepResNet(blocks, classes, name=name)
