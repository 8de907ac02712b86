"""Mistakes that people make, one to a file named for it, and what `netdsl check` says to each.

A folder holds mistakes of one kind; `several/` holds files with more than one, which are all to be told, in order and
once. Each `.net` stands beside a `.txt` with the text that is printed of it.
"""

from __future__ import annotations

import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from netdsl.cli.commands import netdsl
from netdsl.compiler import Compiled, compile_file, compile_source
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.elaborate.files.linking import Loader
from netdsl.source import SourceFile
from tests.conftest import Golden

FOLDER = Path(__file__).parent
SPECS = sorted(FOLDER.glob("*/*.net"))
SINGLE = [spec for spec in SPECS if spec.parent.name != "several"]
SEVERAL = [spec for spec in SPECS if spec.parent.name == "several"]

COMPILED: dict[tuple[str, str, str], Compiled] = {}


def compiled_once(file: SourceFile, loader: Loader, **wanted: Any) -> Compiled:
    """Compile a text of this folder, or of a copy of it, once for all tests."""
    key = Path(file.name).resolve().parent.name, Path(file.name).name, file.text
    if key not in COMPILED:
        COMPILED[key] = compile_source(file, loader, **wanted)
    return COMPILED[key]


@pytest.fixture(autouse=True)
def each_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compiler", "cli.fixing"):
        monkeypatch.setattr(f"netdsl.{module}.compile_source", compiled_once)


name_of = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.parent.name}/{spec.stem}")


@name_of
def test_the_text_is_as_agreed(spec: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(spec.parent)
    result = CliRunner().invoke(netdsl, ["check", spec.name])
    assert result.stdout == ""
    golden(spec.with_suffix(".txt"), result.stderr)


def test_no_text_is_an_orphan() -> None:
    assert {path.with_suffix(".net") for path in FOLDER.glob("*/*.txt")} <= set(SPECS)


@pytest.fixture
def found() -> dict[Path, Compiled]:
    return {spec: compile_beside(spec) for spec in SPECS}


def compile_beside(spec: Path) -> Compiled:
    with chdir(spec.parent):
        return compile_file(spec.name)


def serious(compiled: Compiled) -> list[Diagnostic]:
    return [d for d in compiled.diagnostics if d.severity != "advice"]


def test_one_mistake_is_told_once(found: dict[Path, Compiled]) -> None:
    told = {spec.stem: len(serious(found[spec])) for spec in SINGLE}
    assert {stem: number for stem, number in told.items() if number != 1} == {}


def test_several_mistakes_are_told_in_order(found: dict[Path, Compiled]) -> None:
    for spec in SEVERAL:
        places = [(d.line, d.column) for d in serious(found[spec])]
        assert len(places) > 1
        assert places == sorted(set(places)), spec.stem


def mended(spec: Path, copies: Path) -> Compiled:
    """Have a copy mended as `check --fix` does, and put the copy back for the specs that import it."""
    copy = copies / spec.relative_to(FOLDER)
    CliRunner().invoke(netdsl, ["check", "--fix", str(copy)])
    after = compile_file(copy)
    shutil.copyfile(spec, copy)
    return after


def test_mending_makes_no_new_mistakes(found: dict[Path, Compiled], tmp_path: Path) -> None:
    copies = shutil.copytree(FOLDER, tmp_path / "mistakes")
    wrong = []
    for spec, compiled in found.items():
        if not any(d.fix is not None and d.fix.safe for d in compiled.diagnostics):
            continue  # nothing to mend by itself
        before = {(d.code, d.title) for d in compiled.diagnostics}
        after = mended(spec, copies).diagnostics
        new = [d for d in after if d.severity == "error" and (d.code, d.title) not in before]
        left = [d for d in after if d.fix is not None and d.fix.safe and d.fix.checked]
        if new or left:
            wrong.append((spec.stem, [d.message for d in new], [d.message for d in left]))
    assert not wrong


def test_nearly_every_mistake_comes_with_a_way_out(found: dict[Path, Compiled]) -> None:
    without = [spec.stem for spec in SINGLE if not all(d.help for d in serious(found[spec]))]
    assert len(without) <= len(SINGLE) // 20, without


def test_an_error_hides_advice(found: dict[Path, Compiled]) -> None:
    for spec, compiled in found.items():
        assert compiled.ok or len(serious(compiled)) == len(compiled.diagnostics), spec.stem
