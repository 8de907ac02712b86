"""The Transformer.

Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin, Attention Is
All You Need, 2017, arXiv:1706.03762.
Task: translation.

Figure 1 of the paper at the sizes of its base model. One table of words serves the
source, the target and the output (section 3.4). In training the decoder reads the right
words so far and tells the word that comes next.

Made by netdsl 0.1.0 from transformer.net (sha256 83e84b1b, this file 8733d89e). Change
the spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


# The heads share the width of the model among them.
def head_width(width, heads):
    return max(1, width // heads)


def sinusoidal_positions(x, *, name="sinusoidal_positions"):
    """Add the sines and cosines of each position, which nothing needs to learn.

    Vaswani et al., 2017, arXiv:1706.03762.

    Any length will do. Even channels hold sines, odd ones the cosines of the same rate.
    """
    width = x.shape[-1]
    rates = [10_000 ** (-(i // 2 * 2) / width) for i in range(width)]
    quarters = [math.pi / 2 * (i % 2) for i in range(width)]
    position = ops.cumsum(ops.ones_like(x[..., :1]), axis=1) - 1
    angles = position * ops.array(rates) + ops.array(quarters)
    return layers.Add(name=f"{name}_add")([x, ops.sin(angles)])


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


def cross_attention(x, memory, heads, dropout=0.0, *, name="cross_attention"):
    """The elements of `x` ask those of `memory`.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    width = x.shape[-1]
    x = layers.MultiHeadAttention(
        heads,
        head_width(width, heads),
        dropout=dropout,
        name=f"{name}_multi_head_attention",
    )(x, value=memory)
    return layers.Dropout(dropout, name=f"{name}_dropout")(x)


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


def transformer_decoder(
    x, memory, heads, hidden, dropout=0.1, act="relu", *, name="transformer_decoder"
):
    """One decoder layer of the first transformer, given the encoder's memory.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    residual = self_attention(
        x, heads, dropout, causal=True, name=f"{name}_self_attention"
    )
    x = layers.Add(name=f"{name}_add1")([x, residual])
    x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization1")(x)
    residual = cross_attention(
        x, memory, heads, dropout, name=f"{name}_cross_attention"
    )
    x = layers.Add(name=f"{name}_add2")([x, residual])
    x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization2")(x)
    residual = feed_forward(x, hidden, dropout, act, name=f"{name}_feed_forward")
    x = layers.Add(name=f"{name}_add3")([x, residual])
    return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization3")(
        x
    )


def Transformer(
    words=37_000,
    width=512,
    heads=8,
    hidden=2048,
    depth=6,
    dropout=0.1,
    *,
    name="Transformer",
):
    """An encoder and a decoder of six layers each.

    source (None, S), target (None, T) -> (None, T, 37000), 63,082,496 parameters at the
    defaults.
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    table = layers.ReversibleEmbedding(words, width, name="table")
    memory = math.sqrt(width) * table(source)
    memory = sinusoidal_positions(memory, name="memory_sinusoidal_positions")
    memory = layers.Dropout(dropout, name="memory_dropout")(memory)
    for n in range(depth):
        memory = transformer_encoder(
            memory, heads, hidden, dropout, name=f"memory_transformer_encoder_{n}"
        )
    x = math.sqrt(width) * table(target)
    x = sinusoidal_positions(x, name="sinusoidal_positions")
    x = layers.Dropout(dropout, name="dropout")(x)
    for n in range(depth):
        x = transformer_decoder(
            x, memory, heads, hidden, dropout, name=f"transformer_decoder_{n}"
        )
    x = table(x, reverse=True)
    next_word = layers.Softmax(name="next_word")(x)
    return keras.Model([source, target], next_word, name=name)


def TransformerBig(
    *, width=1024, heads=16, hidden=4096, dropout=0.3, name="TransformerBig", **kwargs
):
    """A model of 214,245,376 parameters at the defaults.

    source (None, S), target (None, T) -> (None, T, 37000).
    """
    return Transformer(
        width=width, heads=heads, hidden=hidden, dropout=dropout, name=name, **kwargs
    )
