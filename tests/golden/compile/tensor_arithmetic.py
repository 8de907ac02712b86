"""Arithmetic between tensors, with numbers, and functions of keras.ops.

Made by netdsl 0.1.0 from tensor_arithmetic.net (sha256 c1a8ebd7, this file 8ddcd019).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def Arithmetic(scale=0.5, *, name="Arithmetic"):
    """a (None, 4), b (None, 4) -> (None, 1), 57 parameters at the defaults."""
    a = keras.Input((4,), name="a")
    b = keras.Input((4,), name="b")
    total = layers.Add(name="total")([a, b])
    product = layers.Multiply(name="product_multiply")([a, b])
    product = layers.Subtract(name="product_subtract")([product, a])
    ratio = a / (b**2 + 1e-6) * scale
    signed = -ratio // 2
    dense = layers.Dense(4, name="mixed_dense1")(a)
    branch = layers.Dense(4, name="mixed_dense2")(b)
    mixed = layers.Add(name="mixed_add")([dense, branch * 2.0])
    positions = ops.arange(4, dtype="float32")
    shifted = mixed + positions
    clipped = ops.clip(shifted, -1.0, 1.0)
    clipped = ops.expand_dims(clipped, -1)
    clipped = ops.squeeze(clipped, axis=-1)
    x = layers.Concatenate(name="concatenate")([total, product, signed, clipped])
    score = layers.Dense(1, name="score")(x)
    return keras.Model([a, b], score, name=name)
