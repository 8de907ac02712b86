"""Forks: an inception module, squeeze-and-excite, a pyramid of rates, a spread list.

Made by netdsl 0.1.0 from fork_and_join.net (sha256 9e77f2e1, this file 4bd2682c).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def squeeze_excite(x, ratio=4, *, name="squeeze_excite"):
    c = x.shape[-1]
    branch = layers.GlobalAveragePooling2D(
        keepdims=True, name=f"{name}_global_average_pooling2d"
    )(x)
    branch = layers.Dense(c // ratio, activation="relu", name=f"{name}_dense1")(branch)
    branch = layers.Dense(c, activation="sigmoid", name=f"{name}_dense2")(branch)
    return layers.Multiply(name=f"{name}_multiply")([x, branch])


def inception(x, filters, *, name="inception"):
    conv1x1 = layers.Conv2D(filters, 1, name=f"{name}_conv2d1")(x)
    conv3x3 = layers.Conv2D(filters, 1, name=f"{name}_conv2d2")(x)
    conv3x3 = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2d3")(conv3x3)
    pool = layers.MaxPooling2D(
        3, strides=1, padding="same", name=f"{name}_max_pooling2d"
    )(x)
    pool = layers.Conv2D(filters, 1, name=f"{name}_conv2d4")(pool)
    return layers.Concatenate(name=f"{name}_concatenate")([conv1x1, conv3x3, pool])


def pyramid(x, filters, rates=(1, 2, 4), *, name="pyramid"):
    branches = []
    for n, rate in enumerate(rates):
        branch = layers.Conv2D(
            filters, 3, dilation_rate=rate, padding="same", name=f"{name}_conv2d1_{n}"
        )(x)
        branch = layers.BatchNormalization(name=f"{name}_batch_normalization_{n}")(
            branch
        )
        branches.append(branch)
    x = layers.Concatenate(name=f"{name}_concatenate")([x, *branches])
    return layers.Conv2D(filters, 1, name=f"{name}_conv2d2")(x)


def residual(x, filters, *, name="residual"):
    branch = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2d")(x)
    return layers.Add(name=f"{name}_add")([x, branch])


def Forks(*, name="Forks"):
    """(None, 32, 32, 8) -> (None, 2), 8,896 parameters."""
    image = keras.Input((32, 32, 8), name="image")
    x = squeeze_excite(image, name="x_squeeze_excite")
    x = inception(x, 8, name="x_inception")
    x = pyramid(x, 8, name="x_pyramid")
    x = residual(x, 8, name="x_residual")
    towers = [
        layers.Conv2D(4, size, padding="same", name=f"towers_{n}")(x)
        for n, size in enumerate([3, 5])
    ]
    joined = layers.Concatenate(name="joined")([*towers, x])
    conv1x1 = layers.Conv2D(4, 1, name="nested_conv2d1")(joined)
    branch = layers.ReLU(name="nested_re_lu1")(conv1x1)
    branch = layers.Conv2D(4, 1, name="nested_conv2d2")(branch)
    conv1x1 = layers.Add(name="nested_add")([conv1x1, branch])
    conv3x3 = layers.Conv2D(4, 3, padding="same", name="nested_conv2d3")(joined)
    conv3x3 = layers.ReLU(name="nested_re_lu2")(conv3x3)
    nested = layers.Average(name="nested_average")([conv1x1, conv3x3])
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(nested)
    scores = layers.Dense(2, name="scores")(x)
    return keras.Model(image, scores, name=name)
