"""The U-Net of DDPM.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models, 2020, arXiv:2006.11239.
Task: image generation.

Appendix B of the paper for CIFAR-10: from a noisy picture and how many steps of noise it has seen, the noise is told. Two residual
blocks on each of four levels, attention where the map is 16 by 16.

Made by netdsl 0.1.0 from ddpm.net (sha256 1aa981c8, this file 744ef463). Change the
spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def time_embedding(step, width, *, name="time_embedding"):
    """A step as sines and cosines at many rates, which two layers read."""
    half = width // 2
    rates = [math.exp(-math.log(10_000) * i / (half - 1)) for i in range(half)]
    angles = step * ops.array(rates)
    x = layers.Concatenate(name=f"{name}_concatenate")(
        [ops.sin(angles), ops.cos(angles)]
    )
    x = layers.Dense(4 * width, activation="silu", name=f"{name}_dense1")(x)
    return layers.Dense(4 * width, activation="silu", name=f"{name}_dense2")(x)


def residual(x, time, filters, *, name="residual"):
    """Two convolutions round a shortcut; the time is added between them."""
    branch1 = layers.GroupNormalization(
        epsilon=1e-6, name=f"{name}_moved_group_normalization"
    )(x)
    branch1 = layers.Activation("silu", name=f"{name}_moved_activation")(branch1)
    branch1 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_moved_conv2d")(
        branch1
    )
    branch2 = layers.Dense(filters, name=f"{name}_moved_dense")(time)
    branch2 = layers.Reshape((1, 1, filters), name=f"{name}_moved_reshape")(branch2)
    moved = layers.Add(name=f"{name}_moved_add")([branch1, branch2])
    main = layers.GroupNormalization(
        epsilon=1e-6, name=f"{name}_main_group_normalization"
    )(moved)
    main = layers.Activation("silu", name=f"{name}_main_activation")(main)
    main = layers.Dropout(0.1, name=f"{name}_main_dropout")(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d")(main)
    skip = x
    if x.shape[-1] != filters:
        skip = layers.Conv2D(filters, 1, padding="same", name=f"{name}_skip")(x)
    return layers.Add(name=f"{name}_add")([main, skip])


def attend(x, *, name="attend"):
    """Every place looks at every other."""
    branch = layers.GroupNormalization(
        epsilon=1e-6, name=f"{name}_group_normalization"
    )(x)
    branch = layers.MultiHeadAttention(
        1, x.shape[-1], attention_axes=(1, 2), name=f"{name}_multi_head_attention"
    )(branch, value=branch)
    return layers.Add(name=f"{name}_add")([x, branch])


def level(x, time, filters, attention, *, name="level"):
    """A residual block, and attention where the map is small enough."""
    x = residual(x, time, filters, name=f"{name}_residual")
    if attention:
        x = attend(x, name=f"{name}_attend")
    return x


def DDPM(
    width=128, factors=(1, 2, 2, 2), blocks=2, attention_at=16, size=32, *, name="DDPM"
):
    """Tells the noise in a picture.

    image (None, 32, 32, 3), step (None, 1) -> (None, 32, 32, 3), 35,746,307 parameters
    at the defaults.
    """
    last = len(factors) - 1
    image = keras.Input((size, size, 3), name="image")
    step = keras.Input((1,), name="step")
    time = time_embedding(step, width, name="time")
    skips = []
    bottom = layers.Conv2D(width, 3, padding="same", name="bottom_conv2d1")(image)
    skips.append(bottom)
    for i, factor in enumerate(factors):
        for n in range(blocks):
            bottom = level(
                bottom,
                time,
                factor * width,
                bottom.shape[1] == attention_at,
                name=f"bottom_level_{i}_{n}",
            )
            skips.append(bottom)
        if i < last:
            bottom = layers.Conv2D(
                factor * width, 3, strides=2, padding="same", name=f"bottom_conv2d2_{i}"
            )(bottom)
            skips.append(bottom)
    bottom = residual(bottom, time, factors[-1] * width, name="bottom_residual1")
    bottom = attend(bottom, name="bottom_attend")
    bottom = residual(bottom, time, factors[-1] * width, name="bottom_residual2")
    x = bottom
    for i, factor in enumerate(factors[::-1]):
        for j in range(blocks + 1):
            x = layers.Concatenate(name=f"concatenate_{i}_{j}")(
                [x, skips[-1 - i * (blocks + 1) - j]]
            )
            x = level(
                x,
                time,
                factor * width,
                x.shape[1] == attention_at,
                name=f"level_{i}_{j}",
            )
        if i < last:
            x = layers.UpSampling2D(2, name=f"up_sampling2d_{i}")(x)
            x = layers.Conv2D(factor * width, 3, padding="same", name=f"conv2d_{i}")(x)
    x = layers.GroupNormalization(epsilon=1e-6, name="group_normalization")(x)
    x = layers.Activation("silu", name="activation")(x)
    noise = layers.Conv2D(3, 3, padding="same", name="noise")(x)
    return keras.Model([image, step], noise, name=name)
