"""The U-Net of DDPM.

Ho, Jain and Abbeel, Denoising Diffusion Probabilistic Models, 2020, arXiv:2006.11239.
Task: image generation.

Appendix B of the paper for CIFAR-10: from a noisy picture and how many steps of noise
it has seen, the noise is told. Two residual blocks on each of four levels, attention
where the map is 16 by 16.

Made by netdsl 0.1.0 from ddpm.net (sha256 1de5970a, this file 481b2d7c). Change the
spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def sinusoidal_embedding(x, width, *, name="sinusoidal_embedding"):
    """A number as sines and cosines at many rates: how far a diffusion has come.

    Ho et al., 2020, arXiv:2006.11239.

    Takes [1] and gives [width]. The rates go from 1 down to one in ten thousand.
    """
    half = width // 2
    angles = x * ops.array(
        [math.exp(-math.log(10_000) * i / (half - 1)) for i in range(half)]
    )
    return layers.Concatenate(name=f"{name}_concatenate")(
        [ops.sin(angles), ops.cos(angles)]
    )


def residual(x, time, filters, attention=False, *, name="residual"):
    """Two convolutions round a shortcut, the time added between them.

    With `attention` every place looks at every other behind them.
    """
    x_branch = layers.GroupNormalization(
        epsilon=1e-6, name=f"{name}_moved_group_normalization"
    )(x)
    x_branch = layers.Activation("silu", name=f"{name}_moved_activation")(x_branch)
    x_branch = layers.Conv2D(filters, 3, padding="same", name=f"{name}_moved_conv2d")(
        x_branch
    )
    time_branch = layers.Dense(filters, name=f"{name}_moved_dense")(time)
    time_branch = layers.Reshape((1, 1, filters), name=f"{name}_moved_reshape")(
        time_branch
    )
    moved = layers.Add(name=f"{name}_moved_add")([x_branch, time_branch])
    main = layers.GroupNormalization(
        epsilon=1e-6, name=f"{name}_main_group_normalization"
    )(moved)
    main = layers.Activation("silu", name=f"{name}_main_activation")(main)
    main = layers.Dropout(0.1, name=f"{name}_main_dropout")(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d")(main)
    skip = x
    if x.shape[-1] != filters:
        skip = layers.Conv2D(filters, 1, padding="same", name=f"{name}_skip")(x)
    x = layers.Add(name=f"{name}_add1")([main, skip])
    if attention:
        branch = layers.GroupNormalization(
            epsilon=1e-6, name=f"{name}_group_normalization"
        )(x)
        branch = layers.MultiHeadAttention(
            1, filters, attention_axes=(1, 2), name=f"{name}_multi_head_attention"
        )(branch, value=branch)
        x = layers.Add(name=f"{name}_add2")([x, branch])
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
    time = sinusoidal_embedding(step, width, name="time_sinusoidal_embedding")
    for n in range(2):
        time = layers.Dense(4 * width, activation="silu", name=f"time_dense_{n}")(time)
    skips = []
    bottom = layers.Conv2D(width, 3, padding="same", name="bottom_conv2d1")(image)
    skips.append(bottom)
    for i, factor in enumerate(factors):
        for n in range(blocks):
            bottom = residual(
                bottom,
                time,
                factor * width,
                attention=bottom.shape[1] == attention_at,
                name=f"bottom_residual1_{i}_{n}",
            )
            skips.append(bottom)
        if i < last:
            bottom = layers.Conv2D(
                factor * width, 3, strides=2, padding="same", name=f"bottom_conv2d2_{i}"
            )(bottom)
            skips.append(bottom)
    bottom = residual(
        bottom, time, factors[-1] * width, attention=True, name="bottom_residual2"
    )
    bottom = residual(bottom, time, factors[-1] * width, name="bottom_residual3")
    x = bottom
    for i, skip in enumerate(skips[::-1]):
        level = last - i // (blocks + 1)
        filters = factors[level] * width
        x = layers.Concatenate(name=f"concatenate_{i}")([x, skip])
        x = residual(
            x, time, filters, attention=x.shape[1] == attention_at, name=f"residual_{i}"
        )
        if level > 0 and i % (blocks + 1) == blocks:
            x = layers.UpSampling2D(2, name=f"up_sampling2d_{i}")(x)
            x = layers.Conv2D(filters, 3, padding="same", name=f"conv2d_{i}")(x)
    x = layers.GroupNormalization(epsilon=1e-6, name="group_normalization")(x)
    x = layers.Activation("silu", name="activation")(x)
    noise = layers.Conv2D(3, 3, padding="same", name="noise")(x)
    return keras.Model([image, step], noise, name=name)
