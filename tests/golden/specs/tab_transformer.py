"""TabTransformer.

Huang, Khetan, Cvitkovic and Karnin, TabTransformer: Tabular Data Modeling Using Contextual Embeddings, 2020, arXiv:2012.06678.
Task: tabular.

Figure 1 of the paper on the census: the names in a row become vectors, which a transformer lets hear of one another; numbers are
normalized and join behind it. An eighth of each vector tells the column (section 2).

Made by netdsl 0.1.0 from tab_transformer.net (sha256 52a880cc, this file 9818c5d0).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


@keras.utils.register_keras_serializable("netdsl", "Weight")
class Weight(keras.layers.Layer):
    """A learned tensor without a batch, part of a model once called on one of its tensors."""

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
        )

    def call(self, inputs):
        return ops.convert_to_tensor(self.weight)

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


def head_width(width, heads):
    return max(1, width // heads)


def self_attention(x, heads, dropout=0.0, causal=False, *, name="self_attention"):
    """Every element asks every other; a causal one only those before it.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    width = x.shape[-1]
    y = layers.MultiHeadAttention(
        heads,
        head_width(width, heads),
        dropout=dropout,
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
    branch = self_attention(x, heads, dropout, causal, name=f"{name}_self_attention")
    x = layers.Add(name=f"{name}_add1")([x, branch])
    x = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization1")(x)
    branch = feed_forward(x, hidden, dropout, act, name=f"{name}_feed_forward")
    x = layers.Add(name=f"{name}_add2")([x, branch])
    return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_layer_normalization2")(
        x
    )


def mlp(x, widths, act="relu", dropout=0.0, *, name="mlp"):
    """Dense layers one after the other, each activated.

    Rumelhart, Hinton and Williams, 1986.
    """
    for n, width in enumerate(widths):
        x = layers.Dense(width, activation=act, name=f"{name}_dense_{n}")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name=f"{name}_dropout_{n}")(x)
    return x


def hashed_embeddings(names, bins, width, *, name="hashed_embeddings"):
    """A learned vector for each column of names [columns], out of a table of `bins` of its own.

    Weinberger et al., 2009, arXiv:0902.2206.

    No list of the names is needed: what two names share is a row of the table, the rarer the more rows there are. Gives
    [columns, width]. Strings are hashed by TensorFlow alone, whole numbers by any backend.
    """
    branches = []
    for column in range(names.shape[-1]):
        branch = layers.Hashing(bins, name=f"{name}_hashing_{column}")(
            names[:, column : column + 1]
        )
        branch = layers.Embedding(bins, width, name=f"{name}_embedding_{column}")(
            branch
        )
        branches.append(branch)
    return layers.Concatenate(axis=1, name=f"{name}_concatenate")(branches)


def with_identifiers(x, width, *, name="with_identifiers"):
    """Put before each column's vector a learned one that is the same in every row."""
    identifier = Weight(
        (x.shape[1], width),
        initializer=keras.initializers.TruncatedNormal(stddev=0.02),
        name=f"{name}_identifier",
    )(x)
    return layers.Concatenate(name=f"{name}_concatenate")(
        [ops.zeros_like(x[..., :width]) + identifier, x]
    )


def TabTransformer(
    names=8,
    counts=5,
    bins=1000,
    width=32,
    heads=8,
    depth=6,
    dropout=0.1,
    *,
    name="TabTransformer",
):
    """Whether somebody earns more than 50,000 dollars.

    categories (None, 8), numbers (None, 5) -> (None, 1), 1,119,818 parameters at the
    defaults.
    """
    categories = keras.Input((names,), dtype="string", name="categories")
    numbers = keras.Input((counts,), name="numbers")
    contextual = hashed_embeddings(
        categories, bins, width - width // 8, name="contextual_hashed_embeddings"
    )
    contextual = with_identifiers(
        contextual, width // 8, name="contextual_with_identifiers"
    )
    for k in range(depth):
        contextual = transformer_encoder(
            contextual,
            heads,
            4 * width,
            dropout,
            act="gelu",
            name=f"contextual_transformer_encoder_{k}",
        )
    contextual = layers.Flatten(name="contextual_flatten")(contextual)
    branch = layers.Normalization(name="features_normalization")(numbers)
    branch = layers.LayerNormalization(name="features_layer_normalization")(branch)
    features = layers.Concatenate(name="features_concatenate")([contextual, branch])
    x = mlp(
        features,
        [4 * (names * width + counts), 2 * (names * width + counts)],
        dropout=dropout,
        name="mlp",
    )
    rich = layers.Dense(1, activation="sigmoid", name="rich")(x)
    return keras.Model([categories, numbers], rich, name=name)
