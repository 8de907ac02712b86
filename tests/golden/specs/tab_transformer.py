"""TabTransformer.

Huang, Khetan, Cvitkovic and Karnin, TabTransformer: Tabular Data Modeling Using
Contextual Embeddings, 2020, arXiv:2012.06678.
Task: tabular.

Figure 1 of the paper on the census: the names in a row become vectors, which a
transformer lets hear of one another; numbers are normalized and join behind it. An
eighth of each vector tells the column (section 2).

Made by netdsl 0.1.0 from tab_transformer.net (sha256 999c98f9, this file a37b0793).
Change the spec, not this file.
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


def mlp(x, widths, act="relu", dropout=0.0, *, name="mlp"):
    """Dense layers one after the other, each activated.

    Rumelhart, Hinton and Williams, 1986.
    """
    for n, width in enumerate(widths):
        x = layers.Dense(width, activation=act, name=f"{name}_dense_{n}")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name=f"{name}_dropout_{n}")(x)
    return x


def TabTransformer(
    bins=1000, width=32, heads=8, depth=6, dropout=0.1, *, name="TabTransformer"
):
    """Whether somebody earns more than 50,000 dollars.

    workclass (None, 1), education (None, 1), marital-status (None, 1), occupation
    (None, 1), relationship (None, 1), race (None, 1), sex (None, 1), native-country
    (None, 1), age (None, 1), education-num (None, 1), capital-gain (None, 1),
    capital-loss (None, 1), hours-per-week (None, 1) -> (None, 1), 1,119,818 parameters
    at the defaults.
    """
    words = {
        column: keras.Input((1,), dtype="string", name=column)
        for column in [
            "workclass",
            "education",
            "marital-status",
            "occupation",
            "relationship",
            "race",
            "sex",
            "native-country",
        ]
    }
    numbers = {
        column: keras.Input((1,), name=column)
        for column in [
            "age",
            "education-num",
            "capital-gain",
            "capital-loss",
            "hours-per-week",
        ]
    }
    branches = []
    for n, word in enumerate(words.values()):
        identifier = Weight(
            (width // 8,),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name=f"identifier_{n}",
        )(words["workclass"])
        value = layers.Hashing(bins, name=f"value_hashing_{n}")(word)
        value = layers.Embedding(bins, width - width // 8, name=f"value_embedding_{n}")(
            value
        )
        branch = layers.Concatenate(name=f"contextual_concatenate1_{n}")(
            [ops.zeros_like(value[..., : width // 8]) + identifier, value]
        )
        branches.append(branch)
    contextual = layers.Concatenate(axis=1, name="contextual_concatenate2")(branches)
    for n in range(depth):
        contextual = transformer_encoder(
            contextual,
            heads,
            4 * width,
            dropout,
            act="gelu",
            name=f"contextual_transformer_encoder_{n}",
        )
    contextual = layers.Flatten(name="contextual_flatten")(contextual)
    branch = layers.Concatenate(name="features_concatenate1")(list(numbers.values()))
    branch = layers.Normalization(name="features_normalization")(branch)
    branch = layers.LayerNormalization(name="features_layer_normalization")(branch)
    features = layers.Concatenate(name="features_concatenate2")([contextual, branch])
    size = features.shape[-1]
    x = mlp(features, [4 * size, 2 * size], dropout=dropout, name="mlp")
    rich = layers.Dense(1, activation="sigmoid", name="rich")(x)
    return keras.Model([*words.values(), *numbers.values()], rich, name=name)
