"""Defaults: for the file, for a block, argument by argument, inside wrappers too.

Made by netdsl 0.1.0 from defaults_by_scope.net (sha256 96fb06f2, this file a8a8f26f).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

init = "he_normal"


def wide(x, filters, rate=1, *, name="wide"):
    x = layers.TimeDistributed(
        layers.Conv2D(
            filters,
            3,
            dilation_rate=rate,
            padding="same",
            kernel_initializer=init,
            name="conv2d",
        ),
        name=f"{name}_time_distributed1",
    )(x)
    return layers.TimeDistributed(
        keras.Sequential(
            [
                layers.Conv2D(
                    filters,
                    1,
                    use_bias=False,
                    dilation_rate=rate,
                    padding="same",
                    kernel_initializer=init,
                    name="conv2d",
                ),
                layers.ReLU(name="re_lu"),
            ],
            name="sequential",
        ),
        name=f"{name}_time_distributed2",
    )(x)


def Defaults(*, name="Defaults"):
    """(None, 4, 8, 8, 3) -> (None, 2), 814 parameters."""
    video = keras.Input((4, 8, 8, 3), name="video")
    x = wide(video, 8, rate=2, name="wide")
    x = layers.TimeDistributed(
        layers.MaxPooling2D(3, strides=2, padding="same", name="max_pooling2d"),
        name="time_distributed1",
    )(x)
    x = layers.TimeDistributed(
        layers.MaxPooling2D(2, strides=2, name="max_pooling2d"),
        name="time_distributed2",
    )(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(4, kernel_regularizer=keras.regularizers.L2(1e-4), name="dense")(x)
    label = layers.Dense(2, name="label")(x)
    return keras.Model(video, label, name=name)
