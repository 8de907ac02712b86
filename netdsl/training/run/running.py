"""A run: the generated module's functions in order, and the folder that keeps what came of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netdsl.analyse.advice.gpu import uneven
from netdsl.compiler import Api, Compiled
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.data import DeclaredOtherwise
from netdsl.elaborate.training.experiment import Experiment
from netdsl.elaborate.training.lacking import lacking_on
from netdsl.ending import end_if_asked
from netdsl.foreign import Foreign, Plain
from netdsl.record import record
from netdsl.training.checks.loaded import check_loaded
from netdsl.training.folder.making import (
    CLASSES,
    ENVIRONMENT,
    METRICS,
    MODEL,
    keep_spec,
    write_json,
    write_text,
)
from netdsl.training.folder.reading import Recorded
from netdsl.training.numbers import Number, number
from netdsl.training.run.best import best_epoch, put_back
from netdsl.training.run.environment import (
    command_line,
    commit,
    describe_versions,
    devices,
    marks,
)
from netdsl.training.run.loading import Module, load_module
from netdsl.training.run.several import Crew, parts_of_a_batch, wait_for_all
from netdsl.training.run.watching import first_nan, stop_in_time

if TYPE_CHECKING:
    from netdsl.building import DeclarationMismatch


@record(eq=False)
class Request:
    """What is to be run: a compiled spec with its experiment, and how."""

    compiled: Compiled
    experiment: Experiment
    name: str  # that of the spec, for the module and the folder
    api: Api = "tf.keras"
    backend: str = "tensorflow"
    classes: tuple[str, ...] | None = None
    written: tuple[str, ...] = ()  # `--set`, as it was given
    overrides: Mapping[str, int] = field(default_factory=dict)
    verbose: int | str = "auto"
    crew: Crew = Crew()


@dataclass
class Outcome:
    """What came of a run; `nan_at` is the epoch from which on the loss is no number."""

    folder: Path
    model: Foreign
    history: dict[str, list[Number]]
    metrics: dict[str, Plain] = field(default_factory=dict)
    nan_at: int | None = None
    new_epochs: int = 0  # those that were trained now, and not before it was resumed


class Misfit(Exception):
    """What a function of the user's own gave does not fit the model; `diagnostics` say why."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


class Failed(Exception):
    """The run stopped in Keras; the cause is what it raised. `setting` is the one that was at work, if one was."""

    def __init__(self, text: str, setting: str = "") -> None:
        super().__init__(text)
        self.setting = setting


class NotGoneOn(Exception):
    """What a run kept cannot be read, or is of another model; says why."""

    def __init__(self, folder: Path, error: Exception) -> None:
        said = " ".join(str(error).split())[:300]
        super().__init__(f"what the run in `{folder}` kept does not fit, or cannot be read: {said}")
        self.is_of_files = isinstance(error, OSError)


class Beginning:
    """What the folder of a run says of how it began: written at once, of a run that goes on when it does go on."""

    def __init__(self, request: Request, folder: Path, before: Recorded | None) -> None:
        self.request, self.folder, self.before = request, folder, before
        self.epochs_before = before.epochs if before is not None else 0
        self.metrics_before = before.metrics if before is not None else {}
        self.is_written = False

    def write(self) -> None:
        """Write it, once; from here on the run is not whole, until its numbers are written anew."""
        if self.is_written:
            return
        self.is_written = True
        if self.request.crew.writes:
            write_environment(self.request, self.folder, self.before)
            (self.folder / METRICS).unlink(missing_ok=True)


