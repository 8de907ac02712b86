"""MLP-Mixer.

Tolstikhin, Houlsby, Kolesnikov, Beyer, Zhai, Unterthiner, Yung, Steiner, Keysers,
Uszkoreit, Lucic and Dosovitskiy, MLP-Mixer: An all-MLP Architecture for Vision, 2021,
arXiv:2105.01601.
Task: image classification.

Table 1 of the paper: dense layers along the patches and along the channels in turn, and
nothing else.

Made by netdsl 0.1.0 from mlp_mixer.net (sha256 94cd38b2, this file 7bd99df2). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def patch_embedding(image, width, patch_size=16, *, name="patch_embedding"):
    """Cut an image into patches and lay them out in a row: ViT.

    Dosovitskiy et al., 2020, arXiv:2010.11929.
    """
    x = layers.Conv2D(width, patch_size, strides=patch_size, name=f"{name}_conv2d")(
        image
    )
    return layers.Reshape((-1, width), name=f"{name}_reshape")(x)


def mixer_layer(x, token_hidden, channel_hidden, *, name="mixer_layer"):
    """Mix along the positions, then along the channels: MLP-Mixer.

    Tolstikhin et al., 2021, arXiv:2105.01601.

    Takes a sequence [length, width] of a fixed length.
    """
    mixed = layers.LayerNormalization(
        epsilon=1e-6, name=f"{name}_mixed_layer_normalization"
    )(x)
    mixed = layers.Permute((2, 1), name=f"{name}_mixed_permute1")(mixed)
    mixed = layers.Dense(token_hidden, activation="gelu", name=f"{name}_mixed_dense1")(
        mixed
    )
    mixed = layers.Dense(x.shape[1], name=f"{name}_mixed_dense2")(mixed)
    mixed = layers.Permute((2, 1), name=f"{name}_mixed_permute2")(mixed)
    y = layers.Add(name=f"{name}_add1")([x, mixed])
    residual = layers.LayerNormalization(
        epsilon=1e-6, name=f"{name}_layer_normalization"
    )(y)
    residual = layers.Dense(channel_hidden, activation="gelu", name=f"{name}_dense1")(
        residual
    )
    residual = layers.Dense(x.shape[-1], name=f"{name}_dense2")(residual)
    return layers.Add(name=f"{name}_add2")([y, residual])


def MixerB16(
    classes=1000,
    patch=16,
    width=768,
    depth=12,
    token_hidden=None,
    channel_hidden=None,
    size=224,
    *,
    name="MixerB16",
):
    """Size B on patches of 16 by 16.

    (None, 224, 224, 3) -> (None, 1000), 59,880,472 parameters at the defaults.
    """
    if token_hidden is None:
        token_hidden = width // 2
    if channel_hidden is None:
        channel_hidden = 4 * width
    image = keras.Input((size, size, 3), name="image")
    x = patch_embedding(image, width, patch, name="patch_embedding")
    for n in range(depth):
        x = mixer_layer(x, token_hidden, channel_hidden, name=f"mixer_layer_{n}")
    x = layers.LayerNormalization(epsilon=1e-6, name="layer_normalization")(x)
    x = layers.GlobalAveragePooling1D(name="global_average_pooling1d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def MixerS16(*, width=512, depth=8, name="MixerS16", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 18,528,264 parameters at the defaults."""
    return MixerB16(width=width, depth=depth, name=name, **kwargs)


def MixerL16(*, width=1024, depth=24, name="MixerL16", **kwargs):
    """(None, 224, 224, 3) -> (None, 1000), 208,196,168 parameters at the defaults."""
    return MixerB16(width=width, depth=depth, name=name, **kwargs)
