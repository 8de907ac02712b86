"""The index of layer kinds says what the files themselves declare."""

from __future__ import annotations

from netdsl.catalog import INDEX
from netdsl.catalog.index import index_text


def test_the_index_is_what_the_files_declare() -> None:
    assert INDEX.read_text("utf-8") == index_text(), "run python -m netdsl.catalog.index"
