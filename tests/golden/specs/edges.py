"""Edge detectors.

Canny, A Computational Approach to Edge Detection, 1986.
Task: edge detection.

Nothing here is learned: every kernel is a constant. The others are Sobel's gradient
(1968), the zeros of the Laplacian of a Gaussian (Marr and Hildreth, 1980) and the
morphological gradient. Pictures have any size and values from 0 to 255.

Made by netdsl 0.1.0 from edges.net (sha256 37e15b25, this file 573130d8). Change the
spec, not this file.
"""

import math

from tensorflow import keras

layers = keras.layers
ops = keras.ops


def transposed(kernel):
    return [[row[i] for row in kernel] for i in range(len(kernel[0]))]


# A number, which is no text.
def is_angle(axis):
    return axis != str(axis)


def is_axis(axis):
    return axis in ("x", "horizontal", "y", "vertical") or is_angle(axis)


# The derivative along a line is the sum of those along x and y, weighed by its cosine
# and sine.
def turned(x, y, angle):
    return [
        [
            math.cos(angle * math.pi / 180) * a + math.sin(angle * math.pi / 180) * b
            for a, b in zip(*rows)
        ]
        for rows in zip(x, y)
    ]


def along(axis, x, y):
    return (
        y if axis in ("y", "vertical") else turned(x, y, axis) if is_angle(axis) else x
    )


# Keras stores a kernel as [height, width, channels, 1]: one value for each place,
# repeated over the channels.
def for_each_channel(kernel):
    return [[[[value]] for value in row] for row in kernel]


def correlate(x, kernel, *, name="correlate"):
    """Lay a constant kernel over each place of each channel and add up the products."""
    return layers.DepthwiseConv2D(
        (len(kernel), len(kernel[0])),
        depthwise_initializer=keras.initializers.Constant(for_each_channel(kernel)),
        padding="same",
        use_bias=False,
        trainable=False,
        name=f"{name}_depthwise_conv2d",
    )(x)


def derivative(x, kernel, axis, *, name="derivative"):
    """Correlate with a kernel that differentiates along x, turned to another axis."""
    assert is_axis(axis), (
        'the axis is "x", "y", "horizontal", "vertical" or an angle in degrees'
    )
    return correlate(
        x, along(axis, kernel, transposed(kernel)), name=f"{name}_correlate"
    )


def sobel(x, axis="x", *, name="sobel"):
    """A derivative, smoothed across by 1 2 1 (Sobel and Feldman, 1968)."""
    return derivative(
        x, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], axis, name=f"{name}_derivative"
    )


# Places from the middle, as far as four standard deviations.
def places(sigma):
    return range(-int(4 * sigma + 0.5), int(4 * sigma + 0.5) + 1)


def normalized(weights):
    return [weight / sum(weights) for weight in weights]


def bell(sigma):
    return normalized([math.exp(-0.5 * (i / sigma) ** 2) for i in places(sigma)])


def bell_bend(sigma):
    return [
        ((i / sigma) ** 2 - 1) / sigma**2 * weight
        for i, weight in zip(places(sigma), bell(sigma))
    ]


def separable(x, down, across, *, name="separable"):
    """Correlate with a column and then with a row: with their product."""
    x = correlate(x, [[weight] for weight in down], name=f"{name}_correlate1")
    return correlate(x, [across], name=f"{name}_correlate2")


def gaussian(x, sigma=1.0, *, name="gaussian"):
    """Smooth by a Gaussian of this deviation in pixels, cut off at four of them."""
    assert sigma > 0
    return separable(x, bell(sigma), bell(sigma), name=f"{name}_separable")


def laplacian_of_gaussian(x, sigma=1.0, *, name="laplacian_of_gaussian"):
    """The Laplacian of the smoothed image (Marr and Hildreth, 1980).

    Its zeros are edges.
    """
    assert sigma > 0
    branch1 = separable(x, bell(sigma), bell_bend(sigma), name=f"{name}_separable1")
    branch2 = separable(x, bell_bend(sigma), bell(sigma), name=f"{name}_separable2")
    return layers.Add(name=f"{name}_add")([branch1, branch2])


