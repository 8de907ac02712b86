"""`netdsl sweep`: the grid of what a spec says may be tried, or a search through it."""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import TYPE_CHECKING

import click

from netdsl.cli.compiling import SET_HELP, CompiledFile
from netdsl.cli.output import Findings, table_page, tell
from netdsl.cli.streams import write
from netdsl.cli.training import compile_experiment, compiler_of
from netdsl.extras import BACKENDS
from netdsl.foreign import Plain

if TYPE_CHECKING:
    from rich.console import Console

    from netdsl.elaborate.training.experiment import Experiment
    from netdsl.training.grid import Member


@click.command("sweep")
@click.argument("file", metavar="FILE")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--model", metavar="NAME", help="The model, where the file trains several.")
@click.option("--trials", type=click.IntRange(1, 10**6), help="Search with so many trials in all.")
@click.option(
    "--metric", metavar="NAME", help="Search for this; the first validation metric without it."
)
@click.option("--out", metavar="DIR", help="The folder of the study; `runs/NAME` without it.")
@click.option("--epochs", type=click.IntRange(1, 2**31), help="In place of the block's.")
@click.option("--backend", type=click.Choice(BACKENDS), help="What computes.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(
    file: str,
    settings: tuple[str, ...],
    model: str | None,
    trials: int | None,
    metric: str | None,
    out: str | None,
    epochs: int | None,
    backend: str | None,
    format_: str,
) -> int:
    """List every member of the grid that `in […]` and `in (…)` span, or search through it with --trials.

    A search goes on where it was left, and processes on the same folder share it.
    """
    from netdsl.training.grid import tried

    findings = Findings()
    found = compile_experiment(file, settings, model, findings)
    if isinstance(found, int):
        return found
    item, experiment = found
    if not tried(experiment):
        findings.finish()
        tell(_nothing_to_try(item, experiment))
        return 1
    if trials is not None:
        from netdsl.cli.searching import Wanted, search_trials

        wanted = Wanted(trials, metric, out, {"epochs": epochs} if epochs else {}, backend)
        return search_trials(item, experiment, settings, wanted, findings)
    findings.finish()
    _show_grid(item, experiment, model, format_)
    return 0


def _show_grid(item: CompiledFile, experiment: Experiment, model: str | None, format_: str) -> None:
    from netdsl.training.grid import MOST_MEMBERS, members, size_of, tried

    listed = list(islice(members(experiment, compiler_of(item, model)), MOST_MEMBERS))
    if format_ == "json":
        write(sys.stdout, json.dumps([_as_json(member) for member in listed], indent=2) + "\n")
    else:
        with table_page() as console:
            _print_table(listed, size_of(tried(experiment)), console)


def _nothing_to_try(item: CompiledFile, experiment: Experiment) -> str:
    own = experiment.hyperparameters
    example = "lr: float in (1e-4, 1e-2) = 1e-3"
    if own:
        first = own[0]
        example = f"{first.name}: {first.type or 'int'} in [{first.value}, …] = {first.value}"
    return (
        f"{item.file.name} does not say what may be tried. Give a parameter of the model or of its `train` block "
        f"choices or a range: `{example}`\n"
    )


def _as_json(member: Member) -> dict[str, Plain]:
    problem = member.problem
    return {
        "values": dict(member.values),
        "parameters": member.parameters,
        "macs": member.macs,
        "memory": member.memory,
        "legal": member.is_legal,
        "problem": None if problem is None else f"{problem.code} {problem.message}",
    }


def _print_table(found: list[Member], size: int, console: Console) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in found[0].values:
        table.add_column(name, justify="right")
    for column in ("parameters", "MACs", "memory"):
        table.add_column(column, justify="right")
    table.add_column("", overflow="fold")
    for member in found:
        problem = member.problem
        why = "" if problem is None else f"{problem.code}: {problem.message}"
        values = [_spelled(value) for value in member.values.values()]
        costs = (_count(member.parameters), _count(member.macs), _bytes(member.memory))
        table.add_row(*values, *costs, why)
    console.print(table)
    legal = sum(member.is_legal for member in found)
    more = f"; the first {len(found)} are shown" if size > len(found) else ""
    console.print(
        f"{size:,} members{more}, {legal:,} of them legal"
        if more or legal < size
        else f"{size:,} members"
    )


def _spelled(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def _bytes(number: int | None) -> str:
    return "?" if number is None else f"{number / 2**20:,.1f} MiB"
