"""What netdsl has to say about a spec, as data: rendering to text, JSON or SARIF happens elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from netdsl.source import Span

Severity = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is to be said about it, without a full stop; may be empty for a bare underline."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that removes the diagnostic. `safe` fixes keep the meaning a reader would expect."""

    edits: tuple[Edit, ...]
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a code, a general title, the primary place with the numbers, and a way out."""

    code: str
    severity: Severity
    title: str
    primary: Label
    related: tuple[Label, ...] = ()
    help: str = ""
    fix: Fix | None = None

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
