"""Sources of data: their arguments held against the catalogue, and what they give against inputs and outputs."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.diagnostics.diagnostic import Diagnostic

MODELS = {
    "row": "input x: [8]  output y = x -> Dense(4, activation=softmax)",
    "four": "input x: [4]  output y = x -> Dense(3, activation=softmax)",
    "picture": "input x: [32, 32, 3]  output y = x -> Flatten() -> Dense(4, activation=softmax)",
    "grey": "input x: [28, 28]  output y = x -> Flatten() -> Dense(10, activation=softmax)",
    "grey1": "input x: [28, 28, 1]  output y = x -> Flatten() -> Dense(10, activation=softmax)",
    "flat": "input x: [784]  output y = x -> Dense(10, activation=softmax)",
    "eight": "input x: [8, 8, 1]  output y = x -> Flatten() -> Dense(10, activation=softmax)",
    "free": "input x: [H, W, 3]  output y = x -> GlobalAveragePooling2D() -> Dense(4, activation=softmax)",
    "first": "input x: [3, 32, 32]  output y = x -> Flatten() -> Dense(4, activation=softmax)",
    "two_channels": "input x: [32, 32, 2]  output y = x -> Flatten() -> Dense(4, activation=softmax)",
    "whole": "input x: int32[64]  output y = x -> Embedding(17, 2) -> Flatten() -> Dense(10, activation=softmax)",
    "text": "input x: string[1]  output y = x -> Hashing(9, output_mode=one_hot) -> Dense(4, activation=softmax)",
    "texts": "input x: string[3]  output y = x -> Hashing(9, output_mode=multi_hot) -> Dense(4, activation=softmax)",
    "words": "input x: int32[100]  output y = x -> Embedding(99, 4) -> Flatten() -> Dense(1, activation=sigmoid)",
    "pair": "input a: [4] input b: [4] s = [a, b] -> Concatenate() output y = s -> Dense(3) output z = s -> Dense(1)",
}  # fmt: skip

DECLARED = 'extern fn load from "project.data"\nfn double(n) = 2 * n\n'


def errors(
    data: str, model: str = "row", loss: str = "", setting: str = "data"
) -> list[Diagnostic]:
    loss = loss or ("mse" if model == "pair" else "sparse_categorical_crossentropy")
    loss = "binary_crossentropy" if model == "words" else loss
    text = (
        f"{DECLARED}model Net {{ {MODELS[model]} }}\n"
        f"train Net {{\n optimizer = adam\n loss = {loss}\n {setting} = {data}\n}}"
    )
    return [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]


@pytest.mark.parametrize("setting", ["data", "validation", "test"])
@pytest.mark.parametrize(
    ("data", "model"),
    [
        ('npz("f.npz")', "row"),
        ('npz("f.npz", x="images", y="labels", sample_weight="w")', "row"),
        ('npz("f.npz", x={"a": "left", "b": "right"}, y={"y": "labels"})', "pair"),
        ('npz("f.npz", x={a: "left", b: "right"}, y={y: "labels"})', "pair"),
        ('csv("f.csv", "kind")', "row"),
        ('csv("parts/*.csv", label="kind", features=["a", "b", "c", "d"], delimiter=";", header=False)', "four"),
        ('csv(["a", "b"], label={"y": ["p", "q", "r"], "z": "q"}, features={"a": ["1", "2", "3", "4"]})', "pair"),
        ('parquet("f.parquet", label="kind", sample_weight="w")', "row"),
        ('image_folder("f")', "picture"),
        ('image_folder("f", image_size=(32, 32), color_mode="rgb")', "picture"),
        ('image_folder("f", image_size=64, crop_to_aspect_ratio=True, interpolation="area")', "free"),
        ('image_folder("f", color_mode="grayscale")', "grey1"),
        ('image_folder("f", class_names=["a", "b", "c", "d"])', "picture"),
        ('text_folder("f", max_length=100)', "text"),
        ('tfrecord("f-*.tfrecord", features={"x": "image"}, label="kind", compression="GZIP")', "row"),
        ('tfrecord("f.tfrecord", features={"x": [8]})', "row"),
        ('dataset("mnist")', "grey"),
        ("dataset(mnist)", "grey1"),
        ('dataset("fashion_mnist")', "grey"),
        ('dataset("digits")', "eight"),
        ('dataset("iris")', "four"),
        ('dataset("imdb", num_words=99, maxlen=100)', "words"),
        ("load()", "row"),
        ("load", "row"),
        ('load("f", size=3)', "row"),
    ],
)  # fmt: skip
def test_a_source_that_fits_is_taken(setting: str, data: str, model: str) -> None:
    assert [d.message for d in errors(data, model, setting=setting)] == []


WRONG = [
    # arguments
    ('image_folder("f", image_sze=3)', "picture", "N0301", "image_sze", "did you mean `image_size`?"),
    ('csv("f", labels="b")', "row", "N0301", "labels", "did you mean `label`?"),
    ('csv("f", sep=";")', "row", "N0301", "sep", "did you mean `delimiter`?"),
    ('image_folder(directory="f")', "picture", "N0301", "directory", "did you mean `path`?"),
    ('image_folder("f", target_size=(1, 2))', "picture", "N0301", "target_size", "did you mean `image_size`?"),
    ('image_folder("f", validation_split=0.2)', "picture", "N0301", "validation_split",
     "it is a setting of the `train` block: write `validation_split = 0.2` beside it"),
    ('image_folder("f", batch_size=4)', "picture", "N0301", "batch_size",
     "it is a setting of the `train` block: write `batch_size = 4` beside it"),
    ('text_folder("f", seed=4)', "text", "N0301", "seed", "it is a setting of the `train` block: write `seed = 4` …"),
    ('image_folder("f", shuffle=False)', "picture", "N0301", "shuffle", "leave it out: training data is shuffled …"),
    ('image_folder("f", subset="training")', "picture", "N0301", "subset", "leave it out: `validation_split` gives …"),
    ('image_folder("f", labels="inferred")', "picture", "N0301", "labels", "leave it out: the folders are …"),
    ("csv()", "row", "N0304", "csv", "…"),
    ('csv("a", "b", "c")', "row", "N0303", '"c"', "leave …"),
    ("csv(3)", "row", "N0305", "3", "write a string: `\"…\"`"),
    ('csv("")', "row", "N0305", '""', "name a file or folder beside the spec"),
    ('csv("f", label=3)', "row", "N0305", "3", "write names of columns: …"),
    ('csv("f", label=price)', "row", "N0305", "price", 'put it in quotes: `"price"`'),
    ('csv("f", header="yes")', "row", "N0305", '"yes"', "…"),
    ('npz("f.npz", x=3)', "row", "N0305", "3", "write the name that it has in the file, …"),
    ('npz("f.npz", x={"x": 3})', "row", "N0305", '{"x": 3}', "write the name that it has in the file, …"),
    ('npz(["f.npz"])', "row", "N0305", '["f.npz"]', 'did you mean `"f.npz"`?'),
    ('image_folder("f", label_mode="categoricl")', "picture", "N0307", '"categoricl"',
     'did you mean `"categorical"`?'),
    ('image_folder("f", label_mode=None)', "picture", "N0305", "None", "…"),
    ('image_folder("f", image_size=(32, 32, 3))', "picture", "N0305", "(32, 32, 3)", "…"),
    ('image_folder("f", color_mode="gray")', "picture", "N0307", '"gray"', 'did you mean `"grayscale"`?'),
    ('image_folder("f", crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)', "picture", "N0512", "True",
     "leave one of the two out"),
    ('image_folder("f", label_mode="binary", class_names=["a"])', "picture", "N0512", '["a"]', "name two folders, …"),
    ('image_folder("f", class_names=["a", "a"])', "picture", "N0512", '["a", "a"]', "name each folder once"),
    ('tfrecord("f", compression="gzip")', "row", "N0307", '"gzip"', 'did you mean `"GZIP"`?'),
    ('tfrecord("f", features=["x"])', "row", "N0305", '["x"]', "…"),
    ('dataset("mnits")', "grey", "N0307", '"mnits"', 'did you mean `"mnist"`?'),
    ('dataset("mnist", num_words=3)', "grey", "N0512", "3", "leave it out: it is of `imdb` or `reuters`"),
    ("dataset()", "grey", "N0304", "dataset", "…"),
    ("load(zz)", "row", "N0201", "zz", "…"),
    ('imagefolder("f")', "picture", "N0802", "imagefolder", "did you mean `image_folder`?"),
    ('parket("f")', "row", "N0802", "parket", "did you mean `parquet`?"),
    ("double(3)", "row", "N0802", "double", "there are `npz(…)`, `csv(…)`, …"),
    ('"f.parquet"', "row", "N0802", '"f.parquet"', 'did you mean `parquet("f.parquet")`?'),
    # names of inputs and outputs
    ('npz("f.npz", x="q")', "pair", "N0813", '"q"', 'give each its own: `x={"a": …, "b": …}`'),
    ('npz("f.npz", x={"a": "q", "c": "r"})', "pair", "N0813", '"c"', "the inputs are `a`, `b`"),
    ('npz("f.npz", y={"zz": "q"})', "pair", "N0804", '"zz"', "did you mean `z`?"),
    ('npz("f.npz", x={c: "q"})', "pair", "N0813", "c", "the inputs are `a`, `b`"),
    ('csv("f.csv", label="p")', "pair", "N0804", '"p"', 'give each its own: `label={"y": …, "z": …}`'),
    ('csv("f.csv", features={"image": "p"})', "row", "N0813", '"image"', "did you mean `x`?"),
    ('tfrecord("f", features={"q": "p"})', "pair", "N0813", '"q"', "the inputs are `a`, `b`"),
    ('image_folder("f")', "pair", "N0813", 'image_folder("f")', "write a function of your own …"),
    # shapes and dtypes
    ('image_folder("f", image_size=(64, 64))', "picture", "N0853", "(64, 64)", "leave `image_size` out: …"),
    ('image_folder("f", color_mode="grayscale")', "picture", "N0853", '"grayscale"', 'write `color_mode="rgb"`'),
    ('image_folder("f", color_mode="rgba", image_size=(32, 32))', "picture", "N0853", '"rgba"',
     'write `color_mode="rgb"`'),
    ('image_folder("f")', "row", "N0853", 'image_folder("f")', ""),
    ('image_folder("f")', "two_channels", "N0853", 'image_folder("f")', ""),
    ('image_folder("f")', "first", "N0853", 'image_folder("f")',
     "channels come last: `input x: [32, 32, 3]`, with `Permute((3, 1, 2))` behind it"),
    ('csv("f.csv", label="k", features=["a", "b", "c"])', "four", "N0853", '["a", "b", "c"]',
     "name 4 columns, or declare the input for 3"),
    ('parquet("f", features={"b": ["p"]}, label={"y": ["q", "r"]})', "pair", "N0853", '"b"',
     "name 4 columns, or declare the input for 1"),
    ('tfrecord("f", features={"x": [2, 2]})', "four", "N0853", '"x"', "leave the shape out: …"),
    ('image_folder("f")', "text", "N0853", 'image_folder("f")', ""),
    ('image_folder("f")', "free", "N0813", 'image_folder("f")', "say it here, `image_size=(224, 224)`, …"),
    ('image_folder("f", class_names=["a", "b", "c", "d", "e"])', "picture", "N0855", '["a", "b", "c", "d", "e"]',
     "give the output 5 units, one for each class"),
    ('text_folder("f")', "words", "N0854", 'text_folder("f")', "declare `input x: string[1]`, …"),
    ('text_folder("f")', "texts", "N0853", 'text_folder("f")', "declare `input x: string[1]`"),
    ('dataset("mnist")', "flat", "N0853", '"mnist"',
     "declare the input as it comes: `input x: [28, 28]`, with `Flatten()` behind it"),
    ('dataset("cifar10")', "grey", "N0853", '"cifar10"', "declare the input as it comes: `input x: [32, 32, 3]`"),
    ('dataset("iris")', "row", "N0853", '"iris"', "declare the input as it comes: `input x: [4]`"),
    ('dataset("digits")', "whole", "N0854", '"digits"', "declare the input as it comes: …"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "model", "code", "place", "help"), WRONG)
def test_a_mistake_is_told_where_it_stands(
    data: str, model: str, code: str, place: str, help: str
) -> None:
    found = errors(data, model)[0]
    assert (found.code, found.primary.span.text) == (code, place), found.message
    assert found.help.startswith(help.rstrip("…")) if help.endswith("…") else found.help == help


def test_an_output_without_a_loss_needs_no_label() -> None:
    assert (
        errors('csv("f.csv", label="p", features={"a": "q", "b": "r"})', "pair", '{"y": mse}') == []
    )


def test_a_column_may_be_called_as_the_output_that_it_is_for() -> None:
    assert errors('csv("f.csv", label="z", features=["a", "b"])', "pair") == []
    assert errors('csv("f.csv", label={"y": ["p", "q", "r"]})', "pair") == []
    (found,) = errors('csv("f.csv", label={"y": ["p", "q"]})', "pair")
    assert (found.code, found.primary.span.text) == ("N0853", '"y"')


def test_a_folder_gives_one_label_for_a_sample() -> None:
    text = """model Net {
    input x: [32, 32, 3]
    f = x -> Flatten()
    output y = f -> Dense(3)
    output z = f -> Dense(1)
}
train Net { optimizer = adam  loss = mse  data = image_folder("f") }
"""
    (found,) = [d for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    assert (found.code, found.line) == ("N0804", 7)
    assert netdsl.compile_text(text.replace("mse", '{"y": mse}')).ok


def test_rows_with_a_one_want_as_many_units_as_classes() -> None:
    for mode in ("", ', label_mode="categorical"'):
        data = f'image_folder("f"{mode}, class_names=["a", "b"])'
        (found,) = errors(data, "picture", "categorical_crossentropy")
        assert (found.code, found.primary.span.text) == ("N0855", '["a", "b"]')


def test_a_path_may_be_a_hyperparameter() -> None:
    text = f"""model Net {{ {MODELS["row"]} }}
train Net(folder: str = "flowers") {{
    data = csv(folder + "/train.csv", label="kind")
    validation = csv(f"{{folder}}/val.csv", label="kind")
    optimizer = adam
    loss = sparse_categorical_crossentropy
}}
"""
    experiment = netdsl.compile_text(text, folder="trees").experiment()
    assert experiment.data is not None
    assert experiment.validation is not None
    assert experiment.data.arguments["path"] == "trees/train.csv"
    assert experiment.validation.arguments["path"] == "trees/val.csv"
    assert experiment.settings["validation"].uses == ("folder",)
