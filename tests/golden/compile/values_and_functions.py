"""Values: constants, functions, comprehensions, f-strings, names that Python reserves.

Made by netdsl 0.1.0 from values_and_functions.net (sha256 fe019fbe, this file
71526fee). Change the spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers

base = 16


def make_divisible(v, divisor=8):
    return max(divisor, int(v + divisor / 2) // divisor * divisor)


widths = [make_divisible(base * factor) for factor in (1, 1.5, 2.25)]
default_options = {"rate": 0.25}
default_layers = make_divisible(3)


def depth_of(levels):
    return math.ceil(math.log2(levels)) if levels > 1 else 1


def class_(x, filter_, lambda_=0.1, layers=default_layers, *, name="class_"):
    kernel = 3 if filter_ < 32 else 5

    def half(n):
        return n // 2

    for n in range(layers):
        x = keras.layers.Conv2D(
            half(filter_) + half(filter_),
            kernel,
            padding="same",
            name=f"{name}_conv_{kernel}x{kernel}_{n}",
        )(x)
    return keras.layers.LeakyReLU(lambda_, name=f"{name}_leaky_re_lu")(x)


def Values(def_=10, pairs=((8, 1), (16, 2)), options=default_options, *, name="Values"):
    """(None, 32, 32, 3) -> (None, 10), 215,155 parameters at the defaults."""
    assert len(pairs) > 0, f"needs a pair, has {len(pairs)}"
    input_ = keras.Input((32, 32, 3), name="input")
    total = sum([w for w, _ in pairs])
    body = input_
    for i, (width, stride) in enumerate(pairs):
        body = layers.Conv2D(width, 3, strides=stride, name=f"body_conv2d_{i}")(body)
        body = class_(body, width, layers=1, name=f"body_class__{i}")
    assert body.shape[-1] == pairs[-1][0]
    x = layers.Dropout(options["rate"], name="dropout")(body)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(total + widths[-1] + depth_of(8), name="dense")(x)
    logits = layers.Dense(def_, name="logits")(x)
    return keras.Model(input_, logits, name=name)
