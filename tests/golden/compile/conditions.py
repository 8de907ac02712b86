"""Conditions: kept as `if`, with and without `else`, inside loops and chains.

Made by netdsl 0.1.0 from conditions.net (sha256 9589d7b1, this file 96fcafde). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def unit(x, filters, norm="batch", drop=0.0, act="relu", *, name="unit"):
    x = layers.Conv2D(
        filters, 3, padding="same", use_bias=norm == "none", name=f"{name}_conv2d"
    )(x)
    if norm == "batch":
        x = layers.BatchNormalization(name=f"{name}_batch_normalization")(x)
    elif norm == "layer":
        x = layers.LayerNormalization(name=f"{name}_layer_normalization")(x)
    if act is not None:
        x = layers.Activation(act, name=f"{name}_activation")(x)
    if drop > 0:
        x = layers.Dropout(drop, name=f"{name}_dropout")(x)
    return x


def head(x, classes, deep=False, wide=True, *, name="head"):
    if wide:
        pooled = layers.GlobalAveragePooling2D(
            name=f"{name}_pooled_global_average_pooling2d"
        )(x)
    else:
        pooled = layers.GlobalMaxPooling2D(name=f"{name}_pooled_global_max_pooling2d")(
            x
        )
    if deep and wide:
        pooled = layers.Dense(64, activation="relu", name=f"{name}_dense1")(pooled)
    return layers.Dense(
        classes,
        activation="softmax" if classes > 1 else "sigmoid",
        name=f"{name}_dense2",
    )(pooled)


def shortcut(x, filters, *, name="shortcut"):
    y = unit(x, filters, name=f"{name}_y")
    conv2d = layers.Conv2D(filters, 1, name=f"{name}_conv2d")(x)
    return layers.Add(name=f"{name}_add")([conv2d, y])


def Chosen(classes=10, norm="layer", norms=("batch", "none"), *, name="Chosen"):
    """(None, 16, 16, 3) -> (None, 10), 8,218 parameters at the defaults."""
    image = keras.Input((16, 16, 3), name="image")
    x = unit(image, 8, norm=norm, name="unit1")
    for i, kind in enumerate(norms):
        x = unit(x, 8 * (i + 1), norm=kind, drop=0.1 * i, name=f"unit2_{i}")
        if i < len(norms) - 1:
            x = layers.MaxPooling2D(name=f"max_pooling2d_{i}")(x)
    x = shortcut(x, 24, name="shortcut")
    probs = head(x, classes, deep=classes != 1, name="probs")
    return keras.Model(image, probs, name=name)
