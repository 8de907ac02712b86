"""How the boxes of a region stand to one another, before anything has a size.

    Series [a, Row [b, c], d] with a lane from a to d

A series goes along the flow, a row stands across it. A tensor that passes parts of a series goes beside them in a lane;
one that passes a row of ranks goes through it as a wire, and one that passes rows of a grid beside a column.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from netdsl.record import record

#: Where a column stands that is shorter than its row.
Align = Literal["start", "middle", "end"]


@record(eq=False)
class Item:
    """A box, by its number."""

    box: int


@record(eq=False)
class Wire:
    """A tensor that goes through a row."""

    net: int


@record(eq=False)
class Row:
    """Columns side by side. Around the one of `main`, if there is one, the others are arranged; `follows` tells that
    each stands as near as may be to what leads to it."""

    parts: tuple[Term, ...]
    aligned: tuple[Align, ...]
    main: int = -1
    follows: bool = False


@record(eq=False)
class Lane:
    """A tensor beside a series: from below the part `start` (-1: from before all) to above each of `stops` (the number
    of parts: on to what comes after all)."""

    net: int
    start: int
    stops: tuple[int, ...]


@record(eq=False)
class Series:
    """Parts one after the other, with lanes beside them."""

    parts: tuple[Term, ...]
    lanes: tuple[Lane, ...] = ()


@record(eq=False)
class GridLane:
    """A tensor beside a column of a grid: from below the row `start` (-1: from before all) to above each of `stops`
    (the number of rows: on to what comes after all). Lanes with the same `bus`, if it is not -1, end in the same place
    and are one line from where they meet."""

    net: int
    start: int
    stops: tuple[int, ...]
    column: int
    bus: int = -1


@record(eq=False)
class Grid:
    """Rows one below the other; each part stands in a column, which has one axis for all rows."""

    rows: tuple[tuple[tuple[int, Term], ...], ...]
    columns: int
    lanes: tuple[GridLane, ...]


Term: TypeAlias = Item | Wire | Row | Series | Grid


def main_series(term: Term | None) -> Series | None:
    """Give the series that a picture is: all of it, or the main column."""
    if isinstance(term, Row) and term.main >= 0:
        term = term.parts[term.main]
    return term if isinstance(term, Series) else None
