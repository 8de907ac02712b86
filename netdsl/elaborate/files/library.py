"""Mistakes inside the library that ships with netdsl, told where the spec uses it: nobody mends the library's files.

In: a diagnostic that was made in a file of the library, and the uses that led there. Out: the same one at the use that
stands in a file of the user's, on the argument that it is about where one can be found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.elaborate.files.linking import Unit
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, nodes_around


def told_at_use(
    diagnostic: Diagnostic, via: tuple[tuple[Span, str], ...], units: Iterable[Unit]
) -> Diagnostic:
    """Move a diagnostic out of the library, to the last use outside of it; any other stays as it is."""
    by_file: dict[object, Unit] = {unit.file: unit for unit in units}
    inside = diagnostic.primary.span
    if not _is_library(inside, by_file):
        return diagnostic
    outside = [use for use in via if not _is_library(use[0], by_file)]
    if not outside:
        return diagnostic
    use, block = outside[-1]
    name, place = _argument(use, block, inside, by_file) or ("", use)
    uses = [d for d in diagnostic.related if not _is_library(d.span, by_file) and d.span != use]
    text = diagnostic.primary.text or diagnostic.title
    if not name:
        text = f"{text}, inside `{block}`"
    help_ = f"give `{block}` another `{name}`" if name else diagnostic.help
    return replace(
        diagnostic, primary=Label(place, text), related=tuple(uses), help=help_, fix=None
    )


def _is_library(span: Span, by_file: dict[object, Unit]) -> bool:
    unit = by_file.get(span.file)
    return unit is not None and unit.is_library


def _argument(
    use: Span, block: str, inside: Span, by_file: dict[object, Unit]
) -> tuple[str, Span] | None:
    """Give the argument of a use by whose name the library's expression asks for it: the last of several."""
    call = _find(by_file.get(use.file), use)
    expr = _find(by_file.get(inside.file), inside)
    if not isinstance(call, tree.Call) or expr is None:
        return None
    symbol = by_file[use.file].names.get(block)
    declared = getattr(symbol.node, "parameters", ()) if symbol is not None else ()
    wanted = free_names(expr)
    given: list[tuple[str, Span]] = []
    for number, argument in enumerate(call.arguments):
        name = argument.name or (declared[number].name if number < len(declared) else "")
        if name in wanted:
            given.append((name, argument.value.span))
    return given[-1] if given else None


def _find(unit: Unit | None, span: Span) -> tree.Node | None:
    if unit is None:
        return None
    return next((node for node in nodes_around(unit.module, span) if node.span == span), None)
