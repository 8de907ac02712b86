"""MobileViT.

Mehta and Rastegari, MobileViT: Light-weight, General-purpose, and Mobile-friendly Vision Transformer, 2021, arXiv:2110.02178.
Task: image classification.

Figure 1 (b) of the paper and its appendix: MobileNetV2's blocks, and three that let far places hear of each other.

Made by netdsl 0.1.0 from mobilevit.net (sha256 ca7c8c36, this file a0d5d2b5). Change
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


def inverted_residual(
    x,
    filters,
    strides=1,
    expansion=6,
    kernel_size=3,
    act="relu6",
    *,
    name="inverted_residual",
):
    """A wide middle between two thin ends, without squeeze: MobileNetV2's block.

    Sandler et al., 2018, arXiv:1801.04381.
    """
    channels = x.shape[-1]
    main = x
    if expansion != 1:
        main = conv_bn(
            x, int(expansion * channels), 1, act=act, name=f"{name}_main_conv_bn1"
        )
    main = depthwise_bn(
        main, kernel_size, strides, act, name=f"{name}_main_depthwise_bn"
    )
    main = conv_bn(main, filters, 1, act="linear", name=f"{name}_main_conv_bn2")
    if strides == 1 and channels == filters:
        return layers.Add(name=f"{name}_add")([main, x])
    return main


def mv2(x, filters, strides=1, expansion=4, *, name="mv2"):
    """MobileNetV2's block with the activation of this paper."""
    return inverted_residual(
        x,
        filters,
        strides,
        expansion=expansion,
        act="silu",
        name=f"{name}_inverted_residual",
    )


def encoder(x, heads, hidden, dropout=0.1, *, name="encoder"):
    """A transformer's layer whose places hear of the same place of all other patches, and of no other."""
    width = x.shape[-1]
    branch = layers.LayerNormalization(
        epsilon=1e-5, name=f"{name}_layer_normalization1"
    )(x)
    branch = layers.MultiHeadAttention(
        heads,
        width // heads,
        dropout=dropout,
        attention_axes=2,
        name=f"{name}_multi_head_attention",
    )(branch, value=branch)
    x = layers.Add(name=f"{name}_add1")([x, branch])
    branch = layers.LayerNormalization(
        epsilon=1e-5, name=f"{name}_layer_normalization2"
    )(x)
    branch = layers.Dense(hidden, activation="silu", name=f"{name}_dense1")(branch)
    branch = layers.Dropout(dropout, name=f"{name}_dropout1")(branch)
    branch = layers.Dense(width, name=f"{name}_dense2")(branch)
    branch = layers.Dropout(dropout, name=f"{name}_dropout2")(branch)
    return layers.Add(name=f"{name}_add2")([x, branch])


def mobilevit(x, width, depth, heads=4, patch=2, *, name="mobilevit"):
    """Convolve, let all patches hear of one another, convolve, and fuse with what arrived (figure 1 b)."""
    rows = x.shape[1] // patch
    columns = x.shape[2] // patch
    channels = x.shape[-1]
    patches = conv_bn(x, channels, 3, act="silu", name=f"{name}_patches_conv_bn")
    patches = layers.Conv2D(
        width, 1, padding="same", use_bias=False, name=f"{name}_patches_conv2d"
    )(patches)
    patches = layers.Reshape(
        (rows, patch, columns, patch, width), name=f"{name}_patches_reshape1"
    )(patches)
    patches = layers.Permute((2, 4, 1, 3, 5), name=f"{name}_patches_permute")(patches)
    patches = layers.Reshape(
        (patch**2, rows * columns, width), name=f"{name}_patches_reshape2"
    )(patches)
    folded = patches
    for n in range(depth):
        folded = encoder(folded, heads, 2 * width, name=f"{name}_folded_encoder_{n}")
    folded = layers.LayerNormalization(
        epsilon=1e-5, name=f"{name}_folded_layer_normalization"
    )(folded)
    folded = layers.Reshape(
        (patch, patch, rows, columns, width), name=f"{name}_folded_reshape1"
    )(folded)
    folded = layers.Permute((3, 1, 4, 2, 5), name=f"{name}_folded_permute")(folded)
    folded = layers.Reshape((*x.shape[1:3], width), name=f"{name}_folded_reshape2")(
        folded
    )
    branch = conv_bn(folded, channels, 1, act="silu", name=f"{name}_conv_bn1")
    y = layers.Concatenate(name=f"{name}_concatenate")([x, branch])
    return conv_bn(y, channels, 3, act="silu", name=f"{name}_conv_bn2")


def MobileViT(
    classes=1000,
    widths=(16, 32, 64, 96, 128, 160),
    inner=(144, 192, 240),
    expansion=4,
    features=640,
    size=256,
    *,
    name="MobileViT",
):
    """Size S; `MobileViTXS` and `MobileViTXXS` are narrower.

    (None, 256, 256, 3) -> (None, 1000), 5,590,888 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = conv_bn(image, widths[0], 3, strides=2, act="silu", name="conv_bn1")
    x = mv2(x, widths[1], expansion=expansion, name="mv2_1")
    x = mv2(x, widths[2], strides=2, expansion=expansion, name="mv2_2")
    for n in range(2):
        x = mv2(x, widths[2], expansion=expansion, name=f"mv2_3_{n}")
    for n, (filters, width, depth) in enumerate(zip(widths[3:], inner, [2, 4, 3])):
        x = mv2(x, filters, strides=2, expansion=expansion, name=f"mv2_4_{n}")
        x = mobilevit(x, width, depth, name=f"mobilevit_{n}")
    x = conv_bn(x, features, 1, act="silu", name="conv_bn2")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def MobileViTXS(
    *,
    widths=(16, 32, 48, 64, 80, 96),
    inner=(96, 120, 144),
    features=384,
    name="MobileViTXS",
    **kwargs,
):
    """(None, 256, 256, 3) -> (None, 1000), 2,326,296 parameters at the defaults."""
    return MobileViT(widths=widths, inner=inner, features=features, name=name, **kwargs)


def MobileViTXXS(
    *,
    widths=(16, 16, 24, 48, 64, 80),
    inner=(64, 80, 96),
    expansion=2,
    features=320,
    name="MobileViTXXS",
    **kwargs,
):
    """(None, 256, 256, 3) -> (None, 1000), 1,276,136 parameters at the defaults."""
    return MobileViT(
        widths=widths,
        inner=inner,
        expansion=expansion,
        features=features,
        name=name,
        **kwargs,
    )
