"""`netdsl check`: every mistake and every piece of advice, and nothing else."""

from __future__ import annotations

import click

from netdsl.catalog.versions import Releases
from netdsl.cli.compiling import AT_HELP, SET_HELP, compile_files
from netdsl.cli.configuration import Configuration, keras_option, read_codes, read_device
from netdsl.cli.files import specs_at
from netdsl.cli.output import FORMATS, Findings, tell


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
@click.option(
    "--select",
    multiple=True,
    callback=read_codes,
    metavar="CODES",
    help="Give this advice too: codes or beginnings of them, such as N06.",
)
@click.option(
    "--ignore", multiple=True, callback=read_codes, metavar="CODES", help="Leave this advice out."
)
@click.option("--fix", is_flag=True, help="Apply the changes that are checked and safe, in place.")
@click.option(
    "--device",
    default="",
    callback=read_device,
    metavar="NAME",
    help="Advise on training on this GPU, such as t4 or h100.",
)
@click.option("--batch", type=click.IntRange(1, 2**31), help="The batch size for advice on memory.")
@keras_option
def command(
    files: tuple[str, ...],
    format_: str,
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fix: bool,
    device: str,
    batch: int | None,
    keras: Releases | None,
) -> int:
    """Say everything that is wrong with each spec, and what could be better; write nothing without --fix.

    A folder stands for the specs in it.
    A comment `# netdsl: allow N0612` in a spec leaves that advice out for its line.
    """
    findings = Findings()
    files = specs_at(files, findings.fail)
    if fix:
        _fix(files, findings, keras)
    advice = Configuration(select, ignore, device, batch, keras=keras)
    compile_files(files, findings, settings=settings, sizes=sizes, advice=advice)
    return findings.finish(format_)


def _fix(files: tuple[str, ...], findings: Findings, keras: Releases | None) -> None:
    """Mend the files first, and say how much was mended; the check then tells what is left."""
    from netdsl.cli.fixing import fix_files

    for path, count in fix_files(files, findings, keras).items():
        tell(f"{path}: {count} {'change' if count == 1 else 'changes'} applied\n")
