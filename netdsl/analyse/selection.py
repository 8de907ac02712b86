"""Which warnings and advice are shown: by code, by configuration, and by comments in the file.

`# netdsl: allow N0612` after code covers its line; on a line of its own it covers the next line, or, before the
first statement, the whole file, and what its uses of the library lead to. Errors are always shown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.record import record
from netdsl.source import SourceFile
from netdsl.syntax import tree

_ALLOW = re.compile(r"#\s*netdsl:\s*allow\s+(N\d+(?:[\s,]+N\d+)*)", re.ASCII)


@record
class Selection:
    """Codes, or beginnings of codes, that are shown besides the usual ones, and those that are not."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def shows(self, diagnostic: Diagnostic) -> bool:
        """Decide by code; the longer beginning wins, and `ignore` at equal length."""
        if diagnostic.severity == "error":
            return True
        chosen = max((len(c) for c in self.select if diagnostic.code.startswith(c)), default=0)
        ignored = max((len(c) for c in self.ignore if diagnostic.code.startswith(c)), default=0)
        if chosen or ignored:
            return chosen > ignored
        return not diagnostic.on_request


def allowed(module: tree.Module) -> tuple[frozenset[str], dict[int, frozenset[str]]]:
    """Read the comments of a file: codes allowed everywhere, and codes allowed by line."""
    everywhere: set[str] = set()
    lines: dict[int, set[str]] = {}
    first = min((s.span.start for s in module.statements), default=len(module.file.text))
    for comment in module.comments:
        found = _ALLOW.match(comment.text)
        if found is None:
            continue
        codes = set(re.findall(r"N\d+", found.group(1)))
        line = module.file.position(comment.start).line
        alone = not module.file.line_text(line).split("#")[0].strip()
        if alone and comment.start < first:
            everywhere |= codes
        else:
            lines.setdefault(line + alone, set()).update(codes)
    return frozenset(everywhere), {line: frozenset(codes) for line, codes in lines.items()}


Read = dict[SourceFile, tuple[frozenset[str], dict[int, frozenset[str]]]]


def select(
    diagnostics: Iterable[Diagnostic],
    modules: dict[SourceFile, tree.Module],
    selection: Selection,
    library: Collection[SourceFile] = (),
) -> list[Diagnostic]:
    """Leave out what is not to be shown; `library` are the files that ship with netdsl, where nobody puts a comment."""
    read = {file: allowed(module) for file, module in modules.items()}
    return [d for d in diagnostics if selection.shows(d) and not _is_allowed(d, read, library)]


def _is_allowed(diagnostic: Diagnostic, read: Read, library: Collection[SourceFile]) -> bool:
    if diagnostic.severity == "error":
        return False
    places = [diagnostic.primary.span, *(label.span for label in diagnostic.related)]
    for place in places:
        if place.file not in read:
            continue
        everywhere, lines = read[place.file]
        if diagnostic.code in everywhere and (place is places[0] or places[0].file in library):
            return True
        if diagnostic.code in lines.get(place.first.line, ()):
            return True
    return False
