"""The documents tell the truth: every spec in them compiles, every piece of Python runs, the pictures are current."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import netdsl
from netdsl.analyse.receptive import receptive_fields

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fences(language: str) -> list[tuple[str, str]]:
    """Give every fenced example in a language, with the document and its number there."""
    found = []
    for document in DOCUMENTS:
        texts = [
            text for word, text in FENCE.findall(document.read_text("utf-8")) if word == language
        ]
        found += [(f"{document.name}-{number}", text) for number, text in enumerate(texts, 1)]
    return found


@pytest.mark.parametrize(
    ("place", "text"), fences("net"), ids=[place for place, _ in fences("net")]
)
def test_every_spec_in_the_documents_compiles_without_a_word(place: str, text: str) -> None:
    compiled = netdsl.compile_text(text, name=f"{place}.net")
    assert [d.message for d in compiled.diagnostics] == []


LANGUAGE = FENCE.findall((ROOT / "docs/language.md").read_text("utf-8"))


@pytest.mark.parametrize("number", [n for n, (word, _) in enumerate(LANGUAGE) if word == "python"])
def test_the_python_on_the_page_of_the_language_is_what_its_spec_gives(number: int) -> None:
    spec = next(text for word, text in reversed(LANGUAGE[:number]) if word == "net")
    assert LANGUAGE[number][1] in netdsl.compile_text(spec).emit("keras")


def test_the_python_of_the_readme_gives_what_its_comments_say() -> None:
    compiled = netdsl.compile_file(ROOT / "specs" / "resnet50.net", classes=10)
    assert compiled.ok
    assert f"{compiled.model().totals['parameters']:,}" in (ROOT / "README.md").read_text("utf-8")


def script(name: str) -> ModuleType:
    """Load a script that makes a part of the documents."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_show_what_the_tools_print_now() -> None:
    for path, svg in script("make_pictures").pictures().items():
        assert path.read_text("utf-8") == svg, f"{path.name} is old: run docs/make_pictures.py"


def test_the_page_of_mistakes_shows_what_netdsl_says_now() -> None:
    """What Keras says is kept in files, which `tests/keras/test_side_by_side.py` compares with Keras."""
    maker = script("make_side_by_side")
    now = maker.page(maker.kept_version())
    assert maker.PAGE.read_text("utf-8") == now, "run docs/make_side_by_side.py"


def test_each_mistake_on_the_page_is_told_by_netdsl() -> None:
    maker = script("make_side_by_side")
    assert len(maker.MISTAKES) >= 10
    for spec in maker.MISTAKES:
        found = netdsl.compile_file(spec).diagnostics
        serious = [d for d in found if d.severity != "advice"]
        assert len(serious) == 1, spec.name


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in DOCUMENTS:
        text = re.sub(r"`[^`\n]+`", "", FENCE.sub("", document.read_text("utf-8")))
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_a_causal_stack_sees_as_many_steps_as_its_page_says() -> None:
    text = (ROOT / "docs" / "sequence_models.md").read_text("utf-8")
    (told,) = re.findall(r"shows (\d+) steps", text)
    (spec,) = (t for _, t in FENCE.findall(text) if "model Series" in t)
    graph = netdsl.compile_text(spec).model().net
    (output,) = graph.outputs.values()
    assert receptive_fields(graph)[output.node].sizes == (int(told),)
