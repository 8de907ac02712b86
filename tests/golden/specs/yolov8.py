"""YOLOv8.

Jocher, Chaurasia and Qiu, Ultralytics YOLOv8, 2023,
https://github.com/ultralytics/ultralytics.
Task: object detection.

A backbone of cross-stage modules, a neck that carries maps down to the fine scale and
up again, and heads without anchors. Sizes s to x are deeper and wider than n. A box
leaves as the distances of its four sides from the middle of a cell, counted in cells,
each the mean of a distribution over sixteen bins (Li et al., 2020, arXiv:2006.04388).

Made by netdsl 0.1.0 from yolov8.net (sha256 6647126b, this file 2f1be742). Change the
spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers


def eights(width):
    return math.ceil(width / 8) * 8


def conv(x, filters, kernel_size=3, strides=1, *, name="conv"):
    """A convolution, normalized.

    One that halves the size starts its windows one place before the first.
    """
    if strides > 1:
        x = layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_zero_padding2d")(x)
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        use_bias=False,
        name=f"{name}_conv2d",
    )(x)
    x = layers.BatchNormalization(momentum=0.97, name=f"{name}_batch_normalization")(x)
    return layers.Activation("silu", name=f"{name}_activation")(x)


def c2f(x, filters, count, shortcut=False, *, name="c2f"):
    """Half of the channels go through bottlenecks.

    What each of them makes is kept for the last convolution.
    """
    half = filters // 2
    split = conv(x, filters, 1, name=f"{name}_split")
    x = split[..., half:]
    made = []
    for n in range(count):
        if shortcut:
            residual = conv(x, half, name=f"{name}_conv1_{n}")
            residual = conv(residual, half, name=f"{name}_conv2_{n}")
            x = layers.Add(name=f"{name}_made1_{n}")([x, residual])
        else:
            x = conv(x, half, name=f"{name}_conv3_{n}")
            x = conv(x, half, name=f"{name}_made2_{n}")
        made.append(x)
    x = layers.Concatenate(name=f"{name}_concatenate")([split, *made])
    return conv(x, filters, 1, name=f"{name}_conv4")


def sppf(x, filters, *, name="sppf"):
    """Pooled three times over, so that each place knows of all that is far."""
    narrow = conv(x, filters // 2, 1, name=f"{name}_narrow")
    x = narrow
    wider = []
    for n in range(3):
        x = layers.MaxPooling2D(5, strides=1, padding="same", name=f"{name}_wider_{n}")(
            x
        )
        wider.append(x)
    x = layers.Concatenate(name=f"{name}_concatenate")([narrow, *wider])
    return conv(x, filters, 1, name=f"{name}_conv")


def head(x, inner, outputs, *, name="head"):
    """Two convolutions and a projection, a row for each place."""
    for n in range(2):
        x = conv(x, inner, name=f"{name}_conv_{n}")
    x = layers.Conv2D(outputs, 1, name=f"{name}_conv2d")(x)
    return layers.Reshape((-1, outputs), name=f"{name}_reshape")(x)


def mean_of_bins(logits, *, name="mean_of_bins"):
    """The distance that a distribution over whole distances has in the mean."""
    bins = logits.shape[-1]
    x = layers.Softmax(name=f"{name}_softmax")(logits)
    x = layers.Dense(
        1,
        use_bias=False,
        kernel_initializer=keras.initializers.Constant(
            [[distance] for distance in range(bins)]
        ),
        trainable=False,
        name=f"{name}_dense",
    )(x)
    return layers.Reshape((-1, 4), name=f"{name}_reshape")(x)


def YOLOv8(
    classes=80, depth=0.33, width=0.25, widest=1024, size=640, bins=16, *, name="YOLOv8"
):
    """Size n; `depth`, `width` and `widest` make the others.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80), 3,167,792
    parameters at the defaults.
    """
    widths = [
        eights(width * min(channels, widest)) for channels in [64, 128, 256, 512, 1024]
    ]
    few = max(1, round(3 * depth))
    many = max(1, round(6 * depth))
    image = keras.Input((size, size, 3), name="image")
    x = conv(image, widths[0], strides=2, name="conv1")
    stages = []
    for n, (filters, count) in enumerate(zip(widths[1:], [few, many, many, few])):
        x = conv(x, filters, strides=2, name=f"conv2_{n}")
        x = c2f(x, filters, count, shortcut=True, name=f"stages_{n}")
        stages.append(x)
    coarse = sppf(stages[3], widths[4], name="coarse")
    up_sampling2d = layers.UpSampling2D(2, name="middle_up_sampling2d")(coarse)
    middle = layers.Concatenate(name="middle_concatenate")([up_sampling2d, stages[2]])
    middle = c2f(middle, widths[3], few, name="middle_c2f")
    up_sampling2d = layers.UpSampling2D(2, name="p3_up_sampling2d")(middle)
    p3 = layers.Concatenate(name="p3_concatenate")([up_sampling2d, stages[1]])
    p3 = c2f(p3, widths[2], few, name="p3_c2f")
    branch = conv(p3, widths[2], strides=2, name="p4_conv")
    p4 = layers.Concatenate(name="p4_concatenate")([branch, middle])
    p4 = c2f(p4, widths[3], few, name="p4_c2f")
    branch = conv(p4, widths[3], strides=2, name="p5_conv")
    p5 = layers.Concatenate(name="p5_concatenate")([branch, coarse])
    p5 = c2f(p5, widths[4], few, name="p5_c2f")
    for_boxes = max(16, widths[2] // 4, 4 * bins)
    for_classes = max(widths[2], min(classes, 100))
    distributions = [
        head(p, for_boxes, 4 * bins, name=f"distributions_{n}")
        for n, p in enumerate([p3, p4, p5])
    ]
    classified = [
        head(p, for_classes, classes, name=f"classified_{n}")
        for n, p in enumerate([p3, p4, p5])
    ]
    x = layers.Concatenate(axis=1, name="concatenate1")(distributions)
    x = layers.Reshape((-1, 4, bins), name="reshape")(x)
    distances = mean_of_bins(x, name="distances")
    x = layers.Concatenate(axis=1, name="concatenate2")(classified)
    scores = layers.Activation("sigmoid", name="scores")(x)
    return keras.Model(image, {"distances": distances, "scores": scores}, name=name)


def YOLOv8n(*, name="YOLOv8n", **kwargs):
    """A model of 3,167,792 parameters at the defaults.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80).
    """
    return YOLOv8(name=name, **kwargs)


def YOLOv8s(*, width=0.5, name="YOLOv8s", **kwargs):
    """A model of 11,186,592 parameters at the defaults.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80).
    """
    return YOLOv8(width=width, name=name, **kwargs)


def YOLOv8m(*, depth=0.67, width=0.75, widest=768, name="YOLOv8m", **kwargs):
    """A model of 25,935,760 parameters at the defaults.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80).
    """
    return YOLOv8(depth=depth, width=width, widest=widest, name=name, **kwargs)


def YOLOv8l(*, depth=1.0, width=1.0, widest=512, name="YOLOv8l", **kwargs):
    """A model of 43,737,984 parameters at the defaults.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80).
    """
    return YOLOv8(depth=depth, width=width, widest=widest, name=name, **kwargs)


def YOLOv8x(*, depth=1.0, width=1.25, widest=512, name="YOLOv8x", **kwargs):
    """A model of 68,287,728 parameters at the defaults.

    (None, 640, 640, 3) -> distances (None, 8400, 4), scores (None, 8400, 80).
    """
    return YOLOv8(depth=depth, width=width, widest=widest, name=name, **kwargs)
