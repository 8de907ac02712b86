"""What ships is laid out as `netdsl fmt` lays it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from netdsl.format.printer import format_source
from netdsl.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(
    p for folder in ("specs", "netdsl/std", "docs/examples") for p in (ROOT / folder).glob("*.net")
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_a_shipped_spec_has_the_one_layout(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_source(SourceFile(path.name, text)) == text
