"""Every diagnostic code: its page is complete, its examples do what they claim, and the docs are made from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.analyse.advice.view import Surroundings
from netdsl.analyse.selection import Selection
from netdsl.catalog.signature import names_and_aliases
from netdsl.cli.explain import ROOMS, markdown_pages
from netdsl.compiler import Compiled, compile_source
from netdsl.diagnostics.explain import Page, all_pages, general
from netdsl.elaborate.loading import load
from netdsl.source import SourceFile

#: What advice on memory assumes.
DEVICE = "T4"

PROPER_NAMES = ("Keras", "TensorFlow", "XLA")

DOCS = Path(__file__).parents[2] / "docs" / "errors"
PAGES = all_pages()
HEADINGS = ["What it means", "Example", "Use instead"]


def compile_example(page: Page, text: str) -> Compiled:
    """Compile an example, with its own code among the advice that is wanted."""
    return compile_source(
        SourceFile("example.net", text),
        load,
        selection=Selection(select=(page.code,)),
        surroundings=Surroundings(DEVICE),
    )


def spelled(compiled: Compiled) -> list[str]:
    return [f"{d.code} {d.line}:{d.column} {d.message}" for d in compiled.diagnostics]


def test_a_page_has_its_three_parts() -> None:
    for page in PAGES:
        assert [heading for heading, _ in page.sections] == HEADINGS, page.code
        assert page.meaning, page.code
        assert page.examples("Example"), page.code
        assert page.examples("Use instead"), page.code
        assert page.code[:3] in ROOMS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_example_raises_exactly_its_code(page: Page) -> None:
    for example in page.examples("Example"):
        if example.is_spec:
            compiled = compile_example(page, example.text)
            errors = {d.code for d in compiled.diagnostics if d.severity == "error"}
            assert errors == ({page.code} if page.severity == "error" else set()), spelled(compiled)
            assert page.code in {d.code for d in compiled.diagnostics}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_other_example_is_clean(page: Page) -> None:
    for example in page.examples("Use instead"):
        if example.is_spec:
            compiled = compile_example(page, example.text)
            assert compiled.ok, spelled(compiled)
            assert page.code not in {d.code for d in compiled.diagnostics}


def test_a_title_keeps_the_house_rules() -> None:
    names = {*PROPER_NAMES, *names_and_aliases("layer")}
    for page in PAGES:
        assert not page.title.endswith("."), page.code
        first = page.title.split()[0]
        assert first[0] in "`…" or first[0].islower() or first in names, page.code


def test_the_pages_in_docs_are_up_to_date() -> None:
    texts = markdown_pages()
    assert {path.name for path in DOCS.glob("*.md")} == set(texts), (
        "run `netdsl explain --markdown docs/errors`"
    )
    for name, text in texts.items():
        assert (DOCS / name).read_text("utf-8") == text, (
            "run `netdsl explain --markdown docs/errors`"
        )


def test_a_general_title_has_no_braces() -> None:
    assert general("`{layer}` got {count:,} tensors") == "`…` got … tensors"
