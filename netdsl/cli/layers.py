"""`netdsl layers`: the catalogue, a page for each name.

What is on a page comes from `netdsl.report.reference`, which the documentation is made from too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from netdsl.cli.output import page, takes_color, tell
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from netdsl.catalog.activations import ActivationFacts


@click.command("layers")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--list", "list_", is_flag=True, help="List every name (as without NAME).")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Draw activations into a picture (png, svg or pdf), instead of in characters.",
)
def command(names: tuple[str, ...], list_: bool, output: str | None) -> int:
    """Look a layer, activation, initializer or any other name of the catalogue up.

    Several activations are plotted over each other, their derivatives too: `netdsl layers relu gelu`.
    """
    from netdsl.report.reference import overview, pages_for

    if not names or list_:
        write(sys.stdout, overview())
        return 0
    activations = _activations(names)
    if output is not None:
        return _draw(activations, names, output)
    if len(activations) > 1:
        from netdsl.report.overlay import overlay

        write(sys.stdout, overlay(activations))
        return 0
    pages = [text for name in names for text in pages_for(name) or _refused(name)]
    text = "\n".join(pages)
    if not takes_color(sys.stdout):
        from netdsl.report.reference import plain

        write(sys.stdout, plain(text))
        return 0
    from netdsl.report.page import print_markdown

    with page() as console:
        print_markdown(text, console)
    return 0


def _activations(names: tuple[str, ...]) -> list[ActivationFacts]:
    """Give what is known of each name, where every one of them is an activation that can be plotted."""
    from netdsl.report.reference import activation_called

    found = [activation_called(name) for name in names]
    known = [facts for facts in found if facts is not None]
    return known if len(known) == len(found) else []


def _draw(activations: list[ActivationFacts], names: tuple[str, ...], output: str) -> int:
    from netdsl.extras import MissingExtra, needed
    from netdsl.report.overlay import draw_overlay

    if not activations:
        listed = ", ".join(f"`{name}`" for name in names)
        raise click.UsageError(f"-o draws activations, and not all of {listed} are.")
    path = Path(output)
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise click.UsageError(f"`{output}` is to end in .png, .svg or .pdf.")
    try:
        needed("matplotlib", "to draw").use("Agg")
        draw_overlay(activations, path, needed("matplotlib.pyplot"))
    except MissingExtra as error:
        tell(f"netdsl: {error}\n")
        return 2
    except OSError as error:
        tell(f"netdsl: `{output}`: {error.strerror or error}\n")
        return 2
    return 0


def _refused(name: str) -> NoReturn:
    raise click.UsageError(_unknown(name))


def _unknown(name: str) -> str:
    from netdsl.report.reference import nearest

    near = nearest(name)
    hint = f"Did you mean `{near}`?" if near else "`netdsl layers` lists the names."
    return f"There is no `{name}` in the catalogue. {hint}"
