"""Anti-unification: what several rows of one shape have in common, and parameters for what they have not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netdsl.catalog.signature import signature
from netdsl.importer.layers import canonical
from netdsl.importer.network import Given, Made
from netdsl.importer.std import block_of_library
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
    if leaf.made.family == "std":
        return block_of_library(leaf.made.kind).default_of(name, leaf.arguments)
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
    found = _Columns(rows[0], is_closed=is_closed)
    for place, maker in enumerate(makers):
        for name in dict.fromkeys(name for one in slots for name in one[place]):
            values = (o[place][name] if name in o[place] else _missing(maker, name) for o in slots)
            found.add(place, name, tuple(values))
    return found.unified(len(makers), counter, most)


class _Columns:
    """The values of each argument in all rows; which of them vary, and what they are made of."""

    def __init__(self, first: list[Item], *, is_closed: bool) -> None:
        self._bound = {c.id for i in walk(first) if isinstance(i, Repeat) for c in i.columns}
        self._is_closed = is_closed
        self._plain: list[tuple[int, str, Given]] = []
        self._places: list[tuple[int, str, str, Parameter]] = []  # the last: what is made of it
        self._tuples: list[tuple[int, str, list[Column]]] = []
        self._whole: dict[tuple[int, str], str] = {}
        self._varying: dict[str, Column] = {}

    def add(self, place: int, name: str, column: Column) -> None:
        made = Parameter(0)
        self._plain.append((place, name, column[0]))
        if all(_is_same(value, column[0]) for value in column):
            if not self._is_closed or not _is_free(column[0], self._bound):
                return
            if isinstance(column[0], Parameter):  # what is made of one that is given
                made, column = column[0], (Parameter(column[0].id),) * len(column)
        parts = _parts(column)
        if parts is not None and name != "rows":
            self._tuples.append((place, name, parts))
            return
        key = repr(column)
        self._varying.pop(key, None)  # the last to use it decides what the others are made of
        self._varying[key] = column
        self._places.append((place, name, key, made))

    def unified(self, count: int, counter: Counter, most: int) -> Unified | None:
        if self._are_cheaper_apart():
            for _, _, parts in self._tuples:
                varying = {repr(c): c for c in parts if len(set(c)) > 1}
                self._varying = varying | self._varying
        else:
            for place, name, parts in self._tuples:
                self._add_tuple(place, name, parts)
        parameters = _parameters(self._varying, counter)
        found = {p.id: key for key, p in parameters.items() if p.factor == p.divisor == 1}
        if len(found) > most:
            return None
        merged: list[dict[str, Given]] = [{} for _ in range(count)]
        for place, name, value in self._plain:
            merged[place][name] = value
        for place, name, key, made in self._places:
            merged[place][name] = _made(parameters[key], made)
        for place, name, parts in self._tuples:
            whole = self._whole.get((place, name))
            merged[place][name] = (
                parameters[whole]
                if whole is not None
                else tuple(parameters.get(repr(column), column[0]) for column in parts)
            )
        values = [self._varying[key] for key in found.values()]
        return Unified(list(merged), [Parameter(number) for number in found], values)

    def _are_cheaper_apart(self) -> bool:
        """Tell whether the elements of all tuples need fewer parameters than the tuples, as they are made of one
        another and of what varies anyway."""
        parts = [c for _, _, columns in self._tuples for c in columns if len(set(c)) > 1]
        bases = [c for c in self._varying.values() if _may_relate(c)]
        known = len(bases)
        for column in sorted(parts, key=sum):
            if not _may_relate(column):
                return False
            if not any(_relation(column, base) is not None for base in bases):
                bases.append(column)
        whole = {repr(tuple(zip(*columns, strict=True))) for _, _, columns in self._tuples}
        return len(self._tuples) > 0 and len(bases) - known <= len(whole)

    def _add_tuple(self, place: int, name: str, parts: list[Column]) -> None:
        """Take a tuple apart where its elements are made of what varies anyway; keep it whole otherwise."""
        varying = [column for column in parts if len(set(column)) > 1]
        known = [column for column in self._varying.values() if _may_relate(column)]
        if all(
            _may_relate(c) and any(_relation(c, base) is not None for base in known)
            for c in varying
        ):
            self._varying = {repr(c): c for c in varying} | self._varying
            return
        whole = tuple(zip(*parts, strict=True))
        self._whole[place, name] = repr(whole)
        self._varying = {repr(whole): whole} | self._varying


def _parts(column: Column) -> list[Column] | None:
    """Give the elements of tuples of numbers, each as a column; None for anything else."""
    first = column[0]
    if not isinstance(first, tuple) or len(set(map(repr, column))) == 1:
        return None
    if any(not isinstance(v, tuple) or len(v) != len(first) for v in column):
        return None
    parts = [tuple(v[place] for v in column) for place in range(len(first))]
    uneven = any(len(set(v)) > 1 for v in column if all(isinstance(x, int) for x in v))
    return parts if uneven and all(_are_numbers(part) for part in parts) else None


def _made(parameter: Parameter, made: Parameter) -> Parameter:
    factor, divisor = parameter.factor * made.factor, parameter.divisor * made.divisor
    return Parameter(parameter.id, factor, divisor)


def _is_free(value: Given, bound: set[int]) -> bool:
    """Tell whether a value mentions a parameter from outside."""
    if isinstance(value, Parameter):
        return value.id not in bound
    return isinstance(value, tuple) and any(_is_free(item, bound) for item in value)


def _parameters(varying: Mapping[str, Column], counter: Counter) -> dict[str, Parameter]:
    """Give a parameter for each column; one that is a multiple or a part of another, where that has two values at
    least, is made of it: of the smallest, or else of the last of the row, which is what comes out."""
    bases: dict[str, Parameter] = {}
    made: dict[str, Parameter] = {}
    numbers = {key: column for key, column in varying.items() if _may_relate(column)}
    for key in _from_the_base(varying, numbers):
        column = varying[key]
        related = (
            Parameter(base.id, *relation)
            for base_key, base in bases.items()
            if key in numbers and base_key in numbers
            if (relation := _relation(column, numbers[base_key])) is not None
        )
        made[key] = next(related, None) or counter.parameter()
        if made[key].factor == made[key].divisor == 1:
            bases.setdefault(key, made[key])
    return {key: made[key] for key in varying}


def _from_the_base(varying: Mapping[str, Column], numbers: Mapping[str, Column]) -> list[str]:
    """Give the columns in the order in which one is made of another: first the smallest, if it is not far smaller."""
    order = list(varying)[::-1]
    for least in sorted(numbers, key=lambda key: sum(numbers[key])):
        others = (column for key, column in numbers.items() if key != least)
        relations = [_relation(column, numbers[least]) for column in others]
        multiples = [relation[0] for relation in relations if relation is not None]
        if multiples:
            if max(multiples) <= MOST_TIMES:
                order.sort(key=lambda key: key != least)
            break
    return order


#: How many times a base a size may be, for the base to be the smallest: a bottleneck widens by 4.
MOST_TIMES = 6


def _may_relate(column: Column) -> bool:
    return _are_numbers(column) and 0 not in column and len(set(column)) > 1


def _relation(column: Column, base: Column) -> tuple[int, int] | None:
    """Say how often a base goes into a column, or the other way round; None where that is not the same in all rows."""
    if column[0] % base[0] == 0:
        factor = column[0] // base[0]
        if all(c == factor * b for c, b in zip(column, base, strict=True)):
            return factor, 1
    if base[0] % column[0] == 0:
        divisor = base[0] // column[0]
        if all(b == divisor * c for c, b in zip(column, base, strict=True)):
            return 1, divisor
    return None


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
        return Parameter(table.get(value.id, value.id), value.factor, value.divisor)
    if isinstance(value, tuple):
        return tuple(_with(item, table) for item in value)
    return value


def _missing(maker: Item, name: str) -> Given:
    return default_of(maker, name) if isinstance(maker, Leaf) else None


def _is_same(a: Given, b: Given) -> bool:
    """Tell whether two values are one; layers are where they are made alike, whatever they are called."""
    if isinstance(a, Made) and isinstance(b, Made):
        return a is b or repr(a) == repr(b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_is_same, a, b))
    return type(a) is type(b) and bool(a == b)


def _are_numbers(column: Column) -> bool:
    return all(_number(value) is not None for value in column)


def _number(value: Given) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
