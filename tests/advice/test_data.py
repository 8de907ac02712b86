"""Numbers of categories, pixels, and what does nothing: N0676 to N0678 and N069."""

from __future__ import annotations

import pytest

from netdsl.analyse.pixels import pixel_ranges
from netdsl.catalog.application_inputs import expected_behind, expected_pixels
from netdsl.catalog.application_records import application_names
from tests.advice.asking import compiled, image, row, the, told
from tests.work import calls, grows_in_proportion


def text(chain: str) -> str:
    return f"model M {{\n input x: string[1]\n output y = x -> {chain}\n}}"


WORDS = '["a", "b", "c"]'


@pytest.mark.parametrize(
    ("chain", "codes"),
    [
        (f"StringLookup(vocabulary={WORDS}) -> Embedding(3, 4)", ["N0676"]),
        (f"StringLookup(vocabulary={WORDS}) -> Embedding(4, 4)", []),
        (f"StringLookup(vocabulary={WORDS}, num_oov_indices=0) -> Embedding(3, 4)", []),
        (f"StringLookup(vocabulary={WORDS}, num_oov_indices=2) -> Embedding(4, 4)", ["N0676"]),
        (f'StringLookup(vocabulary={WORDS}, mask_token="") -> Embedding(4, 4)', ["N0676"]),
        (f"TextVectorization(vocabulary={WORDS}) -> Embedding(4, 4)", ["N0676"]),
        (f"TextVectorization(vocabulary={WORDS}) -> Embedding(5, 4)", []),
        ("Hashing(100) -> Embedding(50, 4)", ["N0676"]),
        ("Hashing(100) -> Embedding(100, 4)", []),
        ("Hashing(100) -> Reshape((1, 1)) -> Flatten() -> Embedding(50, 4)", ["N0676"]),
        ("Hashing(100) -> ops.cast(\"int32\") -> Embedding(50, 4)", ["N0676"]),
        ("Hashing(100) -> CategoryEncoding(50)", ["N0676"]),
        ("Hashing(100) -> ReversibleEmbedding(50, 4)", ["N0676"]),
        ("[_ -> Hashing(5), _ -> Hashing(9)] -> ops.concatenate(axis=1) -> Embedding(6, 4)", ["N0676"]),
        ("[_ -> Hashing(5), _ -> Hashing(6)] -> ops.concatenate(axis=1) -> Embedding(6, 4)", []),
        ("Hashing(100) -> Dense(4)", ["N0678"]),
        ("Hashing(100) -> BatchNormalization()", ["N0678"]),
        ("Hashing(100) -> Rescaling(0.01)", ["N0678"]),
        ('Hashing(100, output_mode="one_hot") -> Dense(4)', []),
        ("Hashing(2) -> Dense(4)", []),  # 0 and 1 are as good as a code
        ("Hashing(100) -> Embedding(100, 4) -> Flatten() -> Dense(4)", []),
    ],
)  # fmt: skip
def test_numbers_of_categories_meet_a_layer_with_room_for_them(
    chain: str, codes: list[str]
) -> None:
    assert told(text(chain)) == codes


@pytest.mark.parametrize(("rows", "codes"), [(10, []), (9, ["N0676"])])
def test_a_remainder_is_below_what_it_was_divided_by(rows: int, codes: list[str]) -> None:
    spec = f"model M {{ input x: int32[5] output y = x % 10 -> Embedding({rows}, 4) }}"
    assert told(spec) == codes


def test_ranges_are_ordered_and_may_be_weighed() -> None:
    assert told(row("Discretization(bin_boundaries=[0.0, 1.0]) -> Dense(4)")) == []
    assert told(row("Discretization(bin_boundaries=[0.0, 1.0]) -> Embedding(2, 4)")) == ["N0676"]


@pytest.mark.parametrize(
    ("positions", "codes"), [("50", ["N0676"]), ("16", []), ("1, 17", ["N0676"]), ("0, 30, 2", [])]
)
def test_positions_that_are_counted_need_a_row_each(positions: str, codes: list[str]) -> None:
    table = f"(ops.arange({positions}) -> Embedding(16, 8) -> ops.mean(axis=0))"
    assert told(f"model M {{ input x: [8] output y = x + {table} }}") == codes


def test_places_of_an_axis_need_a_row_each() -> None:
    spec = "model M {{ input x: [5, 8] output y = x -> ops.argmax(axis={}) -> Embedding(6, 4) }}"
    assert told(spec.format(-1)) == ["N0676"]
    assert told(spec.format(1)) == []


