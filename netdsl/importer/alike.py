"""Branches that are alike, side by side in one fork: what they have in common, and what each has for itself.

[for column in range(26) { _[:, column:column + 1] -> Hashing(100_000) -> Embedding(100_000, 39) }]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from netdsl.importer.network import Given
from netdsl.importer.operations import INDEXED
from netdsl.importer.sequences import Raw
from netdsl.importer.terms import (
    ARRIVING,
    Branch,
    Item,
    Leaf,
    Parameter,
    Repeat,
    Shapes,
    index_inside,
    index_of,
    renamed,
    walk,
)
from netdsl.importer.unify import Counter, unify
from netdsl.record import record

#: How many branches at least, and what may vary among them.
FEWEST, MOST_COLUMNS = 3, 3


@record(eq=False)
class Alike:
    """Branches from `start` to `end` as one row; `columns` vary, `values` has those of each branch."""

    start: int
    end: int
    row: list[Item]
    columns: Sequence[Parameter]
    values: Sequence[Sequence[Given]]
    #: Whether the part of a tensor that each takes is told by the number of the branch.
    counted: bool = False


def runs_of(branches: Sequence[Branch], counter: Callable[[], Counter]) -> Iterator[Alike]:
    """Give the runs of branches that are alike, none of them over another."""
    shapes = Shapes()
    marks = [shapes.of_row(b.row) if _is_plain(b.row) else -1 - n for n, b in enumerate(branches)]
    start = 0
    while start < len(branches):
        end = start + 1
        while (
            end < len(branches) and marks[end] == marks[start] and _from_alike(branches, start, end)
        ):
            end += 1
        found = _unified(branches, start, end, counter()) if end - start >= FEWEST else None
        if found is not None:
            yield found
        start = end


def _from_alike(branches: Sequence[Branch], start: int, end: int) -> bool:
    """Tell whether two branches both begin at what arrives, or both at a tensor with a name."""
    return (branches[start].source == ARRIVING) == (branches[end].source == ARRIVING)


def _is_plain(row: list[Item]) -> bool:
    """Tell whether nothing in a row is called by name, made elsewhere, or declared beside it."""
    return bool(row) and not any(
        item.tap is not None
        or (isinstance(item, Leaf) and (item.weight is not None or item.kind[0] == "shared"))
        or (isinstance(item, Repeat) and (item.lists or item.taken))
        for item in walk(row)
    )


def _unified(branches: Sequence[Branch], start: int, end: int, counter: Counter) -> Alike | None:
    rows = [branch.row for branch in branches[start:end]]
    first = rows[0]
    is_counted = False
    parts = [_part_taken(row) for row in rows]
    if None not in parts and len(set(map(repr, parts))) > 1:
        key = _counted(parts)  # type: ignore[arg-type]
        if key is None:
            return None
        is_counted = True
        rows = [_with_key(row, key) for row in rows]
        first = rows[0]
    unified = unify(rows, counter, MOST_COLUMNS)
    if unified is None:
        return None
    row = renamed(first, {}, iter(unified.slots))
    values = list(zip(*unified.values, strict=True)) or [()] * len(rows)
    return Alike(start, end, row, unified.parameters, values, is_counted)


def _part_taken(row: list[Item]) -> tuple[Given, ...] | None:
    """Give the index of the part of a tensor that a row begins with."""
    first = row[0]
    if not isinstance(first, Leaf) or first.made.kind != INDEXED:
        return None
    return index_of(first.arguments) or None


#: What stands for the number of a branch until it has its name.
NUMBER = "\N{INVERTED QUESTION MARK}"


def _counted(parts: Sequence[tuple[Given, ...]]) -> tuple[Given, ...] | None:
    """Give an index in terms of the number of the branch, the first being 0; None where it is not counted so."""
    if len({len(part) for part in parts}) != 1:
        return None
    found: list[Given] = []
    for column in zip(*parts, strict=True):
        if all(_slice(v) == _slice(column[0]) for v in column):
            found.append(column[0])
        elif all(isinstance(v, int) for v in column) and _steps(column) is not None:
            found.append(Raw(str(_steps(column))))
        elif all(isinstance(v, slice) and v.step is None for v in column):
            ends = _steps([v.start or 0 for v in column]), _steps([v.stop for v in column])
            if None in ends:
                return None
            found.append(slice(Raw(str(ends[0])), Raw(str(ends[1]))))
        else:
            return None
    return tuple(found)


def _slice(value: Given) -> Given:
    return (slice, value.start, value.stop, value.step) if isinstance(value, slice) else value


def _steps(column: Sequence[Given]) -> str | None:
    """Say what numbers are of their place: `n`, `n + 1`, `4 * n`."""
    if not all(isinstance(v, int) and not isinstance(v, bool) for v in column):
        return None
    first, step = column[0], column[1] - column[0]
    if step < 1 or list(column) != [first + step * n for n in range(len(column))]:
        return None
    many = NUMBER if step == 1 else f"{step} * {NUMBER}"
    if step > 1 and first == step:
        return f"{step} * ({NUMBER} + 1)"
    return many if first == 0 else f"{many} + {first}" if first > 0 else None


def _with_key(row: list[Item], key: tuple[Given, ...]) -> list[Item]:
    (first, *rest) = row
    assert isinstance(first, Leaf)
    arguments: Mapping[str, Given] = index_inside(key)
    return [Leaf(first.kind, first.made, arguments, first.named), *rest]


def with_number(row: list[Item], name: str) -> list[Item]:
    """Put the name of the counter in the index that a row begins with."""
    key = _part_taken(row)
    assert key is not None
    return _with_key(row, tuple(_named(part, name) for part in key))


def _named(part: Given, name: str) -> Given:
    if isinstance(part, Raw):
        return Raw(part.text.replace(NUMBER, name))
    if isinstance(part, slice):
        return slice(*(_named(end, name) for end in (part.start, part.stop, part.step)))
    return part


__all__ = ["Alike", "runs_of", "with_number"]
