"""`netdsl layers`: the catalogue, a page for each name.

What is on a page comes from `netdsl.report.reference`, which the documentation is made from too.
"""

from __future__ import annotations

import sys

import click

from netdsl.cli.output import page, takes_color
from netdsl.cli.streams import write


@click.command("layers")
@click.argument("name", required=False)
@click.option("--list", "list_", is_flag=True, help="List every name (as without NAME).")
def command(name: str | None, list_: bool) -> int:
    """Look a layer, activation, initializer or any other name of the catalogue up."""
    from netdsl.report.reference import overview, pages_for

    if name is None or list_:
        write(sys.stdout, overview())
        return 0
    pages = pages_for(name)
    if not pages:
        raise click.UsageError(_unknown(name))
    text = "\n".join(pages)
    if not takes_color(sys.stdout):
        from netdsl.report.reference import plain

        write(sys.stdout, plain(text))
        return 0
    from netdsl.report.page import print_markdown

    with page() as console:
        print_markdown(text, console)
    return 0


def _unknown(name: str) -> str:
    from netdsl.report.reference import nearest

    near = nearest(name)
    hint = f"Did you mean `{near}`?" if near else "`netdsl layers` lists the names."
    return f"There is no `{name}` in the catalogue. {hint}"
