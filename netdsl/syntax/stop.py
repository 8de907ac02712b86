"""Where the parser stopped, with what a diagnosis wants to know about the place."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, text_after
from netdsl.diagnostics.problems.syntax import UnexpectedToken
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax.faults import shorten
from netdsl.syntax.grammar import END
from netdsl.syntax.recovery import (
    CLOSERS,
    OPENERS,
    Brackets,
    begins_statement,
    indentation,
    is_name,
)
from netdsl.syntax.tokens import Tokens

_LONGEST_SHOWN = 60


@record
class Stop:
    """The parser stopped at token `index`, in a statement that began at token `began` of the list `where`.

    `accepted` are the kinds of token that could have stood there, `resume` is the token where reading goes on, and
    `before` the token that begins the statement before, if there is one in the list. `in_braces` tells the statements
    of a stage from those of a block.
    """

    tokens: Tokens
    brackets: Brackets
    index: int
    began: int
    where: str
    accepted: frozenset[str]
    resume: int
    before: int | None = None
    is_too_deep: bool = False
    is_in_string: bool = False
    in_braces: bool = False

    @property
    def kind(self) -> str:
        return self.tokens.kinds[self.index]

    @property
    def text(self) -> str:
        return self.tokens.text(self.index)

    @property
    def span(self) -> Span:
        return self.tokens.span(self.index)

    @property
    def previous(self) -> str:
        """The kind of the token before, or nothing at the start of the file."""
        return self.tokens.kinds[self.index - 1] if self.index else ""

    @property
    def previous_text(self) -> str:
        return self.tokens.text(self.index - 1) if self.index else ""

    def following(self, number: int = 1) -> str:
        """Give the kind of the token that stands `number` places further on: END where the file ends before."""
        place = self.index + number
        return self.tokens.kinds[place] if place < len(self.tokens.kinds) else END

    @property
    def touches(self) -> bool:
        """Whether nothing stands between the token before and this one."""
        return self.index > 0 and self.tokens.ends[self.index - 1] == self.tokens.starts[self.index]

    @property
    def gap(self) -> Span:
        """The empty place behind the token before."""
        return self.after(self.index - 1)

    def after(self, index: int) -> Span:
        """Give the empty place behind a token."""
        end = self.tokens.ends[index] if index >= 0 else 0
        return Span(self.tokens.file, end, end)

    @cached_property
    def open_brackets(self) -> list[int]:
        """The brackets that the statement opened and that are still open at `index`, outermost first."""
        return self.open_at(self.index)

    def open_at(self, index: int) -> list[int]:
        found: list[int] = []
        for i in range(self.began, index):
            kind = self.tokens.kinds[i]
            if kind in OPENERS:
                found.append(i)
            elif kind in CLOSERS and found:
                found.pop()
        return found

    @cached_property
    def goes_on(self) -> bool:
        """Whether the token, where it begins a statement, seems meant to continue the one before."""
        if self.before is None or self.index == 0:
            return False
        tokens = self.tokens
        if not tokens.is_first_on_line(self.index):
            return self.previous != "}"
        return tokens.column(self.index) > indentation(tokens, self.before)

    @property
    def opener(self) -> str:
        """The kind of the innermost open bracket; `call` for one that holds arguments, or nothing."""
        if not self.open_brackets:
            return ""
        index = self.open_brackets[-1]
        kind = self.tokens.kinds[index]
        follows = self.tokens.kinds[index - 1] if index else ""
        if kind == "(" and (follows in (")", "]") or is_name(follows)):
            return "call"
        return kind

    @cached_property
    def body_brace(self) -> int | None:
        """The brace of the body that holds the statement."""
        depth = 0
        for index in range(self.began - 1, -1, -1):
            kind = self.tokens.kinds[index]
            if kind == "}":
                depth += 1
            elif kind == "{":
                if depth == 0:
                    return index
                depth -= 1
        return None

    @cached_property
    def next_statement(self) -> int | None:
        """The token here, or the one before it, if a new statement begins there on its own line.

        The one before it: a word that begins statements is taken for a name where a value is missing.
        """
        tokens = self.tokens
        for index in (self.index - 1, self.index):
            if (
                index <= self.began
                or tokens.kinds[index] == END
                or not tokens.is_first_on_line(index)
            ):
                continue
            is_further_in = tokens.column(index) > indentation(tokens, self.began)
            if begins_statement(tokens, index, self.where) and not (
                is_further_in and self.open_at(index)
            ):
                return index
        return None

    def shows_line(self, fix: Fix | None) -> Fix | None:
        """Let a fix of the statement's first line tell how that line then reads: `input image: [28, 28, 1]`."""
        first = self.before if self.index == self.began and self.before is not None else self.began
        file, start = self.tokens.file, self.tokens.starts[first]
        end = file.text.find("\n", start)
        end = len(file.text) if end < 0 else end
        if fix is None or not self.tokens.is_first_on_line(first):
            return fix
        if any(not start <= edit.span.start <= edit.span.end <= end for edit in fix.edits):
            return fix
        line = text_after(Span(file, start, end), fix.edits).rstrip()
        is_plain = len(line) <= _LONGEST_SHOWN and not set(line) & set("#`}")
        return replace(fix, text=f"write `{line}`") if is_plain else fix

    def replace(self, index: int, text: str, *, safe: bool = True) -> Fix:
        """Give the fix that puts `text` in place of a token."""
        return Fix((Edit(self.tokens.span(index), text),), safe)

    def insert(self, index: int, text: str, *, safe: bool = True) -> Fix:
        """Give the fix that puts `text` before a token."""
        start = self.tokens.starts[index]
        return Fix((Edit(Span(self.tokens.file, start, start), text),), safe)

    def append(self, index: int, text: str, *, safe: bool = True) -> Fix:
        """Give the fix that puts `text` behind a token."""
        return Fix((Edit(self.after(index), text),), safe)


def unexpected(stop: Stop, index: int, label: str, help: str, fix: Fix | None) -> Diagnostic:
    """Say of a token, here or before, that it does not fit."""
    span = stop.tokens.span(index)
    found = shorten(stop.tokens.text(index))
    return UnexpectedToken.at(span, label, help=help, fix=fix, found=found)
