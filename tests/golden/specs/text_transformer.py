"""A text classifier on the encoder of the transformer.

Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762.
Task: text classification.

Words are embedded, projected to the width of the model with a learned vector for each
position, encoded, and averaged.

Made by netdsl 0.1.0 from text_transformer.net (sha256 bd2b8c3d, this file ea3c9b78).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


# The heads share the width of the model among them.
def head_width(width, heads):
    return max(1, width // heads)


def project_with_positions(x, width, *, name="project_with_positions"):
    """Project each element to `width` and add a learned vector for its position.

    The bias of the projection has a row for each position, so the length must be fixed
    (Dosovitskiy et al., 2020, arXiv:2010.11929).
    """
    return layers.EinsumDense(
        "btc,cd->btd",
        output_shape=(x.shape[1], width),
        bias_axes="td",
        name=f"{name}_einsum_dense",
    )(x)


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


def transformer_encoder(
    x,
    heads,
    hidden,
    dropout=0.1,
    act="relu",
    causal=False,
    *,
    name="transformer_encoder",
):
    """One encoder layer of the first transformer.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    residual = self_attention(x, heads, dropout, causal, name=f"{name}_self_attention")
    x = layers.Add(name=f"{name}_add1")([x, residual])
    x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization1")(x)
    residual = feed_forward(x, hidden, dropout, act, name=f"{name}_feed_forward")
    x = layers.Add(name=f"{name}_add2")([x, residual])
    return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization2")(
        x
    )


def TextClassifier(
    vocabulary=20_000,
    length=200,
    embedding=64,
    width=128,
    heads=4,
    hidden=512,
    depth=2,
    classes=2,
    *,
    name="TextClassifier",
):
    """What kind of text a row of word numbers is.

    (None, 200) -> (None, 2), 1,710,594 parameters at the defaults.
    """
    words = keras.Input((length,), dtype="int32", name="words")
    encoded = layers.Embedding(vocabulary, embedding, name="embedding")(words)
    encoded = project_with_positions(encoded, width, name="project_with_positions")
    for n in range(depth):
        encoded = transformer_encoder(
            encoded, heads, hidden, name=f"transformer_encoder_{n}"
        )
    assert encoded.shape[1:] == (length, width)
    x = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(encoded)
    x = layers.Dropout(0.1, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(words, probs, name=name)
