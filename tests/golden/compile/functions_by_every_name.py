"""Functions of keras.ops: in chains, as sources, by the names of their modules, with
several tensors out.

Made by netdsl 0.1.0 from functions_by_every_name.net (sha256 cc9b8223, this file
a2817db5). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def tied(values, x):
    """Make an array part of the graph of `x`, so that layers applied to it are too."""
    first = keras.tree.flatten(x)[0]
    return ops.where(ops.size(first) >= 0, values, False)


along_time = {"axis": 1}


def positions(x, length, width, *, name="positions"):
    embedding = tied(ops.arange(length), x)
    embedding = layers.Embedding(length, width, name=f"{name}_embedding")(embedding)
    return x + embedding


def M(*, name="M"):
    """A model of 896 parameters.

    tokens (None, 12), image (None, 32, 32, 3) -> joined (None, 32, 6), scores
    (None, 8, 8), counts (None, 3, 8), mean (None, 10), largest (None, 12, 3).
    """
    tokens = keras.Input((12,), dtype="int32", name="tokens")
    image = keras.Input((32, 32, 3), name="image")
    e = layers.Embedding(100, 8, name="e_embedding")(tokens)
    e = positions(e, 12, 8, name="e_positions")
    h = layers.Subtract(name="h")([e[:, 1:-1] * 2.0, e[:, None, 0, :] / 3])
    g = ops.transpose(h, (0, 2, 1))
    g = ops.nn.gelu(g, approximate=False)
    x = ops.image.resize(image, (8, 8))
    x = ops.reshape(x, (-1, 64, 3))
    a, b = ops.split(x, 2, axis=1)
    best, places = ops.top_k(e, 3)
    s = ops.matmul(g, ops.swapaxes(g, 1, 2))
    s = ops.maximum(s, ops.zeros((8, 8)))
    joined = ops.concatenate([a, b], axis=-1)
    scores = ops.where(ops.greater(s, 0), s, 0.0)
    counts = ops.sum(ops.one_hot(places, 8), **along_time)
    mean = ops.mean(g, **along_time)
    largest = layers.Add(name="largest")([best, ops.cast(places, "float32")])
    return keras.Model(
        [tokens, image],
        {
            "joined": joined,
            "scores": scores,
            "counts": counts,
            "mean": mean,
            "largest": largest,
        },
        name=name,
    )
