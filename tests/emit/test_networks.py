"""Networks that want bodies in braces and lists that several places fill, as specs in `tests/networks`."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl
from netdsl.format.printer import format_source
from netdsl.source import SourceFile

SPECS = sorted((Path(__file__).parent.parent / "networks").glob("*.net"))

#: Parameters of each at its defaults, and layers.
SIZES = {
    "ddpm_unet": 408_259,
    "mobilevit": 67_490,
    "nasnet_cells": 44_578,
    "swin_stages": 76_642,
    "tab_transformer": 17_547,
}

of_each = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)


@of_each
def test_a_network_compiles_without_a_word_and_is_laid_out(spec: Path) -> None:
    compiled = netdsl.compile_file(spec)
    assert [d.message for d in compiled.diagnostics] == []
    assert compiled.model().totals["parameters"] == SIZES[spec.stem]
    text = spec.read_text("utf-8")
    assert format_source(SourceFile(spec.name, text)) == text


@of_each
def test_its_python_has_its_loops_and_its_names(spec: Path) -> None:
    source = netdsl.compile_file(spec).source
    body = source.partition("\ndef ")[2]
    loops = {"ddpm_unet": 4, "mobilevit": 3, "nasnet_cells": 2, "swin_stages": 2}.get(spec.stem, 3)
    assert body.count("    for ") == loops
    assert "enumerate(range(" not in body, "one counter for each loop"


def test_what_is_met_on_the_way_down_is_joined_last_met_first() -> None:
    spec = next(spec for spec in SPECS if spec.stem == "ddpm_unet")
    source = netdsl.compile_file(spec).source
    assert source.count("skips = []") == 1
    assert source.count("skips.append(bottom)") == 3
    graph = netdsl.compile_file(spec).model().net
    widths = [
        graph.spec(node.inputs[1]).shape[1:] for node in graph.nodes if node.kind == "Concatenate"
    ]
    assert (
        widths
        == [(4, 4, 32)] * 2 + [(4, 4, 32)] + [(8, 8, 32)] * 2 + [(8, 8, 16)] + [(16, 16, 16)] * 3
    )
