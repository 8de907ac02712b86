"""Wide & Deep.

Cheng et al., Wide & Deep Learning for Recommender Systems, 2016, arXiv:1606.07792.
Task: tabular.

Figure 1 of the paper, middle, on the census: a linear model of which values occur together remembers, a deep network of what they
mean generalizes, and both are trained at once. What prepares the columns is part of the network.

Made by netdsl 0.1.0 from wide_and_deep.net (sha256 e391cad4, this file 935d6fe7).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

educations = [
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
]
occupations = [
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
]
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


def meaning(column, vocabulary, width, *, name="meaning"):
    """A learned vector for each value of a column."""
    x = layers.StringLookup(vocabulary=vocabulary, name=f"{name}_string_lookup")(column)
    x = layers.Embedding(len(vocabulary) + 1, width, name=f"{name}_embedding")(x)
    return layers.Flatten(name=f"{name}_flatten")(x)


def WideAndDeep(crosses=1000, width=32, hidden=(1024, 512, 256), *, name="WideAndDeep"):
    """Whether somebody earns more than 50,000 dollars.

    WideAndDeep: age (None, 1), hours_per_week (None, 1), education (None, 1),
    occupation (None, 1) -> (None, 1), 728,066 parameters at the defaults.
    """
    age = keras.Input((1,), name="age")
    hours_per_week = keras.Input((1,), name="hours_per_week")
    education = keras.Input((1,), dtype="string", name="education")
    occupation = keras.Input((1,), dtype="string", name="occupation")
    age_group = layers.Discretization(bin_boundaries=ages, name="age_group")(age)
    branch1 = layers.CategoryEncoding(
        len(ages) + 1, output_mode="one_hot", name="wide_category_encoding"
    )(age_group)
    branch2 = layers.StringLookup(
        vocabulary=educations, output_mode="one_hot", name="wide_string_lookup1"
    )(education)
    branch3 = layers.StringLookup(
        vocabulary=occupations, output_mode="one_hot", name="wide_string_lookup2"
    )(occupation)
    branch4 = layers.HashedCrossing(
        crosses, output_mode="one_hot", name="wide_hashed_crossing1"
    )([education, occupation])
    branch5 = layers.HashedCrossing(
        crosses, output_mode="one_hot", name="wide_hashed_crossing2"
    )([age_group, education])
    wide = layers.Concatenate(name="wide_concatenate")(
        [branch1, branch2, branch3, branch4, branch5]
    )
    branch1 = layers.Normalization(name="deep_normalization1")(age)
    branch2 = layers.Normalization(name="deep_normalization2")(hours_per_week)
    branch3 = meaning(education, educations, width, name="deep_meaning1")
    branch4 = meaning(occupation, occupations, width, name="deep_meaning2")
    deep = layers.Concatenate(name="deep_concatenate")(
        [branch1, branch2, branch3, branch4]
    )
    dense = layers.Dense(1, use_bias=False, name="dense1")(wide)
    branch = mlp(deep, hidden, name="mlp")
    branch = layers.Dense(1, name="dense2")(branch)
    x = layers.Add(name="add1")([dense, branch])
    rich = layers.Activation("sigmoid", name="rich")(x)
    return keras.Model([age, hours_per_week, education, occupation], rich, name=name)
