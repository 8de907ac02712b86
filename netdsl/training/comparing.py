"""Runs beside one another: rows of a table, and what differs between two of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from netdsl.foreign import Plain
from netdsl.training.folder.making import SPEC
from netdsl.training.folder.reading import Recorded, read_text
from netdsl.training.ranking import best_of, main_metric, ranked

#: What of an environment says how a run came about; the rest is where and when.
TELLING = (
    "model", "seed", "epochs", "batch_size", "api", "backend", "precision", "devices", "commit", "data",
    "netdsl", "python", "keras", "tensorflow", "jax", "numpy", "platform",
)  # fmt: skip


class Difference(NamedTuple):
    """What differs, and how it is in each; of a text the lines that changed."""

    what: str
    first: Plain
    second: Plain
    text: str = ""


def metric_of(runs: Sequence[Recorded]) -> str:
    """Choose the metric by which runs are compared: what the first of them that has a history goes by."""
    with_history = [run for run in runs if run.history]
    return main_metric(list(with_history[0].history[0])) if with_history else "loss"


def run_rows(runs: Sequence[Recorded], metric: str) -> list[dict[str, Plain]]:
    """Give a row for each run, the best first."""
    rows: list[dict[str, Plain]] = []
    for run, best in ranked(runs, metric):
        test = run.part("test").get(metric.removeprefix("val_"))
        parameters, seconds = run.number("parameters"), run.number("seconds")
        rows.append(
            {
                "run": str(run.folder),
                "model": run.model,
                "metric": metric,
                "best": best,
                "test": test,
                "epochs": run.epochs,
                "parameters": None if parameters is None else int(parameters),
                "seconds": None if seconds is None else round(seconds, 1),
                "settings": {str(k): v for k, v in _hyperparameters(run).items()},
                "finished": run.is_finished,
            }
        )
    return rows


def _hyperparameters(run: Recorded) -> Mapping[str, Plain]:
    found = run.environment.get("hyperparameters")
    return found if isinstance(found, Mapping) else {}


def differing_settings(rows: Sequence[Mapping[str, Plain]]) -> list[str]:
    """Give the hyperparameters that are not the same in all rows."""
    names = dict.fromkeys(name for row in rows for name in row["settings"])
    return [n for n in names if len({str(row["settings"].get(n, "")) for row in rows}) > 1]


def differences(first: Recorded, second: Recorded) -> list[Difference]:
    """Say what differed between two runs: the spec, hyperparameters, how it ran, and what came of it."""
    found = [
        Difference(name, before, after)
        for name in TELLING
        if (before := first.environment.get(name)) != (after := second.environment.get(name))
    ]
    ours, theirs = _hyperparameters(first), _hyperparameters(second)
    for name in dict.fromkeys((*ours, *theirs)):
        if ours.get(name) != theirs.get(name):
            found.append(Difference(name, ours.get(name), theirs.get(name)))
    found += [
        Difference(f"spec, {name}", None, None, text) for name, text in _changes(first, second)
    ]
    return [*found, *_results(first, second)]


def _changes(first: Recorded, second: Recorded) -> list[tuple[str, str]]:
    """Give the lines that changed in each file of the specs."""
    files = [_files(first), _files(second)]
    changes = []
    for name in sorted({*files[0], *files[1]}):
        before, after = (each.get(name, "").splitlines() for each in files)
        lines = [
            line
            for line in difflib.unified_diff(before, after, n=0, lineterm="")
            if not line.startswith(("---", "+++", "@@"))
        ]
        if lines:
            changes.append((name, "\n".join(lines)))
    return changes


def _files(run: Recorded) -> dict[str, str]:
    inside = run.folder / SPEC
    found: list[Path] = sorted(inside.rglob("*.net"))[:1000]
    return {str(path.relative_to(inside)): read_text(path) for path in found}


def _results(first: Recorded, second: Recorded) -> list[Difference]:
    found = []
    metric = metric_of([first, second])
    before, after = best_of(first, metric), best_of(second, metric)
    if before != after:
        found.append(Difference(f"best {metric}", before, after))
    if first.epochs != second.epochs:
        found.append(Difference("epochs that ran", first.epochs, second.epochs))
    for name in ("parameters", "seconds"):
        if first.number(name) != second.number(name):
            found.append(Difference(name, first.number(name), second.number(name)))
    for part in ("train", "validation", "test"):
        ours, theirs = first.part(part), second.part(part)
        for name in dict.fromkeys((*ours, *theirs)):
            if ours.get(name) != theirs.get(name):
                found.append(Difference(f"{part} {name}", ours.get(name), theirs.get(name)))
    return found
