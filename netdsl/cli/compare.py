"""`netdsl compare A B C`: networks side by side."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, CompiledFile, compile_files, has_model
from netdsl.cli.output import WIDE, Findings, page
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from netdsl.report.side_by_side import Figures

ORDERS = ("file", "parameters", "macs", "depth", "memory")


@click.command("compare")
@click.argument("files", nargs=-1, required=True, metavar="A B…")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Only models of this name; may be repeated.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--at", "sizes", multiple=True, metavar="H=224,W=224", help=AT_HELP)
@click.option(
    "--batch",
    type=click.IntRange(1, 2**31),
    default=32,
    show_default=True,
    help="The batch that memory is told for.",
)
@click.option(
    "--sort",
    type=click.Choice(ORDERS),
    default="file",
    show_default=True,
    help="The order of the rows.",
)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(
    files: tuple[str, ...],
    models: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    batch: int,
    sort: str,
    format_: str,
) -> int:
    """Set networks side by side: parameters, multiply-accumulates, depth, receptive field, memory.

    Every model of each file is a row. Counts are told as multiples of the first row's too. Depth counts the layers
    with a kernel on the longest path.
    """
    findings = Findings()
    compiled = compile_files(files, findings, settings=settings, sizes=sizes)
    found = [item for item in compiled if not findings.failed and has_model(item, None, findings)]
    networks = _ordered(_figures(found, models, findings), sort, batch)
    status = findings.finish()
    if format_ == "json":
        write(sys.stdout, json.dumps([network.as_dict() for network in networks], indent=2) + "\n")
    elif networks:
        from netdsl.report.side_by_side import print_side_by_side

        with page() as console:
            if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
                console.width = WIDE
            print_side_by_side(networks, console, batch)
    return status


def _figures(
    found: list[CompiledFile], models: tuple[str, ...], findings: Findings
) -> list[Figures]:
    """Work out the figures of each model that is whole; several files may have models of one name."""
    from netdsl.report.side_by_side import figures

    declared = [(item, name) for item in found for name in item.compiled.models]
    for wanted in models:
        if declared and wanted not in {name for _, name in declared}:
            has_model(found[0], wanted, findings)
    chosen = [(item, name) for item, name in declared if not models or name in models]
    names = [name for _, name in chosen]
    rows: list[Figures] = []
    for item, name in chosen:
        graph = item.compiled.graphs[name]
        if graph.complete:
            item.compiled.model(name).verify()
            label = name if names.count(name) == 1 else f"{name} of {item.path}"
            rows.append(figures(graph, label))
    return rows


def _ordered(networks: list[Figures], sort: str, batch: int) -> list[Figures]:
    """Put the rows in order; what is no number comes last."""

    def key(network: Figures) -> float:
        value = {
            "parameters": network.parameters,
            "macs": network.macs,
            "depth": network.depth,
            "memory": network.activation_bytes * batch + (network.weight_bytes or 0),
        }[sort]
        return value if isinstance(value, int) else float("inf")

    return networks if sort == "file" else sorted(networks, key=key)
