"""The gallery of the shipped specs in the documents: as the specs are now."""

from __future__ import annotations

import re

import pytest

from netdsl.report.library import library_names
from netdsl.zoo.entries import entries
from tests.test_docs import script

MAKER = script("make_zoo")


def test_the_pages_are_those_of_the_specs() -> None:
    pages = MAKER.pages()
    for path, text in pages.items():
        assert path.exists(), f"{path.name} is missing: run docs/make_zoo.py --pictures"
        assert path.read_text("utf-8") == text, f"{path.name} is old: run docs/make_zoo.py"
    assert {*MAKER.FOLDER.glob("*.md")} == {*pages}
    assert {path.stem for path in MAKER.PICTURES.glob("*.svg")} == {e.stem for e in entries()}


def test_every_spec_has_its_row_and_every_link_leads_somewhere() -> None:
    gallery = MAKER.gallery()
    for entry in entries():
        assert gallery.count(f"]({entry.stem}.md)") == 1
    for path, text in MAKER.pages().items():
        for target in re.findall(r"\]\(([^)#:]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_a_network_of_keras_says_how_it_gets_its_weights() -> None:
    by_stem = {path.stem: text for path, text in MAKER.pages().items()}
    assert "applications.ResNet50(weights=" in by_stem["resnet"]
    assert "`ops.flip(axis=-1) -> Normalization(" in by_stem["resnet"]
    assert "applications." not in by_stem["unet"].partition("## Use it")[2]
    assert "netdsl new mine --from efficientnetb0" in by_stem["efficientnet"]


@pytest.mark.slow
def test_the_pictures_are_those_of_the_specs() -> None:
    for path, svg in MAKER.pictures():
        assert path.read_text("utf-8") == svg, (
            f"{path.name} is old: run docs/make_zoo.py --pictures"
        )


def test_the_page_of_the_library_is_as_the_library_says() -> None:
    maker = script("make_std")
    assert maker.PAGE.read_text("utf-8") == maker.page(), "std.md is old: run docs/make_std.py"
    drawn = maker.pictures()
    assert {path.name for path in maker.PICTURES.glob("*")} == {path.name for path in drawn}
    for path, svg in drawn.items():
        assert path.read_text("utf-8") == svg, f"{path.name} is old: run docs/make_std.py"
    for name in library_names():
        assert f"\n### {name}\n" in maker.page()
