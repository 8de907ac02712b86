"""Reads the folders of runs, which may come from strangers: files are bounded, what is not as expected left out."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from netdsl.foreign import Plain
from netdsl.training.folder.making import CLASSES, ENVIRONMENT, HISTORY, METRICS, MODEL, SPEC, STATE

#: Nothing that describes a run is larger.
LARGEST = 16 * 1024 * 1024

#: How many folders are looked through for runs, and how deep.
MOST_FOLDERS = 20_000
DEEPEST = 4


class NoRun(Exception):
    """A folder is no run."""


class Recorded:
    """A run as its folder tells it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def model_file(self) -> Path:
        return self.folder / MODEL

    @cached_property
    def environment(self) -> Mapping[str, Plain]:
        return _object(self.folder / ENVIRONMENT)

    @cached_property
    def metrics(self) -> Mapping[str, Plain]:
        return _object(self.folder / METRICS)

    @property
    def is_finished(self) -> bool:
        """Tell whether the run came to its end: metrics are written last."""
        return bool(self.metrics)

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """Give the numbers of each epoch, by their names."""
        return read_history(self.folder / HISTORY)

    @property
    def epochs(self) -> int:
        return len(self.history)

    @cached_property
    def classes(self) -> list[str] | None:
        """The names of the classes, in order, where there are such."""
        found = _json(self.folder / CLASSES)
        is_list = isinstance(found, list) and all(isinstance(name, str) for name in found)
        return found if is_list else None

    @property
    def model(self) -> str:
        return self.text("model")

    def text(self, name: str) -> str:
        """Give a text of the environment, empty where there is none."""
        found = self.environment.get(name)
        return found if isinstance(found, str) else ""

    @property
    def spec(self) -> Path:
        """The run's own copy of its spec; raises NoRun where there is none, or it is not in the folder."""
        inside = self.folder / SPEC
        path = inside / (self.text("spec_file") or "spec.net")
        real = os.path.realpath(path)
        if not real.startswith(os.path.realpath(inside) + os.sep) or not os.path.isfile(real):
            raise NoRun(f"`{self.folder}` holds no spec of a run")
        return path

    @property
    def settings(self) -> Mapping[str, Plain]:
        """What `--set` gave, by name, as it was written."""
        found = self.environment.get("set")
        return found if isinstance(found, Mapping) else {}

    def part(self, name: str) -> Mapping[str, float]:
        """Give the metrics of a part of the data."""
        found = self.metrics.get(name)
        items = found.items() if isinstance(found, Mapping) else ()
        return {str(k): float(v) for k, v in items if isinstance(v, (int, float))}

    def number(self, name: str) -> float | None:
        found = self.metrics.get(name)
        return float(found) if isinstance(found, (int, float)) else None


def run_at(path: str) -> Recorded:
    """Read a run; raises NoRun where the folder is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise NoRun(f"there is no folder `{path}`")
    if not is_run(folder):
        raise NoRun(f"`{path}` is no folder of a run: it has no {ENVIRONMENT}")
    return Recorded(folder)


def is_run(folder: Path) -> bool:
    return (folder / ENVIRONMENT).is_file()


def runs_in(folder: Path) -> list[Recorded]:
    """Find the runs in a folder and those within it, the oldest first."""
    if is_run(folder):
        return [Recorded(folder)]
    return [Recorded(found) for found in sorted(_folders(folder)) if is_run(found)]


def _folders(folder: Path) -> Iterator[Path]:
    seen = 0
    pending = [(folder, 0)]
    while pending and seen < MOST_FOLDERS:
        place, depth = pending.pop()
        try:
            inside = [Path(e) for e in os.scandir(place) if e.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        seen += len(inside)
        for each in inside:
            yield each
            if depth < DEEPEST and not is_run(each):
                pending.append((each, depth + 1))


def read_history(path: Path) -> list[dict[str, float]]:
    """Read `history.csv`: a line for each epoch."""
    text = read_text(path)
    rows = []
    for row in csv.DictReader(text.splitlines()):
        numbers = {}
        for name, value in row.items():
            try:
                numbers[str(name)] = float(value)
            except (TypeError, ValueError):
                continue
        rows.append(numbers)
    return rows


def newest_unfinished(folder: Path, spec: str) -> Recorded | None:
    """Give the newest run of a spec that did not come to its end and can go on."""
    found = [
        run
        for run in runs_in(folder)
        if not run.is_finished and (run.folder / STATE).is_dir() and run.text("spec") == spec
    ]
    return found[-1] if found else None


def _object(path: Path) -> Mapping[str, Plain]:
    found = _json(path)
    return found if isinstance(found, dict) else {}


def _json(path: Path) -> Plain:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError):
        return None


def read_text(path: Path) -> str:
    """Give a file of a run as text, empty where it cannot be read or is too large."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ""
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
