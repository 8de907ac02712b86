"""Network in Network.

Lin, Chen and Yan, Network In Network, 2013, arXiv:1312.4400.
Task: image classification.

Convolutions of one pixel after each larger one, and in place of dense layers the mean
of a map for each class. The paper leaves the widths open: these are the authors', for
small pictures (CIFAR) and for large ones.

Made by netdsl 0.1.0 from network_in_network.net (sha256 dbda4acd, this file f4d16082).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def ceil_pool(x, *, name="ceil_pool"):
    """The largest of three by three at half the size, rounded up as Caffe does it.

    Jia et al., 2014, arXiv:1408.5093.

    A map of 54 rows gives 27, the last of them from two rows alone, one of 27 gives 13.
    """
    return layers.MaxPooling2D(
        3,
        strides=2,
        padding="same" if x.shape[1] % 2 == 0 else "valid",
        name=f"{name}_max_pooling2d",
    )(x)


def mlpconv(x, widths, kernel_size, strides=1, padding="same", *, name="mlpconv"):
    """A small network that slides over the map: section 3.1 of the paper."""
    x = layers.Conv2D(
        widths[0],
        kernel_size,
        strides=strides,
        padding=padding,
        activation="relu",
        name=f"{name}_conv2d1",
    )(x)
    for n, width in enumerate(widths[1:]):
        x = layers.Conv2D(
            width, 1, padding="same", activation="relu", name=f"{name}_conv2d2_{n}"
        )(x)
    return x


def NetworkInNetwork(classes=10, *, name="NetworkInNetwork"):
    """Three small networks for pictures of 32 by 32.

    (None, 32, 32, 3) -> (None, 10), 966,986 parameters at the defaults.
    """
    image = keras.Input((32, 32, 3), name="image")
    x = mlpconv(image, [192, 160, 96], 5, name="mlpconv1")
    x = ceil_pool(x, name="ceil_pool1")
    x = layers.Dropout(0.5, name="dropout1")(x)
    x = mlpconv(x, [192, 192, 192], 5, name="mlpconv2")
    x = ceil_pool(x, name="ceil_pool2")
    x = layers.Dropout(0.5, name="dropout2")(x)
    x = mlpconv(x, [192, 192, classes], 3, name="mlpconv3")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Softmax(name="probs")(x)
    return keras.Model(image, probs, name=name)


def NetworkInNetworkImageNet(classes=1000, *, name="NetworkInNetworkImageNet"):
    """Four small networks for pictures of 224 by 224.

    (None, 224, 224, 3) -> (None, 1000), 7,595,176 parameters at the defaults.
    """
    image = keras.Input((224, 224, 3), name="image")
    x = mlpconv(image, [96, 96, 96], 11, strides=4, padding="valid", name="mlpconv1")
    x = ceil_pool(x, name="ceil_pool1")
    x = mlpconv(x, [256, 256, 256], 5, name="mlpconv2")
    x = ceil_pool(x, name="ceil_pool2")
    x = mlpconv(x, [384, 384, 384], 3, name="mlpconv3")
    x = ceil_pool(x, name="ceil_pool3")
    x = layers.Dropout(0.5, name="dropout")(x)
    x = mlpconv(x, [1024, 1024, classes], 3, name="mlpconv4")
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    probs = layers.Softmax(name="probs")(x)
    return keras.Model(image, probs, name=name)
