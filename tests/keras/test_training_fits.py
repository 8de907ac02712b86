"""The table of losses and metrics, asked of `fit` itself on a draw of its cells, and of what recorded it."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

from netdsl.catalog.refresh_training import SAMPLES, Maker, Trial, rows, verdict
from netdsl.catalog.signature import Family
from netdsl.catalog.training_fits import Column, columns, is_bad, verdict_on

pytestmark = pytest.mark.keras

METRICS: dict[str, Maker] = dict(rows("metric"))
LOSSES: dict[str, Maker] = dict(rows("loss"))


def drawn(makers: dict[str, Maker], count: int, seed: int) -> list[tuple[str, Column]]:
    draw = random.Random(seed)
    every = [(row, column) for row in makers for column in columns()]
    return draw.sample(every, count)


def figures(trial: Trial, **compiled: Any) -> list[dict[str, Any]]:
    """Fit and evaluate a model that hands predictions through: on right ones, and on wrong ones."""
    x = keras.Input(trial.shape[1:])
    model = keras.Model(x, keras.layers.Identity()(x))
    model.compile("sgd", jit_compile=False, **compiled)
    found = []
    for predictions in (trial.good(), trial.bad()):
        model.fit(predictions, trial.labels, batch_size=SAMPLES, verbose=0)
        found.append(
            model.evaluate(
                predictions, trial.labels, batch_size=SAMPLES, verbose=0, return_dict=True
            )
        )
    return found


def nothing(labels: Any, predictions: Any) -> Any:
    return 0 * keras.ops.mean(predictions)


#: Two of what is drawn are tried each time, and more where minutes are given.
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_metric_does_in_fit_what_the_table_says(seed: int) -> None:
    wrong = []
    for row, column in drawn(METRICS, 12, seed):
        said = verdict_on("metric", row, column)
        try:
            right, other = figures(Trial(column), loss=nothing, metrics=[METRICS[row]()])
        except Exception:
            if not is_bad(said):
                wrong.append((row, str(column), said, "fails"))
            continue
        (name,) = set(right) - {"loss"}
        both = [float(np.mean(f[name])) for f in (right, other)]
        same = not np.isfinite(both).all() or abs(both[0] - both[1]) <= 1e-3 * max(
            1.0, *map(abs, both)
        )
        if is_bad(said) or same != (said == "blind"):
            wrong.append((row, str(column), said, both))
    assert wrong == []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_does_in_fit_what_the_table_says(seed: int) -> None:
    wrong = []
    for row, column in drawn(LOSSES, 10, seed):
        said = verdict_on("loss", row, column)
        try:
            right, other = (f["loss"] for f in figures(Trial(column), loss=LOSSES[row]()))
        except Exception:
            if not is_bad(said):
                wrong.append((row, str(column), said, "fails"))
            continue
        lower = np.isfinite([right, other]).all() and right < other - 1e-3 * max(
            1.0, abs(right), abs(other)
        )
        if is_bad(said) or lower != (said in ("fits", "squashed")):
            wrong.append((row, str(column), said, (right, other)))
    assert wrong == []


@pytest.mark.parametrize("family", ["loss", "metric"])
def test_the_table_is_what_recording_it_would_write(family: Family) -> None:
    makers = METRICS if family == "metric" else LOSSES
    for row, column in drawn(makers, 12, 7):
        assert verdict(family, makers[row], column) == verdict_on(family, row, column), (
            row,
            column,
        )


@pytest.mark.parametrize(
    ("kind", "argument"),
    [("BinaryAccuracy", "threshold"), ("Precision", "thresholds"), ("Recall", "thresholds")],
)
def test_a_threshold_of_0_reads_scores(kind: str, argument: str) -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(50, 1)), rng.integers(0, 2, (50, 1))
    of_scores = getattr(keras.metrics, kind)(**{argument: 0.0})
    of_probabilities = getattr(keras.metrics, kind)()
    assert float(of_scores(labels, scores)) == float(
        of_probabilities(labels, 1 / (1 + np.exp(-scores)))
    )


ROWS = Column("softmax", "several", "one_hot")


@pytest.mark.parametrize(
    ("metric", "outcome"),
    [
        (lambda: keras.metrics.Precision(class_id=7), "fails"),
        (lambda: keras.metrics.RecallAtPrecision(0.9, class_id=4), "fails"),
        (lambda: keras.metrics.Precision(top_k=5), "fails"),
        (lambda: keras.metrics.AUC(multi_label=True, num_labels=3), "fails"),
        (lambda: keras.metrics.AUC(multi_label=True, label_weights=[0.1, 0.2, 0.7]), "fails"),
        (lambda: keras.metrics.TopKCategoricalAccuracy(k=4), "alike"),
        (lambda: keras.metrics.TopKCategoricalAccuracy(k=5), "alike"),
        (lambda: keras.metrics.TopKCategoricalAccuracy(k=3), "differ"),
    ],
)
def test_numbers_of_a_metric_go_with_the_units(metric: Any, outcome: str) -> None:
    try:
        right, wrong = figures(Trial(ROWS), loss=nothing, metrics=[metric()])
    except Exception:
        assert outcome == "fails"
        return
    (name,) = set(right) - {"loss"}
    assert ("alike" if right[name] == wrong[name] else "differ") == outcome


def test_classes_that_are_not_counted_are_left_out_in_silence() -> None:
    """Of four classes one is always taken for another: a count of three does not see it."""
    labels = np.array([0, 1, 2, 3] * 4)
    predictions = np.eye(4)[np.array([0, 1, 2, 2] * 4)]
    whole = keras.metrics.MeanIoU(num_classes=4, sparse_y_pred=False)
    short = keras.metrics.MeanIoU(num_classes=3, sparse_y_pred=False)
    assert float(whole(labels, predictions)) == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert float(short(labels, predictions)) > 0.8
