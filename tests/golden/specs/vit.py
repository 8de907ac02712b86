"""Vision Transformer.

Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at
Scale, 2020, arXiv:2010.11929.
Task: image classification.

Figure 1 of the paper at size B: a picture is a row of patches, a token before them
gathers what they say.

Made by netdsl 0.1.0 from vit.net (sha256 13f5a000, this file 1f8c4823). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


@keras.utils.register_keras_serializable("netdsl", "Weight")
class Weight(keras.layers.Layer):
    """A learned tensor without a batch: a call on any tensor puts it into the model."""

    def __init__(
        self,
        shape,
        initializer="glorot_uniform",
        regularizer=None,
        constraint=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.shape = tuple(shape)
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)
        self.constraint = keras.constraints.get(constraint)

    def build(self, input_shape):
        self.weight = self.add_weight(
            name="weight",
            shape=self.shape,
            initializer=self.initializer,
            regularizer=self.regularizer,
            constraint=self.constraint,
            trainable=keras.backend.is_float_dtype(self.variable_dtype),
        )

    def call(self, inputs):
        return ops.convert_to_tensor(self.weight, self.compute_dtype)

    def compute_mask(self, inputs, mask):
        return None  # a mask of the inputs says nothing of the weight

    def get_config(self):
        return {
            **super().get_config(),
            "shape": self.shape,
            "initializer": keras.initializers.serialize(self.initializer),
            "regularizer": keras.regularizers.serialize(self.regularizer),
            "constraint": keras.constraints.serialize(self.constraint),
        }


# The heads share the width of the model among them.
def head_width(width, heads):
    return max(1, width // heads)


def patch_embedding(image, width, patch_size=16, *, name="patch_embedding"):
    """Cut an image into patches and lay them out in a row: ViT.

    Dosovitskiy et al., 2020, arXiv:2010.11929.
    """
    x = layers.Conv2D(width, patch_size, strides=patch_size, name=f"{name}_conv2d")(
        image
    )
    return layers.Reshape((-1, width), name=f"{name}_reshape")(x)


def learned_positions(x, *, name="learned_positions"):
    """Add a learned vector for each position.

    Gehring et al., 2017, arXiv:1705.03122.

    There is one for each, so the length must be fixed.
    """
    position = Weight(
        (x.shape[1], x.shape[-1]),
        initializer=keras.initializers.TruncatedNormal(stddev=0.02),
        name=f"{name}_position",
    )(x)
    return x + position


def prepend(x, count=1, *, name="prepend"):
    """Put learned vectors before a sequence, which read from it: a class token.

    Devlin et al., 2018, arXiv:1810.04805.

    Gives [count + length, width].
    """
    token = Weight((count, x.shape[-1]), initializer="zeros", name=f"{name}_token")(x)
    return layers.Concatenate(axis=1, name=f"{name}_concatenate")(
        [ops.zeros_like(x[:, :1]) + token, x]
    )


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


def ViTB16(
    classes=1000,
    patch=16,
    width=768,
    heads=12,
    depth=12,
    dropout=0.1,
    size=224,
    *,
    name="ViTB16",
):
    """Twelve layers on patches of 16 by 16.

    (None, 224, 224, 3) -> (None, 1000), 86,567,656 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = patch_embedding(image, width, patch, name="patch_embedding")
    x = prepend(x, name="prepend")
    x = learned_positions(x, name="learned_positions")
    x = layers.Dropout(dropout, name="dropout")(x)
    for n in range(depth):
        x = pre_norm_encoder(x, heads, 4 * width, dropout, name=f"pre_norm_encoder_{n}")
    x = layers.LayerNormalization(epsilon=1e-6, name="layer_normalization")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x[:, 0])
    return keras.Model(image, probs, name=name)


def ViTB32(*, patch=32, name="ViTB32", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 88,224,232 parameters at the defaults."""
    return ViTB16(patch=patch, name=name, **kwargs)


def ViTL16(*, width=1024, heads=16, depth=24, name="ViTL16", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 304,326,632 parameters at the defaults."""
    return ViTB16(width=width, heads=heads, depth=depth, name=name, **kwargs)
