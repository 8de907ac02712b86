"""LeNet-5 as its paper has it.

LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document
Recognition, 1998.
Task: image classification.

Averages with a trained scale and bias, the sparse connections of table I, the scaled
hyperbolic tangent of appendix A, and outputs that measure how far each digit's picture
of 7 by 12 pixels is. `lenet5.net` is the form that textbooks teach.

Made by netdsl 0.1.0 from lenet1998.net (sha256 6d1e7267, this file 1cb1aa46). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers
ops = keras.ops

# Table I: which maps of S2 each of the sixteen maps of C3 sees.
table = [
    *[[i, (i + 1) % 6, (i + 2) % 6] for i in range(6)],
    *[[i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6] for i in range(6)],
    *[[i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6] for i in range(3)],
    [0, 1, 2, 3, 4, 5],
]
# The digits as a pocket calculator draws them, in segments from the top (a) clockwise
# to the middle (g).
segments = [
    "abcdef",
    "bc",
    "abdeg",
    "abcdg",
    "bcfg",
    "acdfg",
    "acdefg",
    "abc",
    "abcdefg",
    "abcdfg",
]


def upright(digit, row, column):
    return (
        column > 4
        and ("b" if row < 6 else "c") in digit
        or column < 2
        and ("f" if row < 6 else "e") in digit
    )


def lying(digit, row):
    return (
        row < 2
        and "a" in digit
        or row in (5, 6)
        and "g" in digit
        or row > 9
        and "d" in digit
    )


def picture(digit):
    return [
        1.0 if upright(digit, row, column) or lying(digit, row) else -1.0
        for row in range(12)
        for column in range(7)
    ]


def squash(x, *, name="squash"):
    """The activation of all layers, 1.7159 tanh(2/3 x): 1 at 1 and -1 at -1."""
    activation = layers.Activation("tanh", name=f"{name}_activation")(x * (2 / 3))
    return 1.7159 * activation


def subsample(maps, *, name="subsample"):
    """Average four neighbours, times a trained coefficient, plus a trained bias."""
    x = layers.AveragePooling2D(2, name=f"{name}_average_pooling2d")(maps)
    x = layers.DepthwiseConv2D(1, name=f"{name}_depthwise_conv2d")(x)
    return squash(x, name=f"{name}_squash")


def sparse_convolution(maps, table, *, name="sparse_convolution"):
    """A map for each row of the table, from the maps that the row lists."""
    branches = []
    for n, seen in enumerate(table):
        branch = ops.take(maps, seen, axis=-1)
        branch = layers.Conv2D(1, 5, name=f"{name}_conv2d_{n}")(branch)
        branches.append(branch)
    return layers.Concatenate(name=f"{name}_concatenate")(branches)


def distances(x, pictures, *, name="distances"):
    """The square of the distance to each picture: |x|² - 2 x·w + |w|².

    A picture w is 1 or -1 at each pixel.
    """
    similar = layers.Dense(
        len(pictures),
        use_bias=False,
        kernel_initializer=keras.initializers.Constant(
            [[*pixels] for pixels in zip(*pictures)]
        ),
        trainable=False,
        name=f"{name}_similar",
    )(x)
    difference = layers.Subtract(name=f"{name}_subtract")(
        [ops.sum(x**2, axis=-1, keepdims=True), 2 * similar]
    )
    return difference + len(pictures[0])


def LeNet1998(*, name="LeNet1998"):
    """Seven layers; the smallest of the ten outputs tells the digit.

    (None, 32, 32, 1) -> (None, 10), 60,840 parameters.
    """
    image = keras.Input((32, 32, 1), name="image")
    c1 = layers.Conv2D(6, 5, name="conv2d1")(image)
    c1 = squash(c1, name="c1")
    s2 = subsample(c1, name="s2")
    c3 = sparse_convolution(s2, table, name="sparse_convolution")
    c3 = squash(c3, name="c3")
    assert c3.shape[1:] == (10, 10, 16)
    s4 = subsample(c3, name="s4")
    c5 = layers.Conv2D(120, 5, name="conv2d2")(s4)
    c5 = squash(c5, name="c5")
    f6 = layers.Flatten(name="flatten")(c5)
    f6 = layers.Dense(84, name="dense")(f6)
    f6 = squash(f6, name="f6")
    penalties = distances(f6, [picture(digit) for digit in segments], name="penalties")
    return keras.Model(image, penalties, name=name)
