"""CRNN.

Shi, Bai and Yao, An End-to-End Trainable Neural Network for Image-based Sequence
Recognition and Its Application to Scene Text Recognition, 2015, arXiv:1507.05717.
Task: text recognition.

Table 1 of the paper, read from the bottom: seven convolutions make a row of features of
a line of text, two bidirectional LSTMs read it, and each place gives a character or
none. Train it with the `ctc` loss; its class 0 is the blank.

Made by netdsl 0.1.0 from crnn.net (sha256 3ab76d1c, this file b6f49383). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def conv_bn(x, filters, *, name="conv_bn"):
    x = layers.Conv2D(
        filters, 3, use_bias=False, padding="same", name=f"{name}_conv2d"
    )(x)
    x = layers.BatchNormalization(name=f"{name}_batch_normalization")(x)
    return layers.ReLU(name=f"{name}_re_lu")(x)


def read(x, units, *, name="read"):
    return layers.Bidirectional(
        layers.LSTM(units, return_sequences=True, name="lstm"),
        name=f"{name}_bidirectional",
    )(x)


def CRNN(characters=36, width=100, units=256, *, name="CRNN"):
    """Letters and digits of a grey line, 32 pixels high.

    (None, 32, 100, 1) -> (None, 24, 37), 8,327,717 parameters at the defaults.
    """
    line = keras.Input((32, width, 1), name="line")
    features = layers.Conv2D(
        64, 3, padding="same", activation="relu", name="features_conv2d1"
    )(line)
    features = layers.MaxPooling2D(2, name="features_max_pooling2d1")(features)
    features = layers.Conv2D(
        128, 3, padding="same", activation="relu", name="features_conv2d2"
    )(features)
    features = layers.MaxPooling2D(2, name="features_max_pooling2d2")(features)
    for n in range(2):
        features = layers.Conv2D(
            256, 3, padding="same", activation="relu", name=f"features_conv2d3_{n}"
        )(features)
    features = layers.MaxPooling2D((2, 1), name="features_max_pooling2d3")(features)
    for n in range(2):
        features = conv_bn(features, 512, name=f"features_conv_bn_{n}")
    features = layers.MaxPooling2D((2, 1), name="features_max_pooling2d4")(features)
    features = layers.Conv2D(512, 2, activation="relu", name="features_conv2d4")(
        features
    )
    assert features.shape[1] == 1
    x = layers.Reshape((-1, 512), name="reshape")(features)
    x = read(x, units, name="read1")
    x = layers.Dense(units, name="dense")(x)
    x = read(x, units, name="read2")
    characters_and_blank = layers.Dense(characters + 1, name="characters_and_blank")(x)
    return keras.Model(line, characters_and_blank, name=name)
