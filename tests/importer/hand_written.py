"""Models that people write by hand with Keras, for the importer to find again; each function builds one."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


def unet() -> Any:
    image = keras.Input((128, 128, 3), name="image")
    x, skips = image, []
    for filters in (64, 128, 256, 512):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.ReLU()(x)
        skips.append(x)
        x = layers.MaxPooling2D(2)(x)
    for _ in range(2):
        x = layers.Conv2D(1024, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    for filters, skip in zip((512, 256, 128, 64), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2, padding="same")(x)
        x = layers.Concatenate()([x, skip])
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.ReLU()(x)
    return keras.Model(image, layers.Conv2D(1, 1, activation="sigmoid")(x), name="unet")


def wavenet() -> Any:
    sound = keras.Input((1024, 1), name="sound")
    x = layers.Conv1D(32, 2, padding="causal")(sound)
    skips = []
    for _ in range(2):
        for rate in (1, 2, 4, 8, 16):
            gate = layers.Conv1D(32, 2, dilation_rate=rate, padding="causal", activation="sigmoid")(
                x
            )
            value = layers.Conv1D(32, 2, dilation_rate=rate, padding="causal", activation="tanh")(x)
            z = layers.Multiply()([value, gate])
            skips.append(layers.Conv1D(64, 1)(z))
            x = layers.Add()([layers.Conv1D(32, 1)(z), x])
    y = layers.ReLU()(layers.Add()(skips))
    y = layers.Conv1D(64, 1, activation="relu")(y)
    return keras.Model(sound, layers.Conv1D(256, 1, activation="softmax")(y), name="wavenet")


def encoder_classifier() -> Any:
    """A pre-norm transformer encoder over patches, as the ViT example of the Keras documentation."""
    image = keras.Input((72, 72, 3))
    x = layers.Conv2D(64, 6, strides=6, name="patches")(image)
    x = layers.Reshape((-1, 64))(x)
    for _ in range(8):
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        y = layers.MultiHeadAttention(num_heads=4, key_dim=64, dropout=0.1)(y, y)
        x = layers.Add()([y, x])
        y = layers.LayerNormalization(epsilon=1e-6)(x)
        for units in (128, 64):
            y = layers.Dense(units, activation="gelu")(y)
            y = layers.Dropout(0.1)(y)
        x = layers.Add()([y, x])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.5)(x)
    for units in (2048, 1024):
        x = layers.Dense(units, activation="gelu")(x)
        x = layers.Dropout(0.5)(x)
    return keras.Model(image, layers.Dense(100)(x))


def translator() -> Any:
    """An encoder and a decoder; masks travel with the embeddings."""
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    x = layers.Embedding(8000, 128, mask_zero=True)(source)
    for _ in range(3):
        y = layers.MultiHeadAttention(8, 16)(x, x)
        x = layers.LayerNormalization()(x + y)
        y = layers.Dense(512, activation="relu")(x)
        y = layers.Dense(128)(y)
        x = layers.LayerNormalization()(x + y)
    memory = x
    x = layers.Embedding(8000, 128, mask_zero=True)(target)
    for _ in range(3):
        y = layers.MultiHeadAttention(8, 16)(x, x, use_causal_mask=True)
        x = layers.LayerNormalization()(x + y)
        y = layers.MultiHeadAttention(8, 16)(query=x, value=memory, key=memory)
        x = layers.LayerNormalization()(x + y)
        y = layers.Dense(512, activation="relu")(x)
        y = layers.Dense(128)(y)
        x = layers.LayerNormalization()(x + y)
    return keras.Model([source, target], layers.Dense(8000, activation="softmax")(x))


def seq2seq() -> Any:
    source = keras.Input((None,), name="source")
    target = keras.Input((None,), name="target")
    x = layers.Embedding(5000, 256)(source)
    _, h, c = layers.LSTM(256, return_state=True)(x)
    y = layers.Embedding(5000, 256)(target)
    y, _, _ = layers.LSTM(256, return_sequences=True, return_state=True)(y, initial_state=[h, c])
    return keras.Model([source, target], layers.Dense(5000, activation="softmax")(y))


def siamese() -> Any:
    encoder = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128),
        ],
        name="encoder",
    )
    left, right = keras.Input((28, 28, 1), name="left"), keras.Input((28, 28, 1), name="right")
    a, b = encoder(left), encoder(right)
    distance = ops.sqrt(ops.sum(ops.square(a - b), axis=-1, keepdims=True) + 1e-7)
    return keras.Model([left, right], layers.Dense(1, activation="sigmoid")(distance))


def feature_pyramid() -> Any:
    image = keras.Input((256, 256, 3))
    x, maps = image, []
    for filters in (64, 128, 256, 512):
        for number in range(2):
            skip = x
            x = layers.Conv2D(filters, 3, strides=2 if number == 0 else 1, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.Conv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            if number == 0:
                skip = layers.Conv2D(filters, 1, strides=2)(skip)
            x = layers.Activation("relu")(layers.add([x, skip]))
        maps.append(x)
    top = layers.Conv2D(256, 1)(maps[3])
    outputs = [layers.Conv2D(256, 3, padding="same", name="p5")(top)]
    for level, c in ((4, maps[2]), (3, maps[1]), (2, maps[0])):
        top = layers.Add()([layers.UpSampling2D()(top), layers.Conv2D(256, 1)(c)])
        outputs.append(layers.Conv2D(256, 3, padding="same", name=f"p{level}")(top))
    return keras.Model(image, outputs)


def squeezenet() -> Any:
    image = keras.Input((227, 227, 3))
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(image)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    widths = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128)}
    widths |= {6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}
    for number, (squeeze, expand) in widths.items():
        x = layers.Conv2D(squeeze, 1, activation="relu", name=f"fire{number}_squeeze1x1")(x)
        a = layers.Conv2D(expand, 1, activation="relu", name=f"fire{number}_expand1x1")(x)
        b = layers.Conv2D(
            expand, 3, padding="same", activation="relu", name=f"fire{number}_expand3x3"
        )(x)
        x = layers.Concatenate(name=f"fire{number}_concat")([a, b])
        if number in (3, 5):
            x = layers.MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Conv2D(1000, 1, activation="relu", name="conv10")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Softmax()(x), name="squeezenet")


def tabular() -> Any:
    """Several inputs and outputs, of several kinds."""
    age = keras.Input((1,), name="age")
    town = keras.Input((1,), dtype="string", name="town")
    number = keras.Input((1,), dtype="int64", name="number")
    a = layers.Normalization(mean=40.0, variance=100.0)(age)
    b = layers.StringLookup(vocabulary=["Paris", "Rome"], output_mode="one_hot")(town)
    c = layers.Flatten()(layers.Embedding(100, 8)(layers.Hashing(100)(number)))
    x = layers.Concatenate()([a, b, c])
    x = layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4))(x)
    x = layers.Dropout(0.3)(x)
    price = layers.Dense(1, name="price", kernel_constraint=keras.constraints.NonNeg())(x)
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    return keras.Model(inputs=[age, town, number], outputs={"price": price, "kind": kind})


def wrapped() -> Any:
    """Layers inside layers."""
    video = keras.Input((8, 32, 32, 3), name="video")
    x = layers.TimeDistributed(layers.Conv2D(8, 3, activation="relu"))(video)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
    x = layers.Bidirectional(layers.LSTM(16, return_sequences=True), merge_mode="sum")(x)
    x = layers.RNN([layers.LSTMCell(8), layers.GRUCell(4)], return_sequences=True)(x)
    inner = keras.Sequential([layers.Dense(6, activation="tanh"), layers.Dropout(0.1)], name="head")
    x = layers.TimeDistributed(inner)(x)
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(video, layers.Dense(2)(x))


def mixed_precision() -> Any:
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, dtype="mixed_float16", kernel_initializer="he_normal")(image)
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.Conv2D(8, 3, kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.02))(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(4, dtype="float32", trainable=False)(x))


def arithmetic() -> Any:
    a, b = keras.Input((4, 8), name="a"), keras.Input((4, 8), name="b")
    x = a * 2.0 + b / 3.0 - 1.0
    y = ops.concatenate([a[:, 0], b[:, -1, :]], axis=-1)
    z = ops.matmul(a, ops.transpose(b, (0, 2, 1)))
    w = ops.softmax(z / ops.sqrt(8.0), axis=-1) @ b
    u = ops.where(a > b, a, b) ** 2
    v = ops.mean(-u, axis=1)
    r = ops.reshape(w, (-1, 32))
    flat = ops.stack([layers.Flatten()(x), r], axis=1)
    return keras.Model([a, b], [flat, y, v])


def deep_dense() -> Any:
    x = inputs = keras.Input((64,))
    for _ in range(40):
        x = layers.Dense(64, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def gan_generator() -> Any:
    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 5, strides=1, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(64, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(
                1, 5, strides=2, padding="same", use_bias=False, activation="tanh"
            ),
        ],
        name="generator",
    )


def compiled() -> Any:
    model = keras.Sequential([keras.Input((784,)), layers.Dense(10, activation="softmax")])
    model.compile(
        optimizer=keras.optimizers.Adam(3e-4),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def tied() -> Any:
    """One dense layer used at each of four steps, and once more."""
    x = inputs = keras.Input((16,))
    shared = layers.Dense(16, activation="tanh", name="step")
    for _ in range(4):
        x = shared(x)
    return keras.Model(inputs, layers.Add()([x, shared(inputs)]))


def autoencoder() -> Any:
    image = keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 3, activation="relu", padding="same")(image)
    x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Conv2D(8, 3, activation="relu", padding="same")(x)
    code = layers.MaxPooling2D(2, padding="same", name="code")(x)
    encoder = keras.Model(image, code, name="encoder")
    inner = keras.Input((7, 7, 8))
    y = layers.Conv2DTranspose(8, 3, strides=2, activation="relu", padding="same")(inner)
    y = layers.Conv2DTranspose(16, 3, strides=2, activation="relu", padding="same")(y)
    decoder = keras.Model(inner, layers.Conv2D(1, 3, padding="same")(y), name="decoder")
    return keras.Model(image, decoder(encoder(image)), name="autoencoder")


def learned_lambda() -> Any:
    x = inputs = keras.Input((8,))
    x = layers.Lambda(lambda t: t * 2, name="twice")(x)
    return keras.Model(inputs, layers.Dense(2)(x))


def masked_translator() -> Any:
    """Masks come with their tensors: from an embedding, through layers, and joined."""
    source = keras.Input((10,), dtype="int32", name="source")
    target = keras.Input((12,), dtype="int32", name="target")
    x = layers.Embedding(50, 16, mask_zero=True)(source)
    memory, state = layers.GRU(16, return_sequences=True, return_state=True)(x)
    y = layers.Embedding(50, 16, mask_zero=True)(target)
    y = layers.GRU(16, return_sequences=True)(y, initial_state=state)
    y = layers.Concatenate()([y, layers.Attention()([y, memory])])
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(y)
    y = layers.Add()([y, layers.Dense(8)(y)])
    y = layers.LSTM(8, return_sequences=True)(layers.Dropout(0.1)(y))
    y = layers.TimeDistributed(layers.Dense(50, activation="softmax"))(y)
    return keras.Model([source, target], y, name="masked_translator")


def steps() -> Any:
    """Steps that are left out, and a mask that somebody computed."""
    series = keras.Input((30, 5), name="series")
    late = keras.Input((30,), dtype="bool", name="late")
    x = layers.Masking(mask_value=-1.0)(series)
    x = layers.LSTM(16, return_sequences=True)(x)
    x, h, c = layers.LSTM(8, return_state=True)(x)
    y = layers.GRU(8)(series, mask=ops.logical_not(late))
    return keras.Model([series, late], layers.Dense(3)(layers.Concatenate()([x, h, c, y])))


def by_name() -> Any:
    """A dict of inputs, in another order than that of their names, and a dict of outputs; compiled by them."""
    inputs = {
        "title": keras.Input((10,), dtype="int32", name="title"),
        "user": keras.Input((4,), name="user"),
        "age": keras.Input((1,), name="age"),
    }
    x = layers.GlobalAveragePooling1D()(layers.Embedding(50, 8)(inputs["title"]))
    x = layers.Concatenate()([x, inputs["user"], inputs["age"]])
    outputs = {
        "read": layers.Dense(1, activation="sigmoid", name="read")(x),
        "kind": layers.Dense(3, activation="softmax", name="kind")(x),
    }
    model = keras.Model(inputs, outputs, name="by_name")
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(0.1, 500, warmup_target=0.2, warmup_steps=10),
            weight_decay=0.1,
        ),
        loss={
            "read": keras.losses.BinaryCrossentropy(label_smoothing=0.1),
            "kind": "categorical_crossentropy",
        },
        loss_weights={"read": 0.5, "kind": 1.0},
        metrics={"read": [keras.metrics.AUC(curve="PR", name="prc")], "kind": ["accuracy"]},
    )
    return model


def adapted() -> Any:
    """Preprocessing layers that have seen data."""
    numbers = np.random.default_rng(1).normal(5.0, 3.0, (100, 3)).astype("float32")
    scaled, binned = layers.Normalization(), layers.Discretization(num_bins=4)
    scaled.adapt(numbers)
    binned.adapt(numbers[:, :1])
    counted = layers.IntegerLookup(output_mode="one_hot")
    counted.adapt(np.array([[3], [5], [3]]))
    age = keras.Input((3,), name="age")
    blood = keras.Input((1,), name="blood")
    number = keras.Input((1,), dtype="int64", name="number")
    x = layers.Concatenate()(
        [
            scaled(age),
            layers.CategoryEncoding(4, output_mode="one_hot")(binned(blood)),
            counted(number),
        ]
    )
    return keras.Model([age, blood, number], layers.Dense(1)(x), name="adapted")


MODELS = (
    unet, wavenet, encoder_classifier, translator, seq2seq, siamese, feature_pyramid, squeezenet, tabular, wrapped,
    mixed_precision, arithmetic, deep_dense, gan_generator, compiled, tied, autoencoder, learned_lambda,
    masked_translator, steps, by_name, adapted,
)  # fmt: skip
