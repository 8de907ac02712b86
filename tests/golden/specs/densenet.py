"""DenseNet.

Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks,
2017, arXiv:1608.06993.
Task: image classification.

Three columns of the paper's table 1, layer for layer those of keras.applications.

Made by netdsl 0.1.0 from densenet.net (sha256 02c63ffb, this file 3dfb5302). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def dense_block(x, count, growth_rate, *, name="dense_block"):
    """Each layer sees what all layers before it made."""
    for n in range(count):
        branch = layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_batch_normalization1_{n}"
        )(x)
        branch = layers.ReLU(name=f"{name}_re_lu1_{n}")(branch)
        branch = layers.Conv2D(
            4 * growth_rate, 1, use_bias=False, name=f"{name}_conv2d1_{n}"
        )(branch)
        branch = layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_batch_normalization2_{n}"
        )(branch)
        branch = layers.ReLU(name=f"{name}_re_lu2_{n}")(branch)
        branch = layers.Conv2D(
            growth_rate, 3, padding="same", use_bias=False, name=f"{name}_conv2d2_{n}"
        )(branch)
        x = layers.Concatenate(name=f"{name}_concatenate_{n}")([x, branch])
    return x


def transition(x, *, name="transition"):
    """Half the channels, half the size."""
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_batch_normalization")(
        x
    )
    y = layers.ReLU(name=f"{name}_re_lu")(y)
    y = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False, name=f"{name}_conv2d")(y)
    return layers.AveragePooling2D(2, name=f"{name}_average_pooling2d")(y)


def DenseNet(blocks=(6, 12, 24, 16), growth_rate=32, classes=1000, *, name="DenseNet"):
    """Dense blocks with transitions between them; `blocks` counts their layers.

    (None, 224, 224, 3) -> (None, 1000), 8,062,504 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.ZeroPadding2D(3, name="zero_padding2d1")(image)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv2d")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name="batch_normalization1")(x)
    x = layers.ReLU(name="re_lu1")(x)
    x = layers.ZeroPadding2D(1, name="zero_padding2d2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d")(x)
    for n, count in enumerate(blocks[:-1]):
        x = dense_block(x, count, growth_rate, name=f"dense_block1_{n}")
        x = transition(x, name=f"transition_{n}")
    x = dense_block(x, blocks[-1], growth_rate, name="dense_block2")
    x = layers.BatchNormalization(epsilon=1.001e-5, name="batch_normalization2")(x)
    x = layers.ReLU(name="re_lu2")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def DenseNet121(
    blocks=(6, 12, 24, 16), growth_rate=32, classes=1000, *, name="DenseNet121"
):
    """(None, 224, 224, 3) -> (None, 1000), 8,062,504 parameters at the defaults."""
    return DenseNet(blocks, growth_rate, classes, name=name)


def DenseNet169(
    blocks=(6, 12, 32, 32), growth_rate=32, classes=1000, *, name="DenseNet169"
):
    """(None, 224, 224, 3) -> (None, 1000), 14,307,880 parameters at the defaults."""
    return DenseNet(blocks, growth_rate, classes, name=name)


def DenseNet201(
    blocks=(6, 12, 48, 32), growth_rate=32, classes=1000, *, name="DenseNet201"
):
    """(None, 224, 224, 3) -> (None, 1000), 20,242,984 parameters at the defaults."""
    return DenseNet(blocks, growth_rate, classes, name=name)
