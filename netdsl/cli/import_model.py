"""`netdsl import MODEL`: a Keras model as a spec."""

from __future__ import annotations

from pathlib import Path

import click

from netdsl.cli.files import read_text_or_none, unwritable, whole, write_result
from netdsl.cli.output import Findings, tell, write_source
from netdsl.diagnostics.problems import files as problems


@click.command("import")
@click.argument("source", metavar="MODEL")
@click.option(
    "-o", "--output", metavar="OUT", help="Write the spec here; `-`, as without it, prints it."
)
@click.option("--flat", is_flag=True, help="A line a layer, each under its own name.")
@click.option("--call", metavar="F(…)", help='How a function is called: `--call "f(classes=10)"`.')
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(source: str, output: str | None, flat: bool, call: str | None, force: bool) -> int:
    """Write a Keras model as a spec, and prove that it is the same network.

    MODEL is a `.keras` or `.h5` file, the JSON of `model.to_json()`, `module:function`, `file.py:function` or
    `applications:NAME`. Files are read without running anything in them.
    """
    from netdsl.importer.errors import CannotImport
    from netdsl.importer.imported import imported
    from netdsl.importer.sources import read_source

    findings = Findings()
    try:
        found = imported(read_source(source, call), source, flat=flat)
    except CannotImport as error:
        if error.is_of_file:
            findings.fail(error.diagnostic)
        else:
            findings.report([error.diagnostic])
        return findings.finish()
    if output in (None, "-"):
        write_source(found.text)
    elif not _put(Path(str(output)), found.text, findings, force=force):
        return findings.finish()
    tell(f"{found.comparison.text}\n")
    return findings.finish()


def _put(target: Path, text: str, findings: Findings, *, force: bool) -> bool:
    """Write the spec; one that is there and says something else is kept, unless it is to be written over."""
    try:
        before = read_text_or_none(target)
    except OSError as error:
        findings.fail(unwritable(target.as_posix(), error))
        return False
    if before is not None and before != text and not force:
        place, name = whole(target.as_posix()), target.as_posix()
        help_ = "write elsewhere with `-o OUT`, or write over it with `--force`"
        findings.fail(
            problems.WouldOverwrite.at(place, "another file is there", name=name, help=help_)
        )
        return False
    refused = write_result(target, text)
    if refused is not None:
        findings.fail(refused)
    return refused is None
