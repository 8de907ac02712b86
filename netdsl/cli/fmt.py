"""`netdsl fmt`: the one layout of a spec."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from netdsl.cli.files import is_stream, read_spec, specs_at, write_result
from netdsl.cli.output import Findings, tell, write_source
from netdsl.cli.streams import write
from netdsl.diagnostics.sink import Diagnostics
from netdsl.source import SourceFile


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a layout would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
def command(files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Lay each spec out in the one layout; comments are kept. A folder stands for the specs in it.

    A spec that cannot be read is left as it is. `-` is read from standard input and printed.
    """
    findings = Findings()
    changed = False
    for path in specs_at(files, findings.fail):
        file = read_spec(path)
        if not isinstance(file, SourceFile):
            findings.fail(file)
            continue
        text = format_file(file, findings)
        if text is None:
            continue
        changed |= text != file.text
        _put(path, file, text, findings, check=check, diff=diff)
    return max(findings.finish(), int(check and changed))


def format_file(file: SourceFile, findings: Findings) -> str | None:
    """Give a file in the one layout; None, and what is wrong, where it does not parse."""
    from netdsl.format.printer import format_module
    from netdsl.syntax.parse import parse

    sink = Diagnostics()
    module = parse(file, sink)
    findings.report(sink)
    return None if sink.has_errors else format_module(module)


def _put(
    path: str, file: SourceFile, text: str, findings: Findings, *, check: bool, diff: bool
) -> None:
    """Write the result, print it, or print how it differs."""
    if diff:
        write(sys.stdout, _difference(file, text))
    elif check:
        if text != file.text:
            tell(f"{file.name} would be laid out anew\n")
    elif is_stream(path):
        write_source(text)
    elif text != file.text:
        refused = write_result(Path(path), text)
        if refused is not None:
            findings.fail(refused)


def _difference(file: SourceFile, text: str) -> str:
    """Write a unified diff, with a mark where a file does not end in a line break."""
    import difflib  # seldom wanted

    lines = difflib.unified_diff(
        file.text.splitlines(keepends=True), text.splitlines(keepends=True), file.name, file.name
    )
    ended = (
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return "".join(ended)
