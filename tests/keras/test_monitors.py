"""Callbacks that follow a figure: when Keras finds out which way is better, and when it cannot compare at all."""

from __future__ import annotations

import os
from typing import Any

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

import netdsl

pytestmark = pytest.mark.keras

ONE = "model M { input x: [8]  output y = x -> Dense(4, activation=softmax) }\n"
TWO = "model M { input x: [8]  output a = x -> Dense(4, activation=softmax)  output b = x -> Dense(1) }\n"
OF_ONE = "optimizer = adam  loss = categorical_crossentropy"
OF_TWO = "optimizer = adam  loss = {a: categorical_crossentropy, b: mse}"

#: A model, its metrics, what is watched and how, and what is told of it.
WATCHED = [
    (ONE, "[accuracy]", "val_accuracy", "", None),
    (ONE, "[accuracy]", "val_loss", "", None),
    (ONE, '[F1Score(name="f")]', "val_f", 'mode="max"', "N0616"),
    (ONE, '[F1Score(average="macro", name="f")]', "val_f", 'mode="max"', None),
    (ONE, '[Precision(thresholds=[0.3, 0.6], name="f")]', "val_f", 'mode="max"', "N0616"),
    (ONE, '[R2Score(class_aggregation=None, name="f")]', "val_f", 'mode="max"', "N0616"),
    (ONE, '[AUC(name="f")]', "val_f", "", None),
    (TWO, "{a: [accuracy], b: [mae]}", "val_a_accuracy", "", "N0617"),
    (TWO, "{a: [accuracy], b: [mae]}", "val_a_accuracy", 'mode="max"', None),
    (TWO, "{a: [accuracy], b: [mae]}", "val_b_loss", "", "N0617"),
    (TWO, "{a: [accuracy], b: [mae]}", "val_loss", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("model", "metrics", "watched", "mode", "code"), WATCHED)
@pytest.mark.parametrize("callback", ["EarlyStopping", "ReduceLROnPlateau"])
def test_what_is_told_fails_in_fit(
    model: str, metrics: str, watched: str, mode: str, code: str | None, callback: str
) -> None:
    settings = OF_ONE if model is ONE else OF_TWO
    way = f", {mode}" if mode else ""
    callbacks = f'callbacks = [{callback}("{watched}"{way})]'
    spec = f"{model}train M {{ {settings}  metrics = {metrics}  {callbacks} }}"
    compiled = netdsl.compile_text(spec)
    assert compiled.ok
    told = [d.code for d in compiled.diagnostics if d.code in ("N0609", "N0616", "N0617", "N0618")]
    assert told == ([code] if code else [])
    made = getattr(keras.callbacks, callback)(watched, mode="max" if "max" in mode else "auto")
    assert fits(compiled, made) == (code is None)


def fits(compiled: netdsl.Compiled, callback: Any) -> bool:
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.source, module)
    model = module["compile_model"](module["M"]())
    model.run_eagerly = True  # a graph of three steps would take longer than they
    rng = np.random.default_rng(0)
    rows = np.eye(4)[rng.integers(0, 4, 16)]
    labels = rows if len(model.outputs) == 1 else {"a": rows, "b": rng.random((16, 1))}
    data = rng.random((16, 8))
    try:
        model.fit(
            data, labels, epochs=3, validation_data=(data, labels), callbacks=[callback], verbose=0
        )
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("layers", "shape", "fails"),
    [
        ("Dense(3, activation='softmax')", (6,), False),
        ("Conv2D(3, 1, activation='softmax')", (4, 4, 2), True),
        ("Conv1D(3, 1, activation='softmax')", (5, 2), True),
    ],
)
@pytest.mark.parametrize("sparse", [True, False])
def test_classes_are_weighed_where_there_is_one_prediction_for_each_sample(
    layers: str, shape: tuple[int, ...], fails: bool, sparse: bool
) -> None:
    x = keras.Input(shape)
    model = keras.Model(x, eval(f"keras.layers.{layers}")(x))
    model.compile("sgd", ("sparse_" if sparse else "") + "categorical_crossentropy")
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 3, (8, *shape[:-1]))
    labels = numbers if sparse else np.eye(3)[numbers]
    try:
        model.fit(rng.random((8, *shape)), labels, class_weight={0: 1.0, 1: 2.0}, verbose=0)
        failed = False
    except Exception:
        failed = True
    assert failed == fails
