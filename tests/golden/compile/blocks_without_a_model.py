"""A library: no model, so every block and function is there.

Made by netdsl 0.1.0 from blocks_without_a_model.net (sha256 614c65c5, this file
e0956e4d). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

eps = 1e-6


def double(n):
    return 2 * n


def norm(x, axis=-1, *, name="norm"):
    return layers.LayerNormalization(
        axis=axis, epsilon=eps, name=f"{name}_layer_normalization"
    )(x)


def pair(a, b, *, name="pair"):
    """Two tensors in, two out."""
    sum_ = layers.Add(name=f"{name}_sum")([a, b])
    difference = layers.Subtract(name=f"{name}_difference")([a, b])
    return sum_, difference
