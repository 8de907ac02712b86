"""The blocks of the library that ships with netdsl, by name: for those who use one without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netdsl.resources import std_dir
from netdsl.source import SourceFile
from netdsl.syntax.tokens import tokenize


@cache
def std_blocks() -> Mapping[str, str]:
    """Give the file of the library that declares each block: `{"conv_bn": "vision"}` for `std/vision.net`."""
    found: dict[str, str] = {}
    for path in sorted(std_dir().glob("*.net")):
        tokens = tokenize(SourceFile(path.name, path.read_text("utf-8")))
        for index, kind in enumerate(tokens.kinds):
            if kind == "block" and tokens.is_first_on_line(index):
                found.setdefault(tokens.text(index + 1), path.stem)
    return found
