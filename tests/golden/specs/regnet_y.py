"""RegNet Y.

Radosavovic, Kosaraju, Girshick, He and Dollár, Designing Network Design Spaces, 2020,
arXiv:2003.13678.
Task: image classification.

Four numbers say how wide each block is (equations 2 to 4 of the paper): widths on a
line, rounded to a geometric series and then to whole groups. The blocks are those of
figure 18; torchvision rounds the first width of 8GF up, from 168 to 224.

Made by netdsl 0.1.0 from regnet_y.net (sha256 c9e117c5, this file c31bbdf4). Change the
spec, not this file.
"""

import itertools
import math

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


def step(j, w0, wa, wm):
    return round(math.log((w0 + wa * j) / w0) / math.log(wm))


def nearest(width, divisor):
    return round(width / divisor) * divisor


def width_of(j, w0, wa, wm, group):
    return nearest(nearest(w0 * wm ** step(j, w0, wa, wm), 8), group)


def gate(x, squeezed, *, name="gate"):
    """Weigh each channel; the squeeze is a share of what arrives at the block."""
    branch = layers.GlobalAveragePooling2D(
        keepdims=True, name=f"{name}_global_average_pooling2d"
    )(x)
    branch = layers.Dense(squeezed, activation="relu", name=f"{name}_dense1")(branch)
    branch = layers.Dense(x.shape[-1], activation="sigmoid", name=f"{name}_dense2")(
        branch
    )
    return layers.Multiply(name=f"{name}_multiply")([x, branch])


def y_block(x, filters, strides, group, *, name="y_block"):
    """A bottleneck that does not narrow, grouped and gated."""
    main = conv_bn(x, filters, 1, name=f"{name}_main_conv_bn1")
    main = conv_bn(
        main, filters, 3, strides, groups=filters // group, name=f"{name}_main_conv_bn2"
    )
    main = gate(main, round(x.shape[-1] / 4), name=f"{name}_main_gate")
    main = conv_bn(main, filters, 1, act="linear", name=f"{name}_main_conv_bn3")
    skip = shortcut(x, filters, strides, name=f"{name}_skip")
    x = layers.Add(name=f"{name}_add")([main, skip])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def RegNetY(
    classes=1000, depth=16, w0=48, wa=27.89, wm=2.09, group=8, *, name="RegNetY"
):
    """400MF; a block that is wider than the one before halves the map.

    (None, 224, 224, 3) -> (None, 1000), 4,371,296 parameters at the defaults.
    """
    widths = [32, *[width_of(j, w0, wa, wm, group) for j in range(depth)]]
    image = keras.Input((224, 224, 3), name="image")
    x = conv_bn(image, 32, 3, strides=2, name="conv_bn")
    for n, (before, width) in enumerate(itertools.pairwise(widths)):
        x = y_block(
            x,
            width,
            strides=1 if width == before else 2,
            group=group,
            name=f"y_block_{n}",
        )
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def RegNetY400MF(*, name="RegNetY400MF", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 4,371,296 parameters at the defaults."""
    return RegNetY(name=name, **kwargs)


def RegNetY8GF(
    *, depth=17, w0=192, wa=76.82, wm=2.19, group=56, name="RegNetY8GF", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 39,265,812 parameters at the defaults."""
    return RegNetY(depth=depth, w0=w0, wa=wa, wm=wm, group=group, name=name, **kwargs)
