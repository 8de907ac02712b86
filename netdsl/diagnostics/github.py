"""Diagnostics as workflow commands, which GitHub Actions shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.diagnostics.diagnostic import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "advice": "notice"}


def to_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Write a workflow command a line, one for each diagnostic."""
    return "\n".join(annotation(diagnostic) for diagnostic in diagnostics)


def annotation(diagnostic: Diagnostic) -> str:
    """Write one diagnostic as `::error file=…,line=…,title=…::message`."""
    message = diagnostic.message
    if diagnostic.help:
        message += f"\nhelp: {diagnostic.help}"
    properties = {"file": diagnostic.file, "line": diagnostic.line, "endLine": diagnostic.end_line}
    if diagnostic.line == diagnostic.end_line:  # GitHub refuses columns on several lines
        properties |= {"col": diagnostic.column, "endColumn": diagnostic.end_column}
    properties["title"] = f"{diagnostic.code}: {diagnostic.title}"
    spelled = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {spelled}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
