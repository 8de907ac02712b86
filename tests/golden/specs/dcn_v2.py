"""DCN-V2.

Wang, Shivanna, Cheng, Jain, Lin, Hong and Chi, DCN V2: Improved Deep & Cross Network,
2021, arXiv:2008.13535.
Task: recommendation.

Figure 1 (a) of the paper, the stacked form, on Criteo's data of clicks: layers that
multiply the features with one another, once more with each, and a deep network behind
them.

Made by netdsl 0.1.0 from dcn_v2.net (sha256 3d0bd9d4, this file 68ac473f). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def mlp(x, widths, act="relu", dropout=0.0, *, name="mlp"):
    """Dense layers one after the other, each activated.

    Rumelhart, Hinton and Williams, 1986.
    """
    for n, width in enumerate(widths):
        x = layers.Dense(width, activation=act, name=f"{name}_dense_{n}")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name=f"{name}_dropout_{n}")(x)
    return x


def cross_layer(features, x, *, name="cross_layer"):
    """Multiply the features with one another once more: DCN-V2.

    Wang et al., 2021, arXiv:2008.13535.

    Takes the features themselves and what the cross layers before this one made of
    them.
    """
    dense = layers.Dense(features.shape[-1], name=f"{name}_dense")(x)
    product = layers.Multiply(name=f"{name}_multiply")([features, dense])
    return layers.Add(name=f"{name}_add")([product, x])


def hashed_embeddings(names, bins, width, *, name="hashed_embeddings"):
    """A learned vector for each column of names [columns], out of a table of its own.

    Weinberger et al., 2009, arXiv:0902.2206.

    No list of the names is needed: what two names share is a row of the table, the
    rarer the more rows there are. Gives [columns, width]. Strings are hashed by
    TensorFlow alone, whole numbers by any backend.
    """
    branches = []
    for column in range(names.shape[-1]):
        branch = layers.Hashing(bins, name=f"{name}_hashing_{column}")(
            names[:, column : column + 1]
        )
        branch = layers.Embedding(bins, width, name=f"{name}_embedding_{column}")(
            branch
        )
        branches.append(branch)
    return layers.Concatenate(axis=1, name=f"{name}_concatenate")(branches)


def DCNV2(
    counts=13,
    names=26,
    bins=100_000,
    width=39,
    crosses=2,
    deep=(768, 768),
    *,
    name="DCNV2",
):
    """The probability of a click.

    numbers (None, 13), categories (None, 26) -> (None, 1), 104,892,377 parameters at
    the defaults.
    """
    numbers = keras.Input((counts,), name="numbers")
    categories = keras.Input((names,), dtype="string", name="categories")
    embedded = hashed_embeddings(
        categories, bins, width, name="embedded_hashed_embeddings"
    )
    embedded = layers.Flatten(name="embedded_flatten")(embedded)
    features = layers.Concatenate(name="features")(
        [ops.log1p(ops.relu(numbers)), embedded]
    )
    x = features
    for n in range(crosses):
        x = cross_layer(features, x, name=f"cross_layer_{n}")
    x = mlp(x, deep, name="mlp")
    click = layers.Dense(1, activation="sigmoid", name="click")(x)
    return keras.Model([numbers, categories], click, name=name)
