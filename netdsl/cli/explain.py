"""`netdsl explain`: what a diagnostic code means, a spec that causes it, and the one that does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from netdsl.cli.files import unwritable, write_whole
from netdsl.cli.output import Findings, takes_color
from netdsl.cli.output import page as drawn
from netdsl.cli.streams import write
from netdsl.diagnostics.explain import all_pages, general, page_of
from netdsl.diagnostics.problem import Problem
from netdsl.diagnostics.registry import all_problems
from netdsl.diagnostics.suggest import closest

ROOMS = {
    "N01": "Syntax",
    "N02": "Names and imports",
    "N03": "Arguments",
    "N04": "Structure",
    "N05": "Shapes, dtypes and weights",
    "N06": "Advice",
    "N07": "Advice for GPUs",
    "N08": "Training",
    "N09": "Files and the command line",
    "N10": "Importing models",
}


@click.command("explain")
@click.argument("code", required=False)
@click.option("--list", "list_", is_flag=True, help="List every code.")
@click.option(
    "--markdown",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write every page into a folder instead.",
)
def command(code: str | None, list_: bool, markdown: Path | None) -> int:
    """Explain CODE, such as N0503."""
    if markdown is not None:
        return _write(markdown)
    elif list_:
        write(sys.stdout, code_list())
    elif code is None:
        raise click.UsageError("Give a code, such as `netdsl explain N0503`, or --list.")
    else:
        _show(code)
    return 0


def _write(folder: Path) -> int:
    findings = Findings()
    try:
        write_pages(folder)
    except OSError as error:
        name = folder.as_posix() if error.filename is None else str(error.filename)
        findings.fail(unwritable(name, error))
    return findings.finish()


def _show(code: str) -> None:
    page = page_of(code)
    if page is None:
        near = closest(code.upper(), all_problems())
        hint = f"Did you mean `{near}`?" if near else "`netdsl explain --list` lists the codes."
        raise click.UsageError(f"There is no code `{code}`. {hint}")
    if not takes_color(sys.stdout):
        write(sys.stdout, page.as_text())
        return
    from netdsl.report.page import print_markdown

    with drawn() as console:
        print_markdown(page.markdown, console)


def code_list() -> str:
    """List the codes in a line each, under what they are about."""
    lines: list[str] = []
    for room, problems in _by_room():
        lines += [*([""] if lines else []), room]
        lines += [f"  {p.code}  {p.severity:<7}  {general(p.title)}" for p in problems]
    return "\n".join(lines) + "\n"


def _by_room() -> Iterator[tuple[str, Iterator[type[Problem]]]]:
    """Give the codes in their order, by what they are about."""
    for number, problems in groupby(all_problems().values(), lambda problem: problem.code[:3]):
        yield ROOMS[number], problems


def write_pages(folder: Path) -> None:
    """Write a Markdown file for each code, and an index; pages of codes that are gone are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"README.md": index()} | {f"{page.code}.md": page.markdown for page in all_pages()}
    for stale in folder.glob("N[0-9][0-9][0-9][0-9].md"):
        if stale.name not in texts:
            stale.unlink()
    for name, text in texts.items():
        write_whole(folder / name, text)


def index() -> str:
    """Write a Markdown document that links to every page."""
    lines = ["# What the diagnostics mean", "", "Made by `netdsl explain --markdown docs/errors`."]
    for room, problems in _by_room():
        lines += ["", f"## {room}", ""]
        lines += [f"- [{p.code}]({p.code}.md) ({p.severity}): {general(p.title)}" for p in problems]
    return "\n".join(lines) + "\n"
