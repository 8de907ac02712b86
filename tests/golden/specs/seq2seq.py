"""Sequence to sequence.

Sutskever, Vinyals and Le, Sequence to Sequence Learning with Neural Networks, 2014,
arXiv:1409.3215.
Task: translation.

Four layers of LSTM read a sentence; four more, each starting from the state that its
counterpart ended in, write another. In training the decoder reads the right words so
far (`target`) and tells the word that comes next (`next_word`).

Made by netdsl 0.1.0 from seq2seq.net (sha256 adfd1432, this file d282f669). Change the
spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def Seq2Seq(
    source_words=160_000, target_words=80_000, units=1000, depth=4, *, name="Seq2Seq"
):
    """An encoder and a decoder; with the paper's sizes its 384 million parameters.

    source (None, S), target (None, T) -> (None, T, 80000), 384,112,000 parameters at
    the defaults.
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    x = layers.Embedding(source_words, units, name="embedding1")(source)
    memory = []
    for n in range(depth):
        x = layers.LSTM(
            units, return_sequences=True, return_state=True, name=f"memory_{n}"
        )(x)
        memory.append(x)
        x = x[0]
    x = layers.Embedding(target_words, units, name="embedding2")(target)
    for n, (_, h, c) in enumerate(memory):
        x = layers.LSTM(units, return_sequences=True, name=f"lstm_{n}")(
            x, initial_state=[h, c]
        )
    next_word = layers.Dense(target_words, activation="softmax", name="next_word")(x)
    return keras.Model([source, target], next_word, name=name)
