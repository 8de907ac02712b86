"""Layers made once: an object, a chain of objects, a weight-tied loop, blocks whose
weights are shared.

Made by netdsl 0.1.0 from shared_layers.net (sha256 c8687da6, this file 45801aab).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def dense(units, act="gelu", *, name="dense"):
    dense = layers.Dense(units, activation=act, name=f"{name}_dense")
    layer_normalization = layers.LayerNormalization(name=f"{name}_layer_normalization")

    def apply(x):
        x = dense(x)
        return layer_normalization(x)

    return apply


def mixer(units, *, name="mixer"):
    dense1 = dense(units, name=f"{name}_dense1")
    dense_layers = [dense(units, name=f"{name}_dense2_{n}") for n in range(2)]
    add = layers.Add(name=f"{name}_add")

    def apply(x):
        residual = dense1(x)
        for layer in dense_layers:
            residual = layer(residual)
        return add([x, residual])

    return apply


def Twins(vocabulary=100, *, name="Twins"):
    """A model of 3,904 parameters at the defaults.

    left (None, 12), right (None, 12) -> (None, 1).
    """
    left = keras.Input((12,), dtype="int32", name="left")
    right = keras.Input((12,), dtype="int32", name="right")
    embed = layers.Embedding(vocabulary, 16, name="embed")
    project_dense = layers.Dense(16, activation="tanh", name="project_dense")
    project_layer_normalization = layers.LayerNormalization(
        name="project_layer_normalization"
    )

    def project(x):
        x = project_dense(x)
        return project_layer_normalization(x)

    mix = mixer(16, name="mix")
    attend = layers.MultiHeadAttention(2, 8, name="attend")
    a = embed(left)
    a = mix(a)
    for _ in range(3):
        a = project(a)
    b = embed(right)
    b = mix(b)
    b = attend(b, value=a, use_causal_mask=False)
    branch1 = layers.GlobalAveragePooling1D(name="global_average_pooling1d1")(a)
    branch2 = attend(b, a)
    branch2 = layers.GlobalAveragePooling1D(name="global_average_pooling1d2")(branch2)
    distance = layers.Dot(axes=-1, normalize=True, name="distance")([branch1, branch2])
    return keras.Model([left, right], distance, name=name)
