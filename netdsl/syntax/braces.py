"""Words what is wrong with statements in the braces of a stage: no `output`, an `input` of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.structure import NoOutput
from netdsl.diagnostics.problems.syntax import MisplacedStatement
from netdsl.source import Span
from netdsl.syntax import tree


def in_statements(span: Span, statements: Sequence[tree.BodyStatement]) -> Iterator[Diagnostic]:
    """Give what is wrong with the statements between the braces at a place."""
    for statement in statements:
        if isinstance(statement, tree.Input):
            yield _input(statement)
    if statements and not any(isinstance(s, tree.Output) for s in statements):
        yield _nothing_leaves(span, statements)


def _input(written: tree.Input) -> Diagnostic:
    word = Span(written.span.file, written.span.start, written.name_span.start)
    fix = None
    if written.type is None:
        edits = (Edit(word, ""), Edit(_behind(written.span), " = _"))
        fix = Fix(edits, text=f"write `{written.name} = _`")
    return MisplacedStatement.at(
        written.span,
        "what arrives at braces has no other name than `_`",
        help=f"leave it out and write `_`, or name it: `{written.name} = _`",
        fix=fix,
        word="input",
    )


def _nothing_leaves(span: Span, statements: Sequence[tree.BodyStatement]) -> Diagnostic:
    """Word statements without an `output`; the fix lets the last tensor leave."""
    last = statements[-1]
    fix = None
    if isinstance(last, tree.Bind) and isinstance(last.target, tree.NamePattern):
        name = last.target.id
        place = Span(span.file, last.span.start, last.span.start)
        text = f"write `output {name} = …`"
        if name == "_":
            place, text = (
                Span(span.file, last.span.start, last.value.span.start),
                "write `output …`",
            )
        fix = _unread_chain(last) or Fix((Edit(place, "output "),), text=text)
    return NoOutput.at(
        Span(span.file, span.start, span.start + 1),
        "nothing leaves these braces",
        name="{ … }",
        help="end them with what leaves: `output …`",
        fix=fix,
    )


def _unread_chain(last: tree.Bind) -> Fix | None:
    """Find where a bare list, at the start of a line, was read as the index of what stands before it.

    `h = _ -> Dense(8)` and then `[_, h] -> Add()`.
    """
    stages = last.value.stages if isinstance(last.value, tree.Pipe) else (last.value,)
    for head in stages:
        if isinstance(head, (tree.Subscript, tree.Call)):
            inner = head.value if isinstance(head, tree.Subscript) else head.function
            gap = head.span.file.text[inner.span.end : head.span.end]
            if gap[: len(gap) - len(gap.lstrip())].count("\n"):
                place = inner.span.end + len(gap) - len(gap.lstrip())
                edit = Edit(Span(head.span.file, place, place), "output ")
                return Fix((edit,), text="write `output` before what leaves")
    return None


def _behind(span: Span) -> Span:
    return Span(span.file, span.end, span.end)
