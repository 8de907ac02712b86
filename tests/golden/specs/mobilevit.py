"""MobileViT.

Mehta and Rastegari, MobileViT: Light-weight, General-purpose, and Mobile-friendly
Vision Transformer, 2021, arXiv:2110.02178.
Task: image classification.

Figure 1 (b) of the paper and its appendix: MobileNetV2's blocks, and three that let far
places hear of each other.

Made by netdsl 0.1.0 from mobilevit.net (sha256 c5ee7dde, this file f1262ce8). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


# The heads share the width of the model among them.
def head_width(width, heads):
    return max(1, width // heads)


def self_attention(
    x, heads, dropout=0.0, causal=False, axes=None, *, name="self_attention"
):
    """Every element asks every other; a causal one only those before it.

    Vaswani et al., 2017, arXiv:1706.03762.

    Of a map or a stack of sequences, `axes` are those along which elements ask; the
    others stay apart.
    """
    width = x.shape[-1]
    y = layers.MultiHeadAttention(
        heads,
        head_width(width, heads),
        dropout=dropout,
        attention_axes=axes,
        name=f"{name}_multi_head_attention",
    )(x, value=x, use_causal_mask=causal)
    return layers.Dropout(dropout, name=f"{name}_dropout")(y)


def feed_forward(x, hidden, dropout=0.0, act="relu", *, name="feed_forward"):
    """The same two dense layers at each position.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    y = layers.Dense(hidden, activation=act, name=f"{name}_dense1")(x)
    y = layers.Dense(x.shape[-1], name=f"{name}_dense2")(y)
    return layers.Dropout(dropout, name=f"{name}_dropout")(y)


def pre_norm_encoder(
    x,
    heads,
    hidden,
    dropout=0.1,
    act="gelu",
    causal=False,
    epsilon=1e-6,
    axes=None,
    *,
    name="pre_norm_encoder",
):
    """One layer of ViT or, with `causal`, of GPT-2: normalized before each part.

    Xiong et al., 2020, arXiv:2002.04745.

    The stack ends in a LayerNormalization of its own. Along `axes` alone elements hear
    of each other (`self_attention`).
    """
    residual = layers.LayerNormalization(
        epsilon=epsilon, name=f"{name}_layer_normalization1"
    )(x)
    residual = self_attention(
        residual, heads, dropout, causal, axes, name=f"{name}_self_attention"
    )
    x = layers.Add(name=f"{name}_add1")([x, residual])
    residual = layers.LayerNormalization(
        epsilon=epsilon, name=f"{name}_layer_normalization2"
    )(x)
    residual = feed_forward(residual, hidden, dropout, act, name=f"{name}_feed_forward")
    return layers.Add(name=f"{name}_add2")([x, residual])


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


def conv(x, filters, size=3, strides=1, *, name="conv"):
    return conv_bn(x, filters, size, strides, "silu", name=f"{name}_conv_bn")


def MobileViT(
    classes=1000,
    widths=(16, 32, 64, 64, 64, 96, 128, 160),
    inner=(144, 192, 240),
    expansion=4,
    features=640,
    heads=4,
    patch=2,
    size=256,
    *,
    name="MobileViT",
):
    """Size S; XS and XXS are narrower.

    (None, 256, 256, 3) -> (None, 1000), 5,590,888 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = conv(image, widths[0], strides=2, name="conv1")
    for n, (filters, strides) in enumerate(zip(widths[1:5], [1, 2, 1, 1])):
        x = inverted_residual(
            x, filters, strides, expansion, act="silu", name=f"inverted_residual_{n}"
        )
    # The MobileViT block: convolve, let all patches hear of one another, convolve, and
    # fuse with what arrived.
    for n, (filters, width, depth) in enumerate(zip(widths[5:], inner, [2, 4, 3])):
        small = inverted_residual(
            x, filters, 2, expansion, act="silu", name=f"small_{n}"
        )
        rows = small.shape[1] // patch
        columns = small.shape[2] // patch
        x = conv(small, filters, name=f"conv2_{n}")
        x = layers.Conv2D(width, 1, use_bias=False, name=f"conv2d_{n}")(x)
        x = layers.Reshape((rows, patch, columns, patch, width), name=f"reshape1_{n}")(
            x
        )
        x = layers.Permute((2, 4, 1, 3, 5), name=f"permute1_{n}")(x)
        x = layers.Reshape((patch**2, rows * columns, width), name=f"reshape2_{n}")(x)
        # A place hears of the same place of all other patches, and of no other.
        for k in range(depth):
            x = pre_norm_encoder(
                x,
                heads,
                2 * width,
                act="silu",
                epsilon=1e-5,
                axes=2,
                name=f"pre_norm_encoder_{n}_{k}",
            )
        x = layers.LayerNormalization(epsilon=1e-5, name=f"layer_normalization_{n}")(x)
        x = layers.Reshape((patch, patch, rows, columns, width), name=f"reshape3_{n}")(
            x
        )
        x = layers.Permute((3, 1, 4, 2, 5), name=f"permute2_{n}")(x)
        x = layers.Reshape((*small.shape[1:3], width), name=f"reshape4_{n}")(x)
        x = conv(x, filters, 1, name=f"conv3_{n}")
        x = layers.Concatenate(name=f"concatenate_{n}")([small, x])
        x = conv(x, filters, name=f"conv4_{n}")
    x = conv(x, features, 1, name="conv5")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def MobileViTS(*, name="MobileViTS", **kwargs):
    """(None, 256, 256, 3) -> (None, 1000), 5,590,888 parameters at the defaults."""
    return MobileViT(name=name, **kwargs)


def MobileViTXS(
    *,
    widths=(16, 32, 48, 48, 48, 64, 80, 96),
    inner=(96, 120, 144),
    features=384,
    name="MobileViTXS",
    **kwargs,
):
    """(None, 256, 256, 3) -> (None, 1000), 2,326,296 parameters at the defaults."""
    return MobileViT(widths=widths, inner=inner, features=features, name=name, **kwargs)


def MobileViTXXS(
    *,
    widths=(16, 16, 24, 24, 24, 48, 64, 80),
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
