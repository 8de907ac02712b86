"""`x -> layer d = Dense(4)`, `x -> let k = 3`: the word of a statement behind an arrow, where it reads as a name."""

from __future__ import annotations

from itertools import pairwise

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.syntax import MisplacedStatement
from netdsl.elaborate.scope.entities import short
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import nodes_around

_HELP = {
    "layer": "declare it before, `layer d = Dense(8)`, and write its name here: `x -> d`",
    "let": "bind a constant in a statement of its own, before this one: `let k = 8`",
    "defaults": "write it as a statement of its own, before the chains that it is for",
}


def statement_in_chain(span: Span, name: str, frame: Frame) -> Diagnostic | None:
    """Word the mistake, with the statement on a line before; None where it is another."""
    if name not in _HELP:
        return None
    found = _two_on_a_line(span, frame)
    if found is None and name != "defaults":
        return None
    fix = None if found is None else _declared_before(span, name, *found)
    return MisplacedStatement.at(
        span, "a statement inside a chain", help=_HELP[name], fix=fix, word=name
    )


def _two_on_a_line(span: Span, frame: Frame) -> tuple[tree.BodyStatement, tree.Bind] | None:
    """Find the statement that ends in the word, and the one behind it on its line, as these two were read."""
    for body in reversed(nodes_around(frame.unit.module, span)):
        if not isinstance(body, (tree.Body, tree.Statements)):
            continue
        for first, second in pairwise(body.statements):
            gap = span.file.text[span.end : second.span.start]
            if first.span.end == span.end and isinstance(second, tree.Bind) and "\n" not in gap:
                return first, second
    return None


def _declared_before(
    span: Span, word: str, first: tree.BodyStatement, second: tree.Bind
) -> Fix | None:
    """`output x -> layer d = Dense(4)` -> `layer d = Dense(4)`, `output x -> d`."""
    if not isinstance(second.target, tree.NamePattern):
        return None
    file, start = span.file, first.span.start
    indent = file.text[file.text.rfind("\n", 0, start) + 1 : start]
    gap = f"\n{indent}" if not indent.strip() else "  "
    end, rest = second.span.end, second.target.id
    if word == "let":
        if not isinstance(second.value, tree.Pipe):
            return None
        end, rest = second.value.stages[0].span.end, ""
    made = Span(file, span.start, end).text
    stop = second.value.stages[1].span.start if word == "let" else end  # type: ignore[union-attr]
    edits = (
        Edit(Span(file, start, start), f"{made}{gap}"),
        Edit(Span(file, span.start, stop), rest),
    )
    shown = short(" ".join(made.split()))
    return Fix(edits, safe=True, text=f"declare it before, in a statement of its own: `{shown}`")
