"""Swin Transformer.

Liu, Lin, Cao, Hu, Wei, Zhang, Lin and Guo, Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, 2021,
arXiv:2103.14030.
Task: image classification.

Figure 3 of the paper: attention within windows of seven by seven, which every other layer moves by half a window, so that
neighbours hear of one another; the map is halved three times.

Made by netdsl 0.1.0 from swin.net (sha256 9ee7291e, this file 6704d8e7). Change the
spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def tied(values, x):
    """Make an array part of the graph of `x`, so that layers applied to it are too."""
    first = keras.tree.flatten(x)[0]
    return ops.where(ops.size(first) >= 0, values, False)


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


def feed_forward(x, hidden, dropout=0.0, act="relu", *, name="feed_forward"):
    """The same two dense layers at each position.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    y = layers.Dense(hidden, activation=act, name=f"{name}_dense1")(x)
    y = layers.Dense(x.shape[-1], name=f"{name}_dense2")(y)
    return layers.Dropout(dropout, name=f"{name}_dropout")(y)


def distances(window):
    return [to - of + window - 1 for of in range(window) for to in range(window)]


def parts(size, window, shift):
    return [
        0 if i < size - window else 1 if i < size - shift else 2 for i in range(size)
    ]


def windows(x, size, *, name="windows"):
    """Cut a map [height, width, channels] into [windows, places, channels]."""
    rows = x.shape[1] // size
    columns = x.shape[2] // size
    y = layers.Reshape(
        (rows, size, columns, size, x.shape[-1]), name=f"{name}_reshape1"
    )(x)
    y = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(y)
    return layers.Reshape(
        (rows * columns, size**2, x.shape[-1]), name=f"{name}_reshape2"
    )(y)


