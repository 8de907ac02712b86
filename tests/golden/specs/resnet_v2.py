"""ResNet V2.

He, Zhang, Ren and Sun, Identity Mappings in Deep Residual Networks, 2016,
arXiv:1603.05027.
Task: image classification.

Normalized and activated before each convolution, so that nothing touches the sum that
goes through. As in keras.applications, a stage halves the size in its last block, and
the convolutions that no normalization follows have biases.

Made by netdsl 0.1.0 from resnet_v2.net (sha256 0007d6ff, this file d09a060b). Change
the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def bottleneck(x, filters, strides=1, project=False, *, name="bottleneck"):
    """Full pre-activation: figure 4(e) of the paper, with three convolutions."""
    ready = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_ready_batch_normalization"
    )(x)
    ready = layers.ReLU(name=f"{name}_ready_re_lu")(ready)
    skip = ready if project else x
    if project:
        skip = layers.Conv2D(4 * filters, 1, name=f"{name}_skip_conv2d")(skip)
    elif strides > 1:
        skip = layers.MaxPooling2D(
            1, strides=strides, name=f"{name}_skip_max_pooling2d"
        )(skip)
    main = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_main_conv2d1")(ready)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization1"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu1")(main)
    main = layers.ZeroPadding2D(1, name=f"{name}_main_zero_padding2d")(main)
    main = layers.Conv2D(
        filters, 3, strides=strides, use_bias=False, name=f"{name}_main_conv2d2"
    )(main)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization2"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu2")(main)
    main = layers.Conv2D(4 * filters, 1, name=f"{name}_main_conv2d3")(main)
    return layers.Add(name=f"{name}_add")([skip, main])


def ResNetV2(blocks=(3, 4, 6, 3), classes=1000, *, name="ResNetV2"):
    """Four stages of bottlenecks; the last one keeps its size.

    (None, 224, 224, 3) -> (None, 1000), 25,613,800 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = layers.ZeroPadding2D(3, name="zero_padding2d1")(image)
    x = layers.Conv2D(64, 7, strides=2, name="conv2d")(x)
    x = layers.ZeroPadding2D(1, name="zero_padding2d2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="max_pooling2d")(x)
    for i, count in enumerate(blocks):
        for j in range(count):
            x = bottleneck(
                x,
                64 * 2**i,
                2 if j == count - 1 and i < 3 else 1,
                project=j == 0,
                name=f"bottleneck_{i}_{j}",
            )
    x = layers.BatchNormalization(epsilon=1.001e-5, name="batch_normalization")(x)
    x = layers.ReLU(name="re_lu")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)


def ResNet50V2(blocks=(3, 4, 6, 3), classes=1000, *, name="ResNet50V2"):
    """(None, 224, 224, 3) -> (None, 1000), 25,613,800 parameters at the defaults."""
    return ResNetV2(blocks, classes, name=name)


def ResNet101V2(blocks=(3, 4, 23, 3), classes=1000, *, name="ResNet101V2"):
    """(None, 224, 224, 3) -> (None, 1000), 44,675,560 parameters at the defaults."""
    return ResNetV2(blocks, classes, name=name)


def ResNet152V2(blocks=(3, 8, 36, 3), classes=1000, *, name="ResNet152V2"):
    """(None, 224, 224, 3) -> (None, 1000), 60,380,648 parameters at the defaults."""
    return ResNetV2(blocks, classes, name=name)
