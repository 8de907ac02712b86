"""Anti-unification: what several rows of one shape have in common, and parameters for what they have not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.catalog.signature import signature
from netdsl.importer.layers import canonical
from netdsl.importer.network import Given
from netdsl.importer.terms import Item, Leaf, Parameter, Repeat, slots_of, walk
from netdsl.record import record

#: A value for each of several rows.
Column = tuple[Given, ...]


@record(eq=False)
class Unified:
    """The slots that stand for all rows, with parameters in them, and each row's values of these."""

    slots: list[Mapping[str, Given]]
    parameters: list[Parameter]
    values: list[Column]


class Counter:
    """Gives numbers to parameters."""

    def __init__(self) -> None:
        self.next = 0

    def parameter(self) -> Parameter:
        self.next += 1
        return Parameter(self.next)


def default_of(leaf: Leaf, name: str) -> Given:
    """Give what an argument is where it is left out."""
    family = "op" if leaf.kind[0] == "op" else "layer"
    if name.startswith("("):
        return None if name != "(use_causal_mask" else False
    found = signature(family, leaf.made.kind)
    parameter = found.parameter(name) if found is not None else None
    if parameter is None or parameter.required:
        return None
    if family == "op":
        return parameter.default
    return canonical(leaf.made.kind, name, parameter.default)


def unify(
    rows: Sequence[list[Item]], counter: Counter, most: int = 99, *, is_closed: bool = False
) -> Unified | None:
    """Unify rows of one shape; None where they would need more than `most` parameters.

    A row that is to be closed may not mention the parameters of what is around it: they are given to it.
    """
    makers = [item for item in walk(rows[0]) if hasattr(item, "arguments")]
    slots = [_in_common(row, rows[0]) for row in rows]
    bound = {c.id for item in walk(rows[0]) if isinstance(item, Repeat) for c in item.columns}
    merged: list[dict[str, Given]] = []
    varying: dict[str, Column] = {}
    places: list[tuple[int, str, str, int]] = []
    for place, maker in enumerate(makers):
        merged.append({})
        for name in dict.fromkeys(name for one in slots for name in one[place]):
            column = tuple(
                one[place][name] if name in one[place] else _missing(maker, name) for one in slots
            )
            merged[place][name] = column[0]
            factor = 1
            if all(_is_same(value, column[0]) for value in column):
                if not is_closed or not _is_free(column[0], bound):
                    continue
                if isinstance(column[0], Parameter):  # a multiple of one that is given
                    factor, column = column[0].factor, (Parameter(column[0].id),) * len(column)
            key = repr(column)
            varying[key] = column
            places.append((place, name, key, factor))
    parameters = _parameters(varying, counter)
    found = [p for p in parameters.values() if p.factor == 1]
    if len(found) > most:
        return None
    for place, name, key, factor in places:
        parameter = parameters[key]
        merged[place][name] = Parameter(parameter.id, parameter.factor * factor)
    values = [varying[key] for key, parameter in parameters.items() if parameter.factor == 1]
    return Unified(list(merged), found, values)


def _is_free(value: Given, bound: set[int]) -> bool:
    """Tell whether a value mentions a parameter from outside."""
    if isinstance(value, Parameter):
        return value.id not in bound
    return isinstance(value, tuple) and any(_is_free(item, bound) for item in value)


def _parameters(varying: Mapping[str, Column], counter: Counter) -> dict[str, Parameter]:
    """Give a parameter for each column; one that is a multiple of another, from two values on that differ, has its."""
    found: dict[str, Parameter] = {}
    factors = {key: _factor(column, varying) for key, column in varying.items()}
    for key, (_, factor) in factors.items():
        if factor == 1:
            found[key] = counter.parameter()
    return {
        key: found[key] if factor == 1 else Parameter(found[base].id, factor)
        for key, (base, factor) in factors.items()
    }


def _factor(column: Column, varying: Mapping[str, Column]) -> tuple[str, int]:
    """Give the column that one is a multiple of: the smallest, so that no base is a multiple itself."""
    best = repr(column), 1
    if not _are_numbers(column) or 0 in column:
        return best
    for key, base in varying.items():
        if not _are_numbers(base) or 0 in base or len(set(base)) < 2 or base[0] >= column[0]:
            continue
        factor = column[0] // base[0]
        if factor > best[1] and all(c == factor * b for c, b in zip(column, base, strict=True)):
            best = key, factor
    return best


def _in_common(row: list[Item], first: list[Item]) -> list[Mapping[str, Given]]:
    """Give the slots of a row; the variables of its loops are those of the first row's."""
    mine = [c for item in walk(row) if isinstance(item, Repeat) for c in item.columns]
    theirs = [c for item in walk(first) if isinstance(item, Repeat) for c in item.columns]
    table = {m.id: t.id for m, t in zip(mine, theirs, strict=True)}
    if not table or row is first:
        return slots_of(row)
    return [{name: _with(value, table) for name, value in slot.items()} for slot in slots_of(row)]


def _with(value: Given, table: Mapping[int, int]) -> Given:
    if isinstance(value, Parameter):
        return Parameter(table.get(value.id, value.id), value.factor, value.plus)
    if isinstance(value, tuple):
        return tuple(_with(item, table) for item in value)
    return value


def _missing(maker: Item, name: str) -> Given:
    return default_of(maker, name) if isinstance(maker, Leaf) else None


def _is_same(a: Given, b: Given) -> bool:
    return type(a) is type(b) and bool(a == b)


def _are_numbers(column: Column) -> bool:
    return all(_number(value) is not None for value in column)


def _number(value: Given) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
