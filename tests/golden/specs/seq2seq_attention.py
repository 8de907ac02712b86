"""Sequence to sequence with attention.

Luong, Pham and Manning, Effective Approaches to Attention-based Neural Machine
Translation, 2015, arXiv:1508.04025.
Task: translation.

Global attention with the general score (section 3.1): before a word is told, the
decoder looks at all places of the source. In training it reads the right words so far
(`target`) and tells the word that comes next (`next_word`).

Made by netdsl 0.1.0 from seq2seq_attention.net (sha256 5a6f6768, this file 1664bf6e).
Change the spec, not this file.
"""

from tensorflow import keras

layers = keras.layers


def global_attention(x, memory, units, *, name="global_attention"):
    """Look at all places of another sequence, by the general score.

    Luong et al., 2015, arXiv:1508.04025. The two are as wide. Gives [length, units].
    """
    key = layers.Dense(x.shape[-1], use_bias=False, name=f"{name}_key")(memory)
    context = layers.Attention(name=f"{name}_context")([x, memory, key])
    x = layers.Concatenate(name=f"{name}_concatenate")([context, x])
    return layers.Dense(units, activation="tanh", use_bias=False, name=f"{name}_dense")(
        x
    )


def Seq2SeqAttention(
    source_words=50_000,
    target_words=50_000,
    units=1000,
    depth=4,
    *,
    name="Seq2SeqAttention",
):
    """Four layers of LSTM on either side, and one look back for each word.

    source (None, S), target (None, T) -> (None, T, 50000), 217,082,000 parameters at
    the defaults.
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    encoded = layers.Embedding(source_words, units, name="encoded")(source)
    memory = []
    for n in range(depth):
        encoded = layers.LSTM(
            units, return_sequences=True, return_state=True, name=f"memory_{n}"
        )(encoded)
        memory.append(encoded)
        encoded = encoded[0]
    x = layers.Embedding(target_words, units, name="embedding")(target)
    for n, (_, h, c) in enumerate(memory):
        x = layers.LSTM(units, return_sequences=True, name=f"lstm_{n}")(
            x, initial_state=[h, c]
        )
    x = global_attention(x, encoded, units, name="global_attention")
    next_word = layers.Dense(target_words, activation="softmax", name="next_word")(x)
    return keras.Model([source, target], next_word, name=name)
