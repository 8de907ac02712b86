"""NASNet-A.

Zoph, Vasudevan, Shlens and Le, Learning Transferable Architectures for Scalable Image
Recognition, 2018, arXiv:1707.07012.
Task: image classification.

The cells of figure 4 of the paper, stacked as in keras.applications.

Made by netdsl 0.1.0 from nasnet.net (sha256 2a519323, this file f844379e). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def project(x, filters, *, name="project"):
    x = layers.ReLU(name=f"{name}_re_lu")(x)
    x = layers.Conv2D(
        filters,
        1,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv2d",
    )(x)
    return layers.BatchNormalization(
        momentum=0.9997, name=f"{name}_batch_normalization"
    )(x)


# A separable convolution, twice, as the paper always uses it.
def separable(x, filters, kernel_size, strides=1, *, name="separable"):
    for n, step in enumerate([strides, 1]):
        x = layers.ReLU(name=f"{name}_re_lu_{n}")(x)
        x = layers.SeparableConv2D(
            filters,
            kernel_size,
            strides=step,
            use_bias=False,
            padding="same",
            name=f"{name}_separable_conv2d_{n}",
        )(x)
        x = layers.BatchNormalization(
            momentum=0.9997, name=f"{name}_batch_normalization_{n}"
        )(x)
    return x


# Half the size: every other pixel, and those one further, side by side.
def halve(x, filters, *, name="halve"):
    x = layers.ReLU(name=f"{name}_re_lu")(x)
    branches = []
    for i in range(2):
        branch = layers.ZeroPadding2D(
            ((0, i), (0, i)), name=f"{name}_zero_padding2d_{i}"
        )(x)
        branch = layers.Conv2D(
            filters // 2,
            1,
            strides=2,
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv2d_{i}",
        )(branch[:, i:, i:])
        branches.append(branch)
    x = layers.Concatenate(name=f"{name}_concatenate")(branches)
    return layers.BatchNormalization(
        momentum=0.9997, name=f"{name}_batch_normalization"
    )(x)


def adjust(before, x, filters, *, name="adjust"):
    """What came before the last cell, in the size and width of this one."""
    if before.shape[2] != x.shape[2]:
        before = halve(before, filters, name=f"{name}_halve")
    elif before.shape[-1] != filters:
        before = project(before, filters, name=f"{name}_project")
    return before


def normal(x, before, filters, *, name="normal"):
    """Figure 4, on the left."""
    p = adjust(before, x, filters, name=f"{name}_p")
    h = project(x, filters, name=f"{name}_h")
    h_separable = separable(h, filters, 5, name=f"{name}_separable1")
    p_separable = separable(p, filters, 3, name=f"{name}_separable2")
    total1 = layers.Add(name=f"{name}_add1")([h_separable, p_separable])
    separable5x5 = separable(p, filters, 5, name=f"{name}_separable3")
    separable3x3 = separable(p, filters, 3, name=f"{name}_separable4")
    total2 = layers.Add(name=f"{name}_add2")([separable5x5, separable3x3])
    pool = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d1"
    )(h)
    total3 = layers.Add(name=f"{name}_add3")([pool, p])
    branch1 = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d2"
    )(p)
    branch2 = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d3"
    )(p)
    total4 = layers.Add(name=f"{name}_add4")([branch1, branch2])
    branch = separable(h, filters, 3, name=f"{name}_separable5")
    total5 = layers.Add(name=f"{name}_add5")([branch, h])
    y = layers.Concatenate(name=f"{name}_concatenate")(
        [p, total1, total2, total3, total4, total5]
    )
    return y, x


def reduction(x, before, filters, first=False, *, name="reduction"):
    """Figure 4, on the right; the `first` takes the map itself, as none came before."""
    p = before
    if not first:
        p = adjust(before, x, filters, name=f"{name}_p")
    h = project(x, filters, name=f"{name}_h")
    padded = layers.ZeroPadding2D(
        [(size % 2, 1) for size in x.shape[1:3]], name=f"{name}_padded"
    )(h)
    h_separable = separable(h, filters, 5, 2, name=f"{name}_a_separable1")
    p_separable = separable(p, filters, 7, 2, name=f"{name}_a_separable2")
    a = layers.Add(name=f"{name}_a_add")([h_separable, p_separable])
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_b_max_pooling2d")(padded)
    branch = separable(p, filters, 7, 2, name=f"{name}_b_separable")
    b = layers.Add(name=f"{name}_b_add")([pool, branch])
    pool = layers.AveragePooling2D(3, strides=2, name=f"{name}_c_average_pooling2d")(
        padded
    )
    branch = separable(p, filters, 5, 2, name=f"{name}_c_separable")
    c = layers.Add(name=f"{name}_c_add")([pool, branch])
    pool = layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_average_pooling2d"
    )(a)
    total1 = layers.Add(name=f"{name}_add1")([b, pool])
    branch = separable(a, filters, 3, name=f"{name}_separable")
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(padded)
    total2 = layers.Add(name=f"{name}_add2")([branch, pool])
    y = layers.Concatenate(name=f"{name}_concatenate")([b, c, total1, total2])
    return y, x


def NASNet(
    filters=44, blocks=4, stem=32, skips=False, size=224, classes=1000, *, name="NASNet"
):
    """Normal cells in three groups with reductions between them.

    After a reduction the cell before the last is the one before the reduction, or with
    `skips` the one before that.

    (None, 224, 224, 3) -> (None, 1000), 5,326,716 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    start = layers.Conv2D(
        stem,
        3,
        strides=2,
        use_bias=False,
        kernel_initializer="he_normal",
        name="start_conv2d",
    )(image)
    start = layers.BatchNormalization(
        momentum=0.9997, name="start_batch_normalization"
    )(start)
    x, before = reduction(start, start, filters // 4, first=True, name="reduction1")
    x, before = reduction(x, before, filters // 2, name="reduction2")
    for n in range(blocks):
        x, before = normal(x, before, filters, name=f"normal1_{n}")
    for n, width in enumerate([2 * filters, 4 * filters]):
        first, _ = reduction(x, before, width, name=f"reduction3_{n}")
        x, before = first, before if skips else x
        for k in range(blocks):
            x, before = normal(x, before, width, name=f"normal2_{n}_{k}")
    x = layers.ReLU(name="re_lu")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def NASNetMobile(*, name="NASNetMobile", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 5,326,716 parameters at the defaults."""
    return NASNet(name=name, **kwargs)


def NASNetLarge(
    *,
    filters=168,
    blocks=6,
    stem=96,
    skips=True,
    size=331,
    name="NASNetLarge",
    **kwargs,
):
    """(None, 331, 331, 3) -> (None, 1000), 88,949,818 parameters at the defaults."""
    return NASNet(
        filters=filters,
        blocks=blocks,
        stem=stem,
        skips=skips,
        size=size,
        name=name,
        **kwargs,
    )
