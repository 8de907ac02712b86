"""A spec that the importer wrote, changed as a text: step by step, as long as it stays the same network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile, Span
from netdsl.syntax import tree
from netdsl.syntax.parse import parse


def rewritten(
    text: str, changes: Callable[[str], Iterable[str]], is_equal: Callable[[str], bool]
) -> str:
    """Take the first change that leaves the network as it is, again and again until there is none."""
    refused: set[str] = set()
    while True:
        changed = next((new for new in changes(text) if new not in refused), None)
        if changed is None:
            return text
        if is_equal(changed):
            text = changed
        else:
            refused.add(changed)


def parsed(text: str) -> tree.Module:
    """Read a spec that the importer wrote."""
    return parse(SourceFile("imported.net", text), Diagnostics())


def edited(text: str, edits: Sequence[tuple[Span, str]]) -> str:
    """Apply edits that do not overlap."""
    for span, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: span.start] + new + text[span.end :]
    return text
