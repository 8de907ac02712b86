"""`netdsl new`: a project with a spec of the zoo, its module, a test, hooks and a `train` block."""

from __future__ import annotations

from pathlib import Path

import click

from netdsl.cli.new_files import put_all
from netdsl.cli.output import Findings, tell


@click.command("new")
@click.argument("name", metavar="NAME")
@click.option(
    "--from",
    "source",
    metavar="ZOO",
    default="digits",
    show_default=True,
    help="A spec or model of `netdsl zoo`.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
def command(name: str, source: str, force: bool) -> int:
    """Start a project in a folder NAME: a spec, its Python, a test, hooks for git, and a `train` block that runs.

    `netdsl new flowers --from resnet50` begins with ResNet-50; `netdsl zoo` lists what there is. A script makes a
    little data, so that there is something to learn at once.
    """
    from netdsl.zoo.entries import find, nearest
    from netdsl.zoo.project import project

    found = find(source)
    if found is None:
        near = nearest(source)
        hint = f"Did you mean `{near}`?" if near else "`netdsl zoo` lists what there is."
        raise click.UsageError(f"There is no `{source}` in the zoo. {hint}")
    folder = Path(name)
    made = project(folder.name, *found)
    findings = Findings()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"`{name}` cannot be made a folder: {error.strerror}.") from error
    if put_all({folder / path: text for path, text in made.items()}, findings, force=force):
        tell(f"{folder.as_posix()}/ has {', '.join(sorted(made))}\n")
    return findings.finish()
