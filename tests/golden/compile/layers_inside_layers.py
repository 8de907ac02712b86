"""Layers as arguments: wrappers, cells, chains, configured objects.

Made by netdsl 0.1.0 from layers_inside_layers.net (sha256 ebe3cd5d, this file
61a8a49a). Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def Nested(units=16, *, name="Nested"):
    """(None, 8, 16, 16, 3) -> (None, 2), 156,772 parameters at the defaults."""
    frames = keras.Input((8, 16, 16, 3), name="frames")
    sequence = layers.TimeDistributed(
        keras.Sequential(
            [
                layers.Conv2D(4, 3, activation="relu", name="conv2d1"),
                layers.Conv2D(8, 3, name="conv2d2"),
                layers.Flatten(name="flatten"),
            ],
            name="sequential",
        ),
        name="sequence_time_distributed",
    )(frames)
    sequence = layers.Bidirectional(
        layers.LSTM(
            units,
            return_sequences=True,
            recurrent_initializer=keras.initializers.Orthogonal(gain=0.5),
            name="lstm",
        ),
        merge_mode="sum",
        name="sequence_bidirectional",
    )(sequence)
    sequence = layers.RNN(
        [
            layers.LSTMCell(units, name="lstm_cell1"),
            layers.LSTMCell(units, name="lstm_cell2"),
            layers.GRUCell(8, name="gru_cell"),
        ],
        return_sequences=True,
        name="sequence_rnn",
    )(sequence)
    states, h, _ = layers.LSTM(
        units, return_sequences=True, return_state=True, name="lstm"
    )(sequence)
    last = states[:, -1]
    x = layers.Concatenate(name="concatenate")([last, h])
    x = layers.Dense(
        8,
        activation=keras.activations.relu,
        kernel_constraint=keras.constraints.MaxNorm(2),
        bias_initializer=keras.initializers.Constant(0.1),
        name="dense",
    )(x)
    scores = layers.SpectralNormalization(
        layers.Dense(
            2, kernel_initializer=keras.initializers.HeNormal(seed=1), name="dense"
        ),
        name="scores",
    )(x)
    return keras.Model(frames, scores, name=name)
