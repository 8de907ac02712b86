"""`netdsl train --dry-run`: one step of training, and what an epoch would take."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from netdsl.cli.output import Findings
from netdsl.cli.streams import write

if TYPE_CHECKING:
    from netdsl.training.run.running import Request


def try_one_step(request: Request) -> int:
    """Try a step, and say its time, the memory, and the time of an epoch; write nothing to disk."""
    from netdsl.training.run.blame import diagnose
    from netdsl.training.run.running import Failed, Misfit
    from netdsl.training.run.trial import try_step

    try:
        trial = try_step(request)
    except Misfit as misfit:
        findings = Findings()
        findings.report(misfit.diagnostics)
        return findings.finish() or 1
    except Failed as error:
        findings = Findings()
        findings.report([diagnose(error.__cause__ or error, request.experiment, error.setting)])
        return findings.finish() or 1
    epoch = whole = ""
    if trial.epoch is not None:
        epochs = request.experiment.epochs
        epoch = f", an epoch of {trial.steps:,} steps about {_time(trial.epoch)}"
        whole = f", all {epochs} about {_time(trial.epoch * epochs)}"
    memory = f"{trial.resident / 2**20:,.0f} MiB in the process"
    if trial.device_peak:
        memory += f", {trial.device_peak / 2**20:,.0f} MiB on the GPU"
    write(
        sys.stdout,
        f"{request.experiment.model}: the data fits the model, and a step runs\n"
        f"first step   {_time(trial.first)}, compiling with it\n"
        f"a step       {_time(trial.step)}{epoch}{whole}\n"
        f"memory       {memory}\n",
    )
    return 0


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
