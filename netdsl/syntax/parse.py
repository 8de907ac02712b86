"""Reads a file: text in, syntax tree out, whatever the text.

`parse` always gives a tree. A statement that cannot be read is reported, once, and left out; reading goes on with the
next one, and the good statements of a body survive a broken neighbour.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import tree
from netdsl.syntax.automaton import Automaton
from netdsl.syntax.build import Builder
from netdsl.syntax.errors import Stop, explain
from netdsl.syntax.recovery import Brackets, resume_after
from netdsl.syntax.tokens import Tokens, tokenize


def parse(file: SourceFile, diagnostics: Diagnostics) -> tree.Module:
    """Read a file into a tree, reporting what cannot be read."""
    return _Reader(file, diagnostics).module()


class _Reader:
    """Reads one file; `tokens` are those of the whole file."""

    def __init__(self, file: SourceFile, diagnostics: Diagnostics) -> None:
        self._tokens = tokenize(file)
        self._diagnostics = diagnostics
        self._builder = Builder(file, diagnostics.report, self._expression)

    def module(self) -> tree.Module:
        automaton = Automaton(self._tokens, self._builder, "module")
        while not automaton.run():
            self._recover(automaton)
        module: tree.Module = automaton.values[-1]
        return replace(module, comments=tuple(self._tokens.comments))

    def _expression(self, tokens: Tokens) -> tree.Expr | None:
        """Read the expression in a hole of an f-string."""
        automaton = Automaton(tokens, self._builder, "expr")
        if automaton.run():
            value: tree.Expr = automaton.values[-1]
            return value
        index = automaton.index
        stop = Stop(tokens, index, 0, "", frozenset(automaton.accepted()))
        self._diagnostics.report(explain(stop))
        return None

    @cached_property
    def _brackets(self) -> Brackets:
        return Brackets.of(self._tokens)

    def _recover(self, automaton: Automaton) -> None:
        """Report the token that does not fit, and set the automaton behind the broken statement."""
        tokens, stopped = self._tokens, automaton.index
        accepted = frozenset(automaton.accepted())
        where, offset = automaton.unwind()
        began = tokens.index_at(offset)
        self._diagnostics.report(explain(Stop(tokens, stopped, began, where, accepted)))
        margin = tokens.column(tokens.index_at(automaton.declaration_offset()))
        resumption = resume_after(tokens, self._brackets, where, began, stopped, margin)
        automaton.index = resumption.index
        if resumption.closes:
            automaton.close()
