"""`netdsl predict`: what a run's model says of pictures, arrays, tables and texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.after import with_run
from netdsl.cli.output import table_page, tell
from netdsl.cli.streams import write
from netdsl.foreign import Plain

if TYPE_CHECKING:
    from rich.console import Console

    from netdsl.training.after.reviving import Revived

ENDINGS = (".csv", ".json", ".npz")


@click.command("predict")
@click.argument("run", metavar="RUN")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o", "--output", metavar="OUT", help="Write here: .csv, .json or .npz; `-` prints CSV."
)
@click.option("--trust", is_flag=True, help="Run the functions of its own that the spec names.")
def command(run: str, inputs: tuple[str, ...], output: str | None, trust: bool) -> int:
    """Ask the model of a run about pictures, arrays, tables and texts; a folder stands for the files in it."""
    if output not in (None, "-") and Path(str(output)).suffix.lower() not in ENDINGS:
        raise click.UsageError(f"-o takes a file that ends in {', '.join(ENDINGS)}.")
    return with_run(run, lambda revived: _predict(revived, inputs, output, trust))


def _predict(revived: Revived, inputs: tuple[str, ...], output: str | None, trust: bool) -> int:
    from netdsl.training.after.inputs import NotAnInput, read_inputs
    from netdsl.training.after.predicting import as_csv, ask, rows_of, write_predictions
    from netdsl.training.after.reviving import load_run, revive

    module = load_run(revived, trust=trust)
    try:
        asked = read_inputs(inputs, revived.experiment)
    except NotAnInput as error:
        tell(f"netdsl: {error}\n")
        return 2
    model = revive(revived, module)
    outputs, rows = [], []
    for each in asked:
        found = ask(module, model, revived.experiment, each)
        outputs.append(found)
        rows += rows_of(each, found, revived.experiment, revived.run.classes)
    if output == "-":
        write(sys.stdout, as_csv(rows))
    elif output is not None:
        names = [name for each in asked for name in each.names]
        write_predictions(Path(output), rows, outputs, names)
    else:
        with table_page() as console:
            _print(rows, console)
    return 0


def _print(rows: list[dict[str, Plain]], console: Console) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name, justify="left" if name == "input" else "right", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    console.print(table)


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)
