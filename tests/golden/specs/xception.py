"""Xception.

Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2017,
arXiv:1610.02357.
Task: image classification.

Figure 5 of the paper, layer for layer as in keras.applications.

Made by netdsl 0.1.0 from xception.net (sha256 f420d87b, this file 0e3a88f1). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def separable(x, filters, *, name="separable"):
    x = layers.SeparableConv2D(
        filters, 3, padding="same", use_bias=False, name=f"{name}_separable_conv2d"
    )(x)
    return layers.BatchNormalization(name=f"{name}_batch_normalization")(x)


def half(x, first, second, activated=True, *, name="half"):
    """Two separable convolutions and a pooling, round a shortcut that shrinks too."""
    main = x
    if activated:
        main = layers.ReLU(name=f"{name}_main_re_lu1")(x)
    main = separable(main, first, name=f"{name}_main_separable1")
    main = layers.ReLU(name=f"{name}_main_re_lu2")(main)
    main = separable(main, second, name=f"{name}_main_separable2")
    main = layers.MaxPooling2D(
        3, strides=2, padding="same", name=f"{name}_main_max_pooling2d"
    )(main)
    skip = layers.Conv2D(
        second, 1, strides=2, use_bias=False, name=f"{name}_skip_conv2d"
    )(x)
    skip = layers.BatchNormalization(name=f"{name}_skip_batch_normalization")(skip)
    return layers.Add(name=f"{name}_add")([main, skip])


def middle(x, filters=728, *, name="middle"):
    """Three separable convolutions round a shortcut."""
    branch = x
    for n in range(3):
        branch = layers.ReLU(name=f"{name}_re_lu_{n}")(branch)
        branch = separable(branch, filters, name=f"{name}_separable_{n}")
    return layers.Add(name=f"{name}_add")([branch, x])


def Xception(classes=1000, *, name="Xception"):
    """Entry flow, eight times the middle flow, exit flow.

    (None, 299, 299, 3) -> (None, 1000), 22,910,480 parameters at the defaults.
    """
    image = keras.Input((299, 299, 3), name="image")
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="conv2d1")(image)
    x = layers.BatchNormalization(name="batch_normalization1")(x)
    x = layers.ReLU(name="re_lu1")(x)
    x = layers.Conv2D(64, 3, use_bias=False, name="conv2d2")(x)
    x = layers.BatchNormalization(name="batch_normalization2")(x)
    x = layers.ReLU(name="re_lu2")(x)
    x = half(x, 128, 128, activated=False, name="half1")
    x = half(x, 256, 256, name="half2")
    x = half(x, 728, 728, name="half3")
    for n in range(8):
        x = middle(x, name=f"middle_{n}")
    x = half(x, 728, 1024, name="half4")
    x = separable(x, 1536, name="separable1")
    x = layers.ReLU(name="re_lu3")(x)
    x = separable(x, 2048, name="separable2")
    x = layers.ReLU(name="re_lu4")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
