"""A name that Keras has in two families is the one that the argument takes, wherever it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netdsl.catalog.kind import ObjectValue
from tests.language.front_door import compiled, graph_of

DENSE = "model M {{\n input x: [8]\n output y = x -> Dense(8, kernel_initializer={})\n}}"

#: A spec with one `Dense` layer whose initializer is Keras's `Identity`, and its gain where that is given.
INITIALIZERS = [
    ("let k = Identity()\n" + DENSE.format("k"), {}),
    ("let k = Identity(gain=2.0)\n" + DENSE.format("k"), {"gain": 2.0}),
    ("let k = Identity(2.0)\n" + DENSE.format("k"), {"gain": 2.0}),
    ("let k = keras.initializers.Identity(gain=2.0)\n" + DENSE.format("k"), {"gain": 2.0}),
    ("let ks = [Identity(gain=2.0), Identity()]\n" + DENSE.format("ks[0]"), {"gain": 2.0}),
    ('let ks = {"a": Identity(gain=2.0)}\n' + DENSE.format('ks["a"]'), {"gain": 2.0}),
    ("fn init(g) = Identity(gain=g)\n" + DENSE.format("init(2.0)"), {"gain": 2.0}),
    ("let same = True\n" + DENSE.format('Identity(gain=2.0) if same else "zeros"'), {"gain": 2.0}),
    ("defaults Dense(kernel_initializer=Identity(gain=2.0))\n"
     "model M { input x: [8]  output y = x -> Dense(8) }", {"gain": 2.0}),
    ('let c = {"kernel_initializer": Identity(gain=2.0)}\n'
     "model M { input x: [8]  output y = x -> Dense(8, **c) }", {"gain": 2.0}),
    ("block b(k: initializer = Identity(gain=2.0)) = Dense(8, kernel_initializer=k)\n"
     "model M { input x: [8]  output y = x -> b() }", {"gain": 2.0}),
    ("block b(k = Identity(gain=2.0)) = Dense(8, kernel_initializer=k)\n"
     "model M { input x: [8]  output y = x -> b() }", {"gain": 2.0}),
    ("block b(k) = Dense(8, kernel_initializer=k)\n"
     "model M { input x: [8]  output y = x -> b(Identity(gain=2.0)) }", {"gain": 2.0}),
    ("model M(k: initializer = Identity(gain=2.0)) { input x: [8]  output y = x -> Dense(8, kernel_initializer=k) }",
     {"gain": 2.0}),
    ("model M { input x: [8]  let k = Identity(gain=2.0)\n output y = x -> Dense(8, kernel_initializer=k) }",
     {"gain": 2.0}),
    ("let k = Identity()\nmodel M { input x: [5, 8]\n"
     " output y = x -> TimeDistributed(k) -> Dense(8, kernel_initializer=k) }", {}),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "given"), INITIALIZERS)
def test_a_call_is_an_initializer_where_one_is_taken(spec: str, given: dict[str, Any]) -> None:
    value = graph_of(spec).nodes[-1].operation.bound["kernel_initializer"]
    assert isinstance(value, ObjectValue)
    assert (value.family, value.kind, dict(value.arguments)) == ("initializer", "Identity", given)


NAMES = [
    "let k = Identity\n" + DENSE.format("k"),
    "let ks = [Identity]\n" + DENSE.format("ks[0]"),
    DENSE.format('Identity if True else "zeros"'),
    "defaults Dense(kernel_initializer=Identity)\nmodel M { input x: [8]  output y = x -> Dense(8) }",
    "block b(k: initializer = Identity) = Dense(8, kernel_initializer=k)\n"
    "model M { input x: [8]  output y = x -> b() }",
    "block b(k) = Dense(8, kernel_initializer=k)\nmodel M { input x: [8]  output y = x -> b(Identity) }",
]


@pytest.mark.parametrize("spec", NAMES)
def test_a_bare_name_is_one_too(spec: str) -> None:
    assert graph_of(spec).nodes[-1].operation.bound["kernel_initializer"] == "identity"


@pytest.mark.parametrize(
    "inside",
    [
        "let k = Identity()\n output y = x -> TimeDistributed(k)",
        "let ks = [Identity(), Dense(8)]\n output y = x -> TimeDistributed(ks[0])",
        "output y = x -> TimeDistributed(Identity() if True else Dense(8))",
        "let k = Identity() -> Dense(8)\n output y = x -> TimeDistributed(k)",
        "output y = x -> each()",
    ],
)
def test_it_is_a_layer_where_a_layer_is_taken(inside: str) -> None:
    block = "block each(k: layer = Identity()) = TimeDistributed(k)\n"
    held = graph_of(f"{block}model M {{ input x: [5, 8]\n {inside} }}").nodes[-1]
    assert held.operation.bound["layer"].kind in ("Identity", "Sequential")


def test_what_is_wrong_with_its_arguments_is_told_for_what_it_is() -> None:
    def codes(spec: str) -> list[str]:
        return [d.code for d in compiled(spec).diagnostics]

    wrong = "model M { input x: [5, 8]\n output y = x -> TimeDistributed(k) }"
    assert codes(f"let k = Identity(gain=2.0)\n{wrong}") == ["N0301"]
    assert codes('let k = Identity(gain="a")\n' + DENSE.format("k")) == ["N0305"]


def test_one_object_of_python_cannot_be_both() -> None:
    spec = (
        "let ks = [Identity()]\nmodel M { input x: [5, 8]\n"
        " output y = x -> TimeDistributed(ks[0]) -> Dense(8, kernel_initializer=ks[0]) }"
    )
    assert [d.code for d in compiled(spec).diagnostics] == ["N0420"]


TRAINED = "model M {{ input x: [8]  output y = x -> Dense(3) }}\n{}"


@pytest.mark.parametrize(
    ("before", "loss", "metrics"),
    [
        ("", "Poisson()", "[Poisson()]"),
        ("let m = Poisson()\n", "m", "[m]"),
        ("", "Poisson() if True else mse", "[Poisson() if True else mse]"),
        ("", "keras.losses.Poisson()", "[keras.metrics.Poisson()]"),
        ("fn own() = Poisson()\n", "own()", "[own()]"),
    ],
)
def test_a_loss_and_a_metric_of_one_name_are_told_apart(
    before: str, loss: str, metrics: str
) -> None:
    train = f"train M {{\n optimizer = adam\n loss = {loss}\n metrics = {metrics}\n}}"
    result = compiled(before + TRAINED.format(train))
    assert result.ok, [d.message for d in result.diagnostics]
    assert "loss=keras.losses.Poisson()" in result.source
    assert "metrics=[keras.metrics.Poisson()]" in result.source


def test_a_hyperparameter_that_is_one_can_be_written_down() -> None:
    spec = (
        "model M(k = Identity()) { input x: [8]  output y = x -> Dense(8, kernel_initializer=k) }"
    )
    result = compiled(spec)
    assert "Identity" in json.dumps(result.model("M").summary())


def test_it_is_a_layer_in_a_list_of_layers_and_in_an_augmentation() -> None:
    spec = (
        "let i = Identity()\n"
        "model M { input x: [8, 8, 3]  output y = x -> Pipeline([Identity(), RandomFlip()]) }\n"
        "train M { optimizer = adam  loss = mse  augment = i }"
    )
    result = compiled(spec)
    assert result.ok, [d.message for d in result.diagnostics]
    for source in (result.source, result.flat_source):
        assert "layers.Identity(" in source
        assert "initializers.Identity" not in source
