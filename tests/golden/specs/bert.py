"""BERT.

Devlin, Chang, Lee and Toutanova, BERT: Pre-training of Deep Bidirectional Transformers
for Language Understanding, 2018, arXiv:1810.04805.
Task: language model.

A word (0 where there is none), which of two texts it is of, and its place are added up.
`sequence` has a vector for each word, `pooled` one for all, read off the first.

Made by netdsl 0.1.0 from bert.net (sha256 6da06261, this file 7141ba09). Change the
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


def feed_forward(x, hidden, dropout=0.0, act="relu", *, name="feed_forward"):
    """The same two dense layers at each position.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    y = layers.Dense(hidden, activation=act, name=f"{name}_dense1")(x)
    y = layers.Dense(x.shape[-1], name=f"{name}_dense2")(y)
    return layers.Dropout(dropout, name=f"{name}_dropout")(y)


def encoder(x, present, heads, hidden, dropout, *, name="encoder"):
    """The Transformer's layer, which looks only where there are words."""
    width = x.shape[-1]
    attended = layers.MultiHeadAttention(
        heads,
        width // heads,
        dropout=dropout,
        name=f"{name}_attended_multi_head_attention",
    )(x, value=x, attention_mask=present)
    attended = layers.Dropout(dropout, name=f"{name}_attended_dropout")(attended)
    x = layers.Add(name=f"{name}_add1")([x, attended])
    x = layers.LayerNormalization(epsilon=1e-12, name=f"{name}_layer_normalization1")(x)
    residual = feed_forward(x, hidden, dropout, act="gelu", name=f"{name}_feed_forward")
    x = layers.Add(name=f"{name}_add2")([x, residual])
    return layers.LayerNormalization(
        epsilon=1e-12, name=f"{name}_layer_normalization2"
    )(x)


def BERTBase(
    words=30_522,
    length=512,
    width=768,
    heads=12,
    depth=12,
    dropout=0.1,
    *,
    name="BERTBase",
):
    """The encoder without a task's head: twelve layers.

    tokens (None, 512), segments (None, 512) -> sequence (None, 512, 768), pooled
    (None, 768), 109,482,240 parameters at the defaults.
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    segments = keras.Input((length,), dtype="int32", name="segments")
    present = ops.expand_dims(tokens != 0, axis=1)
    tokens_embedding = layers.Embedding(words, width, name="embedding1")(tokens)
    segments_embedding = layers.Embedding(2, width, name="embedding2")(segments)
    x = layers.Add(name="add1")([tokens_embedding, segments_embedding])
    x = learned_positions(x, name="learned_positions")
    x = layers.LayerNormalization(epsilon=1e-12, name="layer_normalization")(x)
    sequence = layers.Dropout(dropout, name="dropout")(x)
    for n in range(depth):
        sequence = encoder(
            sequence, present, heads, 4 * width, dropout, name=f"encoder_{n}"
        )
    pooled = layers.Dense(width, activation="tanh", name="pooled")(sequence[:, 0])
    return keras.Model(
        [tokens, segments], {"sequence": sequence, "pooled": pooled}, name=name
    )


def BERTLarge(*, width=1024, heads=16, depth=24, name="BERTLarge", **kwargs):
    """A model of 335,141,888 parameters at the defaults.

    tokens (None, 512), segments (None, 512) -> sequence (None, 512, 1024), pooled
    (None, 1024).
    """
    return BERTBase(width=width, heads=heads, depth=depth, name=name, **kwargs)
