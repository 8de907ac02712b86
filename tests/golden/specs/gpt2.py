"""GPT-2.

Radford, Wu, Child, Luan, Amodei and Sutskever, Language Models are Unsupervised
Multitask Learners, 2019.
Task: language model.

Each word is told from those before it. The table that words are read from is the one
that they are told by.

Made by netdsl 0.1.0 from gpt2.net (sha256 f1614a9e, this file 3aafc04f). Change the
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


def GPT2(
    words=50_257,
    length=1024,
    width=768,
    heads=12,
    depth=12,
    dropout=0.1,
    *,
    name="GPT2",
):
    """The small one of four: twelve layers.

    (None, 1024) -> (None, 1024, 50257), 124,439,808 parameters at the defaults.
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    table = layers.ReversibleEmbedding(words, width, name="table")
    x = table(tokens)
    x = learned_positions(x, name="learned_positions")
    x = layers.Dropout(dropout, name="dropout")(x)
    for n in range(depth):
        x = pre_norm_encoder(
            x,
            heads,
            4 * width,
            dropout,
            causal=True,
            epsilon=1e-5,
            name=f"pre_norm_encoder_{n}",
        )
    x = layers.LayerNormalization(epsilon=1e-5, name="layer_normalization")(x)
    next_word = table(x, reverse=True)
    return keras.Model(tokens, next_word, name=name)


def GPT2Medium(*, width=1024, heads=16, depth=24, name="GPT2Medium", **kwargs):
    """(None, 1024) -> (None, 1024, 50257), 354,823,168 parameters at the defaults."""
    return GPT2(width=width, heads=heads, depth=depth, name=name, **kwargs)


def GPT2Large(*, width=1280, heads=20, depth=36, name="GPT2Large", **kwargs):
    """(None, 1024) -> (None, 1024, 50257), 774,030,080 parameters at the defaults."""
    return GPT2(width=width, heads=heads, depth=depth, name=name, **kwargs)


def GPT2XL(*, width=1600, heads=25, depth=48, name="GPT2XL", **kwargs):
    """(None, 1024) -> (None, 1024, 50257), 1,557,611,200 parameters at the defaults."""
    return GPT2(width=width, heads=heads, depth=depth, name=name, **kwargs)
