"""CycleGAN.

Zhu, Park, Isola and Efros, Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks, 2017, arXiv:1703.10593.
Task: image generation.

The appendix in its own notation: c7s1-64, d128, d256, nine times R256, u128, u64,
c7s1-3 for the generator, and C64-C128-C256-C512 for the discriminator, which judges
patches of 70 by 70.

Made by netdsl 0.1.0 from cyclegan.net (sha256 c06500e0, this file fef76da3). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops


# Each channel of each picture by itself, without a scale or a shift of its own.
def instance_norm(x, *, name="instance_norm"):
    return layers.GroupNormalization(
        groups=-1,
        center=False,
        scale=False,
        epsilon=1e-5,
        name=f"{name}_group_normalization",
    )(x)


def reflect(x, rows):
    """Go on at the border as in a mirror."""
    return ops.pad(x, [(0, 0), (rows, rows), (rows, rows), (0, 0)], mode="reflect")


def c7s1(x, filters, *, name="c7s1"):
    x = reflect(x, 3)
    x = layers.Conv2D(
        filters,
        7,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d",
    )(x)
    x = instance_norm(x, name=f"{name}_instance_norm")
    return layers.ReLU(name=f"{name}_re_lu")(x)


def d(x, filters, *, name="d"):
    x = layers.Conv2D(
        filters,
        3,
        strides=2,
        padding="same",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d",
    )(x)
    x = instance_norm(x, name=f"{name}_instance_norm")
    return layers.ReLU(name=f"{name}_re_lu")(x)


def R(x, filters, *, name="r"):
    """A residual unit; nothing follows the sum."""
    residual = reflect(x, 1)
    residual = layers.Conv2D(
        filters,
        3,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d1",
    )(residual)
    residual = instance_norm(residual, name=f"{name}_instance_norm1")
    residual = layers.ReLU(name=f"{name}_re_lu")(residual)
    residual = reflect(residual, 1)
    residual = layers.Conv2D(
        filters,
        3,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d2",
    )(residual)
    residual = instance_norm(residual, name=f"{name}_instance_norm2")
    return layers.Add(name=f"{name}_add")([x, residual])


def u(x, filters, *, name="u"):
    x = layers.Conv2DTranspose(
        filters,
        3,
        strides=2,
        padding="same",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d_transpose",
    )(x)
    x = instance_norm(x, name=f"{name}_instance_norm")
    return layers.ReLU(name=f"{name}_re_lu")(x)


def CycleGANGenerator(size=256, *, name="CycleGANGenerator"):
    """Turns a picture of one kind into one of the other.

    (None, 256, 256, 3) -> (None, 256, 256, 3), 11,378,179 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = c7s1(image, 64, name="c7s1")
    x = d(x, 128, name="d1")
    x = d(x, 256, name="d2")
    for n in range(9):
        x = R(x, 256, name=f"r_{n}")
    x = u(x, 128, name="u1")
    x = u(x, 64, name="u2")
    # c7s1-3, which ends otherwise in the authors' program.
    x = reflect(x, 3)
    translated = layers.Conv2D(
        3,
        7,
        activation="tanh",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="translated",
    )(x)
    return keras.Model(image, translated, name=name)


def C(x, filters, strides=2, norm=True, *, name="c"):
    """A convolution of four by four, padded by one."""
    x = layers.ZeroPadding2D(1, name=f"{name}_zero_padding2d")(x)
    x = layers.Conv2D(
        filters,
        4,
        strides=strides,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name=f"{name}_conv2d",
    )(x)
    if norm:
        x = instance_norm(x, name=f"{name}_instance_norm")
    return layers.LeakyReLU(0.2, name=f"{name}_leaky_re_lu")(x)


def CycleGANDiscriminator(size=256, *, name="CycleGANDiscriminator"):
    """Tells for each patch whether it is from the data.

    (None, 256, 256, 3) -> (None, 30, 30, 1), 2,764,737 parameters at the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    x = C(image, 64, norm=False, name="c1")
    x = C(x, 128, name="c2")
    x = C(x, 256, name="c3")
    x = C(x, 512, strides=1, name="c4")
    x = layers.ZeroPadding2D(1, name="zero_padding2d")(x)
    real = layers.Conv2D(
        1,
        4,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.02),
        name="real",
    )(x)
    return keras.Model(image, real, name=name)
