"""The header says what made a file and from what, and whether a person has changed it since."""

from __future__ import annotations

import pytest

from netdsl.compiler import compile_source
from netdsl.emit.header import is_untouched, spec_digest
from netdsl.source import SourceFile

SPEC = "model M(units: int = 4) { input x: [3] output y = x -> Dense(units) }"


def emitted(text: str = SPEC, name: str = "specs/m.net", **settings: object) -> str:
    return compile_source(SourceFile(name, text), lambda path: "", settings=settings).source


def test_the_header_names_the_file_and_not_its_folder() -> None:
    first = emitted().splitlines()[0]
    assert "from m.net (sha256 " in first
    assert "specs" not in first


def test_the_header_carries_the_digest_of_the_spec() -> None:
    assert spec_digest(emitted()) == SourceFile("m.net", SPEC).digest


def test_a_file_as_it_was_written_is_untouched() -> None:
    assert is_untouched(emitted())


def test_line_endings_do_not_count() -> None:
    assert is_untouched(emitted().replace("\n", "\r\n"))


@pytest.mark.parametrize(("old", "new"), [("Dense(", "Dense( "), ("y", "z"), ("keras", "Keras")])
def test_an_edited_file_is_touched(old: str, new: str) -> None:
    assert not is_untouched(emitted().replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "import keras\n", '"""Made by hand."""\n', "\x00"])
def test_a_file_of_someone_else_is_not_ours(text: str) -> None:
    assert not is_untouched(text)
    assert spec_digest(text) is None


def test_settings_are_said_and_become_defaults() -> None:
    source = emitted(units=7)
    assert "with units=7" in " ".join(source.split())
    assert "def M(units=7, *" in source


@pytest.mark.parametrize("name", ['a"""b.net', "a\\b\nc.net", "a(b).net", "-", "ü.net"])
def test_a_file_name_cannot_end_the_docstring(name: str) -> None:
    source = emitted(name=name)
    compile(source, "generated", "exec")
    assert is_untouched(source)


def test_a_docstring_that_looks_like_a_header_fools_nobody() -> None:
    fake = "Made by netdsl 9 from x (sha256 00000000, this file 00000000)."
    source = emitted(f'"""{fake}"""\n{SPEC}')
    assert is_untouched(source)
    assert spec_digest(source) != "00000000"
