"""LeNet-5.

LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document
Recognition, 1998.
Task: image classification.

The form that textbooks teach: full connections instead of the paper's sparse table,
maximum pooling, ReLU, softmax.

Made by netdsl 0.1.0 from lenet5.net (sha256 0d7a6d76, this file e85164fd). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def LeNet5(classes=10, *, name="LeNet5"):
    """Two convolutions, two poolings, three dense layers.

    (None, 32, 32, 3) -> (None, 10), 62,006 parameters at the defaults.
    """
    image = keras.Input((32, 32, 3), name="image")
    x = layers.Conv2D(6, 5, activation="relu", name="conv2d1")(image)
    x = layers.MaxPooling2D(2, name="max_pooling2d1")(x)
    x = layers.Conv2D(16, 5, activation="relu", name="conv2d2")(x)
    x = layers.MaxPooling2D(2, name="max_pooling2d2")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(120, activation="relu", name="dense1")(x)
    x = layers.Dense(84, activation="relu", name="dense2")(x)
    probs = layers.Dense(classes, activation="softmax", name="probs")(x)
    return keras.Model(image, probs, name=name)
