"""What weights are taken from: a file that is there, a run that came to its end."""

from __future__ import annotations

import os
from pathlib import Path

from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.experiment import Experiment, Start
from netdsl.training.folder.making import MODEL
from netdsl.training.sources.parts import Report, near_name


def check_start(experiment: Experiment, report: Report) -> None:
    """Report weights to start from that are not there."""
    start = experiment.value("start_from")
    if not isinstance(start, Start) or start.span is None:
        return
    if start.kind == "weights":
        argument, written = "path", str(start.arguments.get("path", ""))
        path = Path(os.path.normpath(Path(experiment.folder, written)))
        why = "no file is there"
    elif start.kind == "run":
        argument, written = "folder", str(start.arguments.get("folder", ""))
        path = Path(written, MODEL)
        why = f"it holds no {MODEL}: the run did not come to its end"
        if not path.parent.is_dir():
            path, why = path.parent, "no folder is there: a run is found from the current folder"
    else:
        return
    if path.exists():
        return
    near = near_name(path)
    shown = os.path.join(os.path.dirname(written), near) if near else ""
    report(
        problems.MissingData.at(
            start.place(argument) or start.span,
            why,
            name=written,
            help=f"did you mean `{shown}`?" if shown else "",
        )
    )
