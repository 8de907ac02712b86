"""Groups of inputs: a table's columns by name, some of which are no identifiers;
spelled out, and from lists.

Made by netdsl 0.1.0 from groups_of_inputs.net (sha256 7578ef35, this file 2be0f5f5).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

WORDS = {
    "class-of-worker": ["private", "state"],
    "native country": ["Peru", "Togo", "other"],
}


def lookup(x, words, width, *, name="lookup"):
    x = layers.StringLookup(vocabulary=words, name=f"{name}_string_lookup")(x)
    x = layers.Embedding(len(words) + 1, width, name=f"{name}_embedding")(x)
    return layers.Flatten(name=f"{name}_flatten")(x)


def Spelled(units=8, *, name="Spelled"):
    """A model of 77 parameters at the defaults.

    age (None, 1), hours per week (None, 1), class-of-worker (None, 1) -> (None, 1).
    """
    features = {
        "age": keras.Input((1,), name="age"),
        "hours per week": keras.Input((1,), name="hours per week"),
        "class-of-worker": keras.Input((1,), dtype="string", name="class-of-worker"),
    }
    words = lookup(
        features["class-of-worker"], WORDS["class-of-worker"], 4, name="words"
    )
    x = layers.Concatenate(name="concatenate")(
        [features["age"], features["hours per week"], words]
    )
    x = layers.Dense(units, activation="relu", name="dense")(x)
    income = layers.Dense(1, activation="sigmoid", name="income")(x)
    return keras.Model(list(features.values()), income, name=name)


def Table(numbers=("age", "capital-gain"), width=4, *, name="Table"):
    """A model of 43 parameters at the defaults.

    age (None, 1), capital-gain (None, 1), class-of-worker (None, 1), native country
    (None, 1) -> (None, 1).
    """
    numeric = {name: keras.Input((1,), name=name) for name in numbers}
    words = {name: keras.Input((1,), dtype="string", name=name) for name in WORDS}
    embedded = [
        lookup(x, WORDS[name], width, name=f"embedded_{n}")
        for n, (name, x) in enumerate(words.items())
    ]
    scaled = layers.Concatenate(name="scaled_concatenate")(list(numeric.values()))
    scaled = layers.LayerNormalization(name="scaled_layer_normalization")(scaled)
    x = layers.Concatenate(name="concatenate")([*embedded, scaled])
    income = layers.Dense(1, activation="sigmoid", name="income")(x)
    return keras.Model([*numeric.values(), *words.values()], income, name=name)


def Pair(*, name="Pair"):
    """A model of 40 parameters.

    image (None, 8, 8, 3), tokens (None, 4), map (None, 6, 4) -> (None, 11).
    """
    image = keras.Input((8, 8, 3), name="image")
    views = {
        name: keras.Input((4,), dtype="int32", name=name)
        if name == "tokens"
        else keras.Input((width, 4), name=name)
        for name, width in [("tokens", 0), ("map", 6)]
    }
    text = layers.Embedding(10, 4, name="text_embedding")(views["tokens"])
    text = layers.GlobalAveragePooling1D(name="text_global_average_pooling1d")(text)
    branch1 = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(image)
    branch2 = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(
        views["map"]
    )
    both = layers.Concatenate(name="both")([branch1, branch2, text])
    return keras.Model([image, *views.values()], both, name=name)
