"""DCGAN.

Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks, 2015, arXiv:1511.06434.
Task: image generation.

Figure 1 of the paper: neither pooling nor dense layers inside, but convolutions that
double the size, or halve it.

Made by netdsl 0.1.0 from dcgan.net (sha256 89dc96d6, this file 37c04c0e). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def DCGANGenerator(
    code=100, widths=(1024, 512, 256, 128), channels=3, *, name="DCGANGenerator"
):
    """Makes a picture of 64 by 64 from a hundred random numbers.

    (None, 100) -> (None, 64, 64, 3), 18,858,883 parameters at the defaults.
    """
    noise = keras.Input((code,), name="noise")
    x = layers.Dense(
        4 * 4 * widths[0],
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="dense",
    )(noise)
    x = layers.Reshape((4, 4, widths[0]), name="reshape")(x)
    x = layers.BatchNormalization(name="batch_normalization1")(x)
    x = layers.ReLU(name="re_lu1")(x)
    for n, filters in enumerate(widths[1:]):
        x = layers.Conv2DTranspose(
            filters,
            5,
            use_bias=False,
            padding="same",
            strides=2,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
            name=f"conv2d_transpose_{n}",
        )(x)
        x = layers.BatchNormalization(name=f"batch_normalization2_{n}")(x)
        x = layers.ReLU(name=f"re_lu2_{n}")(x)
    image = layers.Conv2DTranspose(
        channels,
        5,
        activation="tanh",
        padding="same",
        strides=2,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="image",
    )(x)
    return keras.Model(noise, image, name=name)


def DCGANDiscriminator(
    widths=(128, 256, 512, 1024), channels=3, *, name="DCGANDiscriminator"
):
    """Tells whether a picture is from the data.

    (None, 64, 64, 3) -> (None, 1), 17,236,481 parameters at the defaults.
    """
    image = keras.Input((64, 64, channels), name="image")
    x = layers.Conv2D(
        widths[0],
        5,
        padding="same",
        strides=2,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="conv2d1",
    )(image)
    x = layers.LeakyReLU(0.2, name="leaky_re_lu1")(x)
    for n, filters in enumerate(widths[1:]):
        x = layers.Conv2D(
            filters,
            5,
            use_bias=False,
            padding="same",
            strides=2,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
            name=f"conv2d2_{n}",
        )(x)
        x = layers.BatchNormalization(name=f"batch_normalization_{n}")(x)
        x = layers.LeakyReLU(0.2, name=f"leaky_re_lu2_{n}")(x)
    x = layers.Flatten(name="flatten")(x)
    real = layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="real",
    )(x)
    return keras.Model(image, real, name=name)
