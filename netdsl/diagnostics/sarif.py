"""Diagnostics as SARIF 2.1.0, the format that code scanning services read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.explain import page_of
from netdsl.source import Span
from netdsl.value import Document
from netdsl.version import __version__

_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}


def to_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """Write a SARIF log with one run; its rules are the codes that occur in it."""
    return json.dumps(as_log(diagnostics), indent=2)


def as_log(diagnostics: Sequence[Diagnostic]) -> Document:
    """Give the SARIF log as plain data."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {
        "name": "netdsl",
        "semanticVersion": __version__,
        "rules": [_rule(code, diagnostics) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics
        ],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _rule(code: str, diagnostics: Iterable[Diagnostic]) -> Document:
    page = page_of(code)
    if page is None:
        title = next(d.title for d in diagnostics if d.code == code)
        return {"id": code, "shortDescription": {"text": title}}
    return {
        "id": code,
        "name": page.name,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": page.meaning},
        "help": {"text": page.as_text(), "markdown": page.markdown},
        "defaultConfiguration": {"level": _LEVELS[page.severity]},
    }


def _result(diagnostic: Diagnostic, rule: int) -> Document:
    text = diagnostic.message + (f"\nhelp: {diagnostic.help}" if diagnostic.help else "")
    result: Document = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(diagnostic.primary.span)}],
    }
    if diagnostic.related:
        # the schema wants each of them once
        result["relatedLocations"] = [
            _related(label) for label in dict.fromkeys(diagnostic.related)
        ]
    if diagnostic.fix is not None and diagnostic.fix.safe:
        result["fixes"] = [_fix(diagnostic.fix, diagnostic.help)]
    return result


def _related(label: Label) -> Document:
    location: Document = {"physicalLocation": _location(label.span)}
    return location | ({"message": {"text": label.text}} if label.text else {})


def _location(span: Span) -> Document:
    return {"artifactLocation": _artifact(span.file.name), "region": _region(span)}


def _artifact(name: str) -> dict[str, str]:
    path = name.replace("\\", "/").encode("utf-8", "surrogateescape")
    prefix = "file://" if path.startswith(b"/") else ""
    return {"uri": prefix + quote(path, safe="/")}


def _region(span: Span) -> dict[str, int]:
    first, last = span.first, span.last
    return {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
    }


def _fix(fix: Fix, description: str) -> Document:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.file.name, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(name),
            "replacements": [
                {"deletedRegion": _region(e.span), "insertedContent": {"text": e.text}}
                for e in edits
            ],
        }
        for name, edits in by_file.items()
    ]
    return {"description": {"text": description or "apply the change"}, "artifactChanges": changes}
