"""Networks of keras.applications as layers: frozen, cut at named layers, shared.

Made by netdsl 0.1.0 from networks_for_transfer_learning.net (sha256 dc509661, this file
182cb931). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def once(made, maker, /, *args, name, **kwargs):
    """Make a layer at its first use; later uses find it in `made`, by its name."""
    if name not in made:
        made[name] = maker(*args, name=name, **kwargs)
    return made[name]


def Flowers(classes=5, *, name="Flowers"):
    """(None, 224, 224, 3) -> (None, 5), 4,055,976 parameters at the defaults."""
    image = keras.Input((224, 224, 3), name="image")
    base = keras.applications.EfficientNetB0(
        include_top=False, pooling="avg", input_shape=image.shape[1:]
    )
    efficientnetb0 = keras.Model(base.input, base.output, name="efficientnetb0")
    efficientnetb0.trainable = False
    x = efficientnetb0(image)
    x = layers.Dropout(0.2, name="dropout")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def Pyramid(*, name="Pyramid"):
    """A model of 23,817,280 parameters.

    (None, 128, 160, 3) -> p5 (None, 4, 5, 64), p4 (None, 8, 10, 64), p3
    (None, 16, 20, 64).
    """
    image = keras.Input((128, 160, 3), name="image")
    base = keras.applications.ResNet50(include_top=False, input_shape=image.shape[1:])
    backbone = keras.Model(
        base.input,
        [
            base.get_layer(layer).output
            for layer in ("conv3_block4_out", "conv4_block6_out", "conv5_block3_out")
        ],
        name="backbone",
    )
    c3, c4, c5 = backbone(image)
    p5 = layers.Conv2D(64, 1, name="p5")(c5)
    p4 = layers.Conv2D(64, 1, name="p4")(c4)
    p3 = layers.Conv2D(64, 1, name="p3")(c3)
    return keras.Model(image, {"p5": p5, "p4": p4, "p3": p3}, name=name)


def Twins(*, name="Twins"):
    """a (None, 64, 64, 3), b (None, 64, 64, 3) -> (None, 1), 411,489 parameters."""
    a = keras.Input((64, 64, 3), name="a")
    b = keras.Input((64, 64, 3), name="b")
    made = {}

    def encode(x):
        return once(
            made,
            keras.applications.MobileNetV2,
            include_top=False,
            pooling="max",
            alpha=0.35,
            input_shape=x.shape[1:],
            name="encode",
        )(x)

    x = layers.Subtract(name="subtract")([encode(a), encode(b)])
    y = layers.Dense(1, name="y")(x)
    return keras.Model([a, b], y, name=name)


def Plain(*, name="Plain"):
    """(None, H, W, 3) -> (None, 2), 2,260,546 parameters."""
    image = keras.Input((None, None, 3), name="image")
    x = image / 127.5 - 1.0
    x = keras.applications.MobileNetV2(
        include_top=False, input_shape=x.shape[1:], name="mobilenetv2"
    )(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    y = layers.Dense(2, name="y")(x)
    return keras.Model(image, y, name=name)
