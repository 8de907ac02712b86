"""`netdsl import MODEL`: a Keras model as a spec."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.new_files import put
from netdsl.cli.output import Findings, tell, write_source

if TYPE_CHECKING:
    from netdsl.importer.imported import Imported
    from netdsl.importer.network import Live, Network


#: From so many layers on folding takes seconds, and is told of on a terminal.
MANY = 1_000


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

    if weights is not None and not weights.endswith(".weights.h5"):
        raise click.UsageError(
            "--weights takes a file whose name ends in `.weights.h5`, as Keras wants it."
        )
    findings = Findings()
    told: list[str] = []
    try:
        network, model = _read(source, call)
        if len(network.uses) > MANY and sys.stderr.isatty():
            tell(f"{len(network.uses):,} layers are read, and folded now\n")
        found = imported(network, source, flat=flat, depth=depth)
        told.append(found.comparison.text)
        told += found.notes
        if check or weights is not None:
            told += _with_keras(source, model, found, check, weights)
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
    tell("".join(f"{line}\n" for line in told))
    return findings.finish()


def _read(source: str, call: str | None) -> tuple[Network, Callable[[], Live]]:
    """Read the model; the second makes it live, and is asked for where it is needed."""
    from netdsl.importer import python
    from netdsl.importer.sources import read_file

    if python.is_python(source) or call is not None:
        model = python.made_by(source, call)
        return python.named(python.live_network(model, source), source), lambda: model

    def load() -> Live:
        from netdsl.importer.checking import live_model

        return live_model(source)

    return read_file(source), load


def _with_keras(
    source: str, model: Callable[[], Live], found: Imported, check: bool, weights: str | None
) -> list[str]:
    from netdsl.importer.checking import compare_outputs, paired

    pair = paired(model, found, source)
    told = []
    if weights is not None:
        pair.new.save_weights(weights)
        told.append(f"{weights} holds the weights, which load into the model of the spec")
    if check:
        told.append(compare_outputs(pair, source))
    return told
