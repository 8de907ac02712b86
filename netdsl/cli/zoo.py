"""`netdsl zoo`: the specs that ship with netdsl, listed, told of, or copied."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.new_files import put_all
from netdsl.cli.output import Findings, table_page, tell, write_source
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from netdsl.zoo.listing import Row

_NUMBER = re.compile(r"(\d[\d_,]*(?:\.\d+)?)\s*([kKmMgGbB]?)")
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9}
ORDERS = ("year", "name", "parameters", "macs")


def _amount(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Read a number as people write one: 25_000_000, 10M, 1.5G."""
    if value is None:
        return None
    found = _NUMBER.fullmatch(value.strip())
    if found is None:
        raise click.BadParameter(f"`{value}` is no number; write 10M, 1.5G or 25_000_000.")
    return float(re.sub("[_,]", "", found.group(1))) * _UNITS[found.group(2).lower()]


@click.command("zoo")
@click.argument("words", nargs=-1, metavar="[NAME | WORD…]")
@click.option("-o", "--output", metavar="FILE", help="Copy the spec to FILE; `-` prints it.")
@click.option("--under", metavar="N", callback=_amount, help="At most N parameters, such as 10M.")
@click.option(
    "--macs", metavar="N", callback=_amount, help="At most N multiply-accumulates, such as 1G."
)
@click.option("--since", type=int, metavar="YEAR", help="Published in YEAR or later.")
@click.option("--sort", type=click.Choice(ORDERS), default="year", show_default=True)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(
    words: tuple[str, ...],
    output: str | None,
    under: float | None,
    macs: float | None,
    since: int | None,
    sort: str,
    format_: str,
    force: bool,
) -> int:
    """List the networks that ship with netdsl, those that all WORDs are said of, or copy one.

    `netdsl zoo vision --under 10M` lists small networks for pictures; `netdsl zoo resnet50 -o mine.net` copies what
    ResNet-50 is made of, and `netdsl zoo resnet -o resnet.net` the whole family.
    """
    if output is not None:
        return _copy(words, output, force=force)
    from netdsl.zoo.listing import rows_for

    rows = rows_for(words, under, macs, since, sort)
    if not rows:
        raise click.UsageError(_nothing(words, limited=not under is macs is since is None))
    if format_ == "json":
        write(sys.stdout, json.dumps([row.as_dict() for row in rows], indent=2) + "\n")
    else:
        _print(words, rows)
    return 0


def _print(words: tuple[str, ...], rows: list[Row]) -> None:
    from netdsl.zoo.entries import find
    from netdsl.zoo.listing import table, told

    found = find(words[0]) if len(words) == 1 else None
    with table_page() as console:
        if found is not None:
            width = console.width if sys.stdout.isatty() else None
            console.print(told(found[0], width), soft_wrap=True, markup=False)
            console.print()
        console.print(table(rows, console.width))
    if found is not None:
        tell(f"`netdsl zoo {words[0]} -o {found[0].stem}.net` copies it\n")


def _nothing(words: tuple[str, ...], *, limited: bool) -> str:
    from netdsl.zoo.entries import nearest

    said = " ".join(words)
    near = nearest(words[0]) if len(words) == 1 else None
    if near:
        return f"There is no `{said}` in the zoo. Did you mean `{near}`?"
    what = f"Nothing in the zoo speaks of `{said}`" if words else "Nothing in the zoo is like that"
    return f"{what}{' within these limits' if words and limited else ''}. `netdsl zoo` lists all."


def _copy(words: tuple[str, ...], output: str, *, force: bool) -> int:
    from netdsl.zoo.copying import copied
    from netdsl.zoo.entries import find

    if len(words) != 1:
        raise click.UsageError(
            "Name the one spec that is to be copied: `netdsl zoo resnet50 -o mine.net`."
        )
    found = find(words[0])
    if found is None:
        raise click.UsageError(_nothing(words, limited=False))
    text, imported = copied(found[0].path, found[1])
    if output == "-":
        write_source(text)
        return 0
    target = Path(output)
    if target.is_dir():
        target = target / f"{found[0].stem}.net"
    files = {target: text, **{target.parent / name: part for name, part in imported.items()}}
    findings = Findings()
    if put_all(files, findings, force=force):
        tell("".join(f"{path.as_posix()} is written\n" for path in files))
    return findings.finish()
