"""What is told of activations, initializers and the rest fits itself and the catalogue."""

from __future__ import annotations

import math

import pytest

from netdsl.catalog.activations import ACTIVATIONS, ActivationFacts, activation_facts
from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.objects import OBJECTS, object_facts, object_kind
from netdsl.catalog.signature import identifiers, names, signature

GRID = [x / 8 for x in range(-800, 801)] + [-1e4, 1e4]
BY_POINT = [facts for facts in ACTIVATIONS if facts.value]
BY_ROW = [facts for facts in ACTIVATIONS if facts.row]


def test_every_activation_of_keras_is_described() -> None:
    described = {facts.name for facts in ACTIVATIONS}
    assert described - {"prelu"} == set(names("activation"))


def test_every_identifier_leads_to_its_facts() -> None:
    for text, name in identifiers("activation").items():
        facts = activation_facts(text)
        assert facts is not None
        assert facts.name == name


@pytest.mark.parametrize("facts", BY_POINT, ids=lambda facts: facts.name)
def test_values_stay_in_the_range_told(facts: ActivationFacts) -> None:
    assert facts.value is not None
    found = [facts.value(x) for x in GRID]
    # Floats reach the ends that the functions only approach.
    assert facts.range.low - 1e-5 <= min(found)
    assert max(found) <= facts.range.high
    if math.isinf(facts.range.high):
        assert max(found) >= 100
    else:
        assert max(found) == pytest.approx(facts.range.high, abs=1e-3)
    if not math.isinf(facts.range.low):
        assert min(found) == pytest.approx(facts.range.low, abs=1e-3)


@pytest.mark.parametrize("facts", BY_POINT, ids=lambda facts: facts.name)
def test_saturation_means_flat_on_both_sides(facts: ActivationFacts) -> None:
    assert facts.value is not None
    left = facts.value(-60.0) - facts.value(-61.0)
    right = facts.value(61.0) - facts.value(60.0)
    is_flat = abs(left) < 1e-3 and abs(right) < 1e-3
    # relu6 is cut off at 6, which few inputs reach, and is stacked as deep as relu.
    assert facts.saturates == (is_flat and facts.name != "relu6")


@pytest.mark.parametrize("facts", ACTIVATIONS, ids=lambda facts: facts.name)
def test_probabilities_are_probabilities(facts: ActivationFacts) -> None:
    if facts.probabilities == "row":
        assert facts.row is not None
        for row in ([0.1, 0.2, 0.15], [3.0, -2.0, 700.0], [1.0, 1.0], [5.0]):
            assert sum(facts.row(row)) == pytest.approx(1.0)
            assert min(facts.row(row)) >= 0.0
    elif facts.probabilities == "each":
        assert (facts.range.low, facts.range.high) == (0, 1)


def test_shifting_a_row_does_not_move_softmax() -> None:
    softmax = activation_facts("softmax")
    assert softmax is not None
    assert softmax.row is not None
    assert softmax.row([1.0, 2.0]) == pytest.approx(softmax.row([101.0, 102.0]))


@pytest.mark.parametrize("facts", ACTIVATIONS, ids=lambda facts: facts.name)
def test_what_an_activation_points_to_exists(facts: ActivationFacts) -> None:
    assert facts.layer is None or signature("layer", facts.layer)
    assert facts.initializer is None or facts.initializer in identifiers("initializer")


def test_suiting_is_told_the_same_from_both_sides() -> None:
    for facts in ACTIVATIONS:
        if facts.initializer:
            made = object_facts("initializer", facts.initializer)
            assert made is not None
            known = {*made.suits, "softmax", "log_softmax", "sparsemax", "sparse_sigmoid"}
            assert facts.name in known, facts.name


def test_every_initializer_regularizer_and_constraint_is_described() -> None:
    for family, described in OBJECTS.items():
        assert set(described) == set(names(family))


def test_a_kind_is_found_from_a_string_and_from_an_object() -> None:
    assert object_kind("initializer", "he_normal") == "HeNormal"
    assert object_kind("initializer", "uniform") == "RandomUniform"
    assert object_kind("regularizer", ObjectValue("regularizer", "L2", {"l2": 0.1})) == "L2"
    assert object_kind("constraint", None) is None
