"""`netdsl export`: a run's model in another format, compared with the model that it came from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.after import with_run
from netdsl.cli.output import tell
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from netdsl.training.after.reviving import Revived


@click.command("export")
@click.argument("run", metavar="RUN")
@click.option("--to", "format_", type=click.Choice(("savedmodel", "onnx", "litert")), required=True)
@click.option(
    "-o", "--output", metavar="OUT", help="Where to; in the folder of the run without it."
)
@click.option("--trust", is_flag=True, help="Run the functions of its own that the spec names.")
def command(run: str, format_: str, output: str | None, trust: bool) -> int:
    """Write the model of a run for other programs, run what was written on a batch, and compare."""
    return with_run(run, lambda revived: _export(revived, format_, output, trust))


def _export(revived: Revived, format_: str, output: str | None, trust: bool) -> int:
    from netdsl.training.after.exporting import FORMATS, NotExported, export_model
    from netdsl.training.after.reviving import load_run, revive

    if revived.run.text("backend") == "jax" and format_ != "savedmodel":
        tell(
            f"netdsl: a model that was trained on JAX goes to savedmodel alone, not to {format_}\n"
        )
        return 1
    module = load_run(revived, trust=trust)
    model = revive(revived, module)
    path = Path(output) if output else revived.run.folder / FORMATS[format_][1]
    if path.exists() and output:
        tell(f"netdsl: `{path}` is there already\n")
        return 2
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = export_model(model, revived.experiment, format_, path)
    except NotExported as error:
        tell(f"netdsl: {revived.experiment.model} cannot be exported to {format_}: {error}\n")
        return 1
    write(
        sys.stdout,
        f"{done.path}: as the model, to {max(done.difference, 1e-9):.0e} on a batch of 4\n",
    )
    return 0
