"""A convolutional autoencoder.

Masci, Meier, Cireşan and Schmidhuber, Stacked Convolutional Auto-Encoders for
Hierarchical Feature Extraction, 2011.
Task: denoising.

The digits of MNIST squeezed to 7 by 7 by 32 and made again, as the example at keras.io
does it: what the narrow middle cannot hold, such as noise, is left out.

Made by netdsl 0.1.0 from autoencoder.net (sha256 a81895ff, this file 4112e54c). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def Autoencoder(filters=32, channels=1, *, name="Autoencoder"):
    """Two poolings down, two transposed convolutions up.

    (None, 28, 28, 1) -> (None, 28, 28, 1), 28,353 parameters at the defaults.
    """
    image = keras.Input((28, 28, channels), name="image")
    code = layers.Conv2D(filters, 3, padding="same", activation="relu", name="conv2d1")(
        image
    )
    code = layers.MaxPooling2D(2, padding="same", name="max_pooling2d")(code)
    code = layers.Conv2D(filters, 3, padding="same", activation="relu", name="conv2d2")(
        code
    )
    code = layers.MaxPooling2D(2, padding="same", name="code")(code)
    assert code.shape[1:] == (7, 7, filters)
    x = code
    for n in range(2):
        x = layers.Conv2DTranspose(
            filters,
            3,
            padding="same",
            strides=2,
            activation="relu",
            name=f"conv2d_transpose_{n}",
        )(x)
    same = layers.Conv2D(
        channels, 3, activation="sigmoid", padding="same", name="same"
    )(x)
    return keras.Model(image, same, name=name)
