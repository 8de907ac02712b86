"""A search through what a spec says may be tried, by Optuna: a study in SQLite, a run folder for each trial.

Other processes may join the study. A trial whose values are illegal is told to Optuna before anything is run; one that
falls behind is pruned by its validation. A process that was killed leaves a trial that the others count as failed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from netdsl.elaborate.training.experiment import Experiment, Hyperparameter
from netdsl.extras import needed
from netdsl.foreign import Foreign, Plain
from netdsl.record import record
from netdsl.training.grid import tried
from netdsl.training.ranking import is_better_up

STUDY = "study.sqlite3"

#: Seconds between two signs of life of a trial, and after how many without one it counts as dead.
HEARTBEAT, DEAD = 10, 30

#: After so many trials in a row that are illegal the search ends.
MOST_ILLEGAL = 100

#: A range that spans more than this factor is drawn on a log scale.
FACTOR = 10


class Illegal(Exception):
    """The values of a trial make no model; says why."""


@record(eq=False)
class Trial:
    """What a trial runs with: its number, its values, and the callback that may end it early."""

    number: int
    values: Mapping[str, Plain]
    pruning: Foreign


#: Runs one trial, and gives the metric of each epoch; raises Illegal before anything has run.
RunTrial = Callable[[Trial], list[float]]


def search(
    experiment: Experiment, folder: Path, trials: int, metric: str, run_trial: RunTrial
) -> Foreign:
    """Run trials until the study has as many as are asked for, and give the study."""
    optuna = needed("optuna", "to search")
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = open_study(folder, metric)
    hyperparameters = tried(experiment)
    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)

    def left() -> int:
        return trials - len(study.get_trials(deepcopy=False, states=states))

    def objective(trial: Foreign) -> float:
        values = {h.name: suggest(trial, h) for h in hyperparameters}
        numbers = run_trial(Trial(trial.number, values, pruning(trial, metric)))
        if trial.user_attrs.get("pruned"):
            raise optuna.TrialPruned
        return max(numbers) if is_better_up(metric) else min(numbers)

    optuna.storages.fail_stale_trials(study)
    illegal = 0
    while left() > 0 and illegal < MOST_ILLEGAL:
        before = left()
        study.optimize(objective, n_trials=1, catch=(Illegal,))
        illegal = illegal + 1 if left() == before else 0
    return study


def open_study(folder: Path, metric: str) -> Foreign:
    """Open the study in a folder, or begin it; the seed makes a search by one process the same each time."""
    optuna = needed("optuna", "to search")
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{(folder / STUDY).absolute()}",
        heartbeat_interval=HEARTBEAT,
        grace_period=DEAD,
        engine_kwargs={"connect_args": {"timeout": 60}},
    )
    return optuna.create_study(
        storage=storage,
        study_name="sweep",
        direction="maximize" if is_better_up(metric) else "minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=2),
        load_if_exists=True,
    )


def suggest(trial: Foreign, hyperparameter: Hyperparameter) -> Plain:
    """Draw a value: of a list one of its choices, of a range a number, on a log scale where it is wide."""
    name, tried_ = hyperparameter.name, hyperparameter.tried
    assert tried_ is not None
    if tried_.kind == "choices":
        index = trial.suggest_categorical(name, [_spelled(v) for v in tried_.values])
        return next(v for v in tried_.values if _spelled(v) == index)
    ends: list[Plain] = list(tried_.values)
    low, high = ends
    wide = low > 0 and high / low > FACTOR
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, log=wide)
    return trial.suggest_float(name, float(low), float(high), log=wide)


def _spelled(value: Plain) -> Plain:
    """Give a choice as the study can keep it."""
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def pruning(trial: Foreign, metric: str) -> Foreign:
    """Make the callback that reports each epoch to the study, and ends a trial that falls behind."""
    import keras

    class Pruning(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            value = (logs or {}).get(metric)
            if value is None:
                return
            trial.report(float(value), epoch)
            if trial.should_prune():
                trial.set_user_attr("pruned", True)
                self.model.stop_training = True

    return Pruning()


def draw_study(study: Foreign, metric: str, path: Path) -> None:
    """Draw what each trial came to over the values that were tried, and the best so far."""
    from netdsl.training.pictures import draw_sweep

    done = [t for t in study.get_trials(deepcopy=False) if t.value is not None]
    rows = [(t.number, float(t.value), dict(t.params)) for t in done]
    draw_sweep(rows, metric, is_better_up(metric), path)
