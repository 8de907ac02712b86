"""Words what is wrong with statements in the braces of a stage: no `output`, an `input` of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems.structure import NoOutput
from netdsl.diagnostics.problems.syntax import (
    MisplacedStatement,
    UnexpectedToken,
    UnusedExpression,
)
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.faults import shorten
from netdsl.syntax.recovery import (
    BODY,
    ONLY_TOP_WORDS,
    TOP,
    begins_statement,
    indentation,
    is_name,
)
from netdsl.syntax.stop import Stop


def in_statements(span: Span, statements: Sequence[tree.BodyStatement]) -> Iterator[Diagnostic]:
    """Give what is wrong with the statements between the braces at a place."""
    for statement in statements:
        if isinstance(statement, tree.Input):
            yield _input(statement)
        if isinstance(statement, tree.Inputs):
            yield in_no_model(statement, "braces")
    if statements and not any(isinstance(s, tree.Output) for s in statements):
        yield _nothing_leaves(span, statements)


def in_no_model(written: tree.Inputs, where: str) -> Diagnostic:
    """Word a group of inputs that stands in a block or in braces, where what arrives is no dict."""
    arrives = "`_`" if where == "braces" else f"an input: `input {written.name}`"
    return MisplacedStatement.at(
        written.span,
        f"only a model has a group of inputs, and this is in {where}",
        help=f"what arrives here is {arrives}, a list where several do",
        word="inputs",
    )


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


#: What goes on from a first word that would be a name: a chain, not a statement.
_GOES_ON = frozenset({"->", "(", "[", ".", "+", "-", "*", "/", "//", "**", "%", "@", "}"})
_BEGINS = frozenset({"NUMBER", "STRING", "FSTRING", "[", "(", "-", "repeat", "if", "for", "_"})


def bare_chain(stop: Stop) -> Diagnostic | None:
    """Recognise `{ h = _ -> Dense(8)  h -> ReLU() }`: behind statements a chain by itself, as braces may hold alone."""
    if not stop.in_braces or stop.index - stop.began > 1:
        return None
    tokens, began = stop.tokens, stop.began
    first = tokens.kinds[began]
    is_chain = first in _BEGINS if stop.index == began else stop.kind in _GOES_ON
    if not is_chain or not (is_name(first) or first in _BEGINS):
        return None
    end = tokens.ends[max(began, stop.resume - 1)]
    text = shorten(" ".join(tokens.file.text[tokens.starts[began] : end].split()))
    label = "behind statements, what leaves the braces says `output`"
    if tokens.kinds[stop.resume] != "}":
        label, help_, fix = "what this gives is not used", f"write `name = {text}`", None
        if stop.kind == "." and tokens.text(stop.index + 1) == "append":
            name = shorten(tokens.text(began))
            help_ = f"a list is filled where its tensors are made: `h = … as *{name}`"
    else:
        word = "output _ -> " if stop.kind == "(" else "output "
        help_, fix = f"write `{word}{text}`", stop.insert(began, word)
    return UnusedExpression.at(tokens.span(began), label, help=help_, fix=fix)


def docstring(stop: Stop) -> Diagnostic | None:
    """Recognise braces that begin with a string, and go on with statements."""
    tokens, string = stop.tokens, stop.index - 1
    if string < 1 or tokens.kinds[string] != "STRING" or tokens.kinds[string - 1] != "{":
        return None
    if not begins_statement(tokens, stop.index, BODY):
        return None
    span, words = tokens.span(string), tokens.text(string).strip("\"' \n")
    is_line = tokens.is_first_on_line(stop.index) and "\n" not in words
    return MisplacedStatement.at(
        span,
        "only a file, a block, a model and a train block have a docstring",
        help="write a comment: `# …`",
        fix=Fix((Edit(span, f"# {words}" if is_line else ""),), safe=True),
        word=shorten(span.text),
    )


def nothing_in_braces(stop: Stop) -> Diagnostic | None:
    """Recognise `if deep { } else { … }`: braces with nothing in them."""
    tokens, index = stop.tokens, stop.index
    if stop.kind != "}" or stop.previous != "{" or "output" not in stop.accepted:
        return None
    return UnexpectedToken.at(
        stop.span,
        "there is nothing in these braces",
        help="write `_`, which is what arrives",
        fix=stop.insert(index, "_ " if tokens.file.text[stop.span.start - 1].isspace() else " _ "),
        found="}",
    )


def declaration(stop: Stop) -> Diagnostic | None:
    """Recognise `{ block b = Dense(8) … }`: what is declared at top level, in the braces of a stage."""
    tokens, word = stop.tokens, stop.index - 1
    if (
        word < 1
        or tokens.kinds[word] not in ONLY_TOP_WORDS
        or not begins_statement(tokens, word, TOP)
    ):
        return None
    is_first = tokens.kinds[word - 1] == "{" and stop.opener == "{"
    if not is_first or stop.where != BODY:
        return None
    text = tokens.text(word)
    return MisplacedStatement.at(
        tokens.span(word),
        "in the braces of a stage",
        help=f"declare the `{text}` at top level, outside all braces",
        word=text,
    )


def statement_after_chain(stop: Stop) -> Diagnostic | None:
    """Recognise `{ Dense(8) as d  output d -> ReLU() }`: statements behind a chain by itself."""
    tokens, index = stop.tokens, stop.index
    if stop.opener != "{" or "}" not in stop.accepted or "->" not in stop.accepted:
        return None
    begins = index if begins_statement(tokens, index, BODY) else index - 1
    if not tokens.is_first_on_line(begins) and tokens.kinds[begins] != "output":
        return None
    if not begins_statement(tokens, begins, BODY):
        return None
    brace = stop.open_brackets[-1]
    is_outside = tokens.column(begins) <= indentation(tokens, brace)
    if tokens.is_first_on_line(begins) and is_outside:
        return None  # the brace was not closed
    first = brace + 1
    return UnusedExpression.at(
        tokens.span(first),
        "braces hold one chain, or statements: nothing names what this chain gives",
        help=f"give it a name: `h = {shorten(tokens.text(first))} …`",
        fix=stop.insert(first, "h = ", safe=False),
    )


RULES = (bare_chain, docstring, nothing_in_braces, declaration, statement_after_chain)


def _behind(span: Span) -> Span:
    return Span(span.file, span.end, span.end)
