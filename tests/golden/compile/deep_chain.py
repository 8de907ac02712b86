"""Deeper than Keras's recursion: the model is made under a higher limit.

Made by netdsl 0.1.0 from deep_chain.net (sha256 3502ee8a, this file 276ccf9b). Change
the spec, not this file.
"""

import sys

from tensorflow import keras

layers = keras.layers


def deep_model(inputs, outputs, *, name):
    """Make a keras.Model of a graph that is deeper than Python's recursion limit."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 10_000))
    try:
        return keras.Model(inputs, outputs, name=name)
    finally:
        sys.setrecursionlimit(limit)


def Deep(depth=1200, *, name="Deep"):
    """(None, 4) -> (None, 4), 0 parameters at the defaults."""
    x = keras.Input((4,), name="x")
    y = x
    for n in range(depth):
        y = layers.ReLU(name=f"re_lu_{n}")(y)
    return deep_model(x, y, name=name)
