"""Comments above what they speak of go with it; words to netdsl, and what stands apart,
do not.

Made by netdsl 0.1.0 from comments.net (sha256 fb47fd9d, this file 34fdcbdb). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

# Expansion, channels and stride of each stage.
stages = [(1, 8, 1), (4, 16, 2)]


# Twice as wide.
#         a tab, a backslash \ and "quotes"
def wider(width):
    return 2 * width


# A unit of two convolutions, of which the first one, whose kernel is as large as it
# says, strides where the map is to be smaller.
def unit(x, filters, strides=1, *, name="unit"):
    # Read where it is projected.
    width = wider(filters)
    # Found out before.
    assert width > 0
    # What is added.
    # Wide first,
    main = layers.Conv2D(
        width, 3, strides=strides, padding="same", name=f"{name}_main_conv2d1"
    )(x)
    # then narrow.
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    # The sum, activated.
    conv2d = layers.Conv2D(filters, 1, strides=strides, name=f"{name}_conv2d")(x)
    y = layers.Add(name=f"{name}_add")([main, conv2d])
    return layers.ReLU(name=f"{name}_re_lu")(y)


# All of it.
def Net(classes=10, *, name="Net"):
    """(None, 32, 32, 3) -> (None, 10), 8,914 parameters at the defaults."""
    image = keras.Input((32, 32, 3), name="image")
    # Made once.
    head = layers.Dense(classes, name="head")
    # One after the other.
    x = image
    for n, (_, filters, strides) in enumerate(stages):
        x = unit(x, filters, strides, name=f"unit_{n}")
    # What is there on average,
    branch1 = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    # and at most.
    branch2 = layers.GlobalMaxPooling2D(name="global_max_pooling2d")(x)
    logits = layers.Add(name="logits")([head(branch1), head(branch2)])
    return keras.Model(image, logits, name=name)


# With more classes.
def Wide(classes=100, *, name="Wide"):
    """(None, 32, 32, 3) -> (None, 100), 10,444 parameters at the defaults."""
    return Net(classes, name=name)
