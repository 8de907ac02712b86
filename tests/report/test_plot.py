"""Plots: the curve is where the function is."""

from __future__ import annotations

import math

import pytest

from netdsl.catalog.activations import ACTIVATIONS
from netdsl.report.plot import COLUMNS, ROWS, plot


@pytest.mark.parametrize("facts", ACTIVATIONS, ids=lambda facts: facts.name)
def test_every_activation_has_a_plot(facts: object) -> None:
    at = getattr(facts, "value", None) or getattr(facts, "row", None)
    if at is None:
        return
    drawn = plot(facts.at)  # type: ignore[attr-defined]
    assert drawn.count("\n") == ROWS + 1
    assert any("\u2800" < char <= "\u28ff" for char in drawn)


def curve(drawn: str) -> set[tuple[int, int]]:
    """Give the characters that hold dots, by row and column of the plot."""
    lines = drawn.splitlines()[:ROWS]
    margin = len(drawn.splitlines()[-1]) - COLUMNS
    return {
        (row, column - margin)
        for row, line in enumerate(lines)
        for column, char in enumerate(line)
        if "\u2800" < char <= "\u28ff"
    }


def test_the_identity_is_a_diagonal() -> None:
    dots = curve(plot(lambda x: x))
    assert (ROWS - 1, 0) in dots
    assert (0, COLUMNS - 1) in dots
    assert (0, 0) not in dots


def test_a_jump_is_joined_upright() -> None:
    rows = {row for row, _ in curve(plot(lambda x: math.copysign(1, x)))}
    assert rows == set(range(ROWS))


@pytest.mark.parametrize("function", [lambda x: math.nan, lambda x: 1 / 0, lambda x: math.inf])
def test_what_has_no_value_is_not_drawn(function: object) -> None:
    assert curve(plot(function)) == set()  # type: ignore[arg-type]


def test_a_function_that_runs_away_is_cut() -> None:
    assert plot(math.exp).startswith("4 ")
