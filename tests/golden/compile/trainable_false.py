"""Frozen stages: a layer, a block with blocks inside, a model.

Made by netdsl 0.1.0 from trainable_false.net (sha256 155dfe6c, this file f1a58fb1).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def conv_bn(x, filters, *, trainable=True, name="conv_bn"):
    x = layers.Conv2D(filters, 3, trainable=trainable, name=f"{name}_conv2d")(x)
    x = layers.BatchNormalization(
        trainable=trainable, name=f"{name}_batch_normalization"
    )(x)
    return layers.ReLU(name=f"{name}_re_lu")(x)


def stem(x, filters, times=2, *, trainable=True, name="stem"):
    x = conv_bn(x, filters, trainable=trainable, name=f"{name}_conv_bn1")
    for n in range(times):
        x = conv_bn(x, filters, trainable=trainable, name=f"{name}_conv_bn2_{n}")
    return layers.Dense(4, trainable=False, name=f"{name}_dense")(x)


def Backbone(*, name="Backbone"):
    """(None, 16, 16, 3) -> (None, 14, 14, 8), 256 parameters."""
    image = keras.Input((16, 16, 3), name="image")
    features = conv_bn(image, 8, name="features")
    return keras.Model(image, features, name=name)


def Frozen(tune=False, *, name="Frozen"):
    """(None, 16, 16, 3) -> (None, 1), 3,769 parameters at the defaults."""
    image = keras.Input((16, 16, 3), name="image")
    left = stem(image, 8, trainable=tune, name="left_stem")
    left = layers.Conv2D(4, 1, trainable=False, name="left_conv2d")(left)
    left = layers.Flatten(name="left_flatten")(left)
    backbone = Backbone(name="backbone")
    backbone.trainable = False
    right = backbone(image)
    right = layers.Flatten(name="right")(right)
    x = layers.Concatenate(name="concatenate")([left, right])
    y = layers.Dense(1, name="y")(x)
    return keras.Model(image, y, name=name)
