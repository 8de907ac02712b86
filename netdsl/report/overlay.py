"""Activations and their derivatives over each other: in characters, or drawn by matplotlib.

overlay([relu, gelu]) draws both from -4 to 4, each with a mark of its own; where two meet, the later is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from netdsl.catalog.activations import ActivationFacts
from netdsl.foreign import Foreign

COLUMNS, ROWS = 65, 15
LOW, HIGH = -4.0, 4.0
MARKS = "●○▲△■□◆◇"

#: How far apart the two values are of which a slope is taken: the rounding of floats and the bend weigh alike.
STEP = 1e-5

#: Colours that are told apart by people who see few of them (Okabe and Ito, 2008).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")

Curve = Callable[[float], float]


def slope(curve: Curve) -> Curve:
    """Give the derivative of a function, by its values on both sides of a place."""

    def at(x: float) -> float:
        return (curve(x + STEP) - curve(x - STEP)) / (2 * STEP)

    return at


def overlay(activations: Sequence[ActivationFacts]) -> str:
    """Draw the values and the derivatives of several activations, with a legend."""
    width = max(len(facts.name) for facts in activations)
    legend = [
        f"{mark} {facts.name:<{width}}  {facts.formula}  {facts.range}"
        for mark, facts in zip(MARKS, activations, strict=False)
    ]
    curves = [facts.at for facts in activations]
    values, slopes = _panel(curves), _panel([slope(curve) for curve in curves])
    return "\n".join([*legend, "", "Values", values, "", "Derivatives", slopes]) + "\n"


def _panel(curves: Sequence[Curve]) -> str:
    xs = [LOW + (HIGH - LOW) * i / (COLUMNS - 1) for i in range(COLUMNS)]
    heights = [[_value(curve, x) for x in xs] for curve in curves]
    finite = [min(max(y, LOW), HIGH) for ys in heights for y in ys if math.isfinite(y)]
    bottom, top = min([0.0, *finite]), max([0.0, *finite])
    top = top if top > bottom else bottom + 1
    cells = _axes(bottom, top)
    for mark, ys in zip(MARKS, heights, strict=False):
        _draw(cells, mark, ys, bottom, top)
    labels = {0: f"{top:.4g}", ROWS - 1: f"{bottom:.4g}"}
    margin = max(map(len, labels.values()))
    lines = [
        f"{labels.get(row, ''):>{margin}} {''.join(line)}".rstrip()
        for row, line in enumerate(cells)
    ]
    ends = f"{LOW:g}".ljust(COLUMNS - len(f"{HIGH:g}")) + f"{HIGH:g}"
    return "\n".join([*lines, " " * (margin + 1) + ends])


def _axes(bottom: float, top: float) -> list[list[str]]:
    axis, middle = _row(0.0, bottom, top), COLUMNS // 2
    cells = [[" "] * COLUMNS for _ in range(ROWS)]
    cells[axis] = ["─"] * COLUMNS
    for row in range(ROWS):
        cells[row][middle] = "┼" if row == axis else "│"
    return cells


def _row(y: float, bottom: float, top: float) -> int:
    return round((top - y) / (top - bottom) * (ROWS - 1))


def _draw(
    cells: list[list[str]], mark: str, ys: Sequence[float], bottom: float, top: float
) -> None:
    """Put a mark in each column, and join it upright to the one before."""
    before: int | None = None
    for column, y in enumerate(ys):
        if not math.isfinite(y) or not bottom - 1e-9 <= y <= top + 1e-9:
            before = None
            continue
        at = _row(y, bottom, top)
        first, last = sorted((at, at if before is None else before))
        for row in range(first, last + 1):
            if row != before or row == at:
                cells[row][column] = mark
        before = at


def _value(curve: Curve, x: float) -> float:
    try:
        return float(curve(x))
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan


def draw_overlay(activations: Sequence[ActivationFacts], path: Path, pyplot: Foreign) -> None:
    """Draw the same with matplotlib, into a file of the kind that its name says."""
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6))
    xs = [LOW + (HIGH - LOW) * i / 800 for i in range(801)]
    for axis, title, form in ((axes[0], "values", _same), (axes[1], "derivatives", slope)):
        for colour, facts in zip(COLOURS, activations, strict=False):
            curve = form(facts.at)
            axis.plot(xs, [_value(curve, x) for x in xs], color=colour, label=facts.name)
        axis.set_title(title, loc="left")
        axis.axhline(0, color="#b6bec7", linewidth=0.8, zorder=0)
        axis.axvline(0, color="#b6bec7", linewidth=0.8, zorder=0)
        axis.set_ylim(max(axis.get_ylim()[0], LOW - 0.2), min(axis.get_ylim()[1], HIGH + 0.2))
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    axes[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _same(curve: Curve) -> Curve:
    return curve
