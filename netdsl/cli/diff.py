"""`netdsl diff A B`: what changed in the network, not in the text."""

from __future__ import annotations

import json
import sys

import click

from netdsl.cli.compiling import SET_HELP
from netdsl.cli.output import Findings
from netdsl.cli.streams import write
from netdsl.cli.versions import read_versions
from netdsl.compare.changes import Change

SIGNS = {"added": "+", "removed": "-", "renamed": "=", "changed": "~"}


@click.command("diff")
@click.argument("files", nargs=-1, required=True, metavar="A B")
@click.option("--against", metavar="git:REF", help="Compare one spec with what it was in git.")
@click.option("--model", help="The model to compare; the last of each file without it.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(
    files: tuple[str, ...],
    against: str | None,
    model: str | None,
    settings: tuple[str, ...],
    format_: str,
) -> int:
    """Say what is different in the second network: inputs, outputs, layers, connections, totals, training."""
    from netdsl.compare.changes import compare_graphs
    from netdsl.compare.training import compare_training

    findings = Findings()
    versions = read_versions(files, against, model, settings, findings)
    status = findings.finish()
    if versions is None:
        return status or 1
    changes = compare_graphs(versions.before, versions.after)
    changes += compare_training(versions.trained_before, versions.trained_after)
    if format_ == "json":
        rows = [
            {"what": c.what, "kind": c.kind, "subject": c.subject, "details": list(c.details)}
            for c in changes
        ]
        write(sys.stdout, json.dumps(rows, indent=2) + "\n")
        return 0
    lines = [
        f"{SIGNS[c.what]} {c.kind} {c.subject}: {'; '.join(c.details)}".rstrip(": ")
        for c in _with_names_together(changes)
    ]
    write(sys.stdout, "\n".join(lines or ["the same network"]) + "\n")
    return 0


#: How many renamed layers are told one by one.
MOST_NAMES = 3


def _with_names_together(changes: list[Change]) -> list[Change]:
    """Tell layers that have another name and are the same otherwise in one line, at its first place."""
    renamed = [c for c in changes if c.what == "renamed" and c.kind == "layer" and not c.details]
    if len(renamed) < 2:
        return changes
    more = len(renamed) - MOST_NAMES
    names = [c.subject for c in renamed[:MOST_NAMES]] + [f"{more} more"] * (more > 0)
    together = Change("renamed", "layer", f"{', '.join(names)}")
    kept = {id(c) for c in renamed[1:]}
    return [together if c is renamed[0] else c for c in changes if id(c) not in kept]
