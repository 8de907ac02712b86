"""DenseNet-121.

Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, 2017, arXiv:1608.06993.

Layer for layer the network of keras.applications.

Made by netdsl 0.1.0 from densenet121.net (sha256 9adbd593, this file 8182bfb7). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

growth_rate = 32


def dense_block(x, layers, *, name="dense_block"):
    """Each layer sees what all layers before it made."""
    for i in range(layers):
        branch = keras.layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_batch_normalization1_{i}"
        )(x)
        branch = keras.layers.ReLU(name=f"{name}_re_lu1_{i}")(branch)
        branch = keras.layers.Conv2D(
            4 * growth_rate, 1, use_bias=False, name=f"{name}_conv2d1_{i}"
        )(branch)
        branch = keras.layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_batch_normalization2_{i}"
        )(branch)
        branch = keras.layers.ReLU(name=f"{name}_re_lu2_{i}")(branch)
        branch = keras.layers.Conv2D(
            growth_rate, 3, padding="same", use_bias=False, name=f"{name}_conv2d2_{i}"
        )(branch)
        x = keras.layers.Concatenate(name=f"{name}_concatenate_{i}")([x, branch])
    return x


def transition(x, *, name="transition"):
    """Half the channels, half the size."""
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_batch_normalization")(
        x
    )
    y = layers.ReLU(name=f"{name}_re_lu")(y)
    y = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False, name=f"{name}_conv2d")(y)
    return layers.AveragePooling2D(2, name=f"{name}_average_pooling2d")(y)


def DenseNet121(classes=1000, *, name="DenseNet121"):
    """Fifty-eight layers of two convolutions, three transitions, stem and classifier.

    DenseNet121: (None, 224, 224, 3) -> (None, 1000), 8,062,504 parameters at the
    defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.ZeroPadding2D(3, name="zero_padding2d1")(image)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv2d")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name="batch_normalization1")(x)
    x = layers.ReLU(name="re_lu1")(x)
    x = layers.ZeroPadding2D(1, name="zero_padding2d2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d")(x)
    for i, layers_ in enumerate([6, 12, 24]):
        x = dense_block(x, layers_, name=f"dense_block1_{i}")
        x = transition(x, name=f"transition_{i}")
    x = dense_block(x, 16, name="dense_block2")
    x = layers.BatchNormalization(epsilon=1.001e-5, name="batch_normalization2")(x)
    x = layers.ReLU(name="re_lu2")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
