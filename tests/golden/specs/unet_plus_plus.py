"""U-Net++.

Zhou, Siddiquee, Tajbakhsh and Liang, UNet++: A Nested U-Net Architecture for Medical
Image Segmentation, 2018, arXiv:1807.10165.
Task: segmentation.

Figure 1 of the paper: `x01` is the node at level 0 and place 1 of its row. Each of the
four nodes of the top row after the first gives a mask, so that the net can be cut off
where it is good enough.

Made by netdsl 0.1.0 from unet_plus_plus.net (sha256 75fa0878, this file 36f33eb9).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def unit(x, filters, *, name="unit"):
    x = layers.Conv2D(
        filters, 3, padding="same", activation="relu", name=f"{name}_conv2d1"
    )(x)
    return layers.Conv2D(
        filters, 3, padding="same", activation="relu", name=f"{name}_conv2d2"
    )(x)


def node(maps, *, name="node"):
    """What the nodes before it in its row made, and the one below, twice as large."""
    filters = maps[0].shape[-1]
    up = layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_up")(maps[-1])
    x = layers.Concatenate(name=f"{name}_concatenate")([*maps[:-1], up])
    return unit(x, filters, name=f"{name}_unit")


def mask(x, classes, *, name="mask"):
    return layers.Conv2D(
        classes,
        1,
        activation="sigmoid" if classes == 1 else "softmax",
        padding="same",
        name=f"{name}_conv2d",
    )(x)


def UNetPlusPlus(
    classes=1, widths=(32, 64, 128, 256, 512), size=96, *, name="UNetPlusPlus"
):
    """Five levels; a node sees those before it in its row, and the one below.

    (None, 96, 96, 3) -> mask1 (None, 96, 96, 1), mask2 (None, 96, 96, 1), mask3
    (None, 96, 96, 1), mask4 (None, 96, 96, 1), 9,042,276 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x00 = unit(image, widths[0], name="x00")
    x10 = layers.MaxPooling2D(2, name="x10_max_pooling2d")(x00)
    x10 = unit(x10, widths[1], name="x10_unit")
    x20 = layers.MaxPooling2D(2, name="x20_max_pooling2d")(x10)
    x20 = unit(x20, widths[2], name="x20_unit")
    x30 = layers.MaxPooling2D(2, name="x30_max_pooling2d")(x20)
    x30 = unit(x30, widths[3], name="x30_unit")
    x40 = layers.MaxPooling2D(2, name="x40_max_pooling2d")(x30)
    x40 = unit(x40, widths[4], name="x40_unit")
    x01 = node([x00, x10], name="x01")
    x11 = node([x10, x20], name="x11")
    x21 = node([x20, x30], name="x21")
    x31 = node([x30, x40], name="x31")
    x02 = node([x00, x01, x11], name="x02")
    x12 = node([x10, x11, x21], name="x12")
    x22 = node([x20, x21, x31], name="x22")
    x03 = node([x00, x01, x02, x12], name="x03")
    x13 = node([x10, x11, x12, x22], name="x13")
    x04 = node([x00, x01, x02, x03, x13], name="x04")
    mask1 = mask(x01, classes, name="mask1")
    mask2 = mask(x02, classes, name="mask2")
    mask3 = mask(x03, classes, name="mask3")
    mask4 = mask(x04, classes, name="mask4")
    return keras.Model(
        image,
        {"mask1": mask1, "mask2": mask2, "mask3": mask3, "mask4": mask4},
        name=name,
    )
