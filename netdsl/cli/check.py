"""`netdsl check`: every mistake and every piece of advice, and nothing else."""

from __future__ import annotations

import re
import sys

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, Advice, compile_files
from netdsl.cli.output import FORMATS, Findings, write


def read_codes(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Read codes apart: `N0612,N07` and repeated options alike; refuse what begins no code."""
    codes = tuple(part.strip().upper() for value in values for part in value.split(","))
    for code in codes:
        if not re.fullmatch(r"N\d{0,4}", code):
            raise click.BadParameter(
                f"`{code}` is not a code such as N0612, or the beginning of one."
            )
    return codes


def read_device(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse a device that nothing is known of."""
    if not value:
        return value
    from netdsl.catalog.devices import DEVICES, device
    from netdsl.diagnostics.suggest import closest

    if device(value) is None:
        names = [known.name for known in DEVICES]
        near = closest(value.lower(), names)
        hint = f"did you mean `{near}`?" if near else f"known are {', '.join(names)}."
        raise click.BadParameter(f"nothing is known of `{value}`; {hint}")
    return value


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
) -> int:
    """Say everything that is wrong with each spec, and what could be better; write nothing without --fix.

    A comment `# netdsl: allow N0612` in a spec leaves that advice out for its line.
    """
    findings = Findings()
    if fix:
        _fix(files, findings)
    advice = Advice(select, ignore, device, batch)
    compile_files(files, findings, settings=settings, sizes=sizes, advice=advice)
    return findings.finish(format_)


def _fix(files: tuple[str, ...], findings: Findings) -> None:
    """Mend the files first, and say how much was mended; the check then tells what is left."""
    from netdsl.cli.fixing import fix_files

    for path, count in fix_files(files, findings).items():
        write(sys.stderr, f"{path}: {count} {'change' if count == 1 else 'changes'} applied\n")
