"""`netdsl graph`: the picture of a model."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from netdsl.cli.compiling import AT_HELP, SET_HELP, CompiledFile, compile_files, has_model
from netdsl.cli.files import is_stream, spec_name, write_result
from netdsl.cli.output import Findings, tell
from netdsl.cli.streams import write_bytes

if TYPE_CHECKING:
    from netdsl.picture.costs import Costs
    from netdsl.picture.picture import Direction, Form, Picture, Theme

FORMATS = ("svg", "png", "pdf", "html", "dot", "mmd", "json")


@click.command("graph")
@click.argument("file", metavar="FILE")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    help="Write here, in the format of the name's ending: "
    f"{', '.join(f'.{name}' for name in FORMATS)}; `-` prints.  [default: FILE.svg beside FILE]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="The format, where OUT does not tell it.  [default: svg]",
)
@click.option("--model", metavar="NAME", help="One model of a file that declares several.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--at", "sizes", multiple=True, metavar="H=224,W=224", help=AT_HELP)
@click.option(
    "--depth",
    type=click.IntRange(0),
    help="Show blocks in blocks so deep; 0 closes them all.  [default: as much as fits a page]",
)
@click.option(
    "--costs",
    type=click.Choice(["params", "macs", "memory"]),
    help="Shade layers by parameters, multiply-accumulates or memory, and tell the number.",
)
@click.option(
    "--theme",
    type=click.Choice(["light", "dark", "print"]),
    default="light",
    show_default=True,
    help="Colours on white, on black, or in black on no ground at all for paper.",
)
@click.option(
    "--direction",
    type=click.Choice(["down", "right"]),
    default="down",
    show_default=True,
    help="Where the flow goes.",
)
@click.option(
    "--form",
    type=click.Choice(["auto", "line", "u"]),
    default="auto",
    show_default=True,
    help="A U where skips nest, as in a U-Net, or one line.",
)
def command(
    file: str,
    output: str | None,
    format_: str | None,
    model: str | None,
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    depth: int | None,
    costs: Costs | None,
    theme: Theme,
    direction: Direction,
    form: Form,
) -> int:
    """Draw a model as its spec has it: blocks with their arguments, repeats with a count, forks side by side.

    No other program is needed, but for PNG: `pip install 'netdsl[png]'`.
    """
    from netdsl.picture.picture import Options, Picture

    kind = _format(output, format_)
    findings = Findings()
    compiled = compile_files([file], findings, settings=settings, sizes=sizes, model=model)
    found = [item for item in compiled if not findings.failed and has_model(item, model, findings)]
    if found and found[0].compiled.ok:
        chosen = found[0].compiled.model(model)
        picture = Picture(chosen.net, Options(depth, theme, direction, costs, form))
        if form == "u" and not picture.is_u:
            tell(f"{spec_name(file)}: its skips do not nest, so that it is no U\n")
        _write(picture, kind, _target(output, file, kind), findings)
        if model is None:
            _tell_others(found[0], chosen.name)
    return findings.finish()


def _format(output: str | None, given: str | None) -> str:
    """Give the format: the one that is asked for, or that of the name's ending."""
    ending = "" if output in (None, "-") else PurePath(str(output)).suffix.lstrip(".").lower()
    if given is not None:
        return given
    if ending in FORMATS or not ending:
        return ending or "svg"
    known = ", ".join(f"`.{name}`" for name in FORMATS)
    raise click.UsageError(
        f"A picture's name ends in {known}, not in `.{ending}`; or say --format."
    )


def _target(output: str | None, file: str, kind: str) -> str:
    """Give where to write: beside the spec where nothing is said."""
    if output is not None and output.endswith(".net"):
        raise click.UsageError(f"`{output}` is a spec; give the picture another name with -o.")
    if output is not None:
        return output
    if is_stream(file):
        return "-"
    return str(Path(file).with_suffix(f".{kind}"))


def _write(picture: Picture, kind: str, target: str, findings: Findings) -> None:
    from netdsl.picture.formats import CannotDraw, write

    try:
        made = write(picture, kind)
    except CannotDraw as error:
        raise click.ClickException(str(error)) from error
    if target == "-":
        write_bytes(sys.stdout, made)
        return
    problem = write_result(Path(target), made)
    if problem is not None:
        findings.fail(problem)


def _tell_others(item: CompiledFile, name: str) -> None:
    """Say which model was drawn, where there are several."""
    others = [f"`{model}`" for model in item.compiled.models if model != name]
    if others:
        listed = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
        tell(f"{spec_name(item.path)}: this is `{name}`; --model draws {listed}\n")
