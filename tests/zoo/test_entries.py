"""What `netdsl zoo` tells of the shipped specs: read from their docstrings, and figures that are up to date."""

from __future__ import annotations

import re

import pytest

from netdsl.resources import resource_dir
from netdsl.zoo import entries as zoo
from netdsl.zoo.figures import figures_of, recorded
from netdsl.zoo.listing import rows_for, spelled
from tests.conftest import Golden
from tests.zoo.specs import SPECS, made

FIGURES = resource_dir("specs") / zoo.FIGURES


def test_the_figures_are_those_of_the_specs(golden: Golden) -> None:
    """`--update-golden` writes them anew after a spec was changed."""
    golden(FIGURES, recorded({path.stem: figures_of(made(path)) for path in SPECS}))


@pytest.mark.parametrize("entry", zoo.entries(), ids=lambda entry: entry.stem)
def test_a_spec_says_its_paper_its_year_and_its_task(entry: zoo.Entry) -> None:
    assert entry.title
    assert 1980 <= entry.year <= 2030
    assert re.fullmatch(r"[a-z][a-z ]+", entry.task), f"{entry.stem} says no `Task: ….`"
    assert len(entry.cited) > 2
    assert entry.listed


def test_a_name_of_one_model_by_itself_is_no_entry() -> None:
    stems = {entry.stem for entry in zoo.entries()}
    assert {"resnet", "vgg", "densenet"} <= stems
    assert not {"resnet50", "vgg16", "densenet121"} & stems
    assert {path.stem for path in SPECS} - stems == {
        "resnet50",
        "resnet152",
        "vgg16",
        "densenet121",
    }


@pytest.mark.parametrize(
    ("paper", "cited"),
    [
        ("Chollet, Xception: Deep and Separable, 2017, arXiv:1.", "Chollet, arXiv:1"),
        ("Tan and Le, Rethinking: Scaling, and Sizes, 2019.", "Tan and Le"),
        ("He, Zhang, Ren and Sun, Deep Learning, 2015, arXiv:2.", "He et al., arXiv:2"),
        ("Howard et al., Searching for It, 2019, arXiv:3.", "Howard et al., arXiv:3"),
    ],
)
def test_a_paper_is_cited_in_few_words(paper: str, cited: str) -> None:
    entry = zoo.Entry("x", FIGURES, "X", paper, "", "", ())
    assert entry.cited == cited
    assert entry.year > 2000


def test_a_docstring_is_taken_apart() -> None:
    text = "Net.\n\nOne and Two, A Long\nTitle, 2001, arXiv:1.\nTask: image classification.\n\nA word.\n\nMore.\n"
    expected = (
        "Net",
        "One and Two, A Long Title, 2001, arXiv:1.",
        "image classification",
        "A word.\n\nMore.",
    )
    assert zoo.docstring_facts(text) == expected
    assert zoo.docstring_facts("Net.") == ("Net", "", "", "")
    assert zoo.docstring_facts("") == ("", "", "", "")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("resnet", ("resnet", None)),
        ("ResNet-50", ("resnet", "ResNet50")),
        ("efficientnetb3", ("efficientnet", "EfficientNetB3")),
        ("MOBILENET_V2", ("mobilenet_v2", None)),
    ],
)
def test_a_name_is_found_in_any_spelling(name: str, found: tuple[str, str | None]) -> None:
    entry = zoo.find(name)
    assert entry is not None
    assert (entry[0].stem, entry[1]) == found


def test_words_and_numbers_choose() -> None:
    small = rows_for(("vision",), parameters=10e6)
    assert {"MobileNetV2", "EfficientNetB0"} <= {row.model.name for row in small}
    assert all(row.model.parameters <= 10e6 for row in small)
    assert "ResNet50" not in {row.model.name for row in small}
    assert all(row.entry.year >= 2019 for row in rows_for((), since=2019))
    quick = rows_for((), macs=100e6, order="macs")
    costs = [row.model.macs or 0 for row in quick]
    assert costs == sorted(costs)
    assert 0 < costs[-1] <= 100e6
    assert rows_for(("huang", "dense")) == rows_for(("densenet",))
    assert rows_for(("no", "such", "thing")) == []
    about_text = {row.model.name for row in rows_for(("text",))}
    assert {"LSTMClassifier", "CRNN", "Transformer", "BERTBase"} <= about_text
    # A textbook is no text, and what turns pictures into others translates none.
    assert about_text.isdisjoint({"LeNet5", "TabTransformer", "CycleGANGenerator"})


def test_a_family_stands_for_itself_only_where_no_size_is_the_same() -> None:
    names = {row.model.name for row in rows_for(())}
    assert "VGG16" in names
    assert "VGG" not in names
    assert "EfficientNetLite0" in names


@pytest.mark.parametrize(
    ("number", "text"),
    [(999, "999"), (1000, "1.00 k"), (25_636_712, "25.6 M"), (999_999, "1.00 M"), (150_428_424_448, "150 G")],
)  # fmt: skip
def test_a_number_has_three_digits(number: int, text: str) -> None:
    assert spelled(number) == text
