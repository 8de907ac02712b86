"""`netdsl runs`: a table of runs, the best first, or what differed between two."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.output import table_page
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from rich.console import Console

    from netdsl.training.folder.reading import Recorded


@click.command("runs")
@click.argument("folders", nargs=-1, metavar="[DIR | A B]")
@click.option(
    "--metric", metavar="NAME", help="Order by this; the first validation metric without it."
)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(folders: tuple[str, ...], metric: str | None, format_: str) -> int:
    """List the runs in a folder (`runs` without one), the best first; of two runs say what differed."""
    from netdsl.training.folder.reading import NoRun, run_at, runs_in

    if len(folders) > 2:
        raise click.UsageError("Give a folder of runs, or two runs to compare.")
    try:
        if len(folders) == 2:
            return _compare(run_at(folders[0]), run_at(folders[1]), format_)
    except NoRun as error:
        raise click.UsageError(f"{error}.") from error
    place = Path(folders[0] if folders else "runs")
    if not place.is_dir():
        raise click.UsageError(f"There is no folder `{place}`: `netdsl train FILE` makes it.")
    found = runs_in(place)
    if not found:
        raise click.UsageError(f"There is no run in `{place}`.")
    return _list(found, place, metric, format_)


def _list(found: list[Recorded], place: Path, metric: str | None, format_: str) -> int:
    from netdsl.training.comparing import metric_of, run_rows

    chosen = metric or metric_of(found)
    rows = run_rows(found, chosen)
    if metric is not None and all(row["best"] is None for row in rows):
        known = sorted({name for run in found for line in run.history for name in line} - {"epoch"})
        raise click.UsageError(f"No run has a metric `{metric}`; they have {', '.join(known)}.")
    if format_ == "json":
        write(sys.stdout, json.dumps(rows, indent=2) + "\n")
        return 0
    with table_page() as console:
        _print_table(rows, place, chosen, console)
    return 0


def _print_table(rows: list[dict[str, object]], place: Path, metric: str, console: Console) -> None:
    from rich.table import Table

    from netdsl.training.comparing import differing_settings

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("run", no_wrap=True)
    names = differing_settings(rows)
    for column in (f"best {metric}", "test", "epochs", "parameters", "seconds", *names):
        table.add_column(column, justify="right")
    table.add_column("")
    for row in rows:
        settings = row["settings"]
        assert isinstance(settings, dict)
        name = Path(str(row["run"]))
        shown = name.relative_to(place) if name.is_relative_to(place) and name != place else name
        cells = (row["best"], row["test"], row["epochs"], row["parameters"], row["seconds"])
        own = [_cell(settings.get(name, "")) for name in names]
        table.add_row(str(shown), *map(_cell, cells), *own, "" if row["finished"] else "unfinished")
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return (
        f"{value:.4g}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def _compare(first: Recorded, second: Recorded, format_: str) -> int:
    from netdsl.training.comparing import differences

    found = differences(first, second)
    if format_ == "json":
        write(sys.stdout, json.dumps([d._asdict() for d in found], indent=2) + "\n")
        return 0
    lines = [f"A {first.folder}", f"B {second.folder}"]
    for item in found:
        if item.text:
            lines += [f"{item.what}:", *(f"  {line}" for line in item.text.splitlines())]
        else:
            lines.append(f"{item.what}: {_cell(item.first)} -> {_cell(item.second)}")
    write(sys.stdout, "\n".join(lines if found else [*lines, "nothing differs"]) + "\n")
    return 0
