"""Comments of a spec in the Python that is made of it: those on lines of their own, right above what they speak of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netdsl.source import Position
from netdsl.syntax import tree

#: A word to netdsl, such as `# netdsl: allow N0612`.
_TO_NETDSL = re.compile(r"#\s*netdsl:")

#: What may stand before a statement or stage on its line.
_BEFORE = ("", "->")


class Comments:
    """The comments of a file by their lines."""

    def __init__(self, module: tree.Module) -> None:
        self._file = module.file
        self._lines: dict[int, str] = {}
        for comment in module.comments:
            place = self._file.position(comment.start)
            if not self._before(place):
                self._lines[place.line] = comment.text

    def _before(self, place: Position) -> str:
        return self._file.line_text(place.line)[: place.column - 1].strip()

    def above(self, node: tree.Node) -> Sequence[str]:
        """Give the text of the comment right above the line that a statement or stage begins."""
        if not self._lines:
            return ()
        place = node.span.first
        if place.line - 1 not in self._lines or self._before(place) not in _BEFORE:
            return ()
        first = place.line
        while first - 1 in self._lines:
            first -= 1
        found = (self._lines[line] for line in range(first, place.line))
        return [
            text.removeprefix("#").removeprefix(" ").rstrip().expandtabs()
            for text in found
            if not _TO_NETDSL.match(text)
        ]
