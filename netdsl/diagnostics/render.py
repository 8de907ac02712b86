"""Diagnostics as text for people: a title, the source around each place, and the way out.

    error[N0505]: the input of `Conv2D` is too small
      --> tiny.net:3:21
       |
     3 |     output y = x -> Conv2D(8, 5)
       |                     ^^^^^^^^^^^^ a kernel of 5 does not fit (None, 4, 4, 1)
       = help: …

`render` draws one diagnostic, `render_all` several and the closing count. Colour is the caller's choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from netdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from netdsl.diagnostics.excerpt import Paint, draw_excerpt
from netdsl.diagnostics.visible import clean
from netdsl.source import SourceFile

_COUNTED: Mapping[Severity, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warning": ("warning", "warnings"),
    "advice": ("piece of advice", "pieces of advice"),
}

MOST_DRAWN = 500  # diagnostics for a person; the formats for machines give all of them


def render_all(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Draw diagnostics one under the other and count them; nothing for none."""
    if not diagnostics:
        return ""
    drawn = diagnostics if len(diagnostics) <= MOST_DRAWN else _foremost(diagnostics)
    frames = [render(diagnostic, color=color) for diagnostic in drawn]
    left = len(diagnostics) - len(drawn)
    rest = f", the first {len(drawn):,} of which are shown" * bool(left)
    return "\n".join([*frames, count_line(diagnostics) + rest + "\n"])


def _foremost(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Give as many as a person reads at most: errors before warnings, from the top of the file."""
    order = list(_COUNTED)
    ranked = sorted(range(len(diagnostics)), key=lambda i: order.index(diagnostics[i].severity))
    return [diagnostics[i] for i in sorted(ranked[:MOST_DRAWN])]


def count_line(diagnostics: Iterable[Diagnostic]) -> str:
    """Count by severity: `2 errors and 1 warning`."""
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    parts = [
        f"{counts[severity]:,} {one if counts[severity] == 1 else many}"
        for severity, (one, many) in _COUNTED.items()
        if counts[severity]
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def render(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """Draw one diagnostic; the text ends with a line break."""
    paint = Paint(color)
    labels = [diagnostic.primary, *diagnostic.related]
    width = max(len(str(label.span.last.line)) for label in labels)
    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    rows = [head + paint(f": {clean(diagnostic.title)}", "title")]
    for number, (file, group) in enumerate(_by_file(labels)):
        rows += _draw_file(file, group, width, diagnostic, paint, first=number == 0)
    rows += _draw_note("help", help_text(diagnostic), width, paint)
    return "\n".join(row.rstrip() for row in rows) + "\n"


_CHECKED = {"all": "   (checked: the spec then compiles)", "this": "   (checked)", "": ""}


def help_text(diagnostic: Diagnostic) -> str:
    """Give the way out, and say where the compiler has tried it."""
    return diagnostic.help + (
        _CHECKED[diagnostic.fix.checked] if diagnostic.fix and diagnostic.help else ""
    )


def _by_file(labels: Iterable[Label]) -> list[tuple[SourceFile, list[Label]]]:
    """Group labels by file, the primary one's file first."""
    groups: dict[int, tuple[SourceFile, list[Label]]] = {}
    for label in labels:
        file = label.span.file
        groups.setdefault(id(file), (file, []))[1].append(label)
    return list(groups.values())


def _draw_file(
    file: SourceFile,
    labels: list[Label],
    width: int,
    diagnostic: Diagnostic,
    paint: Paint,
    *,
    first: bool,
) -> list[str]:
    place = labels[0].span.first
    arrow = paint(" " * width + ("--> " if first else "::: "), "gutter")
    if not file.text:
        notes = [row for label in labels for row in _draw_note("note", label.text, width, paint)]
        return [arrow + clean(file.name), *notes]
    where = f"{clean(file.name)}:{place.line}:{place.column}"
    frame = draw_excerpt(file, labels, diagnostic.primary, diagnostic.severity, width, paint)
    return [arrow + where, *frame]


def _draw_note(kind: str, text: str, width: int, paint: Paint) -> list[str]:
    """Draw ` = help: …`; further lines of the text stand under its first."""
    if not text:
        return []
    first, *more = clean(text).split("\n")
    lead = paint(" " * (width + 1) + "= ", "gutter") + paint(f"{kind}: ", "title")
    return [lead + first, *(" " * (width + len(kind) + 5) + line for line in more)]
