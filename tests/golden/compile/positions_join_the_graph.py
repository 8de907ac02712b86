"""Sources: an array of positions that layers are applied to is tied to the input.

Made by netdsl 0.1.0 from positions_join_the_graph.net (sha256 15f158ee, this file
1281b253). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def tied(values, x):
    """Make an array part of the graph of `x`, so that layers applied to it are too."""
    first = keras.tree.flatten(x)[0]
    return ops.where(ops.size(first) >= 0, values, False)


def positions(x, length, width, *, name="positions"):
    embedding = tied(ops.arange(length), x)
    embedding = layers.Embedding(length, width, name=f"{name}_embedding")(embedding)
    return x + embedding


def Positions(length=12, *, name="Positions"):
    """(None, 12) -> (None, 12, 1), 505 parameters at the defaults."""
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(50, 8, name="embedding")(tokens)
    x = positions(x, length, 8, name="positions")
    y = layers.Dense(1, name="y")(x)
    return keras.Model(tokens, y, name=name)
