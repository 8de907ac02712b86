"""Advice that fails is left out, and everything else is there; the tests themselves are told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netdsl.analyse import advice
from netdsl.analyse.advice.view import View
from netdsl.diagnostics.diagnostic import Diagnostic
from tests.advice.asking import image, told

#: `N0623`: nothing non-linear between two layers.
SPEC = image("Flatten() -> Dense(8) -> Dense(8)")


def failing(view: View) -> Iterator[Diagnostic]:
    raise ValueError("zip() argument 2 is shorter than argument 1")
    yield


@pytest.fixture
def _first_rule_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    others = list(advice.rules())
    monkeypatch.setattr(advice, "rules", lambda: [failing, *others])


@pytest.mark.usefixtures("_first_rule_fails")
def test_advice_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETDSL_STRICT")
    assert told(SPEC) == ["N0623"]


@pytest.mark.usefixtures("_first_rule_fails")
def test_advice_that_fails_fails_a_test() -> None:
    with pytest.raises(ValueError, match="shorter"):
        told(SPEC)


@pytest.mark.parametrize(
    "chain",
    [
        'EinsumDense("abc,cde->abde", [None, 64, 32]) -> Conv2D(3, 1)',  # a map of more axes
        'EinsumDense("abc,bcd->ad", 8) -> Dense(3)',  # and one of fewer
        'EinsumDense("abc,bd->adc", [64, 32]) -> Conv1D(3, 3)',  # one that mixes the places
        "Reshape((64, 32, 1)) -> Conv2D(3, 1)",
    ],
)
def test_a_layer_that_changes_the_rank_is_advised_on(chain: str) -> None:
    told(f"model M {{\n input x: [64, 32]\n output y = x -> {chain}\n}}", "N")
