"""Every function of `keras.ops` on drawn arguments: the rule's verdict, shapes and dtypes are Keras's."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("keras")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netdsl.catalog.operations import GIVE_VALUES, TAKE_FUNCTIONS, operation_names
from tests.keras import operation_cases, operation_cases_networks, operation_cases_shapes
from tests.keras.operation_draws import CASES, odd, varied
from tests.keras.operation_harness import ask_rule, difference

pytestmark = pytest.mark.keras

#: Draws for each of some 320 functions; `NETDSL_DRAWS=60` looks longer.
DRAWS = int(os.environ.get("NETDSL_DRAWS", "4"))

#: Importing these fills `CASES`.
FAMILIES = (operation_cases, operation_cases_shapes, operation_cases_networks)

#: Functions of which no call is drawn: the rule refuses them all.
UNDRAWN = {*TAKE_FUNCTIONS, *GIVE_VALUES}

#: Functions whose symbolic form in Keras lets sizes pass that fail when the model is run.
STRICTER = set("allclose broadcast_to dot einsum solve solve_triangular tensordot vdot".split())


def test_calls_of_every_function_are_drawn() -> None:
    assert set(operation_names()) - UNDRAWN == set(CASES)


@pytest.mark.parametrize("name", sorted(CASES))
@settings(
    max_examples=DRAWS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(data=st.data())
def test_the_rule_says_what_keras_says(name: str, data: st.DataObject) -> None:
    case = data.draw(CASES[name](name))
    if name in STRICTER and isinstance(ask_rule(case), str):
        return
    found = difference(case)
    assert found is None, found


@pytest.mark.parametrize("name", sorted(CASES))
@settings(
    max_examples=DRAWS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(data=st.data())
def test_a_call_with_one_size_changed_is_not_taken_where_keras_refuses_it(
    name: str, data: st.DataObject
) -> None:
    """Also where sizes have names: Keras knows neither a number nor their equality. A rule may refuse more."""
    case = data.draw(varied(data.draw(CASES[name](name))))
    for named_sizes in (False, True):
        if not isinstance(ask_rule(case, named_sizes=named_sizes), str):
            found = difference(case, named_sizes=named_sizes)
            assert found is None, found


@pytest.mark.parametrize("name", sorted(CASES))
@settings(
    max_examples=3 * DRAWS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(data=st.data())
def test_a_rule_has_an_answer_to_any_argument(name: str, data: st.DataObject) -> None:
    ask_rule(data.draw(odd(data.draw(CASES[name](name)))))
