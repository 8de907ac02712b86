"""`netdsl summary`: the table of layers, and totals."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from netdsl.catalog.versions import Releases
from netdsl.cli.compiling import AT_HELP, SET_HELP, CompiledFile, compile_files, has_model
from netdsl.cli.configuration import (
    Configuration,
    configuration_for,
    keras_option,
    read_device,
)
from netdsl.cli.files import spec_name
from netdsl.cli.output import WIDE, Findings, page
from netdsl.cli.streams import write
from netdsl.record import record
from netdsl.value import Document

if TYPE_CHECKING:
    from rich.console import Console

    from netdsl.analyse.advice.view import View
    from netdsl.analyse.roofline import Step
    from netdsl.compiler import CompiledModel
    from netdsl.graph import Graph


@record
class Shown:
    """What of a summary is asked for: repeats in full, more columns, the arithmetic of one layer."""

    expand: bool = False
    columns: tuple[str, ...] = ()
    explain: str | None = None


def _read_columns(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    from netdsl.report.table import MORE_COLUMNS

    asked = tuple(
        name.strip().replace("_", "-") for name in (value or "").split(",") if name.strip()
    )
    for name in asked:
        if name not in MORE_COLUMNS:
            raise click.BadParameter(
                f"there is no column `{name}`; there are {', '.join(MORE_COLUMNS)}"
            )
    return asked


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
    help="The batch size that memory is told for; without it that of the `train` block, or 32.",
)
@click.option(
    "--device",
    default="",
    callback=read_device,
    metavar="NAME",
    help="Tell memory and time of a training step on this GPU, such as t4 or h100.",
)
@keras_option
@click.option("--expand", "--full", is_flag=True, help="List every repeat of a block.")
@click.option(
    "--columns",
    callback=_read_columns,
    metavar="NAME,…",
    help="More columns: receptive-field, how much of the input one value depends on; activation-size, how many values "
    "a layer gives.",
)
@click.option(
    "--explain",
    metavar="LAYER",
    help="Spell the arithmetic of a layer out: its output shape, parameters and multiply-accumulates.",
)
def command(
    file: str,
    model: str | None,
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    format_: str,
    batch: int | None,
    device: str,
    keras: Releases | None,
    expand: bool,
    columns: tuple[str, ...],
    explain: str | None,
) -> int:
    """Show the layers of a spec, with output shapes, parameters, multiply-accumulates and inputs.

    The table of a spec with errors goes as far as the first of them.
    """
    findings = Findings()
    configured = configuration_for(file, findings.fail)
    wanted = configured.under(Configuration(device=device, batch=batch))
    compiled = compile_files(
        [file], findings, settings=settings, sizes=sizes, model=model, keras=keras
    )
    found = [item for item in compiled if not findings.failed and has_model(item, model, findings)]
    if format_ == "json":
        write(
            sys.stdout, json.dumps(_as_json(file, found, model, wanted, findings), indent=2) + "\n"
        )
    else:
        for item in found:
            with page() as console:
                _print_tables(item, model, wanted, Shown(expand, columns, explain), console)
    return findings.finish()


def _as_json(
    file: str,
    found: list[CompiledFile],
    model: str | None,
    wanted: Configuration,
    findings: Findings,
) -> Document:
    """Give the summary object; the same keys, empty, where there is no model to sum up."""
    from netdsl.diagnostics.json import as_dict
    from netdsl.report.summary import empty_summary

    result = found[0].compiled.model(model).summary() if found else empty_summary(spec_name(file))
    step = _step(found[0], result["model"], wanted) if found else None
    if step is not None:
        from netdsl.report.device import device_dict

        result["device"] = device_dict(step)
    return result | {"diagnostics": [as_dict(d) for d in findings.diagnostics]}


def _print_tables(
    item: CompiledFile, model: str | None, wanted: Configuration, shown: Shown, console: Console
) -> None:
    from netdsl.analyse.advice.gpu import batch_of
    from netdsl.report.device import device_lines
    from netdsl.report.table import Display, print_summary

    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        console.width = WIDE  # a file or a pipe has no edge to break names at
    names = item.compiled.models if model is None else (model,)
    if shown.explain is not None:
        _print_explanations([item.compiled.model(n) for n in names], shown.explain, console)
        return
    for number, name in enumerate(names):
        if number:
            console.print()
        compiled = item.compiled.model(name)
        compiled.verify()
        graph = compiled.net
        stops_at = "" if graph.complete else _first_error(item)
        batch = batch_of(view_of(item, name, wanted))
        print_summary(graph, console, Display(batch, shown.expand, shown.columns), stops_at)
        step = _step(item, name, wanted)
        for line in device_lines(step) if step is not None else ():
            console.print(line, soft_wrap=True)


def _print_explanations(models: list[CompiledModel], name: str, console: Console) -> None:
    """Print the arithmetic of the layer of that name in each model that has it, and of each use of a shared one."""
    from rich.text import Text

    from netdsl.analyse.receptive import receptive_fields
    from netdsl.report.arithmetic import explain, layers_called

    found = [(model.net, nodes) for model in models if (nodes := layers_called(model.net, name))]
    if not found:
        raise click.UsageError(unknown_layer([model.net for model in models], name))
    for number, (graph, nodes) in enumerate(found):
        if len(models) > 1:
            console.print(Text(f"{chr(10) * bool(number)}Model: {graph.name}"), soft_wrap=True)
        fields = receptive_fields(graph)
        for node in nodes:
            console.print(Text.assemble((node.name, "bold"), f"  {node.kind}"), soft_wrap=True)
            for line in explain(graph, node, fields.get(node.id)):
                console.print(Text(f"  {line}"), soft_wrap=True)


def unknown_layer(graphs: Sequence[Graph], name: str) -> str:
    """Say that models have no such layer, and what they have that is spelled nearly so."""
    from netdsl.diagnostics.suggest import closest

    near = closest(name, [node.name for graph in graphs for node in graph.nodes])
    hint = f"Did you mean `{near}`?" if near else "`netdsl summary` lists them."
    whose = f"{graphs[0].name} has no" if len(graphs) == 1 else "No model of the file has a"
    return f"{whose} layer `{name}`. {hint}"


def view_of(item: CompiledFile, model: str, wanted: Configuration) -> View:
    """Give a model with its training and what is assumed of the device."""
    from netdsl.analyse.advice.view import Surroundings, View

    plans = {plan.model: plan for plan in item.compiled.training}
    assumed = Surroundings(wanted.device, wanted.batch, wanted.usual_batch)
    return View(item.compiled.graphs[model], plans.get(model), assumed)


def _step(item: CompiledFile, model: str, wanted: Configuration) -> Step | None:
    """Estimate a training step on the device that was named."""
    from netdsl.analyse.advice.gpu import batch_of, setup_of
    from netdsl.analyse.roofline import training_step
    from netdsl.catalog.devices import device

    target = device(wanted.device)
    view = view_of(item, model, wanted)
    if target is None or not view.graph.complete:
        return None
    return training_step(view.graph, target, setup_of(view), batch_of(view))


def _first_error(item: CompiledFile) -> str:
    for diagnostic in item.compiled.diagnostics:
        if diagnostic.severity == "error":
            return f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}: {diagnostic.message}"
    return "the spec has errors"
