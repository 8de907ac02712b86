"""`netdsl sweep --trials N`: a search, each trial of which leaves a run folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netdsl.cli.compiling import CompiledFile
from netdsl.cli.output import Findings, tell
from netdsl.cli.streams import write
from netdsl.cli.training import compiler_of, stem_of
from netdsl.ending import INTERRUPTED
from netdsl.record import record

if TYPE_CHECKING:
    from netdsl.compiler import Api
    from netdsl.elaborate.training.experiment import Experiment
    from netdsl.foreign import Foreign
    from netdsl.training.sweep import RunTrial, Trial


@record
class Wanted:
    """What is searched for: trials in all, the metric, where to, settings in place of the block's, what computes."""

    trials: int
    metric: str | None
    out: str | None
    overrides: Mapping[str, int]
    backend: str | None


def search_trials(
    item: CompiledFile,
    experiment: Experiment,
    settings: tuple[str, ...],
    wanted: Wanted,
    findings: Findings,
) -> int:
    """Hold the data against the model once, then search; say which trial was the best."""
    from netdsl.analyse.experiments import other_engine
    from netdsl.extras import CannotCompute, needed
    from netdsl.training.checks import check_data
    from netdsl.training.run.loading import ready_to_train
    from netdsl.training.sweep import STUDY, draw_study, search

    try:
        needed("optuna", "to search")
        wrong = other_engine(experiment, None, wanted.backend)
        findings.report(() if wrong is None else (wrong,))
        check_data(experiment, lambda d: findings.report([d]))
        if findings.finish():
            return findings.status
        backend = ready_to_train(wanted.backend or experiment.backend)
        folder = Path(wanted.out or Path("runs", stem_of(item.path)))
        folder.mkdir(parents=True, exist_ok=True)
        metric = wanted.metric or metric_of(experiment)
        run_trial = _runner(item, experiment, settings, wanted, folder, backend, metric)
        study = search(experiment, folder, wanted.trials, metric, run_trial)
    except CannotCompute as error:
        tell(f"netdsl: {error}\n")
        return 2
    except KeyboardInterrupt:
        tell("\ninterrupted: the trials that were whole are kept; the same command goes on\n")
        return INTERRUPTED
    except OSError as error:
        tell(f"netdsl: {error.filename or ''}: {error.strerror or error}\n")
        return 2
    draw_study(study, metric, folder / "sweep.png")
    return _tell_best(study, metric, folder / STUDY)


def metric_of(experiment: Experiment) -> str:
    """Choose what is searched for: the first metric, of validation where there is such data, else the loss."""
    held_out = experiment.validation is not None or experiment.value("validation_split")
    prefix = "val_" if held_out else ""
    metrics = experiment.value("metrics")
    first = metrics[0] if isinstance(metrics, (list, tuple)) and metrics else None
    name = first if isinstance(first, str) and len(experiment.outputs) == 1 else "loss"
    return prefix + {"acc": "accuracy"}.get(name, name)


def _runner(
    item: CompiledFile,
    experiment: Experiment,
    settings: tuple[str, ...],
    wanted: Wanted,
    folder: Path,
    backend: str,
    metric: str,
) -> RunTrial:
    from netdsl.catalog.spell import spell
    from netdsl.training.folder.making import new_folder
    from netdsl.training.run.loading import forget_models
    from netdsl.training.run.overrides import with_settings
    from netdsl.training.run.running import Request, run
    from netdsl.training.sweep import Illegal

    compile_at = compiler_of(item, None)

    def run_trial(trial: Trial) -> list[float]:
        compiled = compile_at(trial.values)
        if not compiled.ok:
            first = next(d for d in compiled.diagnostics if d.severity == "error")
            raise Illegal(f"{first.code} {first.message}")
        forget_models()
        compiled = with_settings(compiled, experiment.model, wanted.overrides)
        written = (*settings, *(f"{name}={spell(value)}" for name, value in trial.values.items()))
        own = compiled.experiment(experiment.model)
        api: Api = "tf.keras" if backend == "tensorflow" else "keras"
        request = Request(
            compiled, own, stem_of(item.path), api, backend,
            written=written, overrides=wanted.overrides, verbose=0,
        )  # fmt: skip
        outcome = run(
            request, new_folder(folder.name, None, folder.parent), callbacks=(trial.pruning,)
        )
        values = outcome.history.get(metric, ())
        numbers = [v for v in values if isinstance(v, float) and v == v]
        if not numbers:
            raise Illegal(f"the run gave no {metric}")
        best = spelled(trial.values)
        tell(f"trial {trial.number}: {best}: {metric} {numbers[-1]:.4f}\n")
        return numbers

    return run_trial


def _tell_best(study: Foreign, metric: str, path: Path) -> int:
    done = [t for t in study.get_trials(deepcopy=False) if t.state.name == "COMPLETE"]
    if not done:
        tell(f"netdsl: no trial came to its end; the study is in `{path}`\n")
        return 1
    best = study.best_trial
    values = spelled(best.params)
    pruned = sum(t.state.name == "PRUNED" for t in study.get_trials(deepcopy=False))
    write(
        sys.stdout,
        f"best of {len(done) + pruned} trials, {pruned} of them pruned: {metric} {best.value:.4f} at {values}\n"
        f"{path}\n",
    )
    return 0


def spelled(values: Mapping[str, object]) -> str:
    """Spell the values of a trial."""
    shown = {n: f"{v:.4g}" if isinstance(v, float) else str(v) for n, v in values.items()}
    return ", ".join(f"{name} = {value}" for name, value in shown.items())
