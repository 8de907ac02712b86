"""Makes sure that nothing stops in silence: what could not be made was told of, or it is a mistake of netdsl's own.

A mistake is reported where it stands, and `POISON` then takes the place of the value. Where a statement comes to it,
or a model is left incomplete, and no error was reported at all, whoever made it forgot to say why: what is printed
afterwards would be of another spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netdsl.diagnostics.problems.structure import NotChecked
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.scope.entities import is_poisoned
from netdsl.elaborate.scope.frame import Frame, Session
from netdsl.graph import Graph
from netdsl.source import Span
from netdsl.value import Value


class UntoldMistake(Exception):
    """Something of a spec could not be made, and no diagnostic says why; the text gives the place."""


def require_told(value: Value, span: Span, frame: Frame) -> None:
    """Raise UntoldMistake for a value that nobody could work out, where no error was reported."""
    if is_poisoned(value) and not frame.session.diagnostics.has_errors:
        text = " ".join(span.text.split())
        raise UntoldMistake(f"{_place(span)}nothing came of `{text[:60]}`, and nothing says why")


def require_all_told(
    symbols: Iterable[Symbol], graphs: Mapping[str, Graph], session: Session
) -> None:
    """Raise UntoldMistake for a model that is missing or incomplete, where no error was reported."""
    if session.diagnostics.has_errors:
        return
    unchecked = {d.primary.span for d in session.diagnostics if d.code == NotChecked.code}
    for symbol in symbols:
        span = symbol.node.name_span
        graph = graphs.get(symbol.name)
        if (graph is None and span not in unchecked) or (graph is not None and not graph.complete):
            raise UntoldMistake(
                f"{_place(span)}model {symbol.name} was not made to its end, and nothing says why"
            )


def _place(span: Span) -> str:
    return f"{span.file.name}:{span.first.line}:{span.first.column}: "
