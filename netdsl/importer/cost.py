"""What things cost a reader: tokens, as an estimate, so that folding knows what is worth the while."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.catalog.kind import ObjectValue
from netdsl.importer.arrays import Array
from netdsl.importer.measure import tokens
from netdsl.importer.network import Given, Made
from netdsl.importer.sequences import spell_number, spell_sequence
from netdsl.importer.terms import Carry, Item, Join, Leaf, Optional, Parameter, Repeat, Side, Use


def of_column(values: Sequence[Given]) -> int:
    """Estimate a list of values, by what makes them where something does."""
    made = spell_sequence(values, spell_number)
    return sum(map(of_value, values)) if made is None else min(tokens(made), len(values))


def of_rows(rows: Given) -> int:
    """Estimate the values that a loop goes through, a row for each turn; or the parameter that these are."""
    if not isinstance(rows, tuple):
        return of_value(rows)
    columns = list(zip(*rows, strict=True))
    if len(columns) == 1:
        return 2 + of_column(columns[0])
    return 2 + sum(of_value(v) for column in columns for v in column)


def of_value(value: Given) -> int:
    if _is_column(value):
        return of_rows(value)
    if isinstance(value, (list, tuple)):
        if (
            value
            and all(v == value[0] for v in value)
            and isinstance(value[0], int)
            and len(value) < 4
        ):
            return 1
        return (
            1 + 2 * sum(map(of_value, value))
            if len(value) < 3
            else 2 + sum(of_value(v) + 1 for v in value)
        )
    if isinstance(value, Array):
        return 2 + tokens(value.text)
    if isinstance(value, ObjectValue):
        return 3 + sum(map(of_value, value.arguments.values())) if value.arguments else 1
    if isinstance(value, Made):
        inside = sum(2 + of_value(v) for v in value.given.values())
        return 3 + inside + sum(map(of_value, value.parts))
    if isinstance(value, Parameter):
        return 1 + 2 * (value.factor != 1 or value.divisor != 1)
    return 1


def _is_column(value: Given) -> bool:
    """Tell whether a value is rows of one value each: what a loop over a list goes through."""
    return (
        isinstance(value, tuple)
        and bool(value)
        and all(isinstance(row, tuple) and len(row) == 1 for row in value)
    )


def of_item(item: Item) -> int:
    """Estimate the tokens of a stage, with the arrow before it."""
    tap = 0 if item.tap is None else 2
    match item:
        case Leaf():
            return (
                4
                + tap
                + sum(2 + of_value(v) for v in item.arguments.values())
                + 4 * len(item.named)
            )
        case Join():
            return 3 + tap + of_item(item.leaf) + sum(2 + of_row(b.row) for b in item.branches)
        case Side():
            return 4 + of_row(item.row)
        case Repeat():
            return (
                6
                + tap
                + of_row(item.row)
                + sum(
                    of_rows(v) if name == "rows" else of_value(v)
                    for name, v in item.arguments.items()
                )
                + 2 * len(item.columns)
            )
        case Carry():
            cells = sum(of_value(v) for v in item.arguments.values())
            return 16 + 4 * len(item.state) + of_row(item.row) + cells
        case Optional():
            return 5 + tap + of_row(item.row)
        case Use():
            return (
                4
                + tap
                + sum(1 + of_value(v) for v in item.arguments.values())
                + 4 * len(item.taken)
            )


def of_row(row: list[Item]) -> int:
    return sum(map(of_item, row))