def run(
    request: Request, folder: Path, *, resume: bool = False, callbacks: tuple[Foreign, ...] = ()
) -> Outcome:
    """Train, evaluate, and leave in the folder all that came out; raises Failed where Keras stops."""
    module = load(request)
    beginning = Beginning(request, folder, Recorded(folder) if resume else None)
    if not resume:
        beginning.write()
    model, data = make(request, module), guarded(module.load_data, "data")
    found: list[Diagnostic] = []
    if not check_loaded(request.experiment, data, found.append):
        raise Misfit(found)
    started = time.perf_counter()
    watching = (*callbacks, stop_in_time(beginning.write))
    try:
        history = guarded(
            lambda: module.fit(
                model, data, epochs=request.experiment.epochs, out=folder, resume=resume,
                callbacks=watching, verbose=request.verbose,
            )
        )  # fmt: skip
    except (Failed, OSError) as error:
        if beginning.is_written:
            raise
        raise NotGoneOn(folder, error) from error
    beginning.write()
    seconds = time.perf_counter() - started
    outcome = Outcome(
        folder, model, {k: [number(v) for v in vs] for k, vs in history.history.items()}
    )
    outcome.nan_at = first_nan(outcome.history)
    outcome.new_epochs = len(outcome.history.get("loss", ())) - beginning.epochs_before
    outcome.metrics |= _measured(request, data, outcome, seconds, beginning.metrics_before)
    _keep(request, module, data, outcome)
    return outcome


def make(request: Request, module: Module) -> Foreign:
    """Make the model, and hold layers of the user's own to their declarations; raises Misfit where they differ."""
    from netdsl.building import DeclarationMismatch, hold_to_declarations, mismatch_behind

    compiled, graph = request.compiled, request.experiment.graph
    lacking = lacking_on(graph, request.backend, f"KERAS_BACKEND={request.backend}")
    if lacking is not None:
        raise Misfit([lacking])
    refuse_uneven(request)
    try:
        model = guarded(module.make_model)
    except Failed:
        behind = mismatch_behind(compiled, graph)
        if behind is not None and behind.applied:
            raise Misfit([_differs(behind)]) from behind
        raise
    try:
        hold_to_declarations(compiled, graph, model)
    except DeclarationMismatch as mismatch:
        raise Misfit([_differs(mismatch)]) from mismatch
    return model


def refuse_uneven(request: Request) -> None:
    """Raise Misfit where a batch does not divide among the devices that are there, and the processes."""
    own = request.experiment
    places = [
        own.settings[n].span if n in own.settings else None for n in ("batch_size", "distribute")
    ]
    for count in (parts_of_a_batch(own.value("distribute"), request.backend), request.crew.count):
        found = uneven(own.batch_size, count, *places)
        if found is not None:
            raise Misfit([found])


def _differs(mismatch: DeclarationMismatch) -> Diagnostic:
    return DeclaredOtherwise.at(
        mismatch.place, mismatch.found, name=mismatch.kind, help=mismatch.way_out
    )


def load(request: Request) -> Module:
    """Load the generated module of a request."""
    return load_module(request.compiled, request.experiment.model, request.api, request.name)


def guarded(work: Callable[[], Foreign], setting: str = "") -> Foreign:
    """Do a piece of work of the module; what Keras raises becomes Failed."""
    try:
        done = work()
    except (OSError, MemoryError):
        raise
    except Exception as error:
        end_if_asked()  # this may be what came of it
        raise Failed(str(error), setting) from error
    end_if_asked()
    return done


