"""Losses, weights and metrics by output, and the names they are recorded under: what netdsl says, asked of `fit`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

import netdsl
from netdsl.analyse.logs import logged_names

pytestmark = pytest.mark.keras

ONE = "model N { input x: [8]  output y = x -> Dense(3, activation=softmax) }\n"
TWO = """
model N {
    input x: [8]
    output a = x -> Dense(3, activation=softmax)
    output b = x -> Dense(1)
}
"""
LIST = (
    TWO.replace("output a", "a").replace("output b", "b").replace("\n}", "\n    output [a, b]\n}")
)
BOTH = '{"a": mse, "b": mae}'

#: Loss, metrics and weights of a model with two outputs.
FORMS = [
    ("mse", "", ""),
    ("[mse, mae]", "", "[1.0, 2.0]"),
    (BOTH, "", '{"a": 1.0, "b": 2.0}'),
    (BOTH, "[mae]", ""),
    (BOTH, "[mae, mse]", ""),
    (BOTH, "[mae, mse, mae]", ""),
    (BOTH, "[[mae, mse], [mae]]", ""),
    (BOTH, "[[mae], mae]", ""),
    (BOTH, "[]", ""),
    (BOTH, '{"a": mae}', ""),
    (BOTH, '{"a": [mae, categorical_accuracy], "b": mae}', ""),
    (BOTH, "", "2.0"),
    (BOTH, "", '{"a": 1.0}'),
    ("mse", "", "2.0"),
    ("mse", "", "[1.0, 2.0]"),
    ("mse", "", '{"a": 1.0, "b": 2.0}'),
    ('{"a": mse}', "", "2.0"),
    ('{"a": mse}', "", "[1.0, 2.0]"),
    ('{"a": mse}', "", '{"a": 1.0}'),
    ('{"a": mse}', "", '{"a": 1.0, "b": 2.0}'),
    ("[mse, None]", "", '{"a": 1.0}'),
    ("[mse, None]", "", "[1.0, 2.0]"),
]


@pytest.fixture(autouse=True)
def eagerly() -> Iterator[None]:
    """Run one step without making a graph of it first."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


def trained(spec: str, loss: str, metrics: str, weights: str) -> str:
    settings = {"loss": loss, "metrics": metrics, "loss_weights": weights}
    lines = [f"{name} = {text}" for name, text in settings.items() if text]
    return "\n".join([spec, "train N {", "optimizer = sgd", *lines, "}"])


def fit(compile_model: Any, spec: str, **settings: Any) -> list[str]:
    """Train for one step; give the names of what was recorded. The model is the spec's, written by hand."""
    from tensorflow import keras

    x = keras.Input((8,))
    classes = numpy.eye(3)[[0, 1, 2, 0]]
    ys: Any = classes
    y: Any = keras.layers.Dense(3, activation="softmax", name="y")(x)
    if spec is not ONE:
        a = keras.layers.Dense(3, activation="softmax", name="a")(x)
        y, ys = (
            {"a": a, "b": keras.layers.Dense(1, name="b")(x)},
            {"a": classes, "b": numpy.ones((4, 1))},
        )
    if spec is LIST:
        y, ys = list(y.values()), tuple(ys.values())
    model = keras.Model(x, y)
    compile_model(model)
    return list(model.fit(numpy.ones((4, 8)), ys, verbose=0, **settings).history)


def by_keras(settings: dict[str, str]) -> Any:
    """Give a function that compiles a model with settings as they are written."""
    names = {n: n for text in settings.values() for n in re.findall(r"[a-z_]+", text)}
    given = {key: eval(text, {}, names) for key, text in settings.items() if text}
    return lambda model: model.compile(optimizer="sgd", **given)


@pytest.mark.parametrize(("loss", "metrics", "weights"), FORMS)
def test_what_keras_refuses_at_the_first_batch_is_told(
    loss: str, metrics: str, weights: str
) -> None:
    compiled = netdsl.compile_text(trained(TWO, loss, metrics, weights))
    told = [d.code for d in compiled.diagnostics if d.severity == "error"]
    settings = {"loss": loss, "metrics": metrics, "loss_weights": weights}
    try:
        fit(by_keras(settings), TWO)
    except (TypeError, ValueError):
        assert told == ["N0804"]
    else:
        assert told == []


@pytest.mark.parametrize(("loss", "metrics", "weights"), FORMS)
def test_what_is_said_by_name_or_in_order_of_outputs_in_a_list_trains(
    loss: str, metrics: str, weights: str
) -> None:
    compiled = netdsl.compile_text(trained(LIST, loss, metrics, weights))
    if not compiled.ok:
        assert [d.code for d in compiled.diagnostics if d.severity == "error"] == ["N0804"]
        return
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.source, module)
    assert "loss" in fit(module["compile_model"], LIST)


RECORDED = [
    (ONE, "mse", ""),
    (ONE, "mse", "[acc, MSE, mean_absolute_error, CategoricalAccuracy]"),
    (ONE, "[mse]", '[AUC(name="area"), MeanIoU(3), F1Score(), R2Score(), KLDivergence()]'),
    (ONE, '{"y": mse}', '{"y": [CosineSimilarity(), TopKCategoricalAccuracy(k=2)]}'),
    (TWO, "mse", ""),
    (TWO, '{"b": mse}', '{"a": categorical_accuracy}'),
    (TWO, BOTH, '{"a": [accuracy], "b": [mae, RootMeanSquaredError(name="r")]}'),
    (TWO, BOTH, "[[mae, Poisson()], mse]"),
    (LIST, "mse", ""),
    (LIST, '{"b": mse}', '{"a": categorical_accuracy}'),
    (LIST, BOTH, '{"a": [accuracy], "b": [mae, RootMeanSquaredError(name="r")]}'),
    (LIST, "[mse, mae]", "[[mae, Poisson()], mse]"),
]


@pytest.mark.parametrize(("spec", "loss", "metrics"), RECORDED)
def test_the_names_of_what_is_recorded_are_those_of_keras(
    spec: str, loss: str, metrics: str
) -> None:
    compiled = netdsl.compile_text(trained(spec, loss, metrics, ""))
    assert compiled.ok
    module: dict[str, Any] = {"__name__": "generated"}
    exec(compiled.source, module)
    (plan,) = compiled.training
    names = logged_names(plan, compiled.graphs["N"])
    assert sorted(names) == sorted(
        re.sub(r"_\d+$", "", n) for n in fit(module["compile_model"], spec)
    )


@pytest.mark.parametrize("spec", [ONE, TWO], ids=["one", "two"])
def test_classes_are_weighed_as_keras_can(spec: str) -> None:
    text = trained(spec, "mse", "", "").replace("loss =", "class_weight = {0: 1.0, 1: 2.5}\nloss =")
    told = [d.code for d in netdsl.compile_text(text).diagnostics if d.severity == "error"]
    try:
        fit(by_keras({"loss": "mse"}), spec, class_weight={0: 1.0, 1: 2.5})
    except ValueError:
        assert told == ["N0804"]
    else:
        assert told == []
