"""U-Net++.

Zhou, Siddiquee, Tajbakhsh and Liang, UNet++: A Nested U-Net Architecture for Medical Image Segmentation, 2018, arXiv:1807.10165.
Task: segmentation.

Figure 1 of the paper: `x01` is the node at level 0 and place 1 of its row. Each of the four nodes of the top row after the
first gives a mask, so that the net can be cut off where it is good enough.

Made by netdsl 0.1.0 from unet_plus_plus.net (sha256 21bed33b, this file 9b804cde).
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


def node(x, filters, *, name="node"):
    x = layers.Concatenate(name=f"{name}_concatenate")(x)
    return unit(x, filters, name=f"{name}_unit")


def up(x, filters, *, name="up"):
    return layers.Conv2DTranspose(
        filters, 2, strides=2, name=f"{name}_conv2d_transpose"
    )(x)


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
    """Five levels; a node sees all nodes before it in its row, and the one below that came before.

    (None, 96, 96, 3) -> mask1 (None, 96, 96, 1), mask2 (None, 96, 96, 1), mask3
    (None, 96, 96, 1), mask4 (None, 96, 96, 1), 9,042,276 parameters at the defaults.
    """
    w = widths
    image = keras.Input((size, size, 3), name="image")
    x00 = unit(image, w[0], name="x00")
    x10 = layers.MaxPooling2D(2, name="x10_max_pooling2d")(x00)
    x10 = unit(x10, w[1], name="x10_unit")
    x20 = layers.MaxPooling2D(2, name="x20_max_pooling2d")(x10)
    x20 = unit(x20, w[2], name="x20_unit")
    x30 = layers.MaxPooling2D(2, name="x30_max_pooling2d")(x20)
    x30 = unit(x30, w[3], name="x30_unit")
    x40 = layers.MaxPooling2D(2, name="x40_max_pooling2d")(x30)
    x40 = unit(x40, w[4], name="x40_unit")
    x01 = node([x00, up(x10, w[0], name="x01_up")], w[0], name="x01_node")
    x11 = node([x10, up(x20, w[1], name="x11_up")], w[1], name="x11_node")
    x21 = node([x20, up(x30, w[2], name="x21_up")], w[2], name="x21_node")
    x31 = node([x30, up(x40, w[3], name="x31_up")], w[3], name="x31_node")
    x02 = node([x00, x01, up(x11, w[0], name="x02_up")], w[0], name="x02_node")
    x12 = node([x10, x11, up(x21, w[1], name="x12_up")], w[1], name="x12_node")
    x22 = node([x20, x21, up(x31, w[2], name="x22_up")], w[2], name="x22_node")
    branch = up(x12, w[0], name="x03_up")
    x03 = node([x00, x01, x02, branch], w[0], name="x03_node")
    branch = up(x22, w[1], name="x13_up")
    x13 = node([x10, x11, x12, branch], w[1], name="x13_node")
    branch = up(x13, w[0], name="x04_up")
    x04 = node([x00, x01, x02, x03, branch], w[0], name="x04_node")
    mask1 = mask(x01, classes, name="mask1")
    mask2 = mask(x02, classes, name="mask2")
    mask3 = mask(x03, classes, name="mask3")
    mask4 = mask(x04, classes, name="mask4")
    return keras.Model(
        image,
        {"mask1": mask1, "mask2": mask2, "mask3": mask3, "mask4": mask4},
        name=name,
    )
