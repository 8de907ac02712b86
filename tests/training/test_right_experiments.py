"""Right experiments of all kinds: nothing is said of them but advice, and both modules are Python."""

from __future__ import annotations

import pytest

import netdsl

EXPERIMENTS = {
    "a_table_into_several_inputs": """
model M(units: int in [16, 32] = 16) {
    input age: [1]
    input income: [1]
    input city: string[1]
    code = city -> StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
    output y = [age, income, code] -> Concatenate() -> Dense(units, activation=relu) -> Dense(1)
}

train M(lr: float = 1e-3) {
    data = csv("people-*.csv", label="price")
    validation_split = 0.2
    optimizer = Adam(lr)
    loss = mse
    metrics = [mae]
}
""",
    "a_table_that_is_scaled": """
model M {
    input x: [4]
    layer scaled = Normalization()
    output y = x -> scaled -> Dense(8, activation=relu) -> Dense(3, activation=softmax)
}

train M {
    data = dataset("iris")
    test_split = 0.2
    adapt = [scaled]
    optimizer = adam
    loss = sparse_categorical_crossentropy
    metrics = [accuracy]
    batch_size = 16
    epochs = 5
}
""",
    "pictures_of_themselves": """
model M {
    input image: [28, 28, 1]
    z = image -> Flatten() -> Dense(32, activation=relu)
    output again = z -> Dense(784, activation=sigmoid) -> Reshape((28, 28, 1))
}

train M {
    data = npz("images.npz", x="images", y="images")
    optimizer = adam
    loss = mse
}
""",
    "a_folder_of_texts": """
model M {
    input text: string[1]
    output good = text
        -> TextVectorization(1000, output_sequence_length=50)
        -> Embedding(1000, 16)
        -> GlobalAveragePooling1D()
        -> Dense(1, activation=sigmoid)
}

train M {
    data = text_folder("reviews")
    validation_split = 0.2
    optimizer = adam
    loss = binary_crossentropy
    metrics = [accuracy]
}
""",
    "reviews": """
model M {
    input words: int32[200]
    output good = words
        -> Embedding(10_000, 16, mask_zero=True)
        -> LSTM(16)
        -> Dense(1, activation=sigmoid)
}

train M {
    data = dataset("imdb", num_words=10_000, maxlen=200)
    optimizer = adam
    loss = binary_crossentropy
    metrics = [accuracy]
}
""",
    "a_mask_for_each_picture": """
model M {
    input image: [64, 64, 3]
    output mask = image
        -> Conv2D(8, 3, padding="same", activation=relu)
        -> Conv2D(1, 1, activation=sigmoid)
}

train M {
    data = npz("seg.npz", x="image", y="mask")
    augment = RandomContrast(0.1)
    optimizer = adam
    loss = binary_crossentropy
}
""",
    "two_outputs": """
model M {
    input image: [32, 32, 3]
    f = image -> Conv2D(8, 3, activation=relu) -> GlobalAveragePooling2D()
    output kind = f -> Dense(5, activation=softmax)
    output size = f -> Dense(1)
}

train M {
    data = npz("two.npz")
    optimizer = adam
    loss = {kind: sparse_categorical_crossentropy, size: mse}
    loss_weights = {kind: 1.0, size: 0.1}
    metrics = {kind: [accuracy], size: [mae]}
}
""",
    "a_folder_of_pictures": """
model M(classes: int = 5) {
    input image: [96, 96, 3]
    output kind = image
        -> Rescaling(1 / 255)
        -> Conv2D(8, 3, activation=relu)
        -> GlobalAveragePooling2D()
        -> Dense(classes, activation=softmax)
}

train M(folder: str = "flowers", lr: float = 1e-3) {
    data = image_folder(folder, crop_to_aspect_ratio=True)
    augment = RandomFlip("horizontal") -> RandomRotation(0.05) -> RandomZoom(0.1)
    validation_split = 0.2
    optimizer = AdamW(CosineDecay(lr, decay_steps=1000), weight_decay=1e-4)
    loss = categorical_crossentropy
    metrics = [accuracy, TopKCategoricalAccuracy(k=3)]
    callbacks = [ModelCheckpoint("best.keras", save_best_only=True), EarlyStopping(patience=3)]
    class_weight = {0: 2.0}
    precision = mixed_bfloat16
    steps_per_execution = 4
}
""",
    "the_next_word": """
model M(vocabulary: int = 100, length: int = 32) {
    input tokens: int32[length]
    output next = tokens
        -> Embedding(vocabulary, 32)
        -> LSTM(64, return_sequences=True)
        -> Dense(vocabulary)
}

train M {
    data = npz("tokens.npz")
    optimizer = adam
    loss = SparseCategoricalCrossentropy(from_logits=True)
    metrics = [SparseCategoricalAccuracy()]
}
""",
    "pairs": """
model M {
    input left: [28, 28]
    input right: [28, 28]
    layer tower = Flatten() -> Dense(16)
    output same = [left -> tower, right -> tower] -> Dot(axes=1, normalize=True) -> Dense(
        1, activation=sigmoid
    )
}

train M {
    data = npz("pairs.npz", x={left: "a", right: "b"}, y="same", sample_weight="w")
    optimizer = adam
    loss = binary_crossentropy
}
""",
    "records": """
model M {
    input image: [16, 16, 3]
    output kind = image -> Flatten() -> Dense(4, activation=softmax)
}

train M {
    data = tfrecord(
        "train-*.tfrecord", features={"image": "image_raw"}, label="class", compression="GZIP"
    )
    validation = tfrecord("val.tfrecord", label="class")
    optimizer = "adam"
    loss = "sparse_categorical_crossentropy"
    steps_per_epoch = 100
    epochs = 2
}
""",
    "functions_of_ones_own": """
extern fn load from "project.data"
extern fn focal from "project.losses"

model M {
    input x: [H, W, 3]
    output y = x -> Conv2D(4, 3) -> GlobalAveragePooling2D() -> Dense(2)
}

train M(size: int = 64) {
    data = load("train", size=size)
    validation = load("val", size=size)
    optimizer = RMSprop(1e-3)
    loss = focal
    device = "cpu:0"
    seed = 1
    start_from = weights("base.weights.h5")
}
""",
    "a_label_for_each_output": """
model M {
    input x: [3]
    output a = x -> Dense(1)
    output b = x -> Dense(2, activation=softmax)
}

train M {
    data = parquet(
        ["a.parquet", "b.parquet"], label={"a": "price", "b": "kind"}, features=["x1", "x2", "x3"]
    )
    sample_weight = "w"
    optimizer = adam
    loss = {a: huber, b: sparse_categorical_crossentropy}
}
""",
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_right_experiment_is_taken_without_a_word(name: str) -> None:
    compiled = netdsl.compile_text(EXPERIMENTS[name])
    assert [d.message for d in compiled.diagnostics if d.severity != "advice"] == []
    assert len(compiled.experiments) == 1
    for source in (compiled.source, compiled.emit("keras")):
        compile(source, name, "exec")
        assert "def fit(" in source
