"""Networks of several kinds, in each of which something was once written as no person
would write it.

Made by netdsl 0.1.0 from kinds_of_networks.net (sha256 f9d54dff, this file ccde3ee7).
Change the spec, not this file.
"""

import functools
import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def tied(values, x):
    """Make an array part of the graph of `x`, so that layers applied to it are too."""
    first = keras.tree.flatten(x)[0]
    return ops.where(ops.size(first) >= 0, values, False)


KINDS = {"soil": ["clay", "loam"], "area": ["north", "south", "west"]}
kernel_init = keras.initializers.RandomNormal(stddev=0.02)
default_act = functools.partial(layers.LeakyReLU, 0.2, name="leaky_re_lu")


def encode(x, words, embed=False, *, name="encode"):
    x = layers.StringLookup(
        vocabulary=words, num_oov_indices=0, name=f"{name}_string_lookup"
    )(x)
    if embed:
        x = layers.Embedding(len(words), 2, name=f"{name}_embedding")(x)
        return layers.Flatten(name=f"{name}_flatten")(x)
    return layers.CategoryEncoding(len(words), name=f"{name}_category_encoding")(x)


def Table(numbers=("slope", "height"), *, name="Table"):
    """Columns by name: the words of loops stay, and pairs are read where both are
    needed.

    slope (None, 1), height (None, 1), soil (None, 1), area (None, 1) -> (None, 3), 100
    parameters at the defaults.
    """
    numeric = {name: keras.Input((1,), name=name) for name in numbers}
    words = {name: keras.Input((1,), dtype="string", name=name) for name in KINDS}
    scaled = []
    for n, x in enumerate(numeric.values()):
        branch = layers.LayerNormalization(name=f"scaled_layer_normalization_{n}")(x)
        branch = layers.Dense(2, name=f"scaled_dense_{n}")(branch)
        scaled.append(branch)
    branches = [
        encode(x, KINDS[name], name=f"wide_encode_{n}")
        for n, (name, x) in enumerate(words.items())
    ]
    wide = layers.Concatenate(name="wide_concatenate")([*scaled, *branches])
    branches = []
    for n, (key, x) in enumerate(words.items()):
        branch = encode(x, KINDS[key], embed=True, name=f"deep_encode_{n}")
        branch = layers.Dense(len(key), name=f"deep_dense_{n}")(branch)
        branch = layers.ReLU(name=f"deep_re_lu_{n}")(branch)
        branches.append(branch)
    deep = layers.Concatenate(name="deep_concatenate")(branches)
    x = layers.Concatenate(name="concatenate")([wide, deep])
    probs = layers.Dense(3, activation="softmax", name="probs")(x)
    return keras.Model([*numeric.values(), *words.values()], probs, name=name)


def Instances(count=3, gated=True, *, name="Instances"):
    """Attention over instances that share their layers.

    bag_0 (None, 8, 8), bag_1 (None, 8, 8), bag_2 (None, 8, 8) -> (None, 2), 625
    parameters at the defaults.
    """
    bag = {f"bag_{i}": keras.Input((8, 8), name=f"bag_{i}") for i in range(count)}
    embed_flatten = layers.Flatten(name="embed_flatten")
    embed_dense = layers.Dense(8, activation="relu", name="embed_dense")

    def embed(x):
        x = embed_flatten(x)
        return embed_dense(x)

    v = layers.Dense(4, activation="tanh", name="v")
    u = layers.Dense(4, activation="sigmoid", name="u")
    embedded = [embed(x) for x in bag.values()]
    scores = []
    for n, e in enumerate(embedded):
        if gated:
            branch = layers.Multiply(name=f"scores_multiply_{n}")([v(e), u(e)])
        else:
            branch = v(e)
        branch = layers.Dense(1, name=f"scores_dense_{n}")(branch)
        scores.append(branch)
    weights = ops.stack(scores, axis=1)
    weights = ops.softmax(weights, axis=1)
    x = layers.Multiply(name="multiply1")([ops.stack(embedded, axis=1), weights])
    x = ops.sum(x, axis=1)
    label = layers.Dense(2, name="label")(x)
    return keras.Model(list(bag.values()), label, name=name)


def residual(x, filters, act=default_act, *, name="residual"):
    y = layers.Conv2D(
        filters,
        3,
        padding="same",
        kernel_initializer=kernel_init.clone(),
        name=f"{name}_y_conv2d",
    )(x)
    y = act(name=f"{name}_y_act")(y)
    if x.shape[-1] == filters:
        return layers.Add(name=f"{name}_add")([y, x])
    return y


def Waves(steps=4, rates=(1, 2), *, name="Waves"):
    """States of a recurrence, arrays beside tensors, a branch for each value of a list.

    image (None, 8, 8, 4), time (None, 1, 1) -> wide (None, 64, 16), waves (None, 8),
    2,500 parameters at the defaults.
    """
    image = keras.Input((8, 8, 4), name="image")
    time = keras.Input((1, 1), name="time")
    waves = ops.multiply(2.0 * math.pi * ops.array([1.0, 2.0, 4.0]), time)
    waves = ops.sin(waves)
    _, state_h, state_c = layers.LSTM(
        4, return_sequences=True, return_state=True, name="waves_lstm"
    )(waves)
    waves = layers.Concatenate(name="waves_concatenate")([state_h, state_c])
    places = residual(image / 255, 4, name="places_residual1")
    places = residual(
        places,
        8,
        functools.partial(layers.Activation, "tanh", name="activation"),
        name="places_residual2",
    )
    places = layers.Reshape((64, 8), name="places_reshape")(places)
    embedding = tied(ops.arange(64), image)
    embedding = layers.Embedding(64, 8, name="placed_embedding")(embedding)
    placed = places + embedding
    for k in range(steps):
        n = layers.LayerNormalization(name=f"n_{k}")(placed)
        branch = layers.MultiHeadAttention(
            2, 4, name=f"placed_multi_head_attention_{k}"
        )(n, value=n)
        branch = layers.Dropout(0.1, name=f"placed_dropout_{k}")(branch)
        placed = layers.Add(name=f"placed_add2_{k}")([placed, branch])
    branches = [
        layers.Conv1D(
            4,
            3,
            dilation_rate=r,
            padding="same",
            activation="relu",
            name=f"wide_conv1d_{k}",
        )(placed)
        for k, r in enumerate(rates)
    ]
    wide = layers.Concatenate(name="wide_concatenate")([placed, *branches])
    return keras.Model([image, time], [wide, waves], name=name)
