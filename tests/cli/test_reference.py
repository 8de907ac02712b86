"""`netdsl explain` and `netdsl layers`: every name has a page, and wrong ones a way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.habits import OBJECTS, names_for
from netdsl.diagnostics.registry import all_problems
from netdsl.report.library import blocks_of, library_modules, library_names, library_page
from netdsl.report.lookup import find, fold
from netdsl.report.reference import FAMILIES, overview, pages_for, plain
from tests.cli.cases import run


def test_a_code_is_explained_in_any_case() -> None:
    assert run("explain", "n0501").output == run("explain", "N0501").output
    assert "What it means" in run("explain", "N0501").output


def test_the_list_has_every_code() -> None:
    listed = run("explain", "--list").output
    assert [code for code in all_problems() if code not in listed] == []


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "N9999"], ["layers", "Conv9D"]])
def test_what_there_is_not_is_a_usage_error(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_markdown_pages_replace_those_that_are_gone(folder: Path) -> None:
    (folder / "pages").mkdir()
    (folder / "pages" / "N0000.md").touch()
    (folder / "pages" / "notes.md").touch()
    assert run("explain", "--markdown", "pages").exit_code == 0
    written = {path.stem for path in (folder / "pages").iterdir()}
    assert written == {"README", "notes", *all_problems()}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_name_of_the_catalogue_has_a_page(family: str) -> None:
    for name in names_and_aliases(family):  # type: ignore[arg-type]
        assert pages_for(name), name


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Conv2D", "kernel_size"),
        ("conv2d", "kernel_size"),
        ("he_normal", "HeNormal"),
        ("keras.layers.Dense", "units"),
        ("relu", "max(0, x)"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, told: str) -> None:
    assert told in run("layers", name).output


def titles(name: str) -> list[str]:
    """The names of the pages that are shown for a name."""
    return [page.split("\n", 1)[0].removeprefix("# ") for page in pages_for(name)]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("Xavier", ["GlorotUniform", "GlorotNormal"]),
        ("LeCun", ["LecunUniform", "LecunNormal"]),
        ("kaiming", ["HeUniform", "HeNormal"]),
        ("xavier_uniform_", ["GlorotUniform"]),
        ("Input", ["Input"]),
        ("InputSpec", ["InputSpec"]),
        ("keras.Sequential", ["Sequential"]),
        ("sobel", ["sobel"]),
        ("Sobel", ["sobel"]),
        ("std.vision.inception", ["inception"]),
        ("BasicBlock", ["basic_residual"]),
        ("nn.Linear", ["Dense", "linear"]),
        ("linear", ["linear"]),
        ("MaxPool2d", ["MaxPooling2D"]),
        ("max_pool_2d", ["MaxPooling2D"]),
        ("BATCHNORM2D", ["BatchNormalization"]),
        ("torch.nn.CrossEntropyLoss", ["SparseCategoricalCrossentropy"]),
        ("BCEWithLogitsLoss", ["BinaryCrossentropy"]),
        ("SmoothL1Loss", ["Huber"]),
        ("StepLR", ["ExponentialDecay"]),
        ("Swish", ["silu", "silu"]),
        ("Convolution2D", ["Conv2D"]),
        ("keras.losses.CosineSimilarity", ["CosineSimilarity"]),
        ("keras.metrics.CosineSimilarity", ["CosineSimilarity"]),
        ("CosineSimilarity", ["CosineSimilarity", "CosineSimilarity"]),
        ("Dense(10)", ["Dense"]),
        ("nn.Parameter", ["weight"]),
        ("tf.Variable", ["weight"]),
        ("add_weight", ["weight"]),
        ("pool", ["Names with pool"]),
    ],
)
def test_a_name_is_found_by_its_other_names(asked: str, shown: list[str]) -> None:
    assert titles(asked) == shown
    assert run("layers", asked).exit_code == 0


def test_what_other_tools_say_is_told_on_the_page() -> None:
    assert "Elsewhere `Xavier`." in pages_for("Xavier")[0]


def test_every_part_of_the_library_has_a_page_that_says_what_it_is() -> None:
    names = [*library_names()]
    assert {"conv_bn", "canny", "transformer_encoder", "mlp", "make_divisible"} <= {*names}
    for name in names:
        (page,) = [p for p in pages_for(name) if "`std." in p]
        assert f"import {name}`" in page
        assert f"{name}(" in page


def test_every_block_of_the_library_says_what_it_does() -> None:
    blocks = [name for module in library_modules() for name in blocks_of(module)]
    assert [name for name in blocks if library_page(name).count('"""') != 2] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_capitals_and_underscores_do_not_matter(family: str) -> None:
    for name in names_and_aliases(family).values():  # type: ignore[arg-type]
        for spelled in (name.upper(), name.lower(), name.replace("_", "")):
            assert fold(name) in [fold(title) for title in titles(spelled)], spelled


def test_every_name_of_another_tool_that_means_an_object_is_found() -> None:
    lost = [
        name
        for name, meant in names_for(*OBJECTS).items()
        if any(find(target) for target in meant) and not find(name)
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ResNet50", "25,636,712 parameters, 23,587,712 without its top"),
        ("ResNet50", "3.86 billion multiply-accumulates for a picture of 224x224"),
        ("ResNet50", "blue, green and red from 0 to 255, less their mean"),
        ("InceptionV3", "[299, 299, 3]; without its top any size from 75x75"),
        ("Xception", "`Rescaling(1 / 127.5, offset=-1)`"),
        ("EfficientNetB7", "66,658,687 parameters"),
        ("EfficientNetB0", "from 0 to 255 as they are: it scales them itself"),
        ("MobileNetV3Small", "57 million multiply-accumulates"),
        ("ConvNeXtTiny", "81.3 % of ImageNet"),
        ("ResNet50", "- **c4:** `conv4_block6_out`, [14, 14, 1024], a sixteenth"),
        ("ResNet50", "- **[7, 7, 2048]:** `conv5_block1_0_conv`"),
        ("EfficientNetB0", 'outputs=["block4a_expand_activation", "block6a_expand_activation"'),
    ],
)
def test_the_page_of_a_network_gives_its_figures(name: str, told: str) -> None:
    (page,) = pages_for(name)
    assert told in page


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Callback", "extern callback Own"),
        ("keras.regularizers.Regularizer", "extern regularizer Own"),
        ("get_layer", 'outputs=["conv3_block4_out"'),
        ("Input", 'inputs features: {"age": [1]'),
    ],
)
def test_what_a_statement_stands_for_is_found(name: str, told: str) -> None:
    assert told in "".join(pages_for(name))


def test_the_page_of_every_network_gives_all_of_them() -> None:
    wanted = ("Use for", "Watch for", "Size", "Cost", "Input", "Pixels", "Accuracy")
    for name in names_and_aliases("application"):
        (page,) = pages_for(name)
        assert [title for title in wanted if f"**{title}:**" not in page] == [], name


def test_the_overview_has_every_layer() -> None:
    listed = overview()
    assert [name for name in names_and_aliases("layer").values() if name not in listed] == []


def test_the_overview_has_the_library() -> None:
    assert [n for m in library_modules() for n in blocks_of(m) if n not in overview()] == []


def test_a_misspelled_layer_is_told_of_with_a_suggestion() -> None:
    assert "`Conv2D`" in run("layers", "Conv2d1").output


def test_plain_text_has_no_marks() -> None:
    assert plain("# A\n\n- **b:** `c`\n\n```net\nd\n```\n") == "A\n\n- b: c\n\n    d\n"
