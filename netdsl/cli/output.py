"""Prints: diagnostics to standard error, machine formats and results to standard output.

Every command collects its diagnostics in a `Findings` and ends with its `finish`, which prints them and gives
the exit status: 0 all is well, 1 the spec has errors, 2 a file can't be read or written or the command line is wrong.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from netdsl.cli.streams import CannotWrite, write, write_bytes
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.render import render_all
from netdsl.diagnostics.sink import Diagnostics

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a page: where a terminal does not know its width, and where it is too narrow for a table.
USUAL, NARROWEST = 80, 40

#: As wide as a table gets where there is no terminal.
WIDE = 200

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
            tell(render_all(self.diagnostics, color=takes_color(sys.stderr)))
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


def tell(text: str) -> None:
    """Write to standard error; where somebody closed it nobody wants to be told."""
    try:
        write(sys.stderr, text)
    except CannotWrite as failure:
        if not failure.is_closed:
            raise


def write_source(text: str) -> None:
    """Write a generated file to standard output: UTF-8 and `\\n`, whatever the terminal is set to."""
    write_bytes(sys.stdout, text.encode("utf-8"))


@contextmanager
def table_page() -> Iterator[Console]:
    """Give a page for a table: a file or a pipe has no edge to break names at."""
    with page() as console:
        if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
            console.width = WIDE
        yield console


@contextmanager
def page() -> Iterator[Console]:
    """Give a console of rich; what is printed on it goes to standard output, in one piece."""
    from rich.console import Console

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    page = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    coloured, terminal = takes_color(sys.stdout), Console(file=sys.stdout)
    color_system = terminal.color_system if coloured else None
    drawn = Console(
        file=page,
        force_terminal=coloured,
        color_system=color_system,  # type: ignore[arg-type]
        width=max(terminal.width, NARROWEST) if terminal.width else USUAL,
        highlight=False,
    )
    yield drawn
    page.flush()
    write_bytes(sys.stdout, page.buffer.getvalue())
