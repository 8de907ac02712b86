"""Reads a file: text in, syntax tree out, whatever the text.

`parse` always gives a tree. A statement that cannot be read is reported, once, and left out; reading goes on with the
next one, and the good statements of a body survive a broken neighbour.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from netdsl.collector import collector_paused
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile
from netdsl.syntax import faults, tree
from netdsl.syntax.build import Builder
from netdsl.syntax.reading import Reading
from netdsl.syntax.reductions import Reductions
from netdsl.syntax.tokens import Room, Tokens, tokenize

if TYPE_CHECKING:
    from netdsl.syntax.mistakes import Mistakes


def parse(file: SourceFile, diagnostics: Diagnostics, room: Room | None = None) -> tree.Module:
    """Read a file into a tree, reporting what cannot be read; `room` is that of all files that are read together."""
    with collector_paused():
        return _Reader(file, diagnostics, room or Room()).module()


class _Reader:
    """Reads one file."""

    def __init__(self, file: SourceFile, diagnostics: Diagnostics, room: Room) -> None:
        self._tokens = tokenize(file, room=room)
        if self._tokens.too_long is not None:
            diagnostics.report(faults.too_long(self._tokens.too_long))
        if not file.text.isascii() and "!character" in self._tokens.kinds:
            from netdsl.syntax.lookalikes import as_meant

            self._tokens = as_meant(self._tokens, diagnostics)
        self._diagnostics = diagnostics
        self._has_mistakes = False
        self._builder = Builder(file, diagnostics.report, self._expression, room)
        self._reductions = Reductions(self._builder)

    def module(self) -> tree.Module:
        reading = Reading(self._tokens, self._reductions, "module")
        while not reading.run():
            self._has_mistakes = True
            self._mistakes.pass_over(reading)
        module: tree.Module = reading.value
        was_read = self._tokens.too_long is None
        lacks = (
            not was_read
            or self._builder.has_left_out
            or (self._has_mistakes and self._mistakes.has_left_out)
        )
        return replace(module, comments=tuple(self._tokens.comments), lacks_statements=lacks)

    def _expression(self, tokens: Tokens) -> tree.Expr | Diagnostic:
        """Read the expression in a hole of an f-string."""
        reading = Reading(tokens, self._reductions, "expr")
        if not reading.run():
            return self._mistakes.in_string(reading)
        value: tree.Expr = reading.value
        return value

    @cached_property
    def _mistakes(self) -> Mistakes:
        # Most files have no mistake, and then need not wait for the modules that word one.
        from netdsl.syntax.mistakes import Mistakes

        return Mistakes(self._tokens, self._builder, self._diagnostics)
