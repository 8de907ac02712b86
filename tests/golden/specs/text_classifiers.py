"""Text classifiers with a memory.

Hochreiter and Schmidhuber, Long Short-Term Memory, 1997.
Task: text classification.

`LSTMClassifier` is the example of keras.io for reviews of films; `GRUClassifier` has
the gated units of Cho et al., 2014, arXiv:1406.1078, with three quarters of the
weights. Both read forwards and backwards.

Made by netdsl 0.1.0 from text_classifiers.net (sha256 b2f1391f, this file 1dc7e893).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def LSTMClassifier(vocabulary=20_000, width=128, units=64, *, name="LSTMClassifier"):
    """Whether a text of any length is praise.

    (None, T) -> (None, 1), 2,757,761 parameters at the defaults.
    """
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(vocabulary, width, name="embedding")(words)
    x = layers.Bidirectional(
        layers.LSTM(units, return_sequences=True, name="lstm"), name="bidirectional1"
    )(x)
    x = layers.Bidirectional(layers.LSTM(units, name="lstm"), name="bidirectional2")(x)
    praise = layers.Dense(1, activation="sigmoid", name="praise")(x)
    return keras.Model(words, praise, name=name)


def GRUClassifier(vocabulary=20_000, width=128, units=64, *, name="GRUClassifier"):
    """The same with gated recurrent units.

    (None, T) -> (None, 1), 2,709,121 parameters at the defaults.
    """
    words = keras.Input((None,), dtype="int32", name="words")
    x = layers.Embedding(vocabulary, width, name="embedding")(words)
    x = layers.Bidirectional(
        layers.GRU(units, return_sequences=True, name="gru"), name="bidirectional1"
    )(x)
    x = layers.Bidirectional(layers.GRU(units, name="gru"), name="bidirectional2")(x)
    praise = layers.Dense(1, activation="sigmoid", name="praise")(x)
    return keras.Model(words, praise, name=name)
