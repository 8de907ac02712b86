"""Layers that are only applied one after the other are a list; those of a loop in a
shared block are made before it.

Made by netdsl 0.1.0 from rows_and_turns_made_before.net (sha256 5cf8575b, this file
66b124bd). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def once(made, maker, /, *args, name, **kwargs):
    """Make a layer at its first use; later uses find it in `made`, by its name."""
    if name not in made:
        made[name] = maker(*args, name=name, **kwargs)
    return made[name]


def head(filters, depth=4, *, name="head"):
    stages = [
        layer
        for n in range(depth)
        for layer in (
            layers.Conv2D(8, 3, padding="same", name=f"{name}_conv2d1_{n}"),
            layers.ReLU(name=f"{name}_re_lu_{n}"),
        )
    ]
    conv2d2 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2d2")

    def apply(x):
        for layer in stages:
            x = layer(x)
        return conv2d2(x)

    return apply


def refine(*, name="refine"):
    made = {}

    def apply(x):
        y = x * 2.0
        if x.shape[-1] != 8:
            y = once(made, layers.Dense, 8, name=f"{name}_dense1")(y)
        return once(made, layers.Dense, x.shape[-1], name=f"{name}_dense2")(y)

    return apply


def Detector(anchors=3, *, name="Detector"):
    """A model of 3,972 parameters at the defaults.

    fine (None, 32, 32, 8), coarse (None, 16, 16, 8) -> boxes (None, 822, 4), distance
    (None, 15, 15).
    """
    fine = keras.Input((32, 32, 8), name="fine")
    coarse = keras.Input((16, 16, 8), name="coarse")
    embed_layers = [
        layers.Conv2D(8, 3, name="embed_conv2d1"),
        layers.BatchNormalization(name="embed_batch_normalization"),
        layers.ReLU(name="embed_re_lu"),
        layers.MaxPooling2D(name="embed_max_pooling2d"),
        layers.Conv2D(8, 1, name="embed_conv2d2"),
    ]

    def embed(x):
        for layer in embed_layers:
            x = layer(x)
        return x

    locate = head(4 * anchors, name="locate")
    better = refine(name="better")
    levels = []
    for level in [fine, coarse]:
        branch = embed(level)
        branch = better(branch)
        levels.append(branch)
    branches = []
    for n, level in enumerate(levels):
        branch = locate(level)
        branch = layers.Reshape((-1, 4), name=f"reshape_{n}")(branch)
        branches.append(branch)
    boxes = layers.Concatenate(axis=1, name="boxes")(branches)
    difference = layers.Subtract(name="subtract1")([levels[0], levels[0] / 2])
    distance = 1 - ops.sum(difference**2, axis=-1)
    return keras.Model(
        [fine, coarse], {"boxes": boxes, "distance": distance}, name=name
    )
