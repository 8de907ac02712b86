"""Large arrays of booleans that say two things at once: of rows the one, of columns the other.

A mask of windows tells for two places of each whether both their rows and their columns lie together. Such an array is
the conjunction of small ones, each over some of its axes, and is written so: a spec holds no hundred thousand numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from random import Random

from netdsl.record import record

#: How many axes are told apart at most, and how many places are tried before a split is looked at everywhere.
MOST_AXES, TRIED = 8, 512


@record(eq=False)
class Factor:
    """An array over some of the axes of another, in their order; `values` row by row."""

    axes: tuple[int, ...]
    shape: tuple[int, ...]
    values: tuple[bool, ...]


def factors_of(values: Sequence[bool], shape: tuple[int, ...]) -> list[Factor]:
    """Give the arrays whose conjunction an array is, as small as they are; a single one where there are no others."""
    axes = tuple(axis for axis, size in enumerate(shape) if size > 1)
    whole = Factor(axes, tuple(shape[axis] for axis in axes), tuple(values))
    return list(_split(whole)) if len(axes) <= MOST_AXES and any(values) else [whole]


def _split(factor: Factor) -> Iterator[Factor]:
    places = range(len(factor.axes))
    point = _first_place(factor)
    for size in range(1, len(factor.axes) // 2 + 1):
        for chosen in combinations(places, size):
            others = tuple(place for place in places if place not in chosen)
            one, other = _through(factor, chosen, point), _through(factor, others, point)
            if _are_factors(factor, (chosen, one), (others, other)):
                yield from _split(one)
                yield from _split(other)
                return
    yield factor


def _strides(shape: Sequence[int]) -> list[int]:
    found = [1] * len(shape)
    for place in range(len(shape) - 2, -1, -1):
        found[place] = found[place + 1] * shape[place + 1]
    return found


def _first_place(factor: Factor) -> tuple[int, ...]:
    """Give the first place at which an array is true."""
    number = factor.values.index(True)
    found = []
    for stride in _strides(factor.shape):
        found.append(number // stride)
        number %= stride
    return tuple(found)


def _through(factor: Factor, chosen: Sequence[int], point: Sequence[int]) -> Factor:
    """Give what an array is along some of its axes, through a place."""
    strides = _strides(factor.shape)
    start = sum(point[place] * strides[place] for place in range(len(point)) if place not in chosen)
    shape = tuple(factor.shape[place] for place in chosen)
    values = tuple(
        factor.values[start + sum(i * strides[p] for i, p in zip(index, chosen, strict=True))]
        for index in product(*map(range, shape))
    )
    return Factor(tuple(factor.axes[place] for place in chosen), shape, values)


def _are_factors(
    factor: Factor, one: tuple[Sequence[int], Factor], other: tuple[Sequence[int], Factor]
) -> bool:
    """Tell whether an array is the conjunction of two: at places drawn by lot first, as most splits fail soon."""
    offsets = [_offsets(factor.shape, *part) for part in (one, other)]
    a, b = one[1].values, other[1].values
    draw = Random(0)
    for _ in range(TRIED):
        index = [draw.randrange(size) for size in factor.shape]
        at, first, second = (
            sum(row[i] for row, i in zip(rows, index, strict=True))
            for rows in (_rows(factor.shape), *offsets)
        )
        if factor.values[at] != (a[first] and b[second]):
            return False
    pairs = zip(*(_places(rows) for rows in offsets), strict=True)
    return all(v == (a[x] and b[y]) for v, (x, y) in zip(factor.values, pairs, strict=True))


def _rows(shape: Sequence[int]) -> list[list[int]]:
    """Give for each index of each axis how far it is into an array."""
    return [
        [index * stride for index in range(size)]
        for size, stride in zip(shape, _strides(shape), strict=True)
    ]


def _offsets(shape: Sequence[int], chosen: Sequence[int], factor: Factor) -> list[list[int]]:
    """Give the same into a factor, which is the same along the axes that it does not have."""
    strides = dict(zip(chosen, _strides(factor.shape), strict=True))
    return [
        [index * strides.get(place, 0) for index in range(size)] for place, size in enumerate(shape)
    ]


def _places(rows: Sequence[Sequence[int]]) -> list[int]:
    """Give how far each place is into an array, row by row."""
    found = [0]
    for row in rows:
        found = [before + here for before in found for here in row]
    return found


__all__ = ["Factor", "factors_of"]
