"""What a model is elaborated for once: values that are the same in every respect, and no others."""

from __future__ import annotations

import itertools

from netdsl.catalog.kind import ExternFunction, Identifier, ObjectValue
from netdsl.elaborate.scope.value_keys import value_key
from tests.language.front_door import graph_of

DIFFERENT = [
    None, "None", 0, False, 0.0, -0.0, "0", float("nan"), (), [], {}, [0], (0,), [False], [0.0], "[0]", (0, 0),
    ((0,), 0),
    {0: 1}, {False: 1}, {"0": 1}, {0: True}, {0: 1, 1: 0}, {1: 0, 0: 1}, Identifier("relu"), "relu",
    ExternFunction("relu", "a"), ExternFunction("relu", "b"), ObjectValue("regularizer", "L2", {"l2": 1}),
    ObjectValue("regularizer", "L2", {"l2": 1.0}), ObjectValue("regularizer", "L1", {"l2": 1}), object(), object(),
]  # fmt: skip


def test_values_that_differ_have_different_keys() -> None:
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert value_key(one) != value_key(other), (one, other)


def test_a_value_has_the_key_of_its_like() -> None:
    assert value_key([1, {"a": (2.5, None)}]) == value_key([1, {"a": (2.5, None)}])
    assert value_key(ObjectValue("a", "L2", {"x": [1]})) == value_key(
        ObjectValue("a", "L2", {"x": [1]})
    )


def test_models_at_values_that_print_alike_are_different_models() -> None:
    text = (
        "model N(f=L2(0.1)) { input x: [4] output x -> Dense(4, kernel_regularizer=f) }\n"
        "model M { input x: [4] output x -> N(L2(1e-2)) -> N(L2(0.01)) -> N(L2(0.02)) -> N(L1(0.01)) }"
    )
    made = [n.operation.graph for n in graph_of(text, model="M").nodes if n.operation.graph]
    assert made[0] is made[1]
    assert len({id(graph) for graph in made}) == 3
