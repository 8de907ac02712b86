"""Which of several runs is the best: by a metric, and the way in which that gets better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.catalog.measures import better
from netdsl.catalog.signature import identifiers, names
from netdsl.training.folder.reading import Recorded


def is_better_up(metric: str) -> bool:
    """Tell whether more of a metric is better: `accuracy` is, `loss` is not."""
    plain = metric.removeprefix("val_").removeprefix("test_")
    if plain == "loss" or plain.endswith("_loss"):
        return False
    by_letters = {n.lower().replace("_", ""): n for n in (*names("metric"), *identifiers("metric"))}
    for part in _endings(plain):  # Keras puts the output's name before the metric's
        kind = by_letters.get(part.replace("_", ""))
        if part in ("acc", "accuracy"):
            return True
        if kind is not None:
            return better(kind) == "up"
    return False


def _endings(name: str) -> Iterable[str]:
    words = name.rstrip("0123456789").rstrip("_").split("_")
    return ("_".join(words[start:]) for start in range(len(words)))


def main_metric(columns: Sequence[str]) -> str:
    """Choose what runs are compared by: the first metric of validation, else `val_loss`, else the same of training."""
    for prefix in ("val_", ""):
        own = [c for c in columns if c.startswith("val_") == bool(prefix)]
        metrics = [c for c in own if not c.endswith("loss") and c not in ("epoch", "learning_rate")]
        if metrics:
            return metrics[0]
        if f"{prefix}loss" in own:
            return f"{prefix}loss"
    return "loss"


def best_of(run: Recorded, metric: str) -> float | None:
    """Give the best number of a metric over a run's epochs, or what its test gave."""
    numbers = [row[metric] for row in run.history if metric in row and row[metric] == row[metric]]
    if not numbers:
        return run.part("test").get(metric.removeprefix("test_"))
    return max(numbers) if is_better_up(metric) else min(numbers)


def ranked(runs: Iterable[Recorded], metric: str) -> list[tuple[Recorded, float | None]]:
    """Order runs, the best first; those without the metric come last."""
    found = [(run, best_of(run, metric)) for run in runs]
    sign = -1 if is_better_up(metric) else 1
    return sorted(found, key=lambda pair: (pair[1] is None, sign * (pair[1] or 0.0)))
