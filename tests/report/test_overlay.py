"""Activations over each other: the marks are where the values and slopes are."""

from __future__ import annotations

import pytest

from netdsl.report.overlay import COLUMNS, HIGH, LOW, MARKS, ROWS, overlay, slope
from netdsl.report.reference import activation_called


def _panels(drawn: str) -> dict[str, list[str]]:
    lines = drawn.splitlines()
    panels = {}
    for title in ("Values", "Derivatives"):
        begin = lines.index(title) + 1
        margin = len(lines[begin + ROWS]) - COLUMNS
        panels[title] = [line[margin:].ljust(COLUMNS) for line in lines[begin : begin + ROWS]]
    return panels


def _column(x: float) -> int:
    return round((x - LOW) / (HIGH - LOW) * (COLUMNS - 1))


@pytest.mark.parametrize(
    ("name", "x", "derivative"),
    [
        ("relu", 2.0, 1.0),
        ("relu", -1.0, 0.0),
        ("sigmoid", 0.0, 0.25),
        ("tanh", 0.0, 1.0),
        ("ELU", -1.0, 0.36787944),
    ],
)
def test_a_slope_is_the_derivative(name: str, x: float, derivative: float) -> None:
    facts = activation_called(name)
    assert facts is not None
    assert slope(facts.at)(x) == pytest.approx(derivative, abs=1e-6)


def test_each_has_its_mark_where_it_is() -> None:
    facts = [activation_called(name) for name in ("relu", "tanh")]
    panels = _panels(overlay([f for f in facts if f is not None]))
    values, slopes = panels["Values"], panels["Derivatives"]
    assert values[0][COLUMNS - 1] == MARKS[0]  # relu(4) = 4, the highest
    assert values[ROWS - 1][0] == MARKS[1]  # tanh(-4) = -1, the lowest
    assert slopes[0][_column(3.0)] == MARKS[0]  # 1
    assert slopes[0][_column(0.0)] == MARKS[1]  # 1
    assert slopes[ROWS - 1][_column(3.0)] == MARKS[1]  # 0.01
