"""`netdsl check`: every mistake and every piece of advice, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

import click

from netdsl.cli.compiling import SET_HELP, CompiledFile, compile_files
from netdsl.cli.output import FORMATS, Findings
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.files import UnknownSize
from netdsl.diagnostics.problems.sizes import UnmetDemand
from netdsl.graph import Graph
from netdsl.source import Span
from netdsl.tensor import Demand, Sym


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Text goes to standard error, the others to standard output.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option(
    "--at",
    "sizes",
    multiple=True,
    metavar="H=224,W=224",
    help="Try the demands on symbolic dimensions at these sizes.",
)
def command(
    files: tuple[str, ...], format_: str, settings: tuple[str, ...], sizes: tuple[str, ...]
) -> int:
    """Say everything that is wrong with each spec, and what could be better; write nothing."""
    findings = Findings()
    compiled = compile_files(files, findings, settings=settings)
    if sizes and not findings.failed:
        _check_sizes(sizes, compiled, findings)
    return findings.finish(format_)


def _check_sizes(
    written: Iterable[str], compiled: Iterable[CompiledFile], findings: Findings
) -> None:
    """Report the demands that do not hold at given sizes, and sizes of dimensions that no model has."""
    from netdsl.cli.settings import read_sizes

    sizes = read_sizes(written, findings.fail)
    graphs = [item.compiled.model(name).net for item in compiled for name in item.compiled.models]
    known = sorted({name for graph in graphs for name in symbolic_names(graph)})
    for name, (_, span) in sizes.items():
        if name not in known and not findings.failed:
            findings.fail(_unknown_size(name, span, known))
    numbers = {name: size for name, (size, _) in sizes.items()}
    for graph in graphs:
        findings.report(unmet_demands(graph, numbers))


def symbolic_names(graph: Graph) -> set[str]:
    """Give the symbolic dimensions of a model's inputs: `H` and `W` for [H, W, 3]."""
    dims = [
        d
        for number in graph.inputs
        for spec in graph.nodes[number].flat_outputs
        for d in spec.shape
    ]
    return {name for dim in dims if isinstance(dim, Sym) for name in dim.variables}


def _unknown_size(name: str, span: Span, known: list[str]) -> Diagnostic:
    have = ", ".join(f"`{other}`" for other in known)
    label = f"the inputs have {have}" if have else "the inputs have numbers for sizes"
    return UnknownSize.at(span, label, name=name)


def unmet_demands(graph: Graph, sizes: dict[str, int]) -> list[Diagnostic]:
    """Report each demand of a model that does not hold at the sizes."""
    return [
        UnmetDemand.at(
            origin.span, f"`{demand}` does not hold at {_spell(demand, sizes)}", model=graph.name
        )
        for demand, origin in graph.demands
        if demand.holds(sizes) is False
    ]


def _spell(demand: Demand, sizes: dict[str, int]) -> str:
    return ", ".join(f"{name}={sizes[name]}" for name in sorted(demand.variables) if name in sizes)
