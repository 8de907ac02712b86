"""WideResNet-28-10.

Zagoruyko and Komodakis, Wide Residual Networks, 2016, arXiv:1605.07146.
Task: image classification.

Few layers, ten times as wide: table 1 of the paper, normalized before each convolution.

Made by netdsl 0.1.0 from wide_resnet.net (sha256 a2e1217b, this file 8e9e2cff). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def wide_residual(x, filters, strides=1, dropout=0.0, *, name="wide_residual"):
    """Two convolutions; the shortcut is projected where the shape changes."""
    same = strides == 1 and x.shape[-1] == filters
    active = layers.BatchNormalization(name=f"{name}_active_batch_normalization")(x)
    active = layers.ReLU(name=f"{name}_active_re_lu")(active)
    main = layers.Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        name=f"{name}_main_conv2d1",
    )(active)
    main = layers.BatchNormalization(name=f"{name}_main_batch_normalization")(main)
    main = layers.ReLU(name=f"{name}_main_re_lu")(main)
    if dropout > 0:
        main = layers.Dropout(dropout, name=f"{name}_main_dropout")(main)
    main = layers.Conv2D(
        filters, 3, padding="same", use_bias=False, name=f"{name}_main_conv2d2"
    )(main)
    if same:
        skip = x
    else:
        skip = layers.Conv2D(
            filters,
            1,
            strides=strides,
            padding="same",
            use_bias=False,
            name=f"{name}_skip",
        )(active)
    return layers.Add(name=f"{name}_add")([main, skip])


def WideResNet(classes=10, depth=28, widen=10, dropout=0.0, *, name="WideResNet"):
    """Three groups of residual units on pictures of 32 by 32.

    (None, 32, 32, 3) -> (None, 10), 36,497,146 parameters at the defaults.
    """
    assert depth % 6 == 4, (
        "three groups of units of two convolutions, and four layers more"
    )
    image = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv2d")(image)
    for i in range(3):
        x = wide_residual(
            x,
            16 * widen * 2**i,
            strides=1 if i == 0 else 2,
            dropout=dropout,
            name=f"wide_residual1_{i}",
        )
        for n in range((depth - 4) // 6 - 1):
            x = wide_residual(
                x, 16 * widen * 2**i, dropout=dropout, name=f"wide_residual2_{i}_{n}"
            )
    x = layers.BatchNormalization(name="batch_normalization")(x)
    x = layers.ReLU(name="re_lu")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
