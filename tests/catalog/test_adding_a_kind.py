"""A layer kind is one declaration: the one in docs/adding_a_layer.md is all that netdsl needs to know of its layer."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netdsl
from netdsl.catalog.kind import LayerKind
from netdsl.elaborate.scope import frame

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "adding_a_layer.md"
SPEC = "model M {\n    input code: [64]\n    output y = code -> RepeatVector(10)\n}\n"


def declared_kind() -> LayerKind:
    """Run the declaration of the document as it stands there."""
    (code,) = re.findall(
        r"^```python\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    (kind,) = namespace["KINDS"]
    assert isinstance(kind, LayerKind)
    return kind


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, LayerKind]]:
    """A catalogue with nothing in it."""
    kinds: dict[str, LayerKind] = {}
    assert netdsl.compile_text(SPEC).source  # loads every room that asks the catalogue
    for module in list(sys.modules.values()):
        if module.__name__.startswith("netdsl") and hasattr(module, "layer_kind"):
            monkeypatch.setattr(module, "layer_kind", kinds.get)
    frame.catalogue_layer.cache_clear()
    yield kinds
    frame.catalogue_layer.cache_clear()


def test_a_class_without_a_declaration_is_refused_and_not_guessed(
    catalogue: dict[str, LayerKind],
) -> None:
    compiled = netdsl.compile_text(SPEC)
    assert [d.code for d in compiled.diagnostics] == ["N0208"]


def test_one_declaration_is_all_it_takes(catalogue: dict[str, LayerKind]) -> None:
    catalogue["RepeatVector"] = declared_kind()
    compiled = netdsl.compile_text(SPEC)
    assert compiled.ok
    assert compiled.model().layers[-1]["output_shapes"] == [[None, 10, 64]]
    assert 'layers.RepeatVector(10, name="y")(code)' in compiled.source


def test_its_refusals_are_placed_in_the_spec(catalogue: dict[str, LayerKind]) -> None:
    catalogue["RepeatVector"] = declared_kind()
    (found,) = netdsl.compile_text(SPEC.replace("[64]", "[8, 8]")).diagnostics
    assert (found.code, found.line, found.column) == ("N0501", 3, 24)