def test_numbers_are_followed_into_a_model() -> None:
    inner = "model Inner { input i: int64[1] output o = i -> Embedding(3, 4) }\n"
    assert told(inner + text("Hashing(10) -> Inner()")) == ["N0676"]
    assert told(inner + text("Hashing(3) -> Inner()")) == []


def test_a_fix_makes_room() -> None:
    found = the(text(f"StringLookup(vocabulary={WORDS}) -> Embedding(3, 4)"), "N0676")
    assert found.fix is not None
    assert found.fix.checked == "all"
    assert [edit.text for edit in found.fix.edits] == ["4"]


LEARNING = "TextVectorization(max_tokens=50) -> Embedding(50, 4) -> GlobalAveragePooling1D()"


@pytest.mark.parametrize(
    ("chain", "train", "codes"),
    [
        (LEARNING, "", ["N0677"]),
        (LEARNING, "loss = mse", []),  # training adapts what needs it
        (LEARNING, "loss = mse adapt = [text_vectorization]", []),
        (f"[_ -> {LEARNING}, _ -> StringLookup(max_tokens=9) -> Embedding(9, 4) -> Flatten()] -> Add()",
         "loss = mse adapt = [string_lookup]", ["N0677"]),
    ],
)  # fmt: skip
def test_a_lookup_without_a_vocabulary_must_learn_one(
    chain: str, train: str, codes: list[str]
) -> None:
    spec = text(chain) + (f"\ntrain M {{ optimizer = adam {train} }}" if train else "")
    assert told(spec) == codes


def test_what_was_given_is_not_adapted() -> None:
    import netdsl

    spec = text(f"StringLookup(vocabulary={WORDS}) -> Embedding(4, 4)")
    spec += "\ntrain M { optimizer = adam loss = mse adapt = [string_lookup] }"
    (error,) = [d for d in netdsl.compile_text(spec).diagnostics if d.severity == "error"]
    assert (error.code, error.primary.text) == (
        "N0806",
        "this `StringLookup` was given what it would learn",
    )


# -- pixels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "codes"),
    [
        ("Rescaling(1 / 255) -> RandomBrightness(0.2)", ["N0694"]),
        ("Rescaling(1 / 255) -> RandomBrightness(0.2, value_range=(0, 1))", []),
        ("Rescaling(1 / 255) -> RandomFlip() -> RandomInvert(0.2)", ["N0694"]),
        ("Rescaling(1 / 127.5, offset=-1) -> RandAugment()", ["N0694"]),
        ("Rescaling(1 / 127.5, offset=-1) -> RandAugment(value_range=(-1, 1))", []),
        ("Rescaling(1 / 255) -> RandomContrast(0.2)", []),  # which multiplies, and cuts at 255
        ("RandomContrast(0.2, value_range=(0, 1)) -> Rescaling(1 / 255)", ["N0694"]),
        ("RandomBrightness(0.2) -> Rescaling(1 / 255)", []),
        ("RandomBrightness(0.2, value_range=(0, 1))", []),  # nobody knows what arrives
        ("ops.divide(255.0) -> RandomBrightness(0.2)", ["N0694"]),
        ("Rescaling(1 / 255) -> Pipeline([RandomFlip(), RandomBrightness(0.2)])", ["N0694"]),
        ("Rescaling(1 / 255) -> Rescaling(1 / 255)", ["N0695"]),
        ("Rescaling(1 / 255) -> Rescaling(2, offset=-1)", []),
        ("Rescaling(1 / 255) -> Rescaling(255)", []),
        ("Rescaling(1 / 255) -> applications.EfficientNetB0(weights=None)", ["N0696"]),
        ("Rescaling(1 / 255) -> applications.ConvNeXtTiny(weights=None)", ["N0696"]),
        ("Rescaling(1 / 255) -> applications.MobileNetV3Small(weights=None)", ["N0696"]),
        ("Rescaling(1 / 255) -> applications.MobileNetV3Small(weights=None, include_preprocessing=False)", []),
        ("Rescaling(1 / 255) -> applications.ResNet50(weights=None)", []),
        ("Rescaling(1 / 255) -> applications.ResNet50(include_top=False)", ["N0696"]),
        ("Rescaling(1 / 255) -> applications.MobileNetV2(include_top=False)", ["N0696"]),
        ("Rescaling(1 / 127.5, offset=-1) -> applications.MobileNetV2(include_top=False)", []),
        ("Rescaling(1 / 255) -> applications.DenseNet121(include_top=False)", ["N0696"]),
        ("applications.ResNet50(include_top=False)", []),  # nobody knows what arrives
    ],
)  # fmt: skip
def test_pixels_are_followed_through_what_scales_them(chain: str, codes: list[str]) -> None:
    assert told(image(chain, "[224, 224, 3]")) == codes


