"""`netdsl layers`: a page for each setting, source, strategy and start, which says what the reader of specs does."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.catalog.training_settings import SETTINGS
from netdsl.elaborate.training.settings import SETTINGS as READERS
from netdsl.report.reference import overview, pages_for

MODEL = """extern fn own from "m.n"
model Net {{ input image: [28, 28, 3]
    layer scaled = Normalization()
    f = image -> scaled -> Flatten()
    output digit = f -> Dense(10, activation=softmax)
    {second}
}}
train Net {{
    optimizer = adam
    {loss}
    {line}
}}
"""


def test_every_setting_has_its_page_and_no_other() -> None:
    assert {facts.name for facts in SETTINGS} == set(READERS)
    listed = overview()
    for facts in SETTINGS:
        (page,) = [page for page in pages_for(facts.name) if "Setting of a `train` block." in page]
        assert facts.example in page
        assert facts.name in listed


@pytest.mark.parametrize("facts", SETTINGS, ids=lambda facts: facts.name)
def test_the_example_of_a_page_is_right(facts: object) -> None:
    name, line = facts.name, facts.example  # type: ignore[attr-defined]
    is_two = '"angle"' in line
    text = MODEL.format(
        second="output angle = f -> Dense(1)" if is_two else "",
        loss=""
        if name == "loss"
        else "loss = mse"
        if is_two
        else "loss = sparse_categorical_crossentropy",
        line=line,
    )
    if name == "optimizer":
        text = text.replace("    optimizer = adam\n", "")
    if name == "loss_weights":
        text = text.replace("loss = mse", 'loss = {"digit": mse, "angle": mse}')
    if name == "class_weight":
        text = text.replace("Dense(10", "Dense(2")
    compiled = netdsl.compile_text(text)
    assert [d.message for d in compiled.diagnostics if d.severity == "error"] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("npz", "sample_weight"),
        ("image_folder", "color_mode"),
        ("parquet", "features"),
        ("MirroredStrategy", "divides by the devices"),
        ("ModelParallel", "mesh"),
        ("weights", "the path of a file of weights"),
        ("iris", "3 kinds of flowers"),
        ("mnist", "10 digits"),
    ],
)
def test_a_source_or_strategy_has_its_page(name: str, told: str) -> None:
    assert any(told in page for page in pages_for(name))
