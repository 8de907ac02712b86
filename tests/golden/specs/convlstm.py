"""ConvLSTM.

Shi, Chen, Wang, Yeung, Wong and Woo, Convolutional LSTM Network: A Machine Learning
Approach for Precipitation Nowcasting, 2015, arXiv:1506.04214.
Task: video.

The three layers that encode in the paper's best network for moving digits, whose states
together tell the next frame at each step. Keras's layer has no peepholes from the cell
to the gates, 768 numbers here.

Made by netdsl 0.1.0 from convlstm.net (sha256 14d84339, this file 76eb5999). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def patches(frames, size, *, name="patches"):
    """A patch of `size` by `size` pixels is the channels of one place: section 4.1."""
    steps = frames.shape[1]
    rows = frames.shape[2] // size
    x = layers.Reshape((steps, rows, size, rows, size), name=f"{name}_reshape1")(frames)
    x = layers.Permute((1, 2, 4, 3, 5), name=f"{name}_permute")(x)
    return layers.Reshape((steps, rows, rows, size * size), name=f"{name}_reshape2")(x)


def ConvLSTM(steps=10, size=64, patch=4, widths=(128, 64, 64), *, name="ConvLSTM"):
    """What the next frame is, after each.

    (None, 10, 64, 64, 1) -> (None, 10, 16, 16, 16), 3,896,336 parameters at the
    defaults.
    """
    frames = keras.Input((steps, size, size, 1), name="frames")
    x = patches(frames, patch, name="patches")
    states = []
    for n, filters in enumerate(widths):
        x = layers.ConvLSTM2D(
            filters, 5, padding="same", return_sequences=True, name=f"states_{n}"
        )(x)
        states.append(x)
    x = layers.Concatenate(name="concatenate")(states)
    next_patches = layers.Conv3D(
        patch * patch, 1, activation="sigmoid", name="next_patches"
    )(x)
    return keras.Model(frames, next_patches, name=name)