RESNET = "Normalization(mean=[103.939, 116.779, 123.68], variance=[1, 1, 1])"


@pytest.mark.parametrize(
    ("network", "chain", "codes"),
    [
        ("ResNet50", "", ["N0696"]),
        ("ResNet50", "Rescaling(1 / 255) ->", ["N0696"]),
        ("ResNet50", f"{RESNET} ->", ["N0696"]),  # red first
        ("ResNet50", f"ops.flip(axis=-1) -> {RESNET} ->", []),
        ("ResNet50", f"ops.flip(axis=-1) -> {RESNET} -> ZeroPadding2D(3) -> RandomFlip() ->", []),
        ("ResNet50", f"(_[..., ::-1]) -> {RESNET} ->", []),
        ("ResNet50", f"ops.take([2, 1, 0], axis=-1) -> {RESNET} ->", []),
        ("ResNet50", "BatchNormalization() ->", []),  # nobody knows what it makes of them
        ("MobileNetV2", "", ["N0696"]),
        ("MobileNetV2", "Rescaling(1 / 127.5, offset=-1) ->", []),
        ("MobileNetV2", "ops.divide(127.5) -> ops.subtract(1) ->", []),
        ("DenseNet121", "Rescaling(1 / 255) ->", ["N0696"]),
        ("MobileNetV3Small", "", ["N0696"]),  # a spec has no layers but its own
        ("MobileNetV3Small", "Rescaling(1 / 127.5, offset=-1) ->", []),
        ("ConvNeXtTiny", "Normalization(mean=[123.675, 116.28, 103.53], variance=[3410, 3263, 3292]) ->", []),
        ("ConvNeXtTiny", "Rescaling(1 / 255) -> Normalization(mean=[123.675, 116.28, 103.53], "
         "variance=[3410, 3263, 3292]) ->", ["N0695"]),
        ("EfficientNetB0", "Rescaling(1 / 255) -> Normalization() ->", ["N0696"]),
        ("EfficientNetB0", "Rescaling(1 / 255) -> Normalization() -> "
         "Rescaling([1 / sqrt(d) for d in [0.229, 0.224, 0.225]]) ->", []),
        ('ResNet50(weights="own.weights.h5")', "", []),  # nobody knows what they were trained on
    ],
)  # fmt: skip
def test_weights_to_start_from_are_told_of_pixels_that_they_do_not_expect(
    network: str, chain: str, codes: list[str]
) -> None:
    made = network if "(" in network else f'{network}(weights="imagenet")'
    text = STARTED.format(chain, made)
    found = [d for d in compiled(text).diagnostics if d.code.startswith("N069")]
    assert [d.code for d in found] == codes
    for diagnostic in found:
        assert diagnostic.fix is not None
        assert diagnostic.fix.checked == "all"
    if "Rescaling" not in text:  # which says what arrives
        assert pixel_advice(text.replace("image_folder", "npz")) == []


def pixel_advice(text: str) -> list[str]:
    return [code for code in told(text) if code.startswith("N069")]


STARTED = """
model M {{
    input x: [224, 224, 3]
    output y = x
        -> {} Conv2D(8, 3, use_bias=False) -> BatchNormalization() -> ReLU()
        -> GlobalAveragePooling2D() -> Dense(5, activation=softmax)
}}
train M {{
    data = image_folder("a") start_from = applications.{}
    optimizer = adam loss = sparse_categorical_crossentropy
}}
"""


@pytest.mark.parametrize("name", application_names())
def test_stages_for_pixels_are_followed_to_what_is_expected(name: str) -> None:
    """What is told to be written, and what is expected, are the same."""
    for expected in (expected_behind(name, {}), expected_pixels(name, {"weights": "imagenet"})):
        assert expected is not None
        graph = compiled(image(expected.stages or "Identity()")).graphs["M"]
        made = pixel_ranges(graph, images=True)[graph.outputs["y"].node].colours
        assert made.is_like(expected.colours)


