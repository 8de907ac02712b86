"""Several tensors that pass through a chain together have a variable each, also from
turn to turn.

Made by netdsl 0.1.0 from several_tensors_pass.net (sha256 aca5482b, this file
5ae39d6c). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def cell(x, skip, units=4, *, name="cell"):
    y = layers.Add(name=f"{name}_add")([x, skip])
    y = layers.Dense(units, name=f"{name}_dense")(y)
    return y, x


def Carried(*, name="Carried"):
    """a (None, 4), b (None, 4) -> (None, 2), 70 parameters."""
    a = keras.Input((4,), name="a")
    b = keras.Input((4,), name="b")
    x, skip = a, b
    for n in range(3):
        x, skip = cell(x, skip, name=f"cell_{n}")
    x = layers.Add(name="add")([x, skip])
    y = layers.Dense(2, name="y")(x)
    return keras.Model([a, b], y, name=name)


def Chained(turns=2, *, name="Chained"):
    """(None, 4) -> (None, 2), 230 parameters at the defaults."""
    a = keras.Input((4,), name="a")
    x, skip = cell(layers.Dense(4, name="dense")(a), a, name="cell1")
    x, skip = cell(x, skip, name="cell2")
    for n in range(turns):
        skip, x = cell(x, skip, name=f"cell3_{n}")
    for i in range(2):
        first, _ = cell(x, skip, name=f"cell4_{i}")
        x, skip = first, skip if i > 0 else x
        for n in range(turns):
            x, skip = cell(x, skip, name=f"cell5_{i}_{n}")
    y = layers.Dense(2, name="y")(x)
    return keras.Model(a, y, name=name)


def Chosen(*, name="Chosen"):
    """(None, 6, 4) -> (None, 8), 224 parameters."""
    a = keras.Input((6, 4), name="a")
    _, h, c = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(a)
    for i in range(3):
        if i > 1:
            h, c = cell(h, c, name=f"cell1_{i}")
        else:
            h, c = c, h
    first = layers.Dense(4, name="dense1")(h)
    second = layers.Dense(4, name="dense2")(c)
    second = layers.ReLU(name="re_lu")(second)
    x, skip = first, second
    for n in range(0):
        x, skip = cell(x, skip, name=f"cell2_{n}")
    add = layers.Add(name="add")([x, skip])
    multiply = layers.Multiply(name="multiply")([x, skip])
    x = cell(add, multiply, name="cell3")
    y = layers.Concatenate(name="y")(x)
    return keras.Model(a, y, name=name)
