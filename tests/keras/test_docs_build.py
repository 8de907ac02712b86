"""The specs of the pages on kinds of networks build in Keras, with the parameters that netdsl counts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netdsl

pytestmark = pytest.mark.keras

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (
    "vision_backbones",
    "sequence_models",
    "tabular_data",
    "generative_models",
    "transfer_learning",
)
FENCE = re.compile(r"^```net\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPECS = {
    f"{page}-{number}": text
    for page in PAGES
    for number, text in enumerate(FENCE.findall((DOCS / f"{page}.md").read_text("utf-8")), 1)
}


@pytest.mark.parametrize("place", SPECS)
def test_a_spec_of_the_page_builds(place: str) -> None:
    # Pretrained weights are on no disk here; without them the network is the same.
    compiled = netdsl.compile_text(SPECS[place].replace('weights="imagenet"', "weights=None"))
    for name in compiled.models:
        model = compiled.build(name)
        assert model.count_params() == compiled.model(name).totals["parameters"]
