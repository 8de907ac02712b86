"""Reads a file: text in, syntax tree out, whatever the text.

`parse` always gives a tree. A statement that cannot be read is reported, once, and left out; reading goes on with the
next one, and the good statements of a body survive a broken neighbour.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems.syntax import ForeignComment, MissingArrow, UnexpectedToken
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.automaton import Automaton, reductions_by
from netdsl.syntax.build import Builder
from netdsl.syntax.errors import explain
from netdsl.syntax.recovery import TOP, Brackets, Resumption, begins_statement, resume_after
from netdsl.syntax.stop import Stop
from netdsl.syntax.tokens import Tokens, tokenize


def parse(file: SourceFile, diagnostics: Diagnostics) -> tree.Module:
    """Read a file into a tree, reporting what cannot be read."""
    return _Reader(file, diagnostics).module()


# A file with more mistakes than this is no spec: reading it to its end would only take time.
_MOST_MISTAKES = 200


class _Reader:
    """Reads one file; `tokens` are those of the whole file."""

    def __init__(self, file: SourceFile, diagnostics: Diagnostics) -> None:
        self._tokens = tokenize(file)
        self._mistakes = 0
        self._diagnostics = diagnostics
        self._builder = Builder(file, diagnostics.report, self._expression)
        self._reductions = reductions_by(self._builder)

    def module(self) -> tree.Module:
        automaton = Automaton(self._tokens, self._reductions, "module")
        while not automaton.run():
            self._recover(automaton)
        module: tree.Module = automaton.values[-1]
        return replace(module, comments=tuple(self._tokens.comments))

    def _expression(self, tokens: Tokens) -> tree.Expr | Diagnostic:
        """Read the expression in a hole of an f-string."""
        automaton = Automaton(tokens, self._reductions, "expr")
        if automaton.run():
            value: tree.Expr = automaton.values[-1]
            return value
        stop = Stop(
            tokens,
            self._brackets,
            index=automaton.index,
            began=0,
            where="",
            accepted=automaton.accepted(),
            resume=len(tokens.kinds) - 1,
            is_too_deep=automaton.is_too_deep,
            is_in_string=True,
        )
        return explain(stop)

    @cached_property
    def _brackets(self) -> Brackets:
        return Brackets.of(self._tokens)

    def _recover(self, automaton: Automaton) -> None:
        """Report the token that does not fit, and set the automaton behind the broken statement."""
        tokens, stopped = self._tokens, automaton.index
        accepted = automaton.accepted()
        if not self._overran(automaton):
            automaton.complete_statement()
        where, offset = automaton.unwind()
        began = tokens.index_at(offset)
        self._builder.forget_after(offset)
        margin = tokens.column(tokens.index_at(automaton.declaration_offset()))
        resumption = resume_after(tokens, self._brackets, where, began, stopped, margin)
        self._mistakes += 1
        if self._mistakes == _MOST_MISTAKES:
            resumption = Resumption(len(tokens.kinds) - 1, closes=where != TOP)
        statements = automaton.values[-1]
        stop = Stop(
            tokens,
            self._brackets,
            stopped,
            began,
            where,
            accepted,
            resumption.index,
            before=tokens.index_at(statements[-1].span.start) if statements else None,
            is_too_deep=automaton.is_too_deep,
        )
        self._report(stop, statements)
        automaton.index = resumption.index
        if resumption.closes:
            automaton.close()

    def _overran(self, automaton: Automaton) -> bool:
        """Tell whether the beginning of the next statement was taken for the end of this one: `a = b +`, `c = d`."""
        before = automaton.index - 1
        if before < 0 or not self._tokens.is_first_on_line(before):
            return False
        where, height = automaton.innermost_list()
        has_more = (
            height - 1 < len(automaton.begins)
            and automaton.begins[height - 1] < self._tokens.starts[before]
        )
        return has_more and begins_statement(self._tokens, before, where)

    def _report(self, stop: Stop, statements: list[tree.Node]) -> None:
        """Report a mistake; what it takes from the statement before makes that one unreadable too."""
        diagnostic = explain(stop)
        if self._mistakes == _MOST_MISTAKES:
            note = f"reading stops here, after {_MOST_MISTAKES} mistakes"
            diagnostic = diagnostic.with_related(Label(stop.span, note))
        self._diagnostics.report(diagnostic)
        if statements and _takes_statement_before(stop, diagnostic):
            statements.pop()


def _takes_statement_before(stop: Stop, diagnostic: Diagnostic) -> bool:
    """Tell whether a mistake found at the start of a statement was made in the one before."""
    place, began = diagnostic.primary.span.start, stop.tokens.starts[stop.began]
    match diagnostic.code:
        case MissingArrow.code:
            return place <= began
        case ForeignComment.code:
            return place < began
        case UnexpectedToken.code:
            return stop.index == stop.began and stop.goes_on
    return False
