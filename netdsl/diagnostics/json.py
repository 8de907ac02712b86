"""Diagnostics as JSON, for scripts: the list that `netdsl check --format json` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.source import Span
from netdsl.value import Document


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Write diagnostics as one JSON list, pure ASCII."""
    return json.dumps([as_dict(diagnostic) for diagnostic in diagnostics], indent=2)


def as_dict(diagnostic: Diagnostic) -> Document:
    """Give one diagnostic as plain data; `fix` is a list of edits where the change is certain, else None."""
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **place(diagnostic.primary.span),
        "help": diagnostic.help,
        "related": [{"message": label.text, **place(label.span)} for label in diagnostic.related],
        "fix": [{**place(edit.span), "text": edit.text} for edit in fix.edits]
        if fix is not None and fix.safe
        else None,
    }


def place(span: Span) -> Document:
    """Give a place as scripts read it: from 1, the end exclusive, columns in characters."""
    first, last = span.first, span.last
    return {
        "file": span.file.name,
        "line": first.line,
        "column": first.column,
        "end_line": last.line,
        "end_column": last.column,
    }