def extend_border(x, *, name="extend_border"):
    """Repeat the outermost rows and columns once more."""
    tall = layers.Concatenate(axis=1, name=f"{name}_tall")([x[:, :1], x, x[:, -1:]])
    return layers.Concatenate(axis=2, name=f"{name}_concatenate")(
        [tall[:, :, :1], tall, tall[:, :, -1:]]
    )


def neighbour(x, down, right, *, name="neighbour"):
    """What lies one pixel from each place of a map with a border of one."""
    return layers.Cropping2D(
        ((1 + down, 1 - down), (1 + right, 1 - right)), name=f"{name}_cropping2d"
    )(x)


def between(near, far, part, *, name="between"):
    """What lies a part of the way from one map to another."""
    difference = layers.Subtract(name=f"{name}_subtract")([far, near])
    product = layers.Multiply(name=f"{name}_multiply")([part, difference])
    return layers.Add(name=f"{name}_add")([near, product])


def thin_edges(magnitude, gx, gy, *, name="thin_edges"):
    """Keep the magnitude of a gradient where it is largest along the gradient.

    On the border nothing is kept.

    The gradient points between two of the eight neighbours, and what lies there is
    interpolated from the two.
    """
    flat = ops.abs(gx)
    upright = ops.abs(gy)
    steep = ops.greater(upright, flat)
    product = layers.Multiply(name=f"{name}_falling")([gx, gy])
    falling = ops.greater_equal(product, 0.0)
    slant = ops.minimum(flat, upright) / ops.maximum(ops.maximum(flat, upright), 1e-14)
    around = layers.ZeroPadding2D(1, name=f"{name}_around")(magnitude)
    up = neighbour(around, -1, 0, name=f"{name}_up1")
    down = neighbour(around, 1, 0, name=f"{name}_down1")
    left = neighbour(around, 0, -1, name=f"{name}_left")
    right = neighbour(around, 0, 1, name=f"{name}_right")
    up_left = neighbour(around, -1, -1, name=f"{name}_up_left")
    up_right = neighbour(around, -1, 1, name=f"{name}_up_right")
    down_left = neighbour(around, 1, -1, name=f"{name}_down_left")
    down_right = neighbour(around, 1, 1, name=f"{name}_down_right")
    forth = ops.where(steep, ops.where(falling, down, up), right)
    back = ops.where(steep, ops.where(falling, up, down), left)
    ahead = between(
        forth, ops.where(falling, down_right, up_right), slant, name=f"{name}_ahead"
    )
    behind = between(
        back, ops.where(falling, up_left, down_left), slant, name=f"{name}_behind"
    )
    is_peak = ops.logical_and(
        ops.greater_equal(magnitude, ahead), ops.greater_equal(magnitude, behind)
    )
    x = ops.where(is_peak, magnitude, 0.0)
    x = layers.Cropping2D(1, name=f"{name}_cropping2d")(x)
    return layers.ZeroPadding2D(1, name=f"{name}_zero_padding2d")(x)


def canny(x, sigma=1.0, low=0.1, high=0.2, reach=64, *, name="canny"):
    """Edges one pixel wide, 1.0 on a map of 0.0 (Canny, 1986).

    An edge has a gradient of `low` or more all along, and of `high` somewhere: what is
    weak is kept as far as `reach` pixels from what is strong.
    """
    assert low <= high, "an edge that is strong is weak too"
    grow = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_grow")
    # What the zeros outside the image take away near its border is given back.
    inside = ops.ones_like(x)
    inside = gaussian(inside, sigma, name=f"{name}_inside")
    branch = gaussian(x, sigma, name=f"{name}_smoothed_gaussian")
    smoothed = extend_border(branch / inside, name=f"{name}_smoothed_extend_border")
    gx = sobel(smoothed, "x", name=f"{name}_gx_sobel")
    gx = layers.Cropping2D(1, name=f"{name}_gx_cropping2d")(gx)
    gy = sobel(smoothed, "y", name=f"{name}_gy_sobel")
    gy = layers.Cropping2D(1, name=f"{name}_gy_cropping2d")(gy)
    thin = ops.sqrt(ops.add(ops.square(gx), ops.square(gy)))
    thin = thin_edges(thin, gx, gy, name=f"{name}_thin")
    weak = ops.greater_equal(thin, max(low, 1e-14))
    weak = ops.cast(weak, x.dtype)
    strong = ops.greater_equal(thin, max(high, 1e-14))
    strong = ops.cast(strong, x.dtype)
    x = strong
    for n in range(reach):
        x = layers.Multiply(name=f"{name}_multiply_{n}")([grow(x), weak])
    return x


