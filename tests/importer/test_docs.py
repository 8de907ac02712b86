"""The page on importing shows what is printed now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netdsl.importer.imported import imported
from netdsl.importer.sources import read_value
from tests.importer.record import read

PAGE = (Path(__file__).parent.parent.parent / "docs" / "import.md").read_text("utf-8")
SHOWN = re.findall(r"<!-- (imported|part): (\w+) (\w+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(
    ("how", "archive", "name", "text"), SHOWN, ids=[name for _, _, name, _ in SHOWN]
)
def test_the_page_shows_what_is_printed_now(how: str, archive: str, name: str, text: str) -> None:
    found = imported(read_value(read(archive)[name], name), name).text
    if how == "imported":
        assert found.endswith(f'"""\n\n{text}')
    else:
        assert all(part in found for part in text.split("\n\n"))
