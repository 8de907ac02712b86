"""Models as layers: frozen, shared, with several outputs, and one at other
hyperparameters.

Made by netdsl 0.1.0 from models_inside_models.net (sha256 34854f60, this file
cb343725). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def head(x, units, *, trainable=True, name="head"):
    x = layers.Dense(
        units, activation="relu", trainable=trainable, name=f"{name}_dense1"
    )(x)
    return layers.Dense(1, trainable=trainable, name=f"{name}_dense2")(x)


def Encoder(latent=8, widths=(16, 32), *, name="Encoder"):
    """Maps an image to a mean and a spread.

    (None, 16, 16, 1) -> mean (None, 8), spread (None, 8), 5,184 parameters at the
    defaults.
    """
    image = keras.Input((16, 16, 1), name="image")
    features = layers.Flatten(name="features_flatten")(image)
    for n, width in enumerate(widths):
        features = layers.Dense(width, activation="relu", name=f"features_dense_{n}")(
            features
        )
    mean = layers.Dense(latent, name="mean")(features)
    spread = layers.Dense(latent, activation="softplus", name="spread")(features)
    return keras.Model(image, {"mean": mean, "spread": spread}, name=name)


def Decoder(latent=8, *, name="Decoder"):
    """(None, 8) -> (None, 16, 16, 1), 2,304 parameters at the defaults."""
    code = keras.Input((latent,), name="code")
    x = layers.Dense(256, activation="sigmoid", name="dense")(code)
    image = layers.Reshape((16, 16, 1), name="image")(x)
    return keras.Model(code, image, name=name)


def BigEncoder(latent=8, widths=(64, 64), *, name="BigEncoder"):
    """A model of 21,648 parameters at the defaults.

    (None, 16, 16, 1) -> mean (None, 8), spread (None, 8).
    """
    return Encoder(latent, widths, name=name)


def Pair(latent=4, *, name="Pair"):
    """A model of 32,329 parameters at the defaults.

    image (None, 16, 16, 1), other (None, 16, 16, 1) -> restored (None, 16, 16, 1),
    score (None, 1).
    """
    image = keras.Input((16, 16, 1), name="image")
    other = keras.Input((16, 16, 1), name="other")
    encode = Encoder(latent=latent, name="encode")
    first = encode(image)
    second = encode(other)
    encoder = Encoder(latent, name="encoder")
    encoder.trainable = False
    outputs = encoder(image)
    mean = outputs["mean"]
    x = layers.Add(name="add")([first["mean"], mean])
    restored = Decoder(latent, name="decoder")(x)
    big = BigEncoder(latent=latent, name="big")(other)
    score = head_of_pair(second["spread"], big, name="score")
    return keras.Model(
        [image, other], {"restored": restored, "score": score}, name=name
    )


def head_of_pair(spread, big, *, name="head_of_pair"):
    x = layers.Concatenate(name=f"{name}_concatenate")([spread, big["mean"]])
    return head(x, 8, trainable=False, name=f"{name}_head")
