"""Each item of guidance has two networks: one that it is told of, and one a step away that it is not told of.

`guidance/N0612_told.net` gets that code; `guidance/N0612_silent.net` gets nothing at all. `networks` holds well-known
networks as an expert writes them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from netdsl.analyse.advice.view import Surroundings
from netdsl.analyse.selection import Selection
from netdsl.compiler import compile_source
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.explain import all_pages
from netdsl.elaborate.files.loading import load
from netdsl.source import SourceFile

HERE = Path(__file__).parent
TOLD = sorted((HERE / "guidance").glob("*_told.net"))
NETWORKS = sorted((HERE / "networks").glob("*.net"))

#: Waits to be asked for, and is a matter of taste: told of where it is the item in question.
ON_REQUEST = "N0634"

#: What a well-known network is told of with good reason.
DESERVED = {"bert": ["N0661"]}


@cache
def found(text: str, *select: str, ignore: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
    """Check a spec for a T4, whose memory is small."""
    return compile_source(
        SourceFile("spec.net", text),
        load,
        selection=Selection(select, ignore),
        surroundings=Surroundings("t4"),
    ).diagnostics


def code_of(path: Path) -> str:
    return path.stem.partition("_")[0]


def of_code(diagnostics: tuple[Diagnostic, ...], code: str) -> list[Diagnostic]:
    return [d for d in diagnostics if d.code == code]


@pytest.mark.parametrize("path", TOLD, ids=code_of)
def test_what_the_guidance_names_is_told_of(path: Path) -> None:
    code = code_of(path)
    (first, *_) = of_code(found(path.read_text("utf-8"), ON_REQUEST), code)
    assert first.primary.text  # the evidence
    assert code in {page.code for page in all_pages()}


@pytest.mark.parametrize("path", TOLD, ids=code_of)
def test_nothing_is_told_of_a_network_one_step_away(path: Path) -> None:
    near = path.with_name(path.name.replace("_told", "_silent"))
    select = (ON_REQUEST,) if code_of(path) == ON_REQUEST else ()
    diagnostics = found(near.read_text("utf-8"), *select)
    assert [f"{d.code} {d.message}" for d in diagnostics] == []


@pytest.mark.parametrize("path", TOLD, ids=code_of)
def test_a_comment_or_an_option_silences_it(path: Path) -> None:
    text, code = path.read_text("utf-8"), code_of(path)
    (first, *_) = of_code(found(text, ON_REQUEST), code)
    if first.severity == "error":
        return
    lines = text.split("\n")
    on_line = [
        *lines[: first.line - 1],
        f"{lines[first.line - 1]}  # netdsl: allow {code}",
        *lines[first.line :],
    ]
    before = [*lines[: first.line - 1], f"# netdsl: allow {code}", *lines[first.line - 1 :]]
    told = len(of_code(found(text, ON_REQUEST), code))
    assert len(of_code(found("\n".join(on_line), ON_REQUEST), code)) < told
    assert len(of_code(found("\n".join(before), ON_REQUEST), code)) < told
    assert not of_code(found(f"# netdsl: allow {code}\n{text}", ON_REQUEST), code)
    assert not of_code(found(text, ignore=(code,)), code)


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_well_known_network_is_told_what_it_deserves(path: Path) -> None:
    compiled = compile_source(
        SourceFile(path.name, path.read_text("utf-8")),
        load,
        selection=Selection((ON_REQUEST,)),
        surroundings=Surroundings("h100"),
    )
    assert compiled.ok
    assert [d.code for d in compiled.diagnostics] == DESERVED.get(path.stem, [])
