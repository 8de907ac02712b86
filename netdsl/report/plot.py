"""A small plot of a function of one number, drawn with characters.

plot(relu) draws y over x from -4 to 4; each character holds two dots by four (Braille), the axes are lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

COLUMNS, ROWS = 40, 9
DOTS_ACROSS, DOTS_DOWN = 2, 4

#: The bit of each dot of a Braille character, by column and row.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def plot(function: Callable[[float], float], low: float = -4.0, high: float = 4.0) -> str:
    """Draw a function between two numbers; it is drawn as far as it stays within a sensible height."""
    count = COLUMNS * DOTS_ACROSS
    xs = [low + (high - low) * i / (count - 1) for i in range(count)]
    ys = [_value(function, x) for x in xs]
    bottom, top = _range(ys, high)
    dots = _dots(ys, bottom, top)
    lines = [
        _line(row, dots, _axis_column(low, high), _axis_row(bottom, top)) for row in range(ROWS)
    ]
    labels = {0: f"{top:.4g}", ROWS - 1: f"{bottom:.4g}"}
    width = max(map(len, labels.values()))
    drawn = [f"{labels.get(row, ''):>{width}} {line}".rstrip() for row, line in enumerate(lines)]
    ends = f"{low:.4g}".ljust(COLUMNS - len(f"{high:.4g}")) + f"{high:.4g}"
    return "\n".join([*drawn, " " * (width + 1) + ends]) + "\n"


def _value(function: Callable[[float], float], x: float) -> float:
    try:
        return float(function(x))
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan


def _range(ys: Sequence[float], reach: float) -> tuple[float, float]:
    """Give the height to draw: all of the values, cut where they run away from the scale of x."""
    finite = [min(max(y, -reach), reach) for y in ys if math.isfinite(y)]
    bottom, top = min(finite, default=0.0), max(finite, default=0.0)
    bottom, top = min(bottom, 0.0), max(top, 0.0)
    return (bottom, top) if top > bottom else (bottom - 1, top + 1)


def _dots(ys: Sequence[float], bottom: float, top: float) -> dict[tuple[int, int], int]:
    """Put a dot for each value, and join it upright to the one before; bits by (row, column) of characters."""
    dots: dict[tuple[int, int], int] = {}
    before: int | None = None
    for x, y in enumerate(ys):
        if not math.isfinite(y) or not bottom <= y <= top:
            before = None
            continue
        at = round((top - y) / (top - bottom) * (ROWS * DOTS_DOWN - 1))
        first, last = sorted((at, at if before is None else before))
        for dot in range(first, last + 1):
            if dot != before or dot == at:
                key = dot // DOTS_DOWN, x // DOTS_ACROSS
                dots[key] = dots.get(key, 0) | _BITS[x % DOTS_ACROSS][dot % DOTS_DOWN]
        before = at
    return dots


def _axis_column(low: float, high: float) -> int:
    return round(-low / (high - low) * (COLUMNS - 1)) if low <= 0 <= high else -1


def _axis_row(bottom: float, top: float) -> int:
    return round(top / (top - bottom) * (ROWS * DOTS_DOWN - 1)) // DOTS_DOWN


def _line(row: int, dots: dict[tuple[int, int], int], column: int, axis: int) -> str:
    def char(at: int) -> str:
        if (row, at) in dots:
            return chr(0x2800 | dots[row, at])
        if row == axis:
            return "┼" if at == column else "─"
        return "│" if at == column else " "

    return "".join(char(at) for at in range(COLUMNS))
