"""DLRM.

Naumov et al., Deep Learning Recommendation Model for Personalization and Recommendation
Systems, 2019, arXiv:1906.00091.
Task: recommendation.

Criteo's data of clicks, with the widths of the authors' script: thirteen counts go
through a small network, twenty-six names become vectors as wide, and what these have in
common, pair by pair, tells whether somebody clicks.

Made by netdsl 0.1.0 from dlrm.net (sha256 9f42c712, this file 3959a624). Change the
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


def pairwise_products(x, *, name="pairwise_products"):
    """The scalar product of each pair of vectors, as DLRM has it.

    Naumov et al., 2019, arXiv:1906.00091.

    Takes vectors [n, width] and gives [n * (n - 1) / 2].
    """
    n = x.shape[1]
    x = layers.Dot(axes=2, name=f"{name}_dot")([x, x])
    x = layers.Reshape((n * n,), name=f"{name}_reshape")(x)
    return ops.take(x, [n * i + j for i in range(n) for j in range(i)], axis=1)


def DLRM(
    counts=13,
    names=26,
    bins=100_000,
    bottom=(512, 256, 64, 16),
    top=(512, 256),
    *,
    name="DLRM",
):
    """The probability of a click.

    numbers (None, 13), categories (None, 26) -> (None, 1), 42,075,985 parameters at the
    defaults.
    """
    numbers = keras.Input((counts,), name="numbers")
    categories = keras.Input((names,), dtype="string", name="categories")
    width = bottom[-1]
    dense = ops.log1p(ops.relu(numbers))
    dense = mlp(dense, bottom, name="dense")
    sparse = hashed_embeddings(categories, bins, width, name="sparse")
    reshape = layers.Reshape((1, width), name="products_reshape")(dense)
    products = layers.Concatenate(axis=1, name="products_concatenate")(
        [reshape, sparse]
    )
    products = pairwise_products(products, name="products_pairwise_products")
    x = layers.Concatenate(name="concatenate")([dense, products])
    x = mlp(x, top, name="mlp")
    click = layers.Dense(1, activation="sigmoid", name="click")(x)
    return keras.Model([numbers, categories], click, name=name)
