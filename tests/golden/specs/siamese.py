"""A siamese network.

Koch, Zemel and Salakhutdinov, Siamese Neural Networks for One-shot Image Recognition,
2015.
Task: metric learning.

Figure 4 of the paper: two images, one encoder. A `layer` is made once, so both uses of
`encode` share its weights.

Made by netdsl 0.1.0 from siamese.net (sha256 34b657b9, this file 84e786be). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def encoder(code, *, name="encoder"):
    """What an image is, in `code` numbers between 0 and 1."""
    stages = [
        layers.Conv2D(64, 10, activation="relu", name=f"{name}_conv2d1"),
        layers.MaxPooling2D(2, name=f"{name}_max_pooling2d1"),
        layers.Conv2D(128, 7, activation="relu", name=f"{name}_conv2d2"),
        layers.MaxPooling2D(2, name=f"{name}_max_pooling2d2"),
        layers.Conv2D(128, 4, activation="relu", name=f"{name}_conv2d3"),
        layers.MaxPooling2D(2, name=f"{name}_max_pooling2d3"),
        layers.Conv2D(256, 4, activation="relu", name=f"{name}_conv2d4"),
        layers.Flatten(name=f"{name}_flatten"),
        layers.Dense(code, activation="sigmoid", name=f"{name}_dense"),
    ]

    def apply(x):
        for layer in stages:
            x = layer(x)
        return x

    return apply


def Siamese(code=4096, *, name="Siamese"):
    """The probability that two drawings show the same character.

    left (None, 105, 105, 1), right (None, 105, 105, 1) -> (None, 1), 38,951,745
    parameters at the defaults.
    """
    left = keras.Input((105, 105, 1), name="left")
    right = keras.Input((105, 105, 1), name="right")
    encode = encoder(code, name="encode")
    # Their distance is the difference of the two, number by number.
    pair = [encode(left), encode(right)]
    maximum = layers.Maximum(name="maximum")(pair)
    minimum = layers.Minimum(name="minimum")(pair)
    x = layers.Subtract(name="subtract")([maximum, minimum])
    same = layers.Dense(1, activation="sigmoid", name="same")(x)
    return keras.Model([left, right], same, name=name)