@pytest.mark.parametrize(
    ("chain", "codes"),
    [
        ("Conv2D(8, 3, activation=relu)", ["N0699"]),
        ("Conv2D(8, 3, activation=relu) -> BatchNormalization()", []),
        ("BatchNormalization() -> Conv2D(8, 3)", []),
        ("RandomFlip() -> MaxPooling2D() -> Dense(8, activation=relu)", ["N0699"]),
        ("Rescaling(1 / 255) -> Conv2D(8, 3, activation=relu)", []),
        ("ops.subtract(127.0) -> Conv2D(8, 3, activation=relu)", []),  # scaled somehow, as the papers did
        ("[_ -> Conv2D(8, 3), _ -> Conv2D(8, 3)] -> Add()", ["N0699"]),
    ],
)  # fmt: skip
def test_stored_pixels_that_weights_multiply_are_told(chain: str, codes: list[str]) -> None:
    text = STARTED.replace("Conv2D(8, 3, use_bias=False) -> BatchNormalization() -> ReLU()", chain)
    text = text.format("", "M").replace("start_from = applications.M", "")
    assert pixel_advice(text) == codes
    assert pixel_advice(text.replace("image_folder", "npz")) == []
    scaled = "optimizer = adam augment = RandomFlip() -> Rescaling(1 / 255)"
    assert "N0699" not in told(text.replace("optimizer = adam", scaled))  # which N0697 is about
    start = 'optimizer = adam start_from = run("runs/a")'
    assert (
        pixel_advice(text.replace("optimizer = adam", start)) == []
    )  # as its weights may know them


def test_whole_bytes_are_pixels_from_0_to_255() -> None:
    assert told(image("applications.VGG16(include_top=False)", "uint8[224, 224, 3]")) == ["N0696"]
    assert told(image("applications.EfficientNetB0(include_top=False)", "uint8[224, 224, 3]")) == []


@pytest.mark.parametrize(
    ("network", "becomes"),
    [
        ("EfficientNetB0", "x -> applications"),
        ("MobileNetV2", "x -> Rescaling(1 / 127.5, offset=-1) -> applications"),
        ("VGG16", "x -> ops.flip(axis=-1) -> Normalization(mean=[103.939, 116.779, 123.68], variance=[1, 1, 1]) -> "),
        ("DenseNet121", "x -> Rescaling(1 / 255) -> Normalization(mean=[0.485, 0.456, 0.406], variance=["),
    ],
)  # fmt: skip
def test_a_fix_makes_the_pixels_that_a_network_expects(network: str, becomes: str) -> None:
    chain = f"Rescaling(1 / 255) -> applications.{network}(include_top=False)"
    found = the(image(chain, "[224, 224, 3]"), "N0696")
    assert found.fix is not None
    assert found.fix.checked == "all"
    (edit,) = found.fix.edits
    source = edit.span.file.text
    assert becomes in source[: edit.span.start] + edit.text + source[edit.span.end :]


AUGMENTED = """
model M {{
    input x: [28, 28, 1]
    output y = x -> Rescaling(1 / 255) -> Flatten() -> Dense(10, activation=softmax)
}}
train M {{
    data = {} augment = {} optimizer = adam loss = sparse_categorical_crossentropy
}}
"""


@pytest.mark.parametrize(
    ("data", "augment", "codes"),
    [
        ('dataset("mnist")', "RandomFlip()", ["N0698"]),
        ('dataset("mnist")', "RandomTranslation(0.1, 0.1) -> RandomRotation(0.5)", ["N0698"]),
        ('dataset("mnist")', "RandomRotation(0.05)", []),
        ('dataset("mnist")', "Pipeline([RandomFlip()])", ["N0698"]),
        ('dataset("mnist")', "RandomZoom(0.1) -> Pipeline([RandomFlip()])", ["N0698"]),
        ('dataset("cifar10")', 'RandomFlip("horizontal")', []),
        ('dataset("cifar10")', "RandomBrightness(0.2, value_range=(0, 1))", ["N0694"]),
        ('dataset("cifar10")', "RandomBrightness(0.2)", []),
        ('image_folder("a")', "RandomFlip() -> Rescaling(1 / 255)", ["N0697"]),
        ('npz("a.npz")', "RandomBrightness(0.2, value_range=(0, 1))", []),
    ],
)
def test_what_augments_the_data_is_looked_at_too(data: str, augment: str, codes: list[str]) -> None:
    size = "[32, 32, 3]" if "cifar10" in data else "[28, 28, 1]"
    assert told(AUGMENTED.format(data, augment).replace("[28, 28, 1]", size)) == codes