def joined(x, rows, columns, size, *, name="joined"):
    """The map that windows were cut from."""
    y = layers.Reshape(
        (rows // size, columns // size, size, size, x.shape[-1]),
        name=f"{name}_reshape1",
    )(x)
    y = layers.Permute((1, 3, 2, 4, 5), name=f"{name}_permute")(y)
    return layers.Reshape((rows, columns, x.shape[-1]), name=f"{name}_reshape2")(y)


def split_heads(x, heads, *, name="split_heads"):
    """A vector for each head, projected."""
    width = x.shape[-1]
    y = layers.Dense(width, name=f"{name}_dense")(x)
    return layers.Reshape(
        (*x.shape[1:3], heads, width // heads), name=f"{name}_reshape"
    )(y)


def keep_apart(scores, rows, columns, window, shift):
    """No scores between places that stand in one window only because the map was moved."""
    down = ops.reshape(tied(ops.array(parts(rows, window, shift)), scores), (rows, 1))
    across = ops.reshape(
        tied(ops.array(parts(columns, window, shift)), scores), (1, columns)
    )
    part = ops.reshape(
        3 * down + across, (rows // window, window, columns // window, window)
    )
    part = ops.transpose(part, (0, 2, 1, 3))
    part = ops.reshape(part, (-1, 1, window**2))
    together = ops.equal(ops.expand_dims(part, 2), ops.expand_dims(part, 3))
    return ops.where(together, scores, -100.0)


def window_attention(x, heads, window, shift, *, name="window_attention"):
    """The places of a window ask each other, with a learned bias for how far apart they are: equation 4."""
    rows = x.shape[1]
    columns = x.shape[2]
    width = x.shape[-1]
    places = window**2
    table = Weight(
        (2 * window - 1, 2 * window - 1, heads),
        initializer=keras.initializers.TruncatedNormal(stddev=0.02),
        name=f"{name}_table",
    )(x)
    bias = ops.take(table, distances(window), axis=0)
    bias = ops.take(bias, distances(window), axis=1)
    bias = ops.reshape(bias, (window, window, window, window, heads))
    bias = ops.transpose(bias, (4, 0, 2, 1, 3))
    bias = ops.reshape(bias, (heads, places, places))
    inside = x
    if shift > 0:
        inside = ops.roll(x, (-shift, -shift), axis=(1, 2))
    inside = windows(inside, window, name=f"{name}_inside")
    query = split_heads(inside, heads, name=f"{name}_query")
    key = split_heads(inside, heads, name=f"{name}_key")
    value = split_heads(inside, heads, name=f"{name}_value")
    scores = (
        ops.einsum("nwqhd,nwkhd->nwhqk", query, key) / math.sqrt(width // heads) + bias
    )
    if shift > 0:
        scores = keep_apart(scores, rows, columns, window, shift)
    attention = layers.Softmax(name=f"{name}_attention_softmax")(scores)
    y = ops.einsum("nwhqk,nwkhd->nwqhd", attention, value)
    y = layers.Reshape(
        (rows * columns // places, places, width), name=f"{name}_reshape"
    )(y)
    y = layers.Dense(width, name=f"{name}_dense")(y)
    y = joined(y, rows, columns, window, name=f"{name}_joined")
    if shift > 0:
        y = ops.roll(y, (shift, shift), axis=(1, 2))
    return y


def layer_pair(x, heads, window, *, name="layer_pair"):
    """Two layers, the second of which moves its windows unless there is but one (figure 3 b)."""
    y = x
    for n, shift in enumerate([0, window // 2 if x.shape[1] > window else 0]):
        branch = layers.LayerNormalization(
            epsilon=1e-5, name=f"{name}_layer_normalization1_{n}"
        )(y)
        branch = window_attention(
            branch, heads, window, shift, name=f"{name}_window_attention_{n}"
        )
        y = layers.Add(name=f"{name}_add1_{n}")([y, branch])
        branch = layers.LayerNormalization(
            epsilon=1e-5, name=f"{name}_layer_normalization2_{n}"
        )(y)
        branch = feed_forward(
            branch, 4 * x.shape[-1], act="gelu", name=f"{name}_feed_forward_{n}"
        )
        y = layers.Add(name=f"{name}_add2_{n}")([y, branch])
    return y


def merge(x, *, name="merge"):
    """Four neighbours side by side, projected to twice the channels."""
    rows = x.shape[1] // 2
    columns = x.shape[2] // 2
    y = layers.Reshape((rows, 2, columns, 2, x.shape[-1]), name=f"{name}_reshape1")(x)
    y = layers.Permute((1, 3, 4, 2, 5), name=f"{name}_permute")(y)
    y = layers.Reshape((rows, columns, 4 * x.shape[-1]), name=f"{name}_reshape2")(y)
    y = layers.LayerNormalization(epsilon=1e-5, name=f"{name}_layer_normalization")(y)
    return layers.Dense(2 * x.shape[-1], use_bias=False, name=f"{name}_dense")(y)


def SwinT(
    classes=1000,
    width=96,
    depths=(2, 2, 6, 2),
    heads=(3, 6, 12, 24),
    window=7,
    size=224,
    *,
    name="SwinT",
):
    """The tiny one: four stages of two, two, six and two layers.

    (None, 224, 224, 3) -> (None, 1000), 28,288,354 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = layers.Conv2D(width, 4, strides=4, name="conv2d")(image)
    x = layers.LayerNormalization(epsilon=1e-5, name="layer_normalization1")(x)
    for i, (depth, count) in enumerate(zip(depths, heads)):
        if i > 0:
            x = merge(x, name=f"merge_{i}")
        for n in range(depth // 2):
            x = layer_pair(x, count, window, name=f"layer_pair_{i}_{n}")
    x = layers.LayerNormalization(epsilon=1e-5, name="layer_normalization2")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def SwinS(*, depths=(2, 2, 18, 2), name="SwinS", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 49,606,258 parameters at the defaults."""
    return SwinT(depths=depths, name=name, **kwargs)


def SwinB(
    *, width=128, depths=(2, 2, 18, 2), heads=(4, 8, 16, 32), name="SwinB", **kwargs
):
    """(None, 224, 224, 3) -> (None, 1000), 87,768,224 parameters at the defaults."""
    return SwinT(width=width, depths=depths, heads=heads, name=name, **kwargs)