def dilate(x, size=3, *, name="dilate"):
    """The largest value in a window round each place."""
    return layers.MaxPooling2D(
        size, strides=1, padding="same", name=f"{name}_max_pooling2d"
    )(x)


# An even window reaches farther down and right. Eroding reaches up and left instead, or
# opening would shift the image. Of a window (height, width) either may be even: turning
# the image over does an odd one no harm.
def is_odd(size):
    return size in range(1, 1000, 2)


def erode(x, size=3, *, name="erode"):
    """The smallest value in a window round each place."""
    y = -x
    if not is_odd(size):
        y = ops.flip(y, axis=(1, 2))
    y = layers.MaxPooling2D(
        size, strides=1, padding="same", name=f"{name}_max_pooling2d"
    )(y)
    if not is_odd(size):
        y = ops.flip(y, axis=(1, 2))
    return ops.negative(y)


def morphological_gradient(x, size=3, *, name="morphological_gradient"):
    """The dilated image less the eroded one: the height of the edges."""
    return layers.Subtract(name=f"{name}_subtract")(
        [dilate(x, size, name=f"{name}_dilate"), erode(x, size, name=f"{name}_erode")]
    )


def grey(picture, *, name="grey"):
    """Brightness from 0 to 1."""
    x = layers.Rescaling(1 / 255, name=f"{name}_rescaling")(picture)
    return ops.image.rgb_to_grayscale(x)


def Canny(sigma=1.0, low=0.1, high=0.2, *, name="Canny"):
    """Edges one pixel wide, 1.0 on 0.0.

    (None, H, W, 3) -> (None, H, W, 1), 54 parameters at the defaults.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = grey(picture, name="grey")
    edges = canny(x, sigma, low, high, name="edges")
    return keras.Model(picture, edges, name=name)


def SobelEdges(*, name="SobelEdges"):
    """How steep the brightness is at each place.

    (None, H, W, 3) -> (None, H, W, 1), 18 parameters.
    """
    picture = keras.Input((None, None, 3), name="picture")
    brightness = grey(picture, name="brightness")
    steepness = ops.hypot(
        sobel(brightness, "x", name="sobel1"), sobel(brightness, "y", name="sobel2")
    )
    return keras.Model(picture, steepness, name=name)


def ZeroCrossings(sigma=2.0, *, name="ZeroCrossings"):
    """Where the Laplacian of the smoothed brightness changes its sign.

    (None, H, W, 3) -> (None, H, W, 1), 68 parameters at the defaults.
    """
    picture = keras.Input((None, None, 3), name="picture")
    bend = grey(picture, name="bend_grey")
    bend = laplacian_of_gaussian(bend, sigma, name="bend_laplacian_of_gaussian")
    above = ops.cast(ops.greater(bend, 0.0), bend.dtype)
    edges = morphological_gradient(above, 3, name="edges")
    return keras.Model(picture, edges, name=name)


def Outlines(size=3, *, name="Outlines"):
    """How much the brightness differs within a small window.

    (None, H, W, 3) -> (None, H, W, 1), 0 parameters at the defaults.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = grey(picture, name="grey")
    height = morphological_gradient(x, size, name="height")
    return keras.Model(picture, height, name=name)
