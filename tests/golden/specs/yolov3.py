"""YOLOv3.

Redmon and Farhadi, YOLOv3: An Incremental Improvement, 2018, arXiv:1804.02767.
Task: object detection.

Darknet-53 (table 1 of the paper) finds features, three of whose maps are joined from
coarse to fine. Each place of the three outputs speaks of three anchors: four numbers
for the box, whether there is an object, and one for each class.

Made by netdsl 0.1.0 from yolov3.net (sha256 565477cf, this file e3bf8acb). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def conv(x, filters, kernel_size=3, *, name="conv"):
    """A convolution, normalized, with the activation of Darknet."""
    x = layers.Conv2D(
        filters, kernel_size, padding="same", use_bias=False, name=f"{name}_conv2d"
    )(x)
    x = layers.BatchNormalization(epsilon=1e-5, name=f"{name}_batch_normalization")(x)
    return layers.LeakyReLU(0.1, name=f"{name}_leaky_re_lu")(x)


def down(x, filters, *, name="down"):
    """Half the size: windows start one row above the first and one column left."""
    x = layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_zero_padding2d")(x)
    x = layers.Conv2D(filters, 3, strides=2, use_bias=False, name=f"{name}_conv2d")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name=f"{name}_batch_normalization")(x)
    return layers.LeakyReLU(0.1, name=f"{name}_leaky_re_lu")(x)


def darknet53(image, *, name="darknet53"):
    """Fifty-two convolutions.

    The maps at an eighth, a sixteenth and a thirty-second of the size leave.
    """
    x = conv(image, 32, name=f"{name}_conv1")
    stages = []
    for n, (filters, count) in enumerate(
        [(64, 1), (128, 2), (256, 8), (512, 8), (1024, 4)]
    ):
        x = down(x, filters, name=f"{name}_down_{n}")
        for k in range(count):
            residual = conv(x, filters // 2, 1, name=f"{name}_conv2_{n}_{k}")
            residual = conv(residual, filters, name=f"{name}_conv3_{n}_{k}")
            x = layers.Add(name=f"{name}_add_{n}_{k}")([x, residual])
        stages.append(x)
    return {"fine": stages[2], "middle": stages[3], "coarse": stages[4]}


def five(x, filters, *, name="five"):
    """Narrow, look and widen in turn, and end narrow."""
    for n in range(2):
        x = conv(x, filters, 1, name=f"{name}_conv1_{n}")
        x = conv(x, 2 * filters, name=f"{name}_conv2_{n}")
    return conv(x, filters, 1, name=f"{name}_conv3")


def join(x, finer, filters, *, name="join"):
    """A coarser map, twice as large, beside a finer one."""
    branch = conv(x, filters, 1, name=f"{name}_conv")
    branch = layers.UpSampling2D(2, name=f"{name}_up_sampling2d")(branch)
    return layers.Concatenate(name=f"{name}_concatenate")([branch, finer])


def detect(x, filters, classes, anchors=3, *, name="detect"):
    """What is seen at each place."""
    y = conv(x, filters, name=f"{name}_conv")
    y = layers.Conv2D(anchors * (5 + classes), 1, name=f"{name}_conv2d")(y)
    return layers.Reshape(
        (*x.shape[1:3], anchors, 5 + classes), name=f"{name}_reshape"
    )(y)


def YOLOv3(classes=80, size=416, *, name="YOLOv3"):
    """One look at the image, three scales.

    (None, 416, 416, 3) -> large_objects (None, 13, 13, 3, 85), medium_objects
    (None, 26, 26, 3, 85), small_objects (None, 52, 52, 3, 85), 62,001,757 parameters at
    the defaults.
    """
    image = keras.Input((size, size, 3), name="image")
    maps = darknet53(image, name="maps")
    large = five(maps["coarse"], 512, name="large1")
    medium = join(large, maps["middle"], 256, name="medium_join")
    medium = five(medium, 256, name="medium_five")
    small = join(medium, maps["fine"], 128, name="small_join")
    small = five(small, 128, name="small_five")
    large_objects = detect(large, 1024, classes, name="large_objects")
    medium_objects = detect(medium, 512, classes, name="medium_objects")
    small_objects = detect(small, 256, classes, name="small_objects")
    return keras.Model(
        image,
        {
            "large_objects": large_objects,
            "medium_objects": medium_objects,
            "small_objects": small_objects,
        },
        name=name,
    )
