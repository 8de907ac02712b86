"""`netdsl check`: every mistake and every piece of advice, and nothing else."""

from __future__ import annotations

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, compile_files
from netdsl.cli.output import FORMATS, Findings


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
@click.option("--at", "sizes", multiple=True, metavar="H=224,W=224", help=AT_HELP)
def command(
    files: tuple[str, ...], format_: str, settings: tuple[str, ...], sizes: tuple[str, ...]
) -> int:
    """Say everything that is wrong with each spec, and what could be better; write nothing."""
    findings = Findings()
    compile_files(files, findings, settings=settings, sizes=sizes)
    return findings.finish(format_)