@pytest.mark.parametrize(
    ("name", "codes"), [("digit", ["N0698"]), ("letters", ["N0698"]), ("cat", [])]
)
def test_a_name_says_that_pictures_are_of_signs(name: str, codes: list[str]) -> None:
    spec = f"model M {{ input x: [28, 28, 1] output {name} = x -> RandomFlip() -> Flatten() -> Dense(10) }}"
    assert told(spec) == codes


# -- what does nothing --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "codes"),
    [
        ("Conv2D(8, 3, kernel_constraint=MaxNorm(2))", ["N0691"]),
        ("Conv2D(8, 3, kernel_constraint=MaxNorm(2, axis=[0, 1, 2]))", []),
        ("Conv2D(8, 3, kernel_constraint=MaxNorm(2, axis=(-4, -3, -2)))", []),
        ("Conv2D(8, 3, kernel_constraint=\"unit_norm\")", ["N0691"]),
        ("Conv2D(8, 3, kernel_constraint=NonNeg())", []),
        ("Conv2DTranspose(8, 3, kernel_constraint=UnitNorm(axis=[0, 1, 3]))", []),
        ("Conv2DTranspose(8, 3, kernel_constraint=UnitNorm(axis=[0, 1, 2]))", ["N0691"]),
        ("DepthwiseConv2D(3, depthwise_constraint=MinMaxNorm(axis=[0, 1]))", []),
        ("SeparableConv2D(8, 3, pointwise_constraint=MaxNorm())", ["N0691"]),
        ("TimeDistributed(Conv1D(4, 3, kernel_constraint=MaxNorm(2)))", ["N0691"]),
        ("ActivityRegularization()", ["N0692"]),
        ("ActivityRegularization(l1=0.1)", []),
        ("ActivityRegularization(l1=0)", []),  # somebody turned it off
        ("Cropping2D()", ["N0692"]),
        ("RandomShear()", ["N0692"]),
        ("RandomColorJitter()", ["N0692"]),
        ("Conv2D(8, 3, kernel_regularizer=L1L2())", ["N0692"]),
        ("Conv2D(8, 3, kernel_regularizer=\"L1L2\")", ["N0692"]),
        ("Conv2D(8, 3, kernel_regularizer=L1L2(l2=0.1))", []),
        ("Conv2D(8, 3, kernel_regularizer=l2)", []),
        ("TimeDistributed(Conv1D(8, 3, bias_regularizer=l1l2))", ["N0692"]),
        ("Conv2D(8, 3, use_bias=False, bias_initializer=ones)", ["N0693"]),
        ("BatchNormalization(scale=False, gamma_initializer=zeros)", ["N0693"]),
        ("RandomTranslation(0.1, 0.1, fill_value=1.0)", ["N0693"]),
        ("RandomTranslation(0.1, 0.1, fill_mode=\"constant\", fill_value=1.0)", []),
    ],
)  # fmt: skip
def test_what_does_nothing_is_told_of(chain: str, codes: list[str]) -> None:
    assert told(image(chain)) == codes


@pytest.mark.parametrize(
    ("train", "codes"),
    [
        ("optimizer = SGD(nesterov=True)", ["N0693"]),
        ("optimizer = SGD(momentum=0.9, nesterov=True)", []),
        ("optimizer = Adam(ema_momentum=0.9)", ["N0693"]),
        ('optimizer = adam callbacks = [ModelCheckpoint("a.keras", monitor="loss")]', ["N0693"]),
        (
            'optimizer = adam callbacks = [ModelCheckpoint("a.keras", "loss", save_best_only=True)]',
            [],
        ),
    ],
)
def test_an_argument_of_the_training_that_counts_for_nothing_is_told_of(
    train: str, codes: list[str]
) -> None:
    spec = row("Dense(1)") + f"\ntrain M {{ {train} loss = mse }}"
    assert told(spec) == codes


def test_rows_of_a_table_are_units() -> None:
    spec = (
        "model M {{ input x: int32[9] output y = x -> Embedding(10, 4, embeddings_constraint={}) }}"
    )
    assert told(spec.format("UnitNorm()")) == ["N0691"]
    assert told(spec.format("UnitNorm(axis=1)")) == []


def test_numbers_are_followed_in_proportion_to_the_layers() -> None:
    def spec(layers: int) -> str:
        return text(
            "Hashing(9) -> " + " -> ".join(["Reshape((1,))"] * layers) + " -> Embedding(9, 2)"
        )

    assert grows_in_proportion(lambda n: calls(lambda: compiled(spec(n))), 40, 5)
