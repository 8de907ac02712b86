"""Every diagnostic code: it has a page, the page is complete, and its examples do what they claim."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from netdsl.analyse.advice.view import Surroundings
from netdsl.analyse.selection import Selection
from netdsl.catalog.signature import names_and_aliases
from netdsl.cli.explain import ROOMS, index
from netdsl.compiler import Compiled, compile_source
from netdsl.diagnostics.explain import Page, all_pages, general, pages_dir
from netdsl.diagnostics.registry import all_problems
from netdsl.elaborate.files.loading import load
from netdsl.source import SourceFile

#: What advice on memory assumes.
DEVICE = "T4"

PROPER_NAMES = ("Keras", "TensorFlow", "XLA")

PAGES = all_pages()
HEADINGS = ["What it means", "Example", "Use instead"]

#: What an example may hold: a whole spec, a session at a command line, Python, anything else.
LANGUAGES = ("net", "console", "python", "text")


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


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = {path.stem for path in pages_dir().iterdir()} - {"README"}
    assert pages == set(all_problems())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_a_page_is_headed_as_its_class_says(page: Page) -> None:
    """It begins with code, title and severity; its three parts follow, each of them with something in it."""
    head = f"# {page.code}: {page.title}\n\nSeverity: {page.severity}.\n\n## What it means\n\n"
    assert page.markdown.startswith(head)
    prose, fences = without_fences(page.markdown)
    assert re.findall(r"^#+ .*$", prose, re.MULTILINE)[1:] == [f"## {name}" for name in HEADINGS]
    assert [heading for heading, _ in page.sections] == HEADINGS
    assert page.meaning
    assert page.examples("Example")
    assert page.examples("Use instead")
    assert page.code[:3] in ROOMS
    assert {language for language, _ in fences} <= set(LANGUAGES)
    assert "```" not in prose
    assert page.markdown == page.markdown.strip() + "\n"


def without_fences(markdown: str) -> tuple[str, list[tuple[str, str]]]:
    """Give the prose of a page, and its examples."""
    fence = re.compile(r"^```(\w+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
    return fence.sub("", markdown), fence.findall(markdown)


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


def test_the_index_of_the_pages_lists_every_code() -> None:
    """What is in it is all told elsewhere: `netdsl explain --markdown docs/errors` writes it."""
    assert (pages_dir() / "README.md").read_text("utf-8") == index()


def test_what_explain_prints_is_the_page_without_its_marks() -> None:
    text = next(page for page in PAGES if page.code == "N0501").as_text()
    assert text.startswith("N0501 (error): ")
    assert "\n\nExample\n\n    model " in text
    assert "##" not in text
    assert "```" not in text


@pytest.mark.parametrize(
    "spec", ["input x: [4]", "model M { input x: [4]  output y = x -> Dens(2) }"]
)
def test_a_compile_reads_no_page(spec: str) -> None:
    """A page is for `netdsl explain` and for code scanning; a compile that finds a mistake needs none either."""
    program = (
        "import sys\n"
        "read = []\n"
        "sys.addaudithook(lambda event, facts: read.append(str(facts[0])) if event == 'open' else None)\n"
        f"import netdsl; compiled = netdsl.compile_text({spec!r})\n"
        "assert compiled.diagnostics and any('diagnostics' in name for name in read)\n"
        "assert not [name for name in read if name.endswith('.md')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_general_title_has_no_braces() -> None:
    assert general("`{layer}` got {count:,} tensors") == "`…` got … tensors"
