"""What netdsl has to say about a spec, as data: rendering to text, JSON or SARIF happens elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from netdsl.record import record
from netdsl.source import Span

Severity = Literal["error", "warning", "advice"]


@record
class Label:
    """A place and what is to be said about it, without a full stop; may be empty for a bare underline."""

    span: Span
    text: str = ""


@record
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@record
class Fix:
    """A change that removes the diagnostic. `safe` fixes keep the meaning a reader would expect.

    `text` says the change in an imperative, where it is not what `help` says already. `checked` is set when the
    compiler has applied the change and seen the diagnostic go and no other come: "all" where the spec then has no
    error left, "this" where others remain. `otherwise` are changes to try in order where this one does not help.
    `told` is what the mistake was if this change is the one that mends it.
    """

    edits: tuple[Edit, ...]
    safe: bool = False
    text: str = ""
    checked: Literal["", "this", "all"] = ""
    otherwise: tuple[Fix, ...] = ()
    told: Diagnostic | None = None


def first_that_helps(fixes: Iterable[Fix | None]) -> Fix | None:
    """Join fixes, the likeliest first, into one that stands for the first of them that helps."""
    wanted = [each for fix in fixes if fix is not None for each in (fix, *fix.otherwise)]
    return replace(wanted[0], otherwise=tuple(wanted[1:])) if wanted else None


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits, given in any order; of two that overlap the later one is left out."""
    return _edited(text, 0, len(text), edits)


def text_after(span: Span, edits: Iterable[Edit]) -> str:
    """Give how a place reads once edits in it are applied, whatever the length of the file around it."""
    return _edited(span.file.text, span.start, span.end, edits)


def _edited(text: str, start: int, last: int, edits: Iterable[Edit]) -> str:
    pieces: list[str] = []  # from the end of the text to its start
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end), reverse=True):
        if edit.span.end <= last:
            pieces += (text[edit.span.end : last], edit.text)
            last = edit.span.start
    return "".join(reversed([*pieces, text[start:last]]))


@record
class Diagnostic:
    """One finding: a code, a general title, the primary place with the numbers, and a way out."""

    code: str
    severity: Severity
    title: str
    primary: Label
    related: tuple[Label, ...] = ()
    help: str = ""
    fix: Fix | None = None
    on_request: bool = False  # advice that is shown only where its code is selected
    in_turns_of: frozenset[str] = frozenset()  # what was used within itself on the way to the place

    @property
    def message(self) -> str:
        """The title and the primary label in one sentence, as scripts read it."""
        return f"{self.title}: {self.primary.text}" if self.primary.text else self.title

    @property
    def file(self) -> str:
        return self.primary.span.file.name

    @property
    def line(self) -> int:
        return self.primary.span.first.line

    @property
    def column(self) -> int:
        return self.primary.span.first.column

    @property
    def end_line(self) -> int:
        return self.primary.span.last.line

    @property
    def end_column(self) -> int:
        return self.primary.span.last.column

    def with_related(self, *labels: Label) -> Diagnostic:
        return replace(self, related=(*self.related, *labels))
