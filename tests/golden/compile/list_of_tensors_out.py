"""Several outputs: of a block, of a loop, as a list, taken by name, index and slice.

Made by netdsl 0.1.0 from list_of_tensors_out.net (sha256 e8c29aed, this file 5c95b818).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def backbone(x, widths=(8, 16, 32), *, name="backbone"):
    levels = x
    outs = []
    for n, width in enumerate(widths):
        levels = layers.Conv2D(width, 3, padding="same", name=f"{name}_levels_{n}")(
            levels
        )
        levels = layers.MaxPooling2D(name=f"{name}_outs_{n}")(levels)
        outs.append(levels)
    return {"c3": outs[0], "c4": outs[1], "c5": levels}


def fpn(c3, c4, c5, filters, *, name="fpn"):
    laterals = [
        layers.Conv2D(filters, 1, name=f"{name}_laterals_{n}")(c)
        for n, c in enumerate([c3, c4, c5])
    ]
    p5 = laterals[2]
    up_sampling2d = layers.UpSampling2D(name=f"{name}_p4_up_sampling2d")(p5)
    p4 = layers.Add(name=f"{name}_p4_add")([laterals[1], up_sampling2d])
    up_sampling2d = layers.UpSampling2D(name=f"{name}_p3_up_sampling2d")(p4)
    p3 = layers.Add(name=f"{name}_p3_add")([laterals[0], up_sampling2d])
    return [p3, p4, p5]


def Pyramid(filters=8, *, name="Pyramid"):
    """A model of 8,395 parameters at the defaults.

    (None, 32, 32, 3) -> boxes_0 (None, 16, 16, 1), boxes_1 (None, 8, 8, 1), boxes_2
    (None, 4, 4, 1), best (None, 44).
    """
    image = keras.Input((32, 32, 3), name="image")
    features = backbone(image, name="features")
    levels = fpn(*features.values(), filters, name="levels")
    outputs = backbone(image, widths=[4, 4, 4], name="backbone")
    c3 = outputs["c3"]
    heads = []
    for n, level in enumerate(levels):
        branch = layers.Conv2D(filters, 3, padding="same", name=f"heads_conv2d1_{n}")(
            level
        )
        branch = layers.ReLU(name=f"heads_re_lu_{n}")(branch)
        branch = layers.Conv2D(1, 1, name=f"heads_conv2d2_{n}")(branch)
        heads.append(branch)
    branch1 = layers.GlobalAveragePooling2D(name="global_average_pooling2d1")(c3)
    branch2 = layers.GlobalAveragePooling2D(name="global_average_pooling2d2")(
        features["c5"]
    )
    branch3 = layers.GlobalAveragePooling2D(name="global_average_pooling2d3")(
        features["c3"]
    )
    best = layers.Concatenate(name="best")([branch1, branch2, branch3])
    return keras.Model(
        image,
        {**{f"boxes_{i}": tensor for i, tensor in enumerate(heads)}, "best": best},
        name=name,
    )
