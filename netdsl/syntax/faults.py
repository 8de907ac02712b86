"""Words what the tree builder finds wrong in text that the grammar accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netdsl.catalog import MERGE_LAYERS
from netdsl.diagnostics.diagnostic import (
    Diagnostic,
    Edit,
    Fix,
    Label,
    first_that_helps,
    text_after,
)
from netdsl.diagnostics.problems.structure import TooLarge
from netdsl.diagnostics.problems.syntax import (
    ArgumentOrder,
    ArrowBindsLast,
    LowercaseConstant,
    MalformedNumber,
    MalformedString,
    OtherArrow,
    TooDeep,
    UnexpectedToken,
)
from netdsl.diagnostics.suggest import closest
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.literals import Flaw
from netdsl.syntax.tokens import MAX_LENGTH, MAX_TOKENS

#: Parameters of a block, a model or a function.
MOST_PARAMETERS = 1000

#: Gives the span of an expression with the parentheses around it.
WholeSpan = Callable[[tree.Expr], Span]

_LONGEST_QUOTE = 24
_LONGEST_LINE = 80
# How other languages write the constants. A block may still be named so: `none(…)` is its use.
LOWERCASE = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}


def shorten(text: str) -> str:
    """Cut a long piece of source down to what fits in a message."""
    line = text.split("\n", 1)[0].rstrip("\r")
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def number(span: Span, flaw: Flaw) -> Diagnostic:
    return MalformedNumber.at(span, f"this number {flaw.reason}", text=shorten(span.text))


def thousands(span: Span) -> Diagnostic:
    """Recognise a number with a comma in it: `10,000` is two numbers, `10` and `000`."""
    comma = Span(span.file, span.start - 1, span.start)
    fix = Fix((Edit(comma, "_"),))
    return MalformedNumber.at(
        span,
        "a comma ends one number and begins the next",
        help=f"put `_` between thousands: `10_{shorten(span.text)}`",
        fix=fix,
        text=shorten(span.text),
    )


def string(span: Span, flaw: Flaw) -> Diagnostic:
    return MalformedString.at(
        span,
        flaw.reason,
        help="write a backslash as `\\\\`, or put `r` before the string to have none",
    )


def fstring(span: Span, flaw: Flaw) -> Diagnostic:
    return MalformedString.at(
        span, flaw.reason, help="in an f-string, write a brace that is text twice: `{{`, `}}`"
    )


def too_long(span: Span) -> Diagnostic:
    if len(span.file.text) > MAX_LENGTH:
        return TooLarge.at(span, f"the file has more than {MAX_LENGTH:,} characters")
    return TooLarge.at(
        span,
        f"more than {MAX_TOKENS:,} words and signs, with those of the files that were read before",
    )


def operation_after_arrow(
    whole: Span,
    stages: Sequence[tree.Expr],
    stage: tree.Expr,
    operation: tree.Expr,
    span_of: WholeSpan,
) -> Diagnostic:
    """Say that `x -> f() + y` wants parentheses, and where they would most likely go.

    The operation is the stage, or what a name after it is given to: `x -> f() + y as z`.
    """
    place = operation.op_span if isinstance(operation, tree.Binary) else operation.span
    fix = first_that_helps(_parentheses(whole, stages, stage, operation, span_of))
    return ArrowBindsLast.at(
        place,
        "the arrow before this binds last",
        help="put the chain or the operation in parentheses",
        fix=fix,
    )


def _parentheses(
    whole: Span,
    stages: Sequence[tree.Expr],
    stage: tree.Expr,
    operation: tree.Expr,
    span_of: WholeSpan,
) -> Iterator[Fix]:
    """`(x -> f()) + y`, then `(x -> f()) + (y -> g())`, then `x -> [f(), g()] -> Add()`."""
    operands = list(_operands(operation, span_of))
    first, last = span_of(operands[0]), span_of(operands[-1])
    sign, moved = _moved_sign(operands[0], span_of)
    closed = (*moved, _at(whole, first.end, ")"))
    joined = operation.op if isinstance(operation, tree.Binary) else ""
    brief = f"{sign}(x -> … ) {joined} …" if joined else f"{sign}(x -> … )"
    for opening in _openings(stages[0]):
        edits = (_at(whole, whole.start, f"{sign}{opening}"), *closed)
        yield _written(edits, whole, brief)
        if joined and stage is not stages[-1]:
            second = _at(whole, last.start, opening), _at(whole, whole.end, ")")
            yield _written((*edits, *second), whole, f"{brief} (y -> … )")
    if joined in MERGE_LAYERS and len(operands) == 2 and isinstance(operands[-1], tree.Call):
        between = Edit(Span(whole.file, first.end, last.start), ", ")
        merge = f"] -> {MERGE_LAYERS[joined]}()"
        fork = (_at(whole, first.start, "["), between, _at(whole, last.end, merge))
        yield _written(fork, whole, f"x -> [ …, … {merge}")


def _moved_sign(first: tree.Expr, span_of: WholeSpan) -> tuple[str, tuple[Edit, ...]]:
    """`x -> -f()` is `-(x -> f())`: give the sign, and the edit that takes it away where it stands."""
    if not isinstance(first, tree.Unary) or span_of(first) != first.span or first.op == "not":
        return "", ()
    start = first.span.start
    return first.op, (Edit(Span(first.span.file, start, start + len(first.op)), ""),)


def _openings(first: tree.Expr) -> tuple[str, ...]:
    """Say how a chain begins in parentheses: where its first stage may be a layer, with what arrives at it."""
    if isinstance(first, tree.Call):
        return ("(",) if isinstance(first.function, tree.Attribute) else ("(_ -> ",)
    stands_for_both = (tree.ListExpr, tree.Braced, tree.Conditional)
    return ("(", "(_ -> ") if isinstance(first, stands_for_both) else ("(",)


def _at(span: Span, offset: int, text: str) -> Edit:
    return Edit(Span(span.file, offset, offset), text)


def _written(edits: tuple[Edit, ...], whole: Span, brief: str) -> Fix:
    """Make a fix that shows the text after it, or only its form where that is long."""
    shown = text_after(whole, edits)
    if len(shown) > _LONGEST_LINE or "\n" in shown:
        shown = brief
    return Fix(edits, text=f"write `{shown}`")


def too_long_a_run(span: Span, most: int) -> Diagnostic:
    first = Span(span.file, span.start, min(span.start + 1, span.end))
    return TooDeep.at(
        first,
        f"more than {most} operators in a row begin here",
        help="add tensors with one `Add()` over a list, values with `sum([…])`",
    )


def too_many_loops(span: Span, most: int) -> Diagnostic:
    first = Span(span.file, span.start, min(span.start + 1, span.end))
    return TooDeep.at(
        first,
        f"more than {most} loops stand inside one another here",
        help="put the inner ones into a `block` of their own",
    )


def lowercase_constant(span: Span, word: str) -> Diagnostic:
    spelled = LOWERCASE[word]
    fix = Fix((Edit(span, spelled),), safe=True)
    return LowercaseConstant.at(
        span, "a name that means nothing", help=f"write `{spelled}`", fix=fix, word=word
    )


def _operands(operation: tree.Expr, span_of: WholeSpan) -> Iterator[tree.Expr]:
    """Give the first and the further operands of a row of operators, from the left."""
    further: list[tree.Expr] = []
    if isinstance(operation, tree.Compare):
        further.extend(reversed(operation.operands))
        operation = operation.first
    while isinstance(operation, tree.Binary) and not (
        further and span_of(operation) != operation.span
    ):
        further.append(operation.right)
        operation = operation.left
    yield operation
    yield from reversed(further)


def in_arguments(arguments: Sequence[tree.Argument]) -> Iterator[Diagnostic]:
    """Find the first positional argument after a named one, and names given twice."""
    named: dict[str, tree.Argument] = {}
    is_told = False
    for index, argument in enumerate(arguments):
        if argument.name is None:
            if named and not argument.star and not is_told:
                is_told = True
                yield _positional_after(arguments, index, next(reversed(named.values())))
        elif argument.name in named:
            yield _given_twice(argument, named[argument.name])
        else:
            named[argument.name] = argument


def _positional_after(
    arguments: Sequence[tree.Argument], index: int, before: tree.Argument
) -> Diagnostic:
    argument = arguments[index]
    return ArgumentOrder.at(
        argument.span,
        f"an argument without a name follows `{before.name}=`",
        related=[Label(before.name_span or before.span, "a named argument")],
        help="give this argument its name, or put it before the named ones",
        fix=first_that_helps([_moved_forward(arguments, index), _without_names(arguments, index)]),
    )


def _moved_forward(arguments: Sequence[tree.Argument], index: int) -> Fix:
    """`Dense(activation=relu, 10)` may mean `Dense(10, activation=relu)`."""
    argument = arguments[index]
    first = next(a for a in arguments if a.name is not None)
    text = argument.span.text
    gone = Span(argument.span.file, arguments[index - 1].span.end, argument.span.end)
    edits = _at(first.span, first.span.start, f"{text}, "), Edit(gone, "")
    return Fix(edits, text=f"put `{shorten(text)}` before the named arguments")


def _without_names(arguments: Sequence[tree.Argument], index: int) -> Fix:
    """`Conv2D(filters=64, 3)` may mean `Conv2D(64, 3)`."""
    named = [a for a in arguments[:index] if a.name is not None]
    edits = [Edit(Span(a.span.file, a.span.start, a.value.span.start), "") for a in named]
    names = ", ".join(f"`{a.name}=`" for a in named)
    return Fix(tuple(edits), text=f"give all of them by their place: leave {names} out")


def _given_twice(argument: tree.Argument, before: tree.Argument) -> Diagnostic:
    return ArgumentOrder.at(
        argument.name_span or argument.span,
        f"`{argument.name}` is given a second time",
        related=[Label(before.name_span or before.span, "first given here")],
        help="keep one of the two",
    )


def in_parameters(parameters: Sequence[tree.Parameter]) -> Iterator[Diagnostic]:
    """Find a parameter without a default after one with a default, and a name used twice."""
    if len(parameters) > MOST_PARAMETERS:
        place = parameters[MOST_PARAMETERS].span
        yield TooLarge.at(
            place, f"more than {MOST_PARAMETERS:,} parameters", help="group them in lists"
        )
        return
    seen: dict[str, tree.Parameter] = {}
    for parameter in parameters:
        if parameter.name in seen:
            yield ArgumentOrder.at(
                parameter.name_span,
                f"a second parameter named `{parameter.name}`",
                related=[Label(seen[parameter.name].name_span, "the first one")],
                help="give each parameter its own name",
            )
        previous = next(reversed(seen.values()), None)
        if previous and previous.default is not None and parameter.default is None:
            yield ArgumentOrder.at(
                parameter.name_span,
                f"`{parameter.name}` has no default and follows `{previous.name}`, which has one",
                related=[Label(previous.name_span, "has a default")],
                help=f"give `{parameter.name}` a default, or put it before `{previous.name}`",
            )
        seen.setdefault(parameter.name, parameter)


#: What `extern` declares beside a layer and a function: classes that are configured where Keras takes such an object.
EXTERN_FAMILIES = (
    "regularizer", "constraint", "initializer", "loss", "metric", "schedule", "callback", "optimizer",
)  # fmt: skip


#: What a function is called elsewhere.
_ELSEWHERE = {"def": "fn", "func": "fn", "function": "fn", "lambda": "fn"}


def in_family(family: Span, name: Span) -> Iterator[Diagnostic]:
    """Find a word behind `extern` that is no kind of object: `extern class Mine() from "m"`."""
    if family.text in EXTERN_FAMILIES:
        return
    near = _ELSEWHERE.get(family.text) or closest(family.text, (*EXTERN_FAMILIES, "layer", "fn"))
    listed = ", ".join(f"`{word}`" for word in ("layer", "fn", *EXTERN_FAMILIES))
    fix = Fix((Edit(family, near),), safe=True) if near and near != "layer" else None
    yield UnexpectedToken.at(
        family,
        f"what `{shorten(name.text)}` is is expected here",
        help=f"write `extern {near} …`" if near else f"write one of {listed}",
        fix=fix,
        found=shorten(family.text),
    )


def in_comparison(compared: tree.Compare) -> Iterator[Diagnostic]:
    """Find `output y <- x -> Dense(4)`, which reads as a comparison of `y` with a negative."""
    file = compared.span.file
    start, end = compared.first.span.end, compared.operands[0].span.start + 1
    if file.text[start:end].strip() == "<-" and file.text[end : end + 1] == " ":
        yield leftward(Span(file, end - 2, end))


def leftward(span: Span) -> Diagnostic:
    """Word an arrow that points to the left, at the start of a statement."""
    return OtherArrow.at(
        span,
        "the arrow points to the right, from a tensor to a layer",
        help="write `=` to give a name what it stands for",
        fix=Fix((Edit(span, "="),), safe=True),
        written="<-",
    )