def write_environment(request: Request, folder: Path, before: Recorded | None = None) -> None:
    """Write what the run begins with: the spec, the module, and where and how it runs; and when it was gone on with."""
    experiment = request.experiment
    now = {"command": command_line(), "started": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    then = before.environment if before is not None else {}
    resumed = then.get("resumed")
    earlier = resumed if isinstance(resumed, list) else []
    spec_file = keep_spec(folder, request.compiled)
    own = folder / f"{request.name}.py"  # in which paths of data lead from there
    write_text(own, request.compiled.emit(request.api, target=own))
    found = {
        "model": experiment.model,
        "spec": request.compiled.file.name if request.compiled.file.name.startswith("<")
        else str(Path(request.compiled.file.name).resolve()),
        "spec_file": spec_file,
        "name": request.name,
        "command": then.get("command", now["command"]),
        "started": then.get("started", now["started"]),
        **({"resumed": [*earlier, now]} if before is not None else {}),
        "set": list(request.written),
        "overrides": dict(request.overrides),
        "hyperparameters": {h.name: plain(h.value) for h in experiment.hyperparameters},
        "seed": experiment.seed,
        "epochs": experiment.epochs,
        "batch_size": experiment.batch_size,
        "precision": plain(experiment.value("precision", "float32")),
        "api": request.api,
        "backend": request.backend,
        "devices": devices(request.backend),
        "commit": commit(experiment.folder),
        "data": marks(experiment),
        **describe_versions(),
    }  # fmt: skip
    write_json(folder / ENVIRONMENT, found)


def plain(value: object) -> Plain:
    """Give a value as JSON has it; what it has not, as it is written."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def _keep(request: Request, module: Module, data: Foreign, outcome: Outcome) -> None:
    """Save the model, its numbers and its pictures; the numbers last, for they say that the run is whole."""
    from netdsl.training.pictures import draw_curves, draw_results

    folder, model, history, crew = outcome.folder, outcome.model, outcome.history, request.crew
    put_back(request.experiment, model)
    _save(model, folder / MODEL, crew)
    classes = list(request.classes) if request.classes else None
    if outcome.nan_at is None:
        held_out = "test" if data.test is not None else "validation"
        if getattr(data, held_out) is not None:
            outcome.metrics[held_out] = _numbers(guarded(lambda: module.evaluate(model, data)))
    wait_for_all(crew)
    if not crew.writes:
        return
    draw_curves(history, folder / "curves.png")
    if outcome.nan_at is None and crew.count == 1:  # several processes cannot predict
        classes = draw_results(request.experiment, model, data, folder, classes)
    if classes is not None:
        write_json(folder / CLASSES, classes)
    write_json(folder / METRICS, outcome.metrics)


def _save(model: Foreign, path: Path, crew: Crew) -> None:
    """Save the model. All workers do so together, as JAX wants it, and what all but the first write is dropped."""
    if crew.writes:
        model.save(path)
        return
    with tempfile.TemporaryDirectory() as elsewhere:
        model.save(Path(elsewhere, path.name))


def _numbers(found: Mapping[str, Foreign]) -> dict[str, Number]:
    return {str(name): number(value) for name, value in found.items()}


def _measured(
    request: Request, data: Foreign, outcome: Outcome, seconds: float, before: Mapping[str, Plain]
) -> dict[str, Plain]:
    """Give what is known after training: the numbers of the epoch that counts, size and speed.

    What a run took before it was gone on with counts as well; its speed is that of the epochs trained last.
    """
    history = outcome.history
    best = best_epoch(request.experiment, history)
    rows = {name: values[best] for name, values in history.items() if len(values) > best}
    train = {n: v for n, v in rows.items() if not n.startswith("val_") and n != "learning_rate"}
    validation = {n.removeprefix("val_"): v for n, v in rows.items() if n.startswith("val_")}
    given = request.experiment.value("steps_per_epoch")
    steps = given if isinstance(given, int) else steps_of(data.train)
    samples = steps * request.experiment.batch_size * outcome.new_epochs if steps else None
    found: dict[str, Plain] = {"train": train}
    if validation:
        found["validation"] = validation
    speed = round(samples / seconds, 1) if samples and seconds else before.get("samples_per_second")
    spent = before.get("seconds")
    if isinstance(spent, (int, float)):
        seconds = spent + (seconds if outcome.new_epochs else 0)
    return found | {
        "epoch": best + 1,
        "epochs": len(history.get("loss", ())),
        "parameters": int(outcome.model.count_params()),
        "seconds": round(seconds, 3),
        "samples_per_second": speed,
    }


def steps_of(dataset: Foreign) -> int | None:
    """Give how many batches a data set has, None where nobody knows."""
    try:
        return len(dataset)
    except TypeError:
        return None
