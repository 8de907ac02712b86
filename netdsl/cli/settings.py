"""Reads `--set name=value` and `--at H=224,W=224`.

A value is written as in a spec (`10`, `"a"`, `[16, 32]`, `relu`, `HeNormal(seed=1)`) and read by the language's own
parser, so that the command line and a spec agree on what a value is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from netdsl.catalog.kind import Identifier, ObjectValue
from netdsl.catalog.signature import (
    FAMILY_MODULES,
    dtype_names,
    families_of,
    identifiers,
    policy_names,
)
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import files as problems
from netdsl.diagnostics.sink import Diagnostics
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.limits import LimitReached
from netdsl.record import record
from netdsl.source import SourceFile, Span
from netdsl.syntax import tree
from netdsl.syntax.parse import parse
from netdsl.value import Value

MAX_SIZE = 2**31


@record
class Given:
    """What was given by name, each with the place of its name on the command line."""

    settings: Mapping[str, tuple[Value, Span]]
    sizes: Mapping[str, tuple[int, Span]]


class NotConstant(Exception):
    """The expression is not one that stands on its own."""


def read_settings(
    written: Iterable[str], report: Callable[[Diagnostic], None]
) -> dict[str, tuple[Value, Span]]:
    """Read every `--set`: the value by name, and where the name stands. The last of a name counts."""
    found: dict[str, tuple[Value, Span]] = {}
    for text in written:
        file = SourceFile("--set", text)
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            report(_not_a_value(Span(file, 0, len(text)), "is not `name=value`"))
            continue
        at = Span(file, len(name) + 1, len(text))
        try:
            found[name.strip()] = (_read_value(value), Span(file, 0, len(name.rstrip())))
        except (NotConstant, values.ValueProblem, LimitReached) as problem:
            report(
                _not_a_value(at, str(problem) or "is not a value of a spec", _quoted(name, value))
            )
    return found


def _not_a_value(span: Span, label: str, help: str = "") -> Diagnostic:
    return problems.NotAValue.at(span, label, option="set", help=help)


def _quoted(name: str, value: str) -> str:
    if not value.strip() or "'" in value or '"' in value:
        return ""
    return f"a string keeps its quotes: `--set '{name}=\"{value}\"'`"


def _read_value(text: str) -> Value:
    sink = Diagnostics()
    module = parse(SourceFile("--set", f"let value = {text}\n"), sink)
    match module.statements:
        case (tree.Let(_, _, expr),) if not sink.has_errors:
            return constant(expr)
        case _:
            raise NotConstant


def constant(expr: tree.Expr) -> Value:
    """Evaluate an expression that needs no names of a file."""
    match expr:
        case tree.Literal(_, value):
            return value
        case tree.ListExpr(_, items):
            return [constant(item) for item in items]
        case tree.TupleExpr(_, items):
            return tuple(constant(item) for item in items)
        case tree.DictExpr(_, pairs):
            return {constant(key): constant(value) for key, value in pairs}
        case tree.Unary(_, op, operand):
            return values.unary(op, constant(operand))
        case tree.Binary(_, op, left, right) if op not in ("and", "or"):
            return values.binary(op, constant(left), constant(right))
        case tree.Name() | tree.Attribute():
            return _identifier(expr.span.text)
        case tree.Call(_, function, arguments):
            return _configured(function.span.text, arguments)
        case _:
            raise NotConstant


def _identifier(name: str) -> Identifier:
    """Read a bare name, which has to be one of Keras: there is no file here that could bind it."""
    last = name.rpartition(".")[2]
    known = families_of(last) or last in {*dtype_names(), *policy_names()}
    if not known and not any(last in identifiers(family) for family in FAMILY_MODULES):
        raise NotConstant(f"`{name}` is no name of Keras's")
    return Identifier(name)


def _configured(kind: str, arguments: Iterable[tree.Argument]) -> ObjectValue:
    """Read an object of the catalogue, such as `L2(1e-4)`."""
    families = [family for family in families_of(kind) if family != "layer"]
    if not families:
        raise NotConstant(f"`{kind}` is not in the catalogue")
    given: dict[str, Value] = {}
    for argument in arguments:
        if argument.name is None:
            raise NotConstant(f"the arguments of `{kind}` are written by name here")
        given[argument.name] = constant(argument.value)
    return ObjectValue(families[0], kind, given)


def read_sizes(
    written: Iterable[str], report: Callable[[Diagnostic], None]
) -> dict[str, tuple[int, Span]]:
    """Read every `--at`: comma-separated `name=size`."""
    found: dict[str, tuple[int, Span]] = {}
    for text in written:
        file, start = SourceFile("--at", text), 0
        for part in text.split(","):
            name, _, size = part.partition("=")
            span = Span(file, start, start + len(part))
            start += len(part) + 1
            digits = size.strip()
            is_size = digits.isascii() and digits.isdigit() and len(digits) < 12
            if name.strip().isidentifier() and is_size and 0 < int(digits) <= MAX_SIZE:
                found[name.strip()] = (int(digits), span)
            else:
                report(
                    problems.NotAValue.at(
                        span,
                        "is not a name and a whole number from 1",
                        option="at",
                        help="write `--at H=224,W=224`",
                    )
                )
    return found


def unknown_size(name: str, span: Span, known: Iterable[str]) -> Diagnostic:
    """Report a size of a dimension that no input has."""
    have = ", ".join(f"`{other}`" for other in known)
    label = f"the inputs have {have}" if have else "the inputs have numbers for sizes"
    return problems.UnknownSize.at(span, label, name=name)
