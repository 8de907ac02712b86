"""`netdsl breaking A B`: whether trained weights of A still load into B."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.compiling import SET_HELP
from netdsl.cli.output import Findings
from netdsl.cli.streams import write
from netdsl.cli.versions import Versions, read_versions
from netdsl.value import Document

if TYPE_CHECKING:
    from netdsl.compare.breaking import Comparison, Loading, Match
    from netdsl.diagnostics.diagnostic import Diagnostic

MOST_SHOWN = 20


@click.command("breaking")
@click.argument("files", nargs=-1, required=True, metavar="A B")
@click.option("--against", metavar="git:REF", help="Compare one spec with what it was in git.")
@click.option("--model", help="The model to compare; the last of each file without it.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option(
    "--carry", metavar="OUT.py", help="Write Python that carries the weights over; - prints it."
)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(
    files: tuple[str, ...],
    against: str | None,
    model: str | None,
    settings: tuple[str, ...],
    carry: str | None,
    format_: str,
) -> int:
    """Tell which weights load unchanged, renamed, reshaped, new or gone; exit 1 where a checkpoint no longer loads."""
    from netdsl.compare.breaking import compare_weights

    findings = Findings()
    versions = read_versions(files, against, model, settings, findings)
    status = findings.finish()
    if versions is None:
        return status or 1
    comparison = compare_weights(versions.before, versions.after)
    if carry is not None:
        failure = _write_transfer(comparison, versions, carry)
        if failure is not None:
            findings.fail(failure)
            return findings.finish()
    if carry != "-":
        text = (
            json.dumps(as_json(comparison), indent=2) if format_ == "json" else as_text(comparison)
        )
        write(sys.stdout, text + "\n")
    return 0 if comparison.loads else 1


def _write_transfer(comparison: Comparison, versions: Versions, target: str) -> Diagnostic | None:
    from netdsl.cli.files import write_result
    from netdsl.compare.transfer import transfer_source

    source = transfer_source(comparison, versions.before_name, versions.after_name)
    if target == "-":
        write(sys.stdout, source)
        return None
    return write_result(Path(target), source)


def as_json(comparison: Comparison) -> Document:
    """Give the comparison as JSON has it."""
    from netdsl.compare.breaking import FATES

    return {
        "loads": comparison.loads,
        **{fate: [_pair(match) for match in comparison.of(fate)] for fate in FATES},
        "loading": [
            {
                "slot": item.slot,
                "problem": item.problem,
                "before": item.before.name if item.before else None,
                "after": item.after.name,
            }
            for item in comparison.loading
        ],
    }


def _pair(match: Match) -> Document:
    return {
        "before": match.before.name if match.before else None,
        "after": match.after.name if match.after else None,
        "shapes_before": [list(s) for s in match.before.shapes] if match.before else None,
        "shapes_after": [list(s) for s in match.after.shapes] if match.after else None,
    }


def as_text(comparison: Comparison) -> str:
    """Say it for people: what matters first, then the counts."""
    lines: list[str] = []
    for fate in ("reshaped", "renamed", "new", "gone"):
        lines += _listed(fate, [_line(match) for match in comparison.of(fate)])
    kept = comparison.of("unchanged")
    lines.append(
        f"unchanged: {len(kept)} layers, {sum(m.after.parameters for m in kept if m.after):,} parameters"
    )
    if comparison.loads:
        lines.append("a checkpoint of the first loads into the second")
    else:
        lines += _listed(
            "a checkpoint of the first does not load into the second", _problems(comparison.loading)
        )
    return "\n".join(lines)


def _listed(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  … and {len(rows) - MOST_SHOWN} more"] if len(rows) > MOST_SHOWN else []
    return [f"{title}:", *(f"  {row}" for row in rows[:MOST_SHOWN]), *more]


def _line(match: Match) -> str:
    before, after = match.before, match.after
    if before is None or after is None:
        holder = before or after
        assert holder is not None
        return f"{holder.name} ({holder.kind}, {holder.parameters:,} parameters)"
    if match.fate == "renamed":
        return f"{before.name} -> {after.name}"
    changed = [f"{a} -> {b}" for a, b in zip(before.shapes, after.shapes, strict=False) if a != b]
    name = after.name if after.name == before.name else f"{before.name} -> {after.name}"
    return f"{name}: {', '.join(changed) or f'{before.kind} -> {after.kind}'}"


def _problems(loading: tuple[Loading, ...]) -> list[str]:
    rows = []
    for item in loading:
        if item.problem == "missing":
            rows.append(f"`{item.after.name}` finds nothing at {item.slot}")
        elif item.problem == "shapes differ":
            rows.append(f"`{item.after.name}` finds weights of other shapes at {item.slot}")
        else:
            before = item.before.name if item.before else ""
            rows.append(f"`{item.after.name}` would silently get the weights of `{before}`")
    return rows
