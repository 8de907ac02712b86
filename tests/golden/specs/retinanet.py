"""RetinaNet.

Lin, Goyal, Girshick, He and Dollár, Focal Loss for Dense Object Detection, 2017,
arXiv:1708.02002.
Task: object detection.

ResNet-50, the feature pyramid of Lin et al., 2017, arXiv:1612.03144, and two heads that
all five scales share (figure 3 of the paper). A row leaves for each of nine anchors at
each place, fine scales first.

Made by netdsl 0.1.0 from retinanet.net (sha256 c10b2b40, this file f71d9236). Change
the spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers


def dense_head(
    outputs,
    anchors=9,
    filters=256,
    depth=4,
    bias_initializer="zeros",
    *,
    name="dense_head",
):
    """Convolutions and a row [outputs] for each anchor at each place: RetinaNet.

    Lin et al., 2017, arXiv:1708.02002.

    Gives [height * width * anchors, outputs]. One head, a `layer`, serves all levels of
    a pyramid.
    """
    conv2d_layers = [
        layers.Conv2D(
            filters, 3, activation="relu", padding="same", name=f"{name}_conv2d1_{n}"
        )
        for n in range(depth)
    ]
    conv2d2 = layers.Conv2D(
        anchors * outputs,
        3,
        bias_initializer=bias_initializer,
        padding="same",
        name=f"{name}_conv2d2",
    )
    reshape = layers.Reshape((-1, outputs), name=f"{name}_reshape")

    def apply(x):
        for layer in conv2d_layers:
            x = layer(x)
        x = conv2d2(x)
        return reshape(x)

    return apply


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


def feature_pyramid(c3, c4, c5, filters=256, *, name="feature_pyramid"):
    """Carry what the coarse maps know to the fine ones.

    Lin et al., 2017, arXiv:1612.03144.

    Takes three maps, fine to coarse, each half the size of the one before, and gives
    three of `filters` channels.
    """
    m5 = layers.Conv2D(filters, 1, padding="same", name=f"{name}_m5")(c5)
    conv2d = layers.Conv2D(filters, 1, padding="same", name=f"{name}_m4_conv2d")(c4)
    up_sampling2d = layers.UpSampling2D(name=f"{name}_m4_up_sampling2d")(m5)
    m4 = layers.Add(name=f"{name}_m4_add")([conv2d, up_sampling2d])
    conv2d = layers.Conv2D(filters, 1, padding="same", name=f"{name}_m3_conv2d")(c3)
    up_sampling2d = layers.UpSampling2D(name=f"{name}_m3_up_sampling2d")(m4)
    m3 = layers.Add(name=f"{name}_m3_add")([conv2d, up_sampling2d])
    p3 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_p3")(m3)
    p4 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_p4")(m4)
    p5 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_p5")(m5)
    return p3, p4, p5


def resnet50(image, *, name="resnet50"):
    """The maps at an eighth, a sixteenth and a thirty-second of the size."""
    x = conv_bn(image, 64, 7, strides=2, name=f"{name}_conv_bn")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_max_pooling2d")(
        x
    )
    stages = []
    for i, count in enumerate([3, 4, 6, 3]):
        x = bottleneck(
            x, 64 * 2**i, strides=1 if i == 0 else 2, name=f"{name}_bottleneck1_{i}"
        )
        for n in range(count - 1):
            x = bottleneck(x, 64 * 2**i, name=f"{name}_bottleneck2_{i}_{n}")
        stages.append(x)
    return stages[1], stages[2], stages[3]


def RetinaNet(classes=80, anchors=9, size=512, *, name="RetinaNet"):
    """A backbone, a pyramid of five levels, and what each anchor holds and where.

    (None, 512, 512, 3) -> scores (None, 49104, 80), boxes (None, 49104, 4), 38,021,812
    parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    c3, c4, c5 = resnet50(image, name="resnet50")
    p3, p4, p5 = feature_pyramid(c3, c4, c5, 256, name="feature_pyramid")
    p6 = layers.Conv2D(256, 3, strides=2, padding="same", name="p6")(c5)
    p7 = layers.ReLU(name="p7_re_lu")(p6)
    p7 = layers.Conv2D(256, 3, strides=2, padding="same", name="p7_conv2d")(p7)
    maps = [p3, p4, p5, p6, p7]
    # At the start nearly all is background: each class has a probability of 0.01.
    classify = dense_head(
        classes,
        anchors,
        bias_initializer=keras.initializers.Constant(-math.log(99)),
        name="classify",
    )
    regress = dense_head(4, anchors, name="regress")
    branches = [classify(p) for p in maps]
    x = layers.Concatenate(axis=1, name="concatenate")(branches)
    scores = layers.Activation("sigmoid", name="scores")(x)
    branches = [regress(p) for p in maps]
    boxes = layers.Concatenate(axis=1, name="boxes")(branches)
    return keras.Model(image, {"scores": scores, "boxes": boxes}, name=name)
