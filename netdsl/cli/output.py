"""Prints: diagnostics to standard error, machine formats and results to standard output.

Every command collects its diagnostics in a `Findings` and ends with its `finish`, which prints them and gives
the exit status: 0 all is well, 1 the spec has errors, 2 a file can't be read or written or the command line is wrong.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.render import render_all
from netdsl.diagnostics.sink import Diagnostics

FORMATS = ("text", "json", "github", "sarif")


class Findings:
    """The diagnostics of one run over several files, and whether something outside the specs failed."""

    def __init__(self) -> None:
        self._sink = Diagnostics()
        self.failed = False

    def report(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take what a compile found; an import shared by several files is told of once."""
        for diagnostic in diagnostics:
            self._sink.report(diagnostic)

    def fail(self, diagnostic: Diagnostic) -> None:
        """Take a problem with a file or the command line: exit status 2."""
        self.failed = True
        self._sink.report(diagnostic)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self._sink.sorted()

    @property
    def status(self) -> int:
        return 2 if self.failed else 1 if self._sink.has_errors else 0

    def finish(self, format: str = "text") -> int:
        """Print the diagnostics and give the exit status."""
        if format == "text":
            write(sys.stderr, render_all(self.diagnostics, color=takes_color(sys.stderr)))
        else:
            result = _machine_format(format)(self.diagnostics)
            write(sys.stdout, f"{result}\n" if result else "")
        return self.status


def _machine_format(format: str) -> Callable[[Sequence[Diagnostic]], str]:
    """Find a writer; only the one that is needed is imported."""
    match format:
        case "json":
            from netdsl.diagnostics.json import to_json

            return to_json
        case "github":
            from netdsl.diagnostics.github import to_github

            return to_github
        case _:
            from netdsl.diagnostics.sarif import to_sarif

            return to_sarif


def takes_color(stream: IO[str]) -> bool:
    """Tell whether colour is wanted: on a terminal, unless NO_COLOR is set or the terminal is dumb."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def write(stream: IO[str], text: str) -> None:
    """Write a text; characters that the terminal's encoding lacks are spelled out."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def write_source(text: str) -> None:
    """Write a generated file to standard output: UTF-8 and `\\n`, whatever the terminal is set to."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        write(sys.stdout, text)
        return
    sys.stdout.flush()
    binary.write(text.encode("utf-8"))
    binary.flush()
