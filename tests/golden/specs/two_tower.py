"""A two-tower recommender.

Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
Recommendations, 2019.
Task: recommendation.

Figure 2 of the paper, on films: what is known of a person and what is known of a film
each become a vector of length one, whose product says how well they fit. The vectors
leave as well, so that those of all films can be kept and searched.

Made by netdsl 0.1.0 from two_tower.net (sha256 e7547a2c, this file 11f4fa7f). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def mlp(x, widths, act="relu", dropout=0.0, *, name="mlp"):
    """Dense layers one after the other, each activated.

    Rumelhart, Hinton and Williams, 1986.
    """
    for n, width in enumerate(widths):
        x = layers.Dense(width, activation=act, name=f"{name}_dense_{n}")(x)
        if dropout > 0:
            x = layers.Dropout(dropout, name=f"{name}_dropout_{n}")(x)
    return x


def embed(x, bins, width, *, name="embed"):
    x = layers.Hashing(bins, name=f"{name}_hashing")(x)
    x = layers.Embedding(bins, width, name=f"{name}_embedding")(x)
    return layers.Flatten(name=f"{name}_flatten")(x)


def tower(known, widths, code, *, name="tower"):
    """All that is known, as one direction."""
    x = mlp(known, widths, name=f"{name}_mlp")
    x = layers.Dense(code, name=f"{name}_dense")(x)
    return layers.UnitNormalization(name=f"{name}_unit_normalization")(x)


def TwoTower(
    people=10_000,
    films=5_000,
    width=32,
    widths=(512, 256),
    code=128,
    temperature=0.05,
    *,
    name="TwoTower",
):
    """How well a film fits a person, and the vectors of both.

    person (None, 1), country (None, 1), age (None, 1), film (None, 1), genre (None, 1),
    year (None, 1) -> person_code (None, 128), film_code (None, 128), fit (None, 1),
    884,038 parameters at the defaults.
    """
    person = keras.Input((1,), dtype="string", name="person")
    country = keras.Input((1,), dtype="string", name="country")
    age = keras.Input((1,), name="age")
    film = keras.Input((1,), dtype="string", name="film")
    genre = keras.Input((1,), dtype="string", name="genre")
    year = keras.Input((1,), name="year")
    person_embed = embed(person, people, width, name="embed1")
    country_embed = embed(country, 200, width, name="embed2")
    age_normalization = layers.Normalization(name="normalization1")(age)
    x = layers.Concatenate(name="concatenate1")(
        [person_embed, country_embed, age_normalization]
    )
    person_code = tower(x, widths, code, name="person_code")
    film_embed = embed(film, films, width, name="embed3")
    genre_embed = embed(genre, 50, width, name="embed4")
    year_normalization = layers.Normalization(name="normalization2")(year)
    x = layers.Concatenate(name="concatenate2")(
        [film_embed, genre_embed, year_normalization]
    )
    film_code = tower(x, widths, code, name="film_code")
    dot = layers.Dot(axes=1, name="dot")([person_code, film_code])
    fit = dot / temperature
    return keras.Model(
        [person, country, age, film, genre, year],
        {"person_code": person_code, "film_code": film_code, "fit": fit},
        name=name,
    )
