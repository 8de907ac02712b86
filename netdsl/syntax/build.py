"""Turns what the parser has read into the nodes of `netdsl/syntax/tree.py`.

The parser calls a method of `Builder` for each rule it completes, bottom up, with the rule's span and the values of
its parts; a method is named for its rule in `grammar/netdsl.lark`. What the grammar cannot say (an arrow binds
last, a number has an end) is checked here and reported; the statement around such a fault is left out.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.source import SourceFile, Span
from netdsl.syntax import faults, tree
from netdsl.syntax.fstrings import Hole, split_fstring
from netdsl.syntax.literals import Flaw, read_number, read_string
from netdsl.syntax.tokens import Tokens

_CONSTANTS = {"True": True, "False": False, "None": None}
# What may be applied by an arrow only in parentheses: an operator after it would seem to bind first.
_OPERATIONS = (tree.Binary, tree.Unary, tree.Compare)

# An expression of these may lean to the left as far as it is long, and later passes recurse.
_LEANING = (tree.Binary, tree.Call, tree.Subscript, tree.Attribute)
_Leaning = TypeVar("_Leaning", tree.Binary, tree.Call, tree.Subscript, tree.Attribute)
_LONGEST_RUN = 1000
# Each sign is a pair of parentheses in the generated Python, which nests no more than 200 of them.
_MOST_SIGNS = 100

ParseExpression = Callable[[Tokens], "tree.Expr | Diagnostic"]


class Faulty(NamedTuple):
    """Stands in a list of statements for one that is left out, until the list is complete."""

    span: Span
    faults: tuple[Diagnostic, ...]


# `10,000`, which is two numbers.
_THOUSANDS = re.compile(r"[0-9],0+$")


class Builder:
    """Makes nodes. `report` takes a diagnostic; `parse_expression` reads the tokens of an f-string's hole."""

    def __init__(
        self,
        file: SourceFile,
        report: Callable[[Diagnostic], None],
        parse_expression: ParseExpression,
    ) -> None:
        self._file = file
        self._report = report
        self._parse_expression = parse_expression
        self._faults: list[Diagnostic] = []
        # Operations in parentheses by identity; kept alive here, so that no identity is given twice.
        self._grouped: dict[int, tree.Expr] = {}
        # How deep an expression leans to the left (`a + b + c`, `f(a)(b)`), by its outermost node.
        self._runs: dict[int, tuple[tree.Expr, int]] = {}
        # How many signs stand in a row (`- - x`, `not not x`), by the outermost.
        self._signs: dict[int, tuple[tree.Expr, int]] = {}

    def fault(self, diagnostic: Diagnostic) -> None:
        """Have a fault reported, and the statement around it left out."""
        self._faults.append(diagnostic)

    def forget_after(self, offset: int) -> None:
        """Drop the faults of a statement that could not be read to its end: one message is enough."""
        self._faults = [fault for fault in self._faults if fault.primary.span.start < offset]

    def _add(self, span: Span, statements: Sequence[Any]) -> list[Any]:
        """Put a statement at the end of its list, or what stands for it if it holds faults."""
        if not statements:
            return []
        found: list[Any] = statements[0]
        statement = statements[1]
        start = statement.span.start
        faults_within = [fault for fault in self._faults if fault.primary.span.start >= start]
        if faults_within:
            self.forget_after(start)
            found.append(Faulty(statement.span, tuple(faults_within)))
        else:
            found.append(statement)
        return found

    def _sound(self, statements: list[Any]) -> tuple[Any, ...]:
        """Report the faults of a list of statements, and give those that have none."""
        for statement in statements:
            if isinstance(statement, Faulty):
                for fault in statement.faults:
                    self._report(fault)
        return tuple(s for s in statements if not isinstance(s, Faulty))

    # -- a file ---------------------------------------------------------------------------------

    def module(self, span: Span, docstring: str | None, statements: list[Any]) -> tree.Module:
        whole = Span(self._file, 0, len(self._file.text))
        return tree.Module(whole, self._file, docstring, self._sound(statements))

    def docstring(self, span: Span, literal: Span) -> str:
        return self._string_value(literal)

    def top_statements(self, span: Span, *parts: Any) -> list[Any]:
        return self._add(span, parts)

    def body_statements(self, span: Span, *parts: Any) -> list[Any]:
        return self._add(span, parts)

    def settings(self, span: Span, *parts: Any) -> list[Any]:
        return self._add(span, parts)

    def import_from(
        self, span: Span, source: tuple[Span, str | None], *names: tree.ImportedName
    ) -> tree.Import:
        where, module = source
        path = self._string_value(where) if module is None else None
        return tree.Import(span, path, module, names, where)

    def file_source(self, span: Span, literal: Span) -> tuple[Span, str | None]:
        return span, None

    def module_source(self, span: Span, *parts: Span) -> tuple[Span, str | None]:
        return span, ".".join(part.text for part in parts)

    def imported_name(self, span: Span, name: Span, alias: Span | None) -> tree.ImportedName:
        return tree.ImportedName(span, self._id(name), None if alias is None else self._id(alias))

    def let(self, span: Span, name: Span, value: tree.Expr) -> tree.Let:
        return tree.Let(span, self._id(name), value, name)

    def function(
        self, span: Span, name: Span, parameters: tuple[tree.Parameter, ...], value: tree.Expr
    ) -> tree.Function:
        return tree.Function(span, self._id(name), parameters, value, name)

    def defaults(self, span: Span, layer: Span, *arguments: tree.Argument) -> tree.Defaults:
        return tree.Defaults(span, self._id(layer), self._checked(arguments), layer)

    def block(
        self,
        span: Span,
        name: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        body: tree.Expr | tree.Body,
    ) -> tree.Block:
        return tree.Block(span, self._id(name), parameters or (), body, name)

    def model(
        self, span: Span, name: Span, parameters: tuple[tree.Parameter, ...] | None, body: tree.Body
    ) -> tree.Model:
        return tree.Model(span, self._id(name), parameters or (), body, name)

    def specialised_model(self, span: Span, name: Span, value: tree.Expr) -> tree.SpecialisedModel:
        return tree.SpecialisedModel(span, self._id(name), value, name)

    def train(
        self, span: Span, model: Span, docstring: str | None, settings: list[tree.Setting]
    ) -> tree.Train:
        return tree.Train(span, self._id(model), self._sound(settings), model, docstring)

    def setting(self, span: Span, name: Span, value: tree.Expr) -> tree.Setting:
        return tree.Setting(span, self._id(name), value, name)

    def extern_layer(
        self,
        span: Span,
        name: Span,
        parameters: tuple[tree.Parameter, ...] | None,
        inputs: tuple[tree.TensorType, ...],
        outputs: tuple[tree.TensorType, ...],
        weights: tuple[tree.TensorType, ...] | None,
        module: Span,
    ) -> tree.ExternLayer:
        path = self._string_value(module)
        return tree.ExternLayer(
            span,
            self._id(name),
            parameters or (),
            inputs,
            outputs,
            weights or (),
            path,
            name,
            module,
        )

    def owned_weights(self, span: Span, *types: tree.TensorType) -> tuple[tree.TensorType, ...]:
        return types

    def extern_fn(self, span: Span, name: Span, module: Span) -> tree.ExternFn:
        return tree.ExternFn(span, self._id(name), self._string_value(module), name, module)

    def parameters(self, span: Span, *parameters: tree.Parameter) -> tuple[tree.Parameter, ...]:
        for problem in faults.in_parameters(parameters):
            self.fault(problem)
        return parameters

    def parameter(
        self, span: Span, name: Span, type_name: Span | None, default: tree.Expr | None
    ) -> tree.Parameter:
        written = None if type_name is None else self._id(type_name)
        return tree.Parameter(span, self._id(name), written, default, name, type_name)

    # -- bodies ---------------------------------------------------------------------------------

    def body(self, span: Span, docstring: str | None, statements: list[Any]) -> tree.Body:
        return tree.Body(span, docstring, self._sound(statements))

    def input(self, span: Span, name: Span, type_: tree.TensorType | None) -> tree.Input:
        return tree.Input(span, self._id(name), type_, name)

    def assertion(self, span: Span, condition: tree.Expr, message: tree.Expr | None) -> tree.Assert:
        return tree.Assert(span, condition, message)

    def layer(self, span: Span, name: Span, value: tree.Expr) -> tree.LayerDecl:
        return tree.LayerDecl(span, self._id(name), value, name)

    def bind(self, span: Span, target: tree.Pattern, value: tree.Expr) -> tree.Bind:
        return tree.Bind(span, target, value)

    def plain_output(self, span: Span, value: tree.Expr) -> tree.Output:
        if isinstance(value, tree.Pipe) and isinstance(value.stages[0], tree.Compare):
            for problem in faults.in_comparison(value.stages[0]):
                self.fault(problem)
        return tree.Output(span, None, value)

    def named_output(self, span: Span, name: Span, value: tree.Expr) -> tree.Output:
        return tree.Output(span, self._id(name), value, name)

    # -- patterns -------------------------------------------------------------------------------

    def name_target(self, span: Span, name: Span) -> tree.NamePattern:
        return tree.NamePattern(span, self._id(name))

    name_pattern = name_target

    def tuple_pattern(self, span: Span, *parts: tree.Pattern) -> tree.TuplePattern:
        return tree.TuplePattern(span, parts)

    def pattern_group(self, span: Span, pattern: tree.Pattern) -> tree.Pattern:
        return pattern

    # -- tensor types ---------------------------------------------------------------------------

    def tensor_type(
        self,
        span: Span,
        dtype: Span | None,
        dims: tuple[tree.Expr, ...] | None,
        options: tuple[tree.Argument, ...] | None,
    ) -> tree.TensorType:
        name = None if dtype is None else self._id(dtype)
        return tree.TensorType(span, name, dims or (), self._checked(options or ()), dtype)

    def dimensions(self, span: Span, *dims: tree.Expr) -> tuple[tree.Expr, ...]:
        return dims

    def unknown_dimension(self, span: Span) -> tree.Arriving:
        return tree.Arriving(span)

    def tensor_types(self, span: Span, *types: tree.TensorType) -> tuple[tree.TensorType, ...]:
        return types

    # -- chains ---------------------------------------------------------------------------------

    def pipe(self, span: Span, *stages: tree.Expr) -> tree.Pipe:
        for stage in stages[1:]:
            if isinstance(stage, _OPERATIONS) and id(stage) not in self._grouped:
                self.fault(faults.operation_after_arrow(stages, stage))
        return tree.Pipe(span, stages)

    def as_name(self, span: Span, stage: tree.Expr, name: Span) -> tree.As:
        return tree.As(span, stage, self._id(name), name)

    def repeat(self, span: Span, word: Span, count: tree.Expr, body: tree.Expr) -> tree.Repeat:
        return tree.Repeat(span, count, body)

    def for_each(
        self, span: Span, target: tree.Pattern, iterable: tree.Expr, body: tree.Expr
    ) -> tree.For:
        return tree.For(span, target, iterable, body)

    def choice(
        self, span: Span, condition: tree.Expr, then: tree.Expr, otherwise: tree.Expr | None
    ) -> tree.If:
        return tree.If(span, condition, then, otherwise)

    # -- operators ------------------------------------------------------------------------------

    def conditional(
        self, span: Span, then: tree.Expr, condition: tree.Expr, otherwise: tree.Expr
    ) -> tree.Conditional:
        return tree.Conditional(span, condition, then, otherwise)

    def binary(self, span: Span, left: tree.Expr, op: Span, right: tree.Expr) -> tree.Binary:
        return self._follow_run(left, tree.Binary(span, op.text, left, right, op))

    def unary(self, span: Span, op: Span, operand: tree.Expr) -> tree.Unary:
        node = tree.Unary(span, op.text, operand)
        depth = self._signs.get(id(operand), (operand, 0))[1] + 1
        self._signs[id(node)] = (node, depth)
        if depth == _MOST_SIGNS + 1:
            self.fault(faults.too_long_a_run(span, _MOST_SIGNS))
        return node

    def compare(self, span: Span, first: tree.Expr, *rest: Any) -> tree.Compare:
        return tree.Compare(span, first, rest[::2], rest[1::2])

    def comparator(self, span: Span, *words: Span) -> str:
        return " ".join(word.text for word in words)

    def call(self, span: Span, function: tree.Expr, *arguments: tree.Argument) -> tree.Call:
        return self._follow_run(function, tree.Call(span, function, self._checked(arguments)))

    def _follow_run(self, left: tree.Expr, node: _Leaning) -> _Leaning:
        """Count how far an expression leans to the left, and report one that later passes cannot follow."""
        if isinstance(left, _LEANING):
            length = self._runs.pop(id(left), (left, 1))[1] + 1
            self._runs[id(node)] = node, length
            if length == _LONGEST_RUN + 1:
                self.fault(faults.too_long_a_run(left.span, _LONGEST_RUN))
        return node

    def subscript(self, span: Span, value: tree.Expr, index: tree.Expr) -> tree.Subscript:
        return self._follow_run(value, tree.Subscript(span, value, index))

    def attribute(self, span: Span, value: tree.Expr, name: Span) -> tree.Attribute:
        return self._follow_run(value, tree.Attribute(span, value, self._id(name), name))

    def ellipsis(self, span: Span) -> tree.Literal:
        return tree.Literal(span, ..., "...")

    def slice_index(
        self, span: Span, start: tree.Expr | None, stop: tree.Expr | None, step: tree.Expr | None
    ) -> tree.Slice:
        return tree.Slice(span, start, stop, step)

    def slice_step(self, span: Span, step: tree.Expr | None) -> tree.Expr | None:
        return step

    # -- arguments ------------------------------------------------------------------------------

    def arguments(self, span: Span, *arguments: tree.Argument) -> tuple[tree.Argument, ...]:
        return arguments

    def positional(self, span: Span, value: tree.Expr) -> tree.Argument:
        return tree.Argument(span, None, value)

    def named(self, span: Span, name: Span, value: tree.Expr) -> tree.Argument:
        return tree.Argument(span, self._id(name), value, "", name)

    def argument_name(self, span: Span, name: Span) -> Span:
        return name

    def spread(self, span: Span, star: Span, value: tree.Expr) -> tree.Argument:
        return tree.Argument(span, None, value, star.text)

    def generator_argument(
        self, span: Span, element: tree.Expr, *clauses: tree.Clause
    ) -> tree.Argument:
        return tree.Argument(span, None, tree.Comprehension(span, element, clauses, "("))

    def _checked(self, arguments: tuple[tree.Argument, ...]) -> tuple[tree.Argument, ...]:
        for problem in faults.in_arguments(arguments):
            self.fault(problem)
        return arguments

    # -- atoms ----------------------------------------------------------------------------------

    def name(self, span: Span, word: Span) -> tree.Name | tree.Literal:
        name = self._id(word)
        if name in faults.LOWERCASE and not self._file.text[span.end :][:9].lstrip().startswith(
            "("
        ):
            self._report(faults.lowercase_constant(span, name))
            constant = faults.LOWERCASE[name]
            return tree.Literal(span, _CONSTANTS[constant], constant)
        return tree.Name(span, name)

    def arriving(self, span: Span, word: Span) -> tree.Arriving:
        return tree.Arriving(span)

    def constant(self, span: Span, word: Span) -> tree.Literal:
        text = word.text
        return tree.Literal(span, _CONSTANTS[text], text)

    def number(self, span: Span, word: Span) -> tree.Literal:
        text = word.text
        value = read_number(text)
        if text.startswith("00") and _THOUSANDS.search(self._file.text[: span.end][-9:]):
            self.fault(faults.thousands(span))
        if isinstance(value, Flaw):
            self.fault(faults.number(span, value))
            value = 0
        return tree.Literal(span, value, text)

    def string(self, span: Span, *literals: Span) -> tree.Literal | tree.FString:
        """Read one literal, or several side by side, which are one string as in Python."""
        parts: list[str | tree.FormattedPart] = []
        is_formatted = False
        for literal in literals:
            if "f" in literal.text.lstrip("rR")[:1].lower():
                is_formatted = True
                parts.extend(self._fstring_parts(literal))
            else:
                parts.append(self._string_value(literal))
        if is_formatted:
            return tree.FString(span, tuple(_join_texts(parts)), span.text)
        return tree.Literal(
            span, "".join(part for part in parts if isinstance(part, str)), span.text
        )

    def _fstring_parts(self, literal: Span) -> list[str | tree.FormattedPart]:
        found = split_fstring(self._file, literal.start, literal.end)
        if isinstance(found, Flaw):
            self.fault(faults.fstring(Span(self._file, found.start, found.end), found))
            return []
        parts: list[str | tree.FormattedPart] = []
        for part in found:
            if isinstance(part, str):
                parts.append(part)
            elif (value := self._hole_value(part)) is not None:
                span = Span(self._file, part.start, part.end)
                parts.append(tree.FormattedPart(span, value, part.conversion, part.format_spec))
        return parts

    def _hole_value(self, hole: Hole) -> tree.Expr | None:
        value = self._parse_expression(hole.tokens)
        if isinstance(value, Diagnostic):
            self.fault(value)
            return None
        return value

    def _string_value(self, literal: Span) -> str:
        value = read_string(literal.text)
        if isinstance(value, Flaw):
            span = Span(self._file, literal.start + value.start, literal.start + value.end)
            self.fault(faults.string(span, value))
            return ""
        return value

    # -- lists, tuples, dicts -------------------------------------------------------------------

    def group(self, span: Span, value: tree.Expr) -> tree.Expr:
        if isinstance(value, _OPERATIONS):
            self._grouped[id(value)] = value
        return value

    def list_display(self, span: Span, *items: tree.Expr) -> tree.ListExpr:
        return tree.ListExpr(span, items)

    def list_comprehension(
        self, span: Span, element: tree.Expr, *clauses: tree.Clause
    ) -> tree.Comprehension:
        return tree.Comprehension(span, element, clauses)

    def generator(
        self, span: Span, element: tree.Expr, *clauses: tree.Clause
    ) -> tree.Comprehension:
        return tree.Comprehension(span, element, clauses, "(")

    def tuple_display(self, span: Span, *items: tree.Expr) -> tree.TupleExpr:
        return tree.TupleExpr(span, items)

    def starred(self, span: Span, value: tree.Expr) -> tree.Starred:
        return tree.Starred(span, value)

    def dict_display(self, span: Span, *items: tuple[tree.Expr, tree.Expr]) -> tree.DictExpr:
        return tree.DictExpr(span, items)

    def pair(self, span: Span, key: tree.Expr, value: tree.Expr) -> tuple[tree.Expr, tree.Expr]:
        return key, value

    def dict_comprehension(
        self, span: Span, pair: tuple[tree.Expr, tree.Expr], *clauses: tree.Clause
    ) -> tree.DictComprehension:
        return tree.DictComprehension(span, *pair, clauses)

    def clause(
        self, span: Span, target: tree.Pattern, iterable: tree.Expr, *conditions: tree.Expr
    ) -> tree.Clause:
        return tree.Clause(span, target, iterable, conditions)

    def _id(self, word: Span) -> str:
        """Give a name as Python compares names, in Unicode's normal form KC."""
        text = word.text
        return sys.intern(text if text.isascii() else unicodedata.normalize("NFKC", text))


def _join_texts(parts: Sequence[str | tree.FormattedPart]) -> list[str | tree.FormattedPart]:
    joined: list[str | tree.FormattedPart] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined
