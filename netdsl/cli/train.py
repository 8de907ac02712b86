"""`netdsl train`: a whole run, from the checks of the data to the folder that keeps what came out."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netdsl.catalog.versions import Releases
from netdsl.cli.compiling import SET_HELP
from netdsl.cli.configuration import keras_option
from netdsl.cli.output import Findings, tell
from netdsl.cli.streams import write
from netdsl.cli.training import compile_experiment, resumed_settings, stem_of, verbosity
from netdsl.cli.workers import LOST, check_workers, is_child, supervise
from netdsl.ending import INTERRUPTED, Ended
from netdsl.extras import BACKENDS
from netdsl.record import record
from netdsl.training.numbers import Number, spell_number

if TYPE_CHECKING:
    from netdsl.compiler import Api, Compiled
    from netdsl.elaborate.training.experiment import Experiment
    from netdsl.training.run.running import Outcome, Request


@record
class Computing:
    """What computes: the module's API and Keras, the backend, and the processes that share the work."""

    api: Api | None
    backend: str | None
    workers: str | None
    index: int | None
    keras: Releases | None = None


@record
class Going:
    """How a run is to go: into which folder, anew or on, tried alone."""

    out: str | None
    resume: bool
    dry_run: bool
    force: bool


@click.command("train")
@click.argument("file", metavar="FILE")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help=SET_HELP)
@click.option("--epochs", type=click.IntRange(1, 2**31), help="In place of the block's.")
@click.option("--batch-size", type=click.IntRange(1, 2**31), help="In place of the block's.")
@click.option("--model", metavar="NAME", help="The model, where the file trains several.")
@click.option("--out", metavar="DIR", help="The folder of the run; `runs/NAME/TIME` without it.")
@click.option("--resume", is_flag=True, help="Go on with a run that did not come to its end.")
@click.option("--dry-run", is_flag=True, help="Check the data, try one step, say what it takes.")
@click.option(
    "--api",
    type=click.Choice(["tf.keras", "keras"]),
    help="What the module imports; `keras` for backends other than TensorFlow.",
)
@keras_option
@click.option("--backend", type=click.Choice(BACKENDS), help="What computes.")
@click.option("--force", is_flag=True, help="Go on though the spec or the data have changed.")
@click.option("--trust", is_flag=True, hidden=True)  # a spec that is trained is the user's own
@click.option("--workers", metavar="HOST:PORT,…", help="The processes that share the work.")
@click.option("--index", type=click.IntRange(0, 2**20), help="Which of the workers this one is.")
def command(
    file: str,
    settings: tuple[str, ...],
    epochs: int | None,
    batch_size: int | None,
    model: str | None,
    out: str | None,
    resume: bool,
    dry_run: bool,
    api: Api | None,
    keras: Releases | None,
    backend: str | None,
    force: bool,
    trust: bool,
    workers: str | None,
    index: int | None,
) -> int:
    """Train a model as its `train` block says, and keep all that came out in a folder.

    The data is held against the model before the first step. Ctrl-C ends the run; `--resume` goes on after the last
    whole epoch.
    """
    from netdsl.extras import CannotCompute
    from netdsl.training.run.several import NotJoined

    overrides = {"epochs": epochs, "batch_size": batch_size}
    given = {name: value for name, value in overrides.items() if value is not None}
    going = Going(out, resume, dry_run, force)
    check_workers(workers, index)
    try:
        if workers is not None and not is_child():
            return supervise(workers, index)
        computing = Computing(api, backend, workers, index, keras)
        return _train(file, settings, given, model, going, computing)
    except (CannotCompute, NotJoined) as error:
        tell(f"netdsl: {error}\n")
        return 2


def _train(
    file: str,
    settings: tuple[str, ...],
    given: dict[str, int],
    model: str | None,
    going: Going,
    computing: Computing,
) -> int:
    folder = None
    if going.resume:
        found = resumed_settings(file, going.out)
        if isinstance(found, int):
            return found
        folder, written, before = found
        settings, given = (*written, *settings), {**before, **given}
    if (
        folder is None and not going.dry_run and not computing.index
    ):  # the first worker alone writes
        taken = _refuse(going.out)
        if taken:
            return taken
    request = _request(file, settings, given, model, computing, _kept_in(folder))
    if isinstance(request, int):
        return request
    if going.dry_run:
        from netdsl.cli.dry_run import try_one_step

        return try_one_step(request)
    if folder is not None:
        status = _may_go_on(request, folder, going.force)
        return status or _run(request, folder, resume=True)
    if not request.crew.writes:
        with tempfile.TemporaryDirectory() as elsewhere:
            return _run(request, Path(going.out or elsewhere), resume=False)
    made = _made_folder(stem_of(file), going.out)
    return made if isinstance(made, int) else _run(request, made, resume=False)


def _request(
    file: str,
    settings: tuple[str, ...],
    given: dict[str, int],
    model: str | None,
    computing: Computing,
    kept: str,
) -> Request | int:
    """Compile, hold the data against the model, and find what computes; an exit status where something is wrong."""
    from netdsl.analyse.experiments import other_engine
    from netdsl.training.checks import check_data
    from netdsl.training.run.loading import ready_to_train
    from netdsl.training.run.overrides import with_settings
    from netdsl.training.run.running import Request
    from netdsl.training.run.several import Crew, agree, join

    findings = Findings()
    found = compile_experiment(file, settings, model, findings, computing.keras)
    if isinstance(found, int):
        return found
    item, experiment = found
    if experiment.data is None:
        findings.finish()
        tell(
            f'{item.file.name} names no data: `data = npz("data.npz")` in the `train` block does\n'
        )
        return 1
    wrong = other_engine(experiment, computing.api, computing.backend)
    if wrong is not None:
        findings.report([wrong])
        return findings.finish()
    compiled = with_settings(item.compiled, experiment.model, given)
    experiment = compiled.experiment(experiment.model)
    checked = check_data(experiment, lambda d: findings.report([d]))
    if findings.finish():
        return findings.status
    if computing.workers is not None and experiment.backend != "jax":
        tell(
            "netdsl: several workers share the work by `distribute = DataParallel()` in the `train` block\n"
        )
        return 2
    crew = Crew() if computing.workers is None else join(computing.workers, computing.index)
    chosen = ready_to_train(computing.backend or experiment.backend)
    agree(crew, _facts(compiled, experiment, kept))
    return Request(
        compiled,
        experiment,
        stem_of(file),
        computing.api or ("tf.keras" if chosen == "tensorflow" else "keras"),
        chosen,
        tuple(checked.classes) if checked.classes else None,
        settings,
        given,
        verbosity() if crew.writes else 0,
        crew,
    )


def _kept_in(folder: Path | None) -> str:
    """Name what was kept last of a run that is to go on."""
    from netdsl.training.folder.making import STATE

    return (
        "" if folder is None else max((p.name for p in (folder / STATE).glob("[0-9]*")), default="")
    )


def _facts(compiled: Compiled, experiment: Experiment, kept: str) -> dict[str, str]:
    """Give what all workers must have alike."""
    from netdsl.training.run.environment import describe_versions, marks

    versions = describe_versions()
    return {
        "the spec and settings": compiled.emit("keras"),
        "the data": repr(sorted(marks(experiment).items())),
        "the versions of Keras and JAX": f"{versions.get('keras')} {versions.get('jax')}",
        "the epochs kept of the run": kept,
    }


def _refuse(out: str | None) -> int:
    """Say at once where a run cannot go, before anything that takes long."""
    from netdsl.training.folder.making import RUNS, check_free, check_writable

    def check() -> None:
        if out is None:
            check_writable(Path(RUNS))
        else:
            check_free(Path(out))

    return _told_of_folder(check)


def _made_folder(name: str, out: str | None) -> Path | int:
    """Make the folder of a run, or say why there is none."""
    from netdsl.training.folder.making import new_folder

    made: list[Path] = []
    return _told_of_folder(lambda: made.append(new_folder(name, out))) or made[0]


def _told_of_folder(work: Callable[[], None]) -> int:
    """Do what concerns the folder of a run; where it cannot be there say why, and give the exit status."""
    from netdsl.training.folder.making import FolderTaken
    from netdsl.training.folder.reading import is_run

    try:
        work()
    except FolderTaken as error:
        go_on = ", or go on with the run in it by --resume" if is_run(error.folder) else ""
        tell(f"netdsl: {error}: name another with --out{go_on}\n")
        return 2
    except OSError as error:
        tell(f"netdsl: cannot make the folder of the run: {_reason(error)}\n")
        return 2
    return 0


def _reason(error: OSError) -> str:
    where = f"`{error.filename}`: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _may_go_on(request: Request, folder: Path, force: bool) -> int:
    """Say what has changed since the run began, and refuse to go on, but with --force."""
    from netdsl.training.run.resuming import changes_since

    changed = changes_since(request, folder)
    if not changed or force:
        return 0
    lines = "".join(f"  {line}\n" for line in changed)
    tell(
        f"netdsl: since the run in `{folder}` began something has changed:\n{lines}go on all the same with --force\n"
    )
    return 1


