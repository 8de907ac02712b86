"""Swin Transformer.

Liu, Lin, Cao, Hu, Wei, Zhang, Lin and Guo, Swin Transformer: Hierarchical Vision
Transformer using Shifted Windows, 2021, arXiv:2103.14030.
Task: image classification.

Figure 3 of the paper: attention within windows of seven by seven, which every other
layer moves by half a window, so that neighbours hear of one another; the map is halved
three times.

Made by netdsl 0.1.0 from swin.net (sha256 c3901232, this file 5248ad8b). Change the
spec, not this file.
"""

import math

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


def feed_forward(x, hidden, dropout=0.0, act="relu", *, name="feed_forward"):
    """The same two dense layers at each position.

    Vaswani et al., 2017, arXiv:1706.03762.
    """
    y = layers.Dense(hidden, activation=act, name=f"{name}_dense1")(x)
    y = layers.Dense(x.shape[-1], name=f"{name}_dense2")(y)
    return layers.Dropout(dropout, name=f"{name}_dropout")(y)


# For each two rows of a window, or columns, the row of the table for how far the one is
# from the other.
def distances(n):
    return [[of - to + n - 1 for to in range(n)] for of in range(n)]


# Which part of the picture a row or column is from: at the end of a moved map stands
# what was at its beginning.
def parts(size, n, shift):
    return [0 if i < size - n else 1 if i < size - shift else 2 for i in range(size)]


def window_attention(x, heads, n, shift, *, name="window_attention"):
    """The n by n places of a window ask each other: equation 4.

    A bias is learned for how far apart two places are.

    Letters: in row r and column c of windows, the place in row i and column j asks that
    in k and l; head h has d channels.
    """
    rows = x.shape[1] // n
    columns = x.shape[2] // n
    width = x.shape[-1]
    table = Weight(
        (2 * n - 1, 2 * n - 1, heads),
        initializer=keras.initializers.TruncatedNormal(stddev=0.02),
        name=f"{name}_table",
    )(x)
    bias = ops.take(table, distances(n), axis=0)
    bias = ops.take(bias, distances(n), axis=2)
    bias = ops.transpose(bias, (4, 0, 2, 1, 3))
    y = x
    if shift > 0:
        y = ops.roll(x, (-shift, -shift), axis=(1, 2))
    branches = []
    for k in range(3):
        branch = layers.Dense(width, name=f"{name}_dense1_{k}")(y)
        branch = layers.Reshape(
            (rows, n, columns, n, heads, width // heads), name=f"{name}_reshape1_{k}"
        )(branch)
        branches.append(branch)
    query, key, value = branches
    scores = (
        ops.einsum("bricjhd,brkclhd->brchijkl", query, key) / math.sqrt(width // heads)
        + bias
    )
    if shift > 0:
        down = ops.reshape(ops.array(parts(x.shape[1], n, shift)), (rows, 1, 1, n, 1))
        across = ops.reshape(ops.array(parts(x.shape[2], n, shift)), (columns, 1, 1, n))
        part = ops.expand_dims(3 * down + across, (-1, -2))
        scores = ops.where(
            ops.equal(part, ops.transpose(part, (0, 1, 2, 5, 6, 3, 4))), scores, -100.0
        )
    attention = layers.Softmax(axis=(-2, -1), name=f"{name}_attention")(scores)
    y = ops.einsum("brchijkl,brkclhd->bricjhd", attention, value)
    y = layers.Reshape(x.shape[1:], name=f"{name}_reshape2")(y)
    y = layers.Dense(width, name=f"{name}_dense2")(y)
    if shift > 0:
        y = ops.roll(y, (shift, shift), axis=(1, 2))
    return y


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
    for stage, (depth, count) in enumerate(zip(depths, heads)):
        channels = width * 2**stage
        # Four neighbours side by side, projected to twice the channels.
        merged = x
        if stage > 0:
            branches = [x[:, a::2, b::2] for b in range(2) for a in range(2)]
            merged = layers.Concatenate(name=f"merged_concatenate_{stage}")(branches)
            merged = layers.LayerNormalization(
                epsilon=1e-5, name=f"merged_layer_normalization_{stage}"
            )(merged)
            merged = layers.Dense(
                channels, use_bias=False, name=f"merged_dense_{stage}"
            )(merged)
        # Every other layer moves its windows, unless there is but one (figure 3 b).
        x = merged
        for i in range(depth):
            shift = window // 2 if i % 2 == 1 and x.shape[1] > window else 0
            residual = layers.LayerNormalization(
                epsilon=1e-5, name=f"near_layer_normalization_{stage}_{i}"
            )(x)
            residual = window_attention(
                residual,
                count,
                window,
                shift,
                name=f"near_window_attention_{stage}_{i}",
            )
            near = layers.Add(name=f"near_add_{stage}_{i}")([x, residual])
            residual = layers.LayerNormalization(
                epsilon=1e-5, name=f"layer_normalization2_{stage}_{i}"
            )(near)
            residual = feed_forward(
                residual, 4 * channels, act="gelu", name=f"feed_forward_{stage}_{i}"
            )
            x = layers.Add(name=f"add1_{stage}_{i}")([near, residual])
    x = layers.LayerNormalization(epsilon=1e-5, name="layer_normalization3")(x)
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
