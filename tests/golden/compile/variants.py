"""Models at other hyperparameters: all of them where they are few, else those that
change and what is handed on.

Made by netdsl 0.1.0 from variants.net (sha256 b9240b4e, this file e3568b36). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def Small(units=8, name=4, *, layer_name="Small"):
    """(None, 4) -> (None, 4), 76 parameters at the defaults."""
    x = keras.Input((4,), name="x")
    y = layers.Dense(units, name="dense")(x)
    y = layers.Dense(name, name="y")(y)
    return keras.Model(x, y, name=layer_name)


def Wide(units=16, name=4, *, layer_name="Wide"):
    """(None, 4) -> (None, 4), 148 parameters at the defaults."""
    return Small(units, name, layer_name=layer_name)


def WideNarrow(units=16, name=2, *, layer_name="WideNarrow"):
    """(None, 4) -> (None, 2), 114 parameters at the defaults."""
    return Small(units, name, layer_name=layer_name)


def Large(
    convolutions=(2, 2, 3),
    widths=(4, 8, 16),
    size=32,
    kwargs=16,
    classes=10,
    hidden=None,
    *,
    name="Large",
):
    """(None, 32, 32, 3) -> (None, 10), 15,502 parameters at the defaults."""
    if hidden is None:
        hidden = 2 * kwargs
    image = keras.Input((size, size, 3), name="image")
    x = image
    for n, (filters, count) in enumerate(zip(widths, convolutions)):
        for k in range(count):
            x = layers.Conv2D(filters, 3, padding="same", name=f"conv2d_{n}_{k}")(x)
        x = layers.MaxPooling2D(2, name=f"max_pooling2d_{n}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(hidden, name="dense")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def Shallow(*, convolutions=(1, 1, 1), hidden=8, name="Shallow", **kwargs):
    """(None, 32, 32, 3) -> (None, 10), 3,722 parameters at the defaults."""
    return Large(convolutions=convolutions, hidden=hidden, name=name, **kwargs)


def Shallower(
    *,
    convolutions=(1, 1, 1),
    widths=(4, 4, 4),
    kwargs=12,
    hidden=8,
    name="Shallower",
    **others,
):
    """(None, 32, 32, 3) -> (None, 10), 1,018 parameters at the defaults."""
    return Large(
        convolutions=convolutions,
        widths=widths,
        kwargs=kwargs,
        hidden=hidden,
        name=name,
        **others,
    )


def Both(*, name="Both"):
    """A model of 23,068 parameters.

    (None, 32, 32, 3) -> first (None, 10), second (None, 3), third (None, 4).
    """
    image = keras.Input((32, 32, 3), name="image")
    first = Shallow(convolutions=[1, 1], widths=[4, 4], name="shallow")(image)
    second = Shallower(
        **dict(
            zip(
                ["convolutions", "widths", "size", "kwargs", "classes", "hidden"],
                [[1], [4]],
            )
        ),
        classes=3,
        name="shallower",
    )(image)
    x = layers.Flatten(name="flatten")(image)
    x = layers.Dense(4, name="dense")(x)
    third = Wide(3, layer_name="wide")(x)
    return keras.Model(
        image, {"first": first, "second": second, "third": third}, name=name
    )
