"""Turns expressions, chains and calls into nodes: the half of the builder that looks inside statements.

What the grammar cannot say (an arrow binds last, a number has an end) is checked here.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.source import SourceFile, Span
from netdsl.syntax import faults, tree
from netdsl.syntax.fstrings import Hole, split_fstring
from netdsl.syntax.literals import Flaw, read_number, read_string
from netdsl.syntax.tokens import Room, Tokens
from netdsl.syntax.walk import is_of_ops

_CONSTANTS = {"True": True, "False": False, "None": None}
_COMPARATOR_WORDS = frozenset({"<", "<=", ">", ">=", "==", "!=", "not", "is", "in"})
# What may be applied by an arrow only in parentheses: an operator after it would seem to bind first.
_OPERATIONS = (tree.Binary, tree.Unary, tree.Compare)

# An expression of these may lean to the left as far as it is long, and later passes recurse.
_LEANING = (tree.Binary, tree.Call, tree.Subscript, tree.Attribute)
_Leaning = TypeVar("_Leaning", tree.Binary, tree.Call, tree.Subscript, tree.Attribute)
_LONGEST_RUN = 1000
# Each sign is a pair of parentheses in the generated Python, which nests no more than 200 of them.
_MOST_SIGNS = 100

# Python has no more loops inside one another in one function.
_MOST_LOOPS = 20

# Reading a hole takes as long as so many tokens, beside those in it, and wording what is wrong with one; and so many
# escapes take as long as a token.
_TOKENS_OF_A_HOLE, _TOKENS_OF_A_FAULT, _ESCAPES_OF_A_TOKEN = 10, 100, 8

ParseExpression = Callable[[Tokens], "tree.Expr | Diagnostic"]

# `10,000`, which is two numbers.
_THOUSANDS = re.compile(r"[0-9],0+$")


class ExpressionBuilder:
    """Makes nodes. `report` takes a diagnostic; `parse_expression` reads the tokens of an f-string's hole.

    `room` is for what stands inside literals.
    """

    def __init__(
        self,
        file: SourceFile,
        report: Callable[[Diagnostic], None],
        parse_expression: ParseExpression,
        room: Room,
    ) -> None:
        self._file = file
        self._room = room
        self._report = report
        self._parse_expression = parse_expression
        self._faults: list[Diagnostic] = []
        self.has_left_out = False  # a statement that holds a fault
        # What stands in parentheses, with their span, by identity; kept alive, so that no identity is given twice.
        self._grouped: dict[int, tuple[tree.Expr, Span]] = {}
        # How deep an expression leans to the left (`a + b + c`, `f(a)(b)`), by its outermost node.
        self._runs: dict[int, tuple[tree.Expr, int]] = {}
        # Where the loops that were read last begin, and how deep those inside them go.
        self._loops: list[tuple[int, int]] = []
        # How many signs stand in a row (`- - x`, `not not x`), by the outermost.
        self._signs: dict[int, tuple[tree.Expr, int]] = {}

    def fault(self, diagnostic: Diagnostic) -> None:
        """Have a fault reported, and the statement around it left out."""
        self._faults.append(diagnostic)

    def forget_after(self, offset: int) -> None:
        """Drop the faults of a statement that could not be read to its end: one message is enough."""
        self._faults = [fault for fault in self._faults if fault.primary.span.start < offset]

    def pipe(self, span: Span, *stages: tree.Expr) -> tree.Pipe:
        for stage in stages[1:]:
            operation = stage
            if isinstance(stage, tree.As) and not self._is_grouped(stage):
                operation = stage.stage  # `x -> f() + y as z`
            if isinstance(operation, _OPERATIONS) and not self._is_grouped(operation):
                self.fault(
                    faults.operation_after_arrow(span, stages, stage, operation, self._whole)
                )
        return tree.Pipe(span, stages)

    def as_name(self, span: Span, stage: tree.Expr, name: Span) -> tree.As:
        return tree.As(span, stage, self._id(name), name)

    def as_one_of(self, span: Span, stage: tree.Expr, star: Span, name: Span) -> tree.As:
        return tree.As(span, stage, self._id(name), name, gathers=True)

    def repeat(self, span: Span, word: Span, count: tree.Expr, body: tree.Expr) -> tree.Repeat:
        self._follow_loop(span, body)
        return tree.Repeat(span, count, body)

    def for_each(
        self, span: Span, target: tree.Pattern, iterable: tree.Expr, body: tree.Expr
    ) -> tree.For:
        self._follow_loop(span, body)
        return tree.For(span, target, iterable, body)

    def _follow_loop(self, span: Span, body: tree.Expr, levels: int = 1) -> None:
        """Count how many loops stand in one another, and report where Python could not have as many."""
        inside = 0
        while self._loops and self._loops[-1][0] >= span.start:
            start, depth = self._loops.pop()
            if body.span.start <= start < body.span.end:
                inside = max(inside, depth)
        self._loops.append((span.start, inside + levels))
        if inside <= _MOST_LOOPS < inside + levels:
            self.fault(faults.too_many_loops(span, _MOST_LOOPS))

    def _comprehension(
        self, span: Span, element: tree.Expr, clauses: tuple[tree.Clause, ...], bracket: str = "["
    ) -> tree.Comprehension:
        self._follow_loop(span, element, len(clauses))
        return tree.Comprehension(span, element, clauses, bracket)

    def choice(
        self, span: Span, condition: tree.Expr, then: tree.Expr, otherwise: tree.Expr | None
    ) -> tree.If:
        return tree.If(span, condition, then, otherwise)

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

    def compare(self, span: Span, first: tree.Expr, *rest: Any) -> tree.Compare:  # in turn
        return tree.Compare(span, first, rest[::2], rest[1::2])

    def comparator(self, span: Span, *words: Span) -> str:
        # Of the words here a repair may set `in` alone, at the place of what was written instead.
        return " ".join(w.text if w.text in _COMPARATOR_WORDS else "in" for w in words)

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
        return tree.Argument(span, None, self._comprehension(span, element, clauses, "("))

    def _checked(self, arguments: tuple[tree.Argument, ...]) -> tuple[tree.Argument, ...]:
        for problem in faults.in_arguments(arguments):
            self.fault(problem)
        return arguments

    def name(self, span: Span, word: Span) -> tree.Name | tree.Literal:
        name = self._id(word)
        if name in faults.LOWERCASE and not self._file.text[
            span.end : span.end + 9
        ].lstrip().startswith("("):
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
        if text.startswith("00") and _THOUSANDS.search(
            self._file.text, max(0, span.end - 9), span.end
        ):
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
        parts: list[str | tree.FormattedPart] = []
        if not self._has_room(literal, 0):
            return parts
        for part in split_fstring(self._file, literal.start, literal.end):
            if isinstance(part, Flaw):
                self.fault(faults.fstring(Span(self._file, part.start, part.end), part))
                return []
            if isinstance(part, str):
                parts.append(part)
                continue
            if not self._has_room(literal, len(part.tokens.kinds) + _TOKENS_OF_A_HOLE):
                return []
            value = self._hole_value(part)
            if value is None:
                self._room.take(_TOKENS_OF_A_FAULT)
            else:
                span = Span(self._file, part.start, part.end)
                parts.append(tree.FormattedPart(span, value, part.conversion, part.format_spec))
        return parts

    def _has_room(self, literal: Span, count: int) -> bool:
        """Count what is read inside a literal as words of the file; told once where they are too many."""
        had_room, has_room = self._room.left >= 0, self._room.take(count)
        if had_room and not has_room:
            self.fault(faults.too_long(literal))
        return has_room

    def _hole_value(self, hole: Hole) -> tree.Expr | None:
        value = self._parse_expression(hole.tokens)
        if isinstance(value, Diagnostic):
            self.fault(value)
            return None
        return value

    def _string_value(self, literal: Span) -> str:
        text = literal.text
        if "\\" in text and not self._has_room(literal, text.count("\\") // _ESCAPES_OF_A_TOKEN):
            return ""
        value = read_string(text)
        if isinstance(value, Flaw):
            span = Span(self._file, literal.start + value.start, literal.start + value.end)
            self.fault(faults.string(span, value))
            return ""
        return value

    def group(self, span: Span, value: tree.Expr) -> tree.Expr:
        if isinstance(value, tree.Call) and is_of_ops(value.function):
            run = self._runs.get(id(value))
            value = replace(value, alone=True)
            if run is not None:
                self._runs[id(value)] = value, run[1]
        self._grouped[id(value)] = value, span
        return value

    def _is_grouped(self, value: tree.Expr) -> bool:
        return id(value) in self._grouped

    def _whole(self, value: tree.Expr) -> Span:
        """Give the span of an expression with the parentheses around it."""
        return self._grouped[id(value)][1] if self._is_grouped(value) else value.span

    def list_display(self, span: Span, *items: tree.Expr) -> tree.ListExpr:
        return tree.ListExpr(span, items)

    def list_comprehension(
        self, span: Span, element: tree.Expr, *clauses: tree.Clause
    ) -> tree.Comprehension:
        return self._comprehension(span, element, clauses)

    def generator(
        self, span: Span, element: tree.Expr, *clauses: tree.Clause
    ) -> tree.Comprehension:
        return self._comprehension(span, element, clauses, "(")

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
