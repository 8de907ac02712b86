"""The base of every diagnostic code.

A code is one subclass of `Problem`, declared in `netdsl/diagnostics/problems/`, and a page in `docs/errors/`:

    class UnknownName(Problem, code="N0201", title="unknown name `{name}`"): ...

The page, `docs/errors/N0201.md`, is what `netdsl explain N0201` shows: what the code means, an example and what to
use instead (see `explain.py`). `UnknownName.at(span, "label", help=…, name="x")` makes the `Diagnostic`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from netdsl.diagnostics.diagnostic import Diagnostic, Fix, Label, Severity
from netdsl.source import Span


class Problem:
    """One kind of mistake or advice; subclasses are never instantiated."""

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    severity: ClassVar[Severity] = "error"
    on_by_default: ClassVar[bool] = True  # advice that many would not want waits to be selected

    def __init_subclass__(
        cls,
        *,
        code: str,
        title: str,
        severity: Severity = "error",
        on_by_default: bool = True,
    ) -> None:
        super().__init_subclass__()
        cls.code, cls.title, cls.severity = code, title, severity
        cls.on_by_default = on_by_default

    @classmethod
    def at(
        cls,
        span: Span,
        label: str = "",
        *,
        related: Iterable[Label] = (),
        help: str = "",
        fix: Fix | None = None,
        facts: Mapping[str, object] = MappingProxyType({}),
        **more: object,
    ) -> Diagnostic:
        """Make the diagnostic at `span`; `facts`, and what is given by name, fill the braces of the title."""
        title = cls.title.format(**facts, **more)
        return Diagnostic(
            cls.code,
            cls.severity,
            title,
            Label(span, label),
            tuple(related),
            help,
            fix,
            on_request=not cls.on_by_default,
        )
