"""`netdsl explain` and `netdsl layers`: every name has a page, and wrong ones a way on."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.registry import all_problems
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


def test_the_overview_has_every_layer() -> None:
    listed = overview()
    assert [name for name in names_and_aliases("layer").values() if name not in listed] == []


def test_a_misspelled_layer_is_told_of_with_a_suggestion() -> None:
    assert "`Conv2D`" in run("layers", "Conv2d1").output


def test_plain_text_has_no_marks() -> None:
    assert plain("# A\n\n- **b:** `c`\n\n```net\nd\n```\n") == "A\n\n- b: c\n\n    d\n"
