"""`netdsl summary`: the table of layers, and totals."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, CompiledFile, compile_files, has_model
from netdsl.cli.files import spec_name
from netdsl.cli.output import Findings, takes_color, write


@click.command("summary")
@click.argument("file", metavar="FILE")
@click.option("--model", metavar="NAME", help="One model of a file that declares several.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--at", "sizes", multiple=True, metavar="H=224,W=224", help=AT_HELP)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--batch",
    type=click.IntRange(1, 2**31),
    default=32,
    show_default=True,
    help="The batch size that memory is told for.",
)
@click.option("--expand", "--full", is_flag=True, help="List every repeat of a block.")
def command(
    file: str,
    model: str | None,
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    format_: str,
    batch: int,
    expand: bool,
) -> int:
    """Show the layers of a spec, with output shapes, parameters, multiply-accumulates and inputs.

    The table of a spec with errors goes as far as the first of them.
    """
    findings = Findings()
    compiled = compile_files([file], findings, settings=settings, sizes=sizes)
    found = [item for item in compiled if not findings.failed and has_model(item, model, findings)]
    if format_ == "json":
        write(sys.stdout, json.dumps(_as_json(file, found, model, findings), indent=2) + "\n")
    else:
        for item in found:
            _print_tables(item, model, batch, expand)
    return findings.finish()


def _as_json(
    file: str, found: list[CompiledFile], model: str | None, findings: Findings
) -> dict[str, Any]:
    """Give the summary object; the same keys, empty, where there is no model to sum up."""
    from netdsl.diagnostics.json import as_dict
    from netdsl.report.summary import empty_summary

    result = found[0].compiled.model(model).summary() if found else empty_summary(spec_name(file))
    return result | {"diagnostics": [as_dict(d) for d in findings.diagnostics]}


def _print_tables(item: CompiledFile, model: str | None, batch: int, expand: bool) -> None:
    from rich.console import Console

    from netdsl.report.table import Display, print_summary

    system: Literal["auto"] | None = "auto" if takes_color(sys.stdout) else None
    console = Console(color_system=system, highlight=False)
    names = item.compiled.models if model is None else (model,)
    for number, name in enumerate(names):
        if number:
            console.print()
        graph = item.compiled.model(name).net
        stops_at = "" if graph.complete else _first_error(item)
        print_summary(graph, console, Display(batch, expand), stops_at)


def _first_error(item: CompiledFile) -> str:
    for diagnostic in item.compiled.diagnostics:
        if diagnostic.severity == "error":
            return f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}: {diagnostic.message}"
    return "the spec has errors"
