"""WGAN-GP.

Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville, Improved Training of Wasserstein
GANs, 2017, arXiv:1704.00028.
Task: image generation.

The residual networks of its appendix for CIFAR-10. The critic has no
BatchNormalization: its gradient is penalized picture by picture, and may not hang on
the others of the batch.

Made by netdsl 0.1.0 from wgan_gp.net (sha256 56da248f, this file c9f4b4c7). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def shrink(x, *, name="shrink"):
    return layers.AveragePooling2D(2, name=f"{name}_average_pooling2d")(x)


def first_critic_unit(x, filters, *, name="first_critic_unit"):
    """Convolutions of the picture itself, which no activation comes before."""
    main = layers.Conv2D(
        filters, 3, activation="relu", padding="same", name=f"{name}_main_conv2d1"
    )(x)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    main = shrink(main, name=f"{name}_main_shrink")
    skip = shrink(x, name=f"{name}_skip_shrink")
    skip = layers.Conv2D(filters, 1, padding="same", name=f"{name}_skip_conv2d")(skip)
    return layers.Add(name=f"{name}_add")([main, skip])


def critic_unit(x, filters, half=False, *, name="critic_unit"):
    """Two convolutions, each behind a ReLU, round a shortcut."""
    main = layers.ReLU(name=f"{name}_main_re_lu")(x)
    main = layers.Conv2D(
        filters, 3, activation="relu", padding="same", name=f"{name}_main_conv2d1"
    )(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    if half:
        main = shrink(main, name=f"{name}_main_shrink")
    skip = x
    if half:
        skip = layers.Conv2D(filters, 1, padding="same", name=f"{name}_skip_conv2d")(x)
        skip = shrink(skip, name=f"{name}_skip_shrink")
    return layers.Add(name=f"{name}_add")([main, skip])


def generator_unit(x, filters, *, name="generator_unit"):
    """Twice the size, normalized."""
    main = layers.BatchNormalization(name=f"{name}_main_batch_normalization1")(x)
    main = layers.ReLU(name=f"{name}_main_re_lu1")(main)
    main = layers.UpSampling2D(2, name=f"{name}_main_up_sampling2d")(main)
    main = layers.Conv2D(
        filters, 3, use_bias=False, padding="same", name=f"{name}_main_conv2d1"
    )(main)
    main = layers.BatchNormalization(name=f"{name}_main_batch_normalization2")(main)
    main = layers.ReLU(name=f"{name}_main_re_lu2")(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    skip = layers.UpSampling2D(2, name=f"{name}_skip_up_sampling2d")(x)
    skip = layers.Conv2D(filters, 1, padding="same", name=f"{name}_skip_conv2d")(skip)
    return layers.Add(name=f"{name}_add")([main, skip])


def WGANGPGenerator(code=128, filters=128, *, name="WGANGPGenerator"):
    """Makes a picture of 32 by 32 from random numbers.

    (None, 128) -> (None, 32, 32, 3), 1,205,891 parameters at the defaults.
    """
    noise = keras.Input((code,), name="noise")
    x = layers.Dense(4 * 4 * filters, name="dense")(noise)
    x = layers.Reshape((4, 4, filters), name="reshape")(x)
    for n in range(3):
        x = generator_unit(x, filters, name=f"generator_unit_{n}")
    x = layers.BatchNormalization(name="batch_normalization")(x)
    x = layers.ReLU(name="re_lu")(x)
    image = layers.Conv2D(3, 3, activation="tanh", padding="same", name="image")(x)
    return keras.Model(noise, image, name=name)


def WGANGPCritic(filters=128, *, name="WGANGPCritic"):
    """Scores a picture; only differences of scores mean something.

    (None, 32, 32, 3) -> (None, 1), 1,053,825 parameters at the defaults.
    """
    image = keras.Input((32, 32, 3), name="image")
    x = first_critic_unit(image, filters, name="first_critic_unit")
    x = critic_unit(x, filters, half=True, name="critic_unit1")
    for n in range(2):
        x = critic_unit(x, filters, name=f"critic_unit2_{n}")
    x = layers.ReLU(name="re_lu")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    score = layers.Dense(1, name="score")(x)
    return keras.Model(image, score, name=name)
