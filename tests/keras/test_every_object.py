"""Every activation, initializer, regularizer and constraint of the catalogue, however it is written.

A name, a string, a configured object: what netdsl takes is built, run, saved and reloaded, one model for all of a
family in one spelling; what it refuses Keras must refuse too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netdsl.catalog.signature import names, names_and_aliases, signature
from tests.keras.test_every_kind import exercise
from tests.language.front_door import compiled

keras = pytest.importorskip("keras")

pytestmark = pytest.mark.keras

#: How each family is written as an argument, and the stage of an example.
STAGES = {
    "activation": "Dense(8, activation={})",
    "initializer": "Dense(8, kernel_initializer={})",
    "regularizer": "Dense(8, kernel_regularizer={})",
    "constraint": "Dense(8, kernel_constraint={})",
}
FAMILIES = ("initializer", "regularizer", "constraint")
CLASSES = {family: [name for name in names(family) if name[0].isupper()] for family in FAMILIES}  # type: ignore[arg-type]


def spec(stages: dict[str, str]) -> str:
    """Write a model with an output for each stage, on rows of eight."""
    outputs = "".join(f"    output {name} = x -> {stage}\n" for name, stage in stages.items())
    return f"model M {{\n    input x: [6, 8]\n{outputs}}}\n"


def output_name(written: str) -> str:
    return "y_" + re.sub(r"\W+", "_", written)


def keras_takes(make: Callable[[], Any]) -> bool:
    """Tell whether Keras makes a model of a layer that runs; it traces some functions no earlier."""
    try:
        model = keras.Model(x := keras.Input((6, 8)), make()(x))
        model(keras.ops.zeros((1, 6, 8)))
    except Exception:
        return False
    return True


def check(stages: dict[str, str], in_keras: dict[str, Callable[[], Any]], folder: Path) -> None:
    """Take all stages that compile through everything at once; compare the verdict on the others."""
    taken = {written: stage for written, stage in stages.items() if compiled(spec({"y": stage})).ok}
    for written in stages:
        assert keras_takes(in_keras[written]) == (written in taken), written
    exercise(spec({output_name(written): stage for written, stage in taken.items()}), folder)


@pytest.mark.parametrize("family", STAGES)
@pytest.mark.parametrize("spelling", ["{}", '"{}"'])
def test_name_is_what_keras_takes_for_it(family: str, spelling: str, tmp_path: Path) -> None:
    every = list(names_and_aliases(family))  # type: ignore[arg-type]
    if spelling == "{}":  # a bare name that is a layer's is the layer: `Identity`
        every = [name for name in every if name not in names("layer")]
    stages = {name: STAGES[family].format(spelling.format(name)) for name in every}

    def layer(name: str) -> Callable[[], Any]:
        argument = STAGES[family].partition(", ")[2].partition("=")[0]
        return lambda: keras.layers.Dense(8, **{argument: name})

    check(stages, {name: layer(name) for name in every}, tmp_path)


@pytest.mark.parametrize(
    "stage", ["Activation({})", 'Activation("{}")', "Activation(keras.activations.{})"]
)
def test_activation_is_a_layer(stage: str, tmp_path: Path) -> None:
    every = names("activation")
    stages = {name: stage.format(name) for name in every}
    check(
        stages, {name: lambda name=name: keras.layers.Activation(name) for name in every}, tmp_path
    )


#: Arguments besides the defaults, where a class has any worth writing.
CONFIGURED = {
    "Constant": "Constant(0.5)", "RandomNormal": "RandomNormal(0.1, stddev=0.2, seed=1)",
    "RandomUniform": "RandomUniform(-1, 1, seed=1)", "TruncatedNormal": "TruncatedNormal(stddev=0.1, seed=2)",
    "Orthogonal": "Orthogonal(gain=2.0, seed=1)", "Identity": "Identity(gain=0.5)", "HeNormal": "HeNormal(seed=3)",
    "VarianceScaling": 'VarianceScaling(2.0, mode="fan_avg", distribution="uniform", seed=1)',
    "L1": "L1(1e-3)", "L2": "L2(1e-3)", "L1L2": "L1L2(l1=1e-3, l2=1e-4)",
    "OrthogonalRegularizer": 'OrthogonalRegularizer(0.02, mode="columns")', "MaxNorm": "MaxNorm(2, axis=1)",
    "MinMaxNorm": "MinMaxNorm(0.1, 0.9, rate=0.5)", "UnitNorm": "UnitNorm(axis=1)",
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_object_is_the_one_that_was_configured(family: str, tmp_path: Path) -> None:
    written = {name: CONFIGURED.get(name, f"{name}()") for name in CLASSES[family]}
    stages = {name: STAGES[family].format(value) for name, value in written.items()}
    module = getattr(keras, f"{family}s")
    argument = f"kernel_{family}"

    def layer(name: str) -> Callable[[], Any]:
        def make() -> Any:  # `STFT` asks for SciPy when it is made
            return keras.layers.Dense(
                8, **{argument: eval(written[name], {name: getattr(module, name)})}
            )

        return make

    check(stages, {name: layer(name) for name in stages}, tmp_path)
    taken = {name: stage for name, stage in stages.items() if compiled(spec({"y": stage})).ok}
    model = compiled(spec({f"y_{name}": stage for name, stage in taken.items()})).build()
    for name in taken:
        found = getattr(model.get_layer(f"y_{name}"), argument)
        assert found.get_config() == getattr(layer(name)(), argument).get_config()


@pytest.mark.parametrize("family", FAMILIES)
def test_configured_examples_name_classes_that_exist(family: str) -> None:
    assert all(signature(family, name) is not None for name in CLASSES[family])  # type: ignore[arg-type]


def test_regularizer_adds_its_loss() -> None:
    model = compiled(
        spec({"y": "Dense(8, kernel_regularizer=L2(0.5), bias_regularizer=l1)"})
    ).build()
    kernel = model.get_layer("y").kernel
    assert float(sum(model.losses)) == pytest.approx(
        0.5 * float(keras.ops.sum(kernel**2)), rel=1e-5
    )
