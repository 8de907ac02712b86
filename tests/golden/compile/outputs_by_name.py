"""Outputs of a block keep their names where something reads one: the stack of gated
convolutions of WaveNet.

Made by netdsl 0.1.0 from outputs_by_name.net (sha256 689a2c77, this file 9fe19915).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def gated(x, filters, dilation, *, name="gated"):
    a = layers.Conv1D(
        filters,
        2,
        dilation_rate=dilation,
        padding="causal",
        activation="tanh",
        name=f"{name}_a",
    )(x)
    b = layers.Conv1D(
        filters,
        2,
        dilation_rate=dilation,
        padding="causal",
        activation="sigmoid",
        name=f"{name}_b",
    )(x)
    z = layers.Multiply(name=f"{name}_z_multiply")([a, b])
    z = layers.Conv1D(filters, 1, name=f"{name}_z_conv1d")(z)
    residual = layers.Add(name=f"{name}_residual")([x, z])
    return {"residual": residual, "skip": z}


def WaveNet(filters=16, depth=4, stacks=2, *, name="WaveNet"):
    """(None, 256, 1) -> (None, 256, 256), 15,024 parameters at the defaults."""
    wave = keras.Input((256, 1), name="wave")
    last = layers.Conv1D(filters, 2, padding="causal", name="last")(wave)
    taps = []
    for n in range(stacks):
        for k in range(depth):
            last = gated(last, filters, 2**k, name=f"taps_{n}_{k}")
            taps.append(last)
            last = last["residual"]
    branches = [t["skip"] for t in taps]
    x = layers.Add(name="add")(branches)
    x = layers.ReLU(name="re_lu")(x)
    next_ = layers.Conv1D(256, 1, activation="softmax", name="next")(x)
    return keras.Model(wave, next_, name=name)
