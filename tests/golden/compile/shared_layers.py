"""Layers made once: an object, a chain of objects, a weight-tied loop, blocks whose weights are shared.

Made by netdsl 0.1.0 from shared_layers.net (sha256 c8687da6, this file 99a7a38d).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


class SharedLayers:
    """Stands in for `keras.layers` and makes each layer once, by its name."""

    def __init__(self):
        self.made = {}

    def __getattr__(self, kind):
        return self.once(getattr(keras.layers, kind))

    def once(self, maker, key="name"):
        def make(*args, **kwargs):
            name = kwargs[key]
            if name not in self.made:
                self.made[name] = maker(*args, **kwargs)
            return self.made[name]

        return make


def dense(x, units, act="gelu", *, layers=layers, name="dense"):
    x = layers.Dense(units, activation=act, name=f"{name}_dense")(x)
    return layers.LayerNormalization(name=f"{name}_layer_normalization")(x)


def mixer(x, units, *, layers=layers, name="mixer"):
    branch = dense(x, units, layers=layers, name=f"{name}_dense1")
    for i in range(2):
        branch = dense(branch, units, layers=layers, name=f"{name}_dense2_{i}")
    return layers.Add(name=f"{name}_add")([x, branch])


def Twins(vocabulary=100, *, name="Twins"):
    """Twins: left (None, 12), right (None, 12) -> (None, 1), 3,904 parameters at the
    defaults.
    """
    left = keras.Input((12,), dtype="int32", name="left")
    right = keras.Input((12,), dtype="int32", name="right")
    embed = layers.Embedding(vocabulary, 16, name="embed")
    project1 = layers.Dense(16, activation="tanh", name="project_dense")
    project2 = layers.LayerNormalization(name="project_layer_normalization")

    def project(x):
        x = project1(x)
        return project2(x)

    mix_layers = SharedLayers()

    def mix(x):
        return mixer(x, 16, layers=mix_layers, name="mix")

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
