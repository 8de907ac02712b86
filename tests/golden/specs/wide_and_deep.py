"""Wide & Deep.

Cheng et al., Wide & Deep Learning for Recommender Systems, 2016, arXiv:1606.07792.
Task: tabular.

Figure 1 of the paper, middle, on the census: a linear model of which values occur
together remembers, a deep network of what they mean generalizes, and both are trained
at once. What prepares the columns is part of the network.

Made by netdsl 0.1.0 from wide_and_deep.net (sha256 2c3f6ec7, this file 93994afd).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

# What the columns of the census may hold; another value is one of its own.
values = {
    "education": [
        "Preschool",
        "1st-4th",
        "5th-6th",
        "7th-8th",
        "9th",
        "10th",
        "11th",
        "12th",
        "HS-grad",
        "Some-college",
        "Assoc-voc",
        "Assoc-acdm",
        "Bachelors",
        "Masters",
        "Prof-school",
        "Doctorate",
    ],
    "occupation": [
        "Adm-clerical",
        "Armed-Forces",
        "Craft-repair",
        "Exec-managerial",
        "Farming-fishing",
        "Handlers-cleaners",
        "Machine-op-inspct",
        "Other-service",
        "Priv-house-serv",
        "Prof-specialty",
        "Protective-serv",
        "Sales",
        "Tech-support",
        "Transport-moving",
    ],
    "sex": ["Female", "Male"],
}
ages = [18, 25, 30, 35, 40, 45, 50, 55, 60, 65]


def mlp(x, widths, act="relu", dropout=0.0, *, name="mlp"):
    """Dense layers one after the other, each activated.

    Rumelhart, Hinton and Williams, 1986.
    """
    for n, width in enumerate(widths):
        x = layers.Dense(width, activation=act, name=f"{name}_dense_{n}")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name=f"{name}_dropout_{n}")(x)
    return x


def meaning(names, vocabulary, width, *, name="meaning"):
    """A learned vector for each value of a column."""
    x = layers.StringLookup(vocabulary=vocabulary, name=f"{name}_string_lookup")(names)
    x = layers.Embedding(len(vocabulary) + 1, width, name=f"{name}_embedding")(x)
    return layers.Flatten(name=f"{name}_flatten")(x)


def WideAndDeep(crosses=1000, width=32, hidden=(1024, 512, 256), *, name="WideAndDeep"):
    """Whether somebody earns more than 50,000 dollars.

    age (None, 1), capital-gain (None, 1), hours-per-week (None, 1), education
    (None, 1), occupation (None, 1), sex (None, 1) -> (None, 1), 761,958 parameters at
    the defaults.
    """
    numbers = {
        "age": keras.Input((1,), name="age"),
        "capital-gain": keras.Input((1,), name="capital-gain"),
        "hours-per-week": keras.Input((1,), name="hours-per-week"),
    }
    words = {
        column: keras.Input((1,), dtype="string", name=column) for column in values
    }
    age_group = layers.Discretization(bin_boundaries=ages, name="age_group")(
        numbers["age"]
    )
    branch1 = layers.CategoryEncoding(
        len(ages) + 1, output_mode="one_hot", name="wide_category_encoding"
    )(age_group)
    branches = [
        layers.StringLookup(
            vocabulary=values[column],
            output_mode="one_hot",
            name=f"wide_string_lookup_{n}",
        )(x)
        for n, (column, x) in enumerate(words.items())
    ]
    branch2 = layers.HashedCrossing(
        crosses, output_mode="one_hot", name="wide_hashed_crossing1"
    )([words["education"], words["occupation"]])
    branch3 = layers.HashedCrossing(
        crosses, output_mode="one_hot", name="wide_hashed_crossing2"
    )([age_group, words["education"]])
    wide = layers.Concatenate(name="wide_concatenate")(
        [branch1, *branches, branch2, branch3]
    )
    branch = layers.Concatenate(name="deep_concatenate1")(list(numbers.values()))
    branch = layers.Normalization(name="deep_normalization")(branch)
    branches = [
        meaning(x, values[column], width, name=f"deep_meaning_{n}")
        for n, (column, x) in enumerate(words.items())
    ]
    deep = layers.Concatenate(name="deep_concatenate2")([branch, *branches])
    dense = layers.Dense(1, use_bias=False, name="dense1")(wide)
    branch = mlp(deep, hidden, name="mlp")
    branch = layers.Dense(1, name="dense2")(branch)
    x = layers.Add(name="add1")([dense, branch])
    rich = layers.Activation("sigmoid", name="rich")(x)
    return keras.Model([*numbers.values(), *words.values()], rich, name=name)
