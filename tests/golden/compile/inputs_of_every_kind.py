"""Inputs: sizes that are unknown, computed and symbolic, dtypes, options, a scalar.

Made by netdsl 0.1.0 from inputs_of_every_kind.net (sha256 0c6f1512, this file
9f313c7c). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def Inputs(size=32, vocabulary=50, *, name="Inputs"):
    """A model of 12,980 parameters at the defaults.

    image (None, 32, 16, 3), tokens (None, T), clip (None, None, 32, 32, 3), age
    (None,), ids (4, 10) -> merged (None, 1), years (None, 1), found (4, 1).
    """
    image = keras.Input((size, size // 2, 3), name="image")
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    video = keras.Input((None, size, size, 3), name="clip")
    age = keras.Input((), name="age")
    ids = keras.Input((10,), dtype="int64", batch_size=4, name="ids")
    text = layers.Embedding(vocabulary, 8, name="text_embedding")(tokens)
    text = layers.GlobalAveragePooling1D(name="text_global_average_pooling1d")(text)
    picture = layers.Flatten(name="picture_flatten")(image)
    picture = layers.Dense(8, name="picture_dense")(picture)
    motion = layers.GlobalAveragePooling3D(name="motion_global_average_pooling3d")(
        video
    )
    motion = layers.Dense(8, name="motion_dense")(motion)
    x = layers.Add(name="add")([text, picture, motion])
    merged = layers.Dense(1, name="merged")(x)
    x = ops.expand_dims(age, -1)
    years = layers.Dense(1, name="years")(x)
    x = layers.Embedding(vocabulary, 4, name="embedding")(ids)
    x = layers.Flatten(name="flatten")(x)
    found = layers.Dense(1, name="found")(x)
    return keras.Model(
        [image, tokens, video, age, ids],
        {"merged": merged, "years": years, "found": found},
        name=name,
    )
