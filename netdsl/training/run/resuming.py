"""Whether a run can go on: what of its spec, its settings or its data has changed since it began."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment
from netdsl.foreign import Plain
from netdsl.training.folder.making import SPEC, own_files
from netdsl.training.folder.reading import Recorded, read_text
from netdsl.training.run.environment import marks
from netdsl.training.run.running import Request, plain

#: Of a spec so many changed lines are shown.
MOST_LINES = 12


def changes_since(request: Request, folder: Path) -> list[str]:
    """Say line by line what is no longer as it was; more epochs may be asked for."""
    before = Recorded(folder)
    return [
        *_changed_spec(request, before),
        *_changed_values(before.environment.get("hyperparameters"), _values(request), ""),
        *changed_data(before, request.experiment),
        *_changed_values(_settings(before.environment), _own_settings(request), ""),
    ]


def changed_data(before: Recorded, experiment: Experiment) -> list[str]:
    """Name the files and folders of data that are not as they were."""
    return [*_changed_values(before.environment.get("data"), marks(experiment), "data ")]


def _values(request: Request) -> dict[str, Plain]:
    return {h.name: plain(h.value) for h in request.experiment.hyperparameters}


def _own_settings(request: Request) -> dict[str, Plain]:
    return {"batch_size": request.experiment.batch_size, "backend": request.backend}


def _settings(environment: Plain) -> dict[str, Plain]:
    return {name: environment.get(name) for name in ("batch_size", "backend")}


def _changed_spec(request: Request, before: Recorded) -> Iterator[str]:
    main = before.folder / SPEC / before.text("spec_file")
    folder = os.path.dirname(os.path.abspath(request.compiled.file.name))
    for file in own_files(request.compiled):
        place = main.parent / os.path.relpath(os.path.abspath(file.name), folder)
        if file is request.compiled.file:
            place = main
        if not place.is_file():
            yield f"{file.name}: the run's copy of it is gone"
            continue
        then, now = read_text(place).splitlines(), file.text.splitlines()
        lines = difflib.unified_diff(then, now, n=0, lineterm="")
        changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
        yield from (f"{file.name}: {line}" for line in changed[:MOST_LINES])


def _changed_values(before: Plain, now: dict[str, Plain], what: str) -> Iterator[str]:
    old = before if isinstance(before, dict) else {}
    for name in dict.fromkeys((*old, *now)):
        if old.get(name) != now.get(name):
            was, is_now = old.get(name, "not there"), now.get(name, "not there")
            if what:
                yield f"{what}`{name}` has other content"
            else:
                yield f"{name} was {was}, and is {is_now}"
