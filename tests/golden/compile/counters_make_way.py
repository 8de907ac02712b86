"""A counter that only names of layers need takes no word that the spec counts by; an
output that is there has no name of its own.

Made by netdsl 0.1.0 from counters_make_way.net (sha256 b951d936, this file 1472268a).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def widened(x, *, name="widened"):
    for m in range(2):
        x = layers.Dense(4, name=f"{name}_dense1_{m}")(x)
        for turn in range(2):
            x = layers.Dense(
                len([k for k in range(4)]), name=f"{name}_dense2_{m}_{turn}"
            )(x)
        for n in range(2):
            x = layers.Dense(n + 1, name=f"{name}_dense3_{m}_{n}")(x)
    return x


def shortcut(x, units, again=False, *, name="shortcut"):
    if x.shape[-1] != units:
        x = layers.Dense(units, name=f"{name}_dense1")(x)
    elif again:
        x = layers.Dense(units, name=f"{name}_dense2")(x)
        x = layers.ReLU(name=f"{name}_re_lu")(x)
    return x


def kept(x, units, *, name="kept"):
    y = x
    if x.shape[-1] != units:
        y = layers.Dense(units, name=f"{name}_dense1")(x)
        y = layers.Dense(x.shape[-1], name=f"{name}_dense2")(y)
    return y


def levels(x, *, name="levels"):
    last = x
    level = []
    for n, units in enumerate([4, 8]):
        last = layers.Dense(units, name=f"{name}_level_{n}")(last)
        level.append(last)
    return level[0], level[1]


def Counted(*, name="Counted"):
    """(None, 4) -> (None, 1), 348 parameters."""
    assert 9 in range(1, 20, 2)
    x = keras.Input((4,), name="x")
    z = widened(x, name="widened")
    z = shortcut(z, 6, name="shortcut1")
    z = shortcut(z, 6, again=True, name="shortcut2")
    z = kept(z, 5, name="kept")
    fine, coarse = levels(z, name="levels")
    y = layers.Concatenate(name="concatenate")([fine, coarse])
    for turn2 in range(2):
        for turn3, (m, k, turn, index) in enumerate([(1, 1, 1, 1)]):
            y = layers.Dense(m, name=f"dense1_{turn2}_{turn3}")(y)
        for turn3, n in enumerate([1]):
            y = layers.Dense(n, name=f"dense2_{turn2}_{turn3}")(y)
    return keras.Model(x, y, name=name)
