"""ResNet-50.

He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015,
arXiv:1512.03385.
Task: image classification.

The network of `resnet.net` that most people mean, by itself.

Made by netdsl 0.1.0 from resnet50.net (sha256 4470f2c3, this file 238e117e). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers

expansion = 4


def bottleneck(x, filters, strides=1, project=False, *, name="bottleneck"):
    """Reduce, convolve, expand, round a shortcut: figure 5, on the right."""
    skip = x
    if project:
        skip = layers.Conv2D(
            expansion * filters, 1, strides=strides, name=f"{name}_skip_conv2d"
        )(x)
        skip = layers.BatchNormalization(
            epsilon=1.001e-5, name=f"{name}_skip_batch_normalization"
        )(skip)
    main = layers.Conv2D(filters, 1, strides=strides, name=f"{name}_main_conv2d1")(x)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization1"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu1")(main)
    main = layers.Conv2D(filters, 3, padding="same", name=f"{name}_main_conv2d2")(main)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization2"
    )(main)
    main = layers.ReLU(name=f"{name}_main_re_lu2")(main)
    main = layers.Conv2D(expansion * filters, 1, name=f"{name}_main_conv2d3")(main)
    main = layers.BatchNormalization(
        epsilon=1.001e-5, name=f"{name}_main_batch_normalization3"
    )(main)
    x = layers.Add(name=f"{name}_add")([skip, main])
    return layers.ReLU(name=f"{name}_re_lu")(x)


def stage(x, filters, blocks, strides, *, name="stage"):
    x = bottleneck(x, filters, strides, project=True, name=f"{name}_bottleneck1")
    for n in range(blocks - 1):
        x = bottleneck(x, filters, name=f"{name}_bottleneck2_{n}")
    return x


def stem(image, *, name="stem"):
    """One large convolution and a pooling; a quarter of the size remains."""
    x = layers.ZeroPadding2D(3, name=f"{name}_zero_padding2d1")(image)
    x = layers.Conv2D(64, 7, strides=2, name=f"{name}_conv2d")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_batch_normalization")(
        x
    )
    x = layers.ReLU(name=f"{name}_re_lu")(x)
    x = layers.ZeroPadding2D(1, name=f"{name}_zero_padding2d2")(x)
    return layers.MaxPooling2D(3, strides=2, name=f"{name}_max_pooling2d")(x)


def resnet(image, blocks, *, name="resnet"):
    """The features; `blocks` counts the bottlenecks of each stage."""
    x = stem(image, name=f"{name}_stem")
    for i, count in enumerate(blocks):
        x = stage(
            x, 64 * 2**i, count, strides=1 if i == 0 else 2, name=f"{name}_stage_{i}"
        )
    return x


def ResNet50(classes=1000, *, name="ResNet50"):
    """Sixteen bottlenecks of three layers, the stem and the classifier.

    (None, 224, 224, 3) -> (None, 1000), 25,636,712 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    features = resnet(image, [3, 4, 6, 3], name="features")
    assert features.shape[1:] == (7, 7, 2048)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(features)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
