"""`netdsl evaluate`: the loss and metrics of a run's model on its test data, or on other data."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.cli.after import told, with_run
from netdsl.cli.output import tell
from netdsl.cli.streams import write
from netdsl.training.numbers import number, spell_number

if TYPE_CHECKING:
    from netdsl.diagnostics.diagnostic import Diagnostic
    from netdsl.foreign import Foreign
    from netdsl.training.after.reviving import Revived


@click.command("evaluate")
@click.argument("run", metavar="RUN")
@click.argument("data", required=False, metavar="[DATA]")
@click.option("--trust", is_flag=True, help="Run the functions of its own that the spec names.")
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
def command(run: str, data: str | None, trust: bool, format_: str) -> int:
    """Evaluate the model of a run: on DATA of the same kind, else on its test data, else on its validation data."""
    return with_run(run, lambda revived: _evaluate(revived, data, trust, format_))


def _evaluate(revived: Revived, data: str | None, trust: bool, format_: str) -> int:
    from netdsl.diagnostics.problems.data import OneClass
    from netdsl.training.after.numbering import numbered_as_trained
    from netdsl.training.after.reviving import load_run, revive, with_data
    from netdsl.training.checks import check_data
    from netdsl.training.run.resuming import changed_data
    from netdsl.training.run.running import guarded

    if data is not None:
        if revived.experiment.data is None or "path" not in revived.experiment.data.arguments:
            tell("netdsl: the data of this run is no file, so there is none to put in its place\n")
            return 2
        if not Path(data).exists():
            tell(f"netdsl: there is no data at `{data}`\n")
            return 2
        revived = with_data(revived, Path(data))
    found: list[Diagnostic] = []
    checked = check_data(revived.experiment, found.append)
    if data is not None:  # which may well be of one class
        found = [d for d in found if d.code != OneClass.code]
    if told(found):
        return 1
    changed = changed_data(revived.run, revived.experiment) if data is None else []
    if changed:
        tell(
            f"netdsl: {', '.join(changed)} since the run began: what is held out may not be what was\n"
        )
    module = load_run(revived, trust=trust)
    model = revive(revived, module)
    name, part = _part(guarded(module.load_data, "data"), data)
    if checked.classes and revived.run.classes:
        part = numbered_as_trained(part, checked.classes, revived.run.classes)
    numbers = guarded(lambda: model.evaluate(part, return_dict=True, verbose=0))
    shown = {str(key): number(value) for key, value in numbers.items()}
    if format_ == "json":
        write(sys.stdout, json.dumps({"data": name, **shown}, indent=2) + "\n")
    else:
        lines = "".join(f"{key:<20} {spell_number(value, '.6g')}\n" for key, value in shown.items())
        write(sys.stdout, f"{name} data\n{lines}")
    return 0


def _part(data: Foreign, given: str | None) -> tuple[str, Foreign]:
    """Choose what to evaluate on: what was held out, the test first; of data that was given anything."""
    for name in ("test", "validation"):
        part = getattr(data, name)
        if part is not None:
            return name, part
    return given or "training", data.train
