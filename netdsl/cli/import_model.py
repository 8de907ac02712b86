"""`netdsl import MODEL`: a Keras model as a spec."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from netdsl.cli.new_files import put
from netdsl.cli.output import Findings, tell, write_source
from netdsl.diagnostics.visible import clean


@click.command("import")
@click.argument("source", metavar="MODEL")
@click.option(
    "-o", "--output", metavar="OUT", help="Write the spec here; `-`, as without it, prints it."
)
@click.option("--flat", is_flag=True, help="A line a layer, each under its own name.")
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    help="Blocks in blocks at most so deep; 0 makes loops alone.",
)
@click.option(
    "--check", is_flag=True, help="Build both with Keras too, and compare what they give."
)
@click.option(
    "--weights", metavar="FILE", help="Save the weights so that they load: `model.weights.h5`."
)
@click.option("--call", metavar="F(…)", help='How a function is called: `--call "f(classes=10)"`.')
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    source: str,
    output: str | None,
    flat: bool,
    depth: int | None,
    check: bool,
    weights: str | None,
    call: str | None,
    force: bool,
) -> int:
    """Write a Keras model as a spec, and prove that it is the same network.

    MODEL is a `.keras` or `.h5` file, the JSON of `model.to_json()`, `module:function`, `file.py:function` or
    `applications:NAME`. Files are read without running anything in them.
    """
    from netdsl.importer.errors import CannotImport
    from netdsl.importer.imported import imported
    from netdsl.importer.opening import opened

    if weights is not None and not weights.endswith(".weights.h5"):
        raise click.UsageError(
            "--weights takes a file whose name ends in `.weights.h5`, as Keras wants it."
        )
    findings = Findings()
    told: list[str] = []
    try:
        with _progress() as say:
            say(f"reading {source}")
            model = opened(source, call)
            found = imported(model.network, source, flat=flat, depth=depth, say=say)
            told += [found.comparison.text, *found.notes]
            told += model.with_keras(found, check=check, weights=weights, say=say)
    except CannotImport as error:
        if error.is_of_file:
            findings.fail(error.diagnostic)
        else:
            findings.report([error.diagnostic])
        return findings.finish()
    if output in (None, "-"):
        write_source(found.text)
    elif not put(Path(str(output)), found.text, findings, force=force):
        return findings.finish()
    tell("".join(f"{clean(line)}\n" for line in told))
    return findings.finish()


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Give what shows, in one line of a terminal that goes again, what is being done; nothing where nobody looks."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda text: None
        return

    def show(text: str) -> None:
        width = shutil.get_terminal_size().columns - 3
        sys.stderr.write(f"{_ERASED}{clean(text)[:width]} …")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write(_ERASED)
        sys.stderr.flush()


#: Goes to the start of the line, and empties it.
_ERASED = "\r\x1b[K"
