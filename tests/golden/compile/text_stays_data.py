"""A docstring with \\ backslashes, "quotes", {braces} and
    three lines,
all of it text.

Made by netdsl 0.1.0 from text_stays_data.net (sha256 a321e516, this file de406310).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

tricky = 'it\'s "quoted" \\ {x}\n'


def odd(x, label='a"b', quote='say "hi"', *, name="odd"):
    x = layers.Dense(3, name=f"{name}_d_{len(label)}{{}}")(x)
    return layers.Activation("relu", name=f"{name}_activation")(x)


def Data(*, name="Data"):
    """Ends in a quote: "x"

    (None, 3) -> (None, 2), 20 parameters.
    """
    class_ = keras.Input((3,), name="class")
    x = odd(class_, label=tricky, name="odd")
    y = layers.Dense(2, name="it's")(x)
    return keras.Model(class_, y, name=name)
