"""Networks that somebody writes who has read their papers: of blocks of the library, with published totals."""

from __future__ import annotations

from pathlib import Path

import pytest

import netdsl

NETWORKS = sorted(Path(__file__).with_name("networks").glob("*.net"))


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_network_of_the_library_is_in_order(path: Path) -> None:
    compiled = netdsl.compile_file(path)
    assert compiled.ok, [d.message for d in compiled.diagnostics]
    assert not [d.message for d in compiled.diagnostics if d.severity == "warning"]
    assert "from std." in path.read_text("utf-8")
