"""Which epoch's weights count: those that a callback of the spec puts back, or keeps in a file, else the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from netdsl.catalog.kind import ObjectValue
from netdsl.elaborate.training.experiment import Experiment
from netdsl.foreign import Foreign, Plain
from netdsl.training.numbers import Number
from netdsl.training.ranking import is_better_up

History = Mapping[str, Sequence[Number]]


def best_epoch(experiment: Experiment, history: History) -> int:
    """Give the epoch, counted from 0, whose weights the model has after training."""
    last = max(len(history.get("loss", ())) - 1, 0)
    for callback in _callbacks(experiment):
        arguments = callback.arguments
        if arguments.get("restore_best_weights") or arguments.get("save_best_only"):
            found = _best(history, arguments)
            if found is not None:
                return found
    return last


def _best(history: History, arguments: Mapping[str, Plain]) -> int | None:
    """Go through the epochs as Keras's callback does."""
    monitor = str(arguments.get("monitor", "val_loss"))
    mode = arguments.get("mode", "auto")
    up = mode == "max" or (mode not in ("min", "max") and is_better_up(monitor))
    delta = abs(float(arguments.get("min_delta", 0) or 0))
    first = int(arguments.get("start_from_epoch", 0) or 0)
    best, found = None, None
    for epoch, value in enumerate(history.get(monitor, ())):
        if epoch < first or isinstance(value, list):
            continue
        gain = (value - best if up else best - value) if best is not None else float("inf")
        if gain > delta:
            best, found = value, epoch
    return found


def checkpoint_of(experiment: Experiment) -> Path | None:
    """Give the file in which a callback keeps the best model, where there is one."""
    for callback in _callbacks(experiment):
        path = callback.arguments.get("filepath")
        keeps_best = callback.arguments.get("save_best_only")
        if keeps_best and isinstance(path, str) and "{" not in path and Path(path).is_file():
            return Path(path)
    return None


def put_back(experiment: Experiment, model: Foreign) -> None:
    """Give the model the weights that a checkpoint says are the best."""
    path = checkpoint_of(experiment)
    if path is not None:
        model.load_weights(path)


def _callbacks(experiment: Experiment) -> Iterator[ObjectValue]:
    found = experiment.value("callbacks", ())
    for callback in found if isinstance(found, (list, tuple)) else [found]:
        if isinstance(callback, ObjectValue):
            yield callback