def _run(request: Request, folder: Path, *, resume: bool) -> int:
    from netdsl.training.run.blame import diagnose
    from netdsl.training.run.running import Failed, Misfit, NotGoneOn, run
    from netdsl.training.run.several import is_lost_worker

    try:
        outcome = run(request, folder, resume=resume)
    except KeyboardInterrupt:
        _tell_interrupted(request, folder)
        return INTERRUPTED
    except Ended:
        _tell_interrupted(request, folder)
        raise
    except Misfit as misfit:
        findings = Findings()
        findings.report(misfit.diagnostics)
        return findings.finish() or 1
    except NotGoneOn as error:
        tell(f"netdsl: {error}\nbegin anew, in another folder\n")
        return 2 if error.is_of_files else 1
    except Failed as error:
        findings = Findings()
        cause = error.__cause__ or error
        if request.crew.count > 1 and is_lost_worker(cause):
            tell(f"netdsl: {LOST}\n")
            return 1
        findings.report([diagnose(cause, request.experiment, error.setting)])
        if os.environ.get("NETDSL_TRACEBACK"):
            import traceback

            tell("".join(traceback.format_exception(cause)))
        return findings.finish() or 1
    except OSError as error:
        tell(f"netdsl: the run stops: {_why_not_written(error, folder)}\n")
        return 2
    if request.crew.writes:
        write(sys.stdout, _summary(request, outcome))
    return 0 if outcome.nan_at is None else 1


def _why_not_written(error: OSError, folder: Path) -> str:
    number = error.errno
    within = re.search(r"errno = (\d+)", str(error))  # as HDF5 tells it
    if within is not None:
        number = int(within[1])
        error = OSError(number, os.strerror(number), str(folder))
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left in `{folder}`"
    if number is not None and not error.filename:
        error = OSError(number, os.strerror(number), str(folder))
    return _reason(error)


def _tell_interrupted(request: Request, folder: Path) -> None:
    from netdsl.training.folder.reading import Recorded

    if not request.crew.writes:
        tell("\ninterrupted\n")
        return
    whole = Recorded(folder).epochs
    kept = (
        f"{whole} whole {'epoch is' if whole == 1 else 'epochs are'} kept"
        if whole
        else "no epoch was whole"
    )
    file = request.compiled.file.name
    how = f"; go on with `netdsl train {file} --out {folder} --resume`" if whole else ""
    tell(f"\ninterrupted: {kept} in `{folder}`{how}\n")


def _summary(request: Request, outcome: Outcome) -> str:
    """Say in a few lines what came of it."""
    metrics = outcome.metrics
    rate = metrics.get("samples_per_second")
    speed = f", {rate:,.{0 if rate >= 10 else 2}f} samples a second" if rate else ""
    count = metrics["epochs"]
    ran = "1 epoch" if count == 1 else f"{count} epochs"
    if 0 < outcome.new_epochs < count:
        ran += f", {outcome.new_epochs} of them now,"
    head = f"{request.experiment.model}: {ran} in {metrics['seconds']:.1f} s{speed}"
    if outcome.new_epochs == 0:
        head = f"{request.experiment.model}: {ran}, trained before; --epochs asks for more"
    parts = {str(p): metrics[p] for p in ("train", "validation", "test") if p in metrics}
    lines = [head, *_rows(parts)]
    if outcome.nan_at is not None:
        lines.append(
            f"the loss is no number from epoch {outcome.nan_at} on: try a lower learning rate, `clipnorm=1.0` in the "
            "optimizer, or data on a smaller scale"
        )
    return "\n".join([*lines, str(outcome.folder), ""])


def _rows(parts: dict[str, dict[str, Number]]) -> list[str]:
    names = list(dict.fromkeys(name for numbers in parts.values() for name in numbers))
    table = {
        part: [spell_number(numbers[n], ".4f") if n in numbers else "" for n in names]
        for part, numbers in parts.items()
    }
    columns = zip(names, *table.values(), strict=True)
    widths = [max(8, *map(len, column)) for column in columns]
    return [
        f"{part:<10}" + "".join(f"  {c:>{w}}" for c, w in zip(cells, widths, strict=True))
        for part, cells in {"": names, **table}.items()
    ]
