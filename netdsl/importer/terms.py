"""What a spec is made of while it is folded: stages in rows, forks, loops, uses of blocks; no text and no graph yet.

A row is a list of items, each taking what the one before it gives. An item may have a tap, a number by which what it
gives is called elsewhere. What differs between two rows of one shape are their slots: for each layer or use of a block
in order, its arguments by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from netdsl.importer.network import Given, Made
from netdsl.record import record

#: References that are no taps: the tensor that arrives at a row, and the one that arrives at the block around it.
ARRIVING, ENTERING = -1, -2


@record
class Slot:
    """What is written in place of a tensor: the tap of it, or `ARRIVING`."""

    tap: int


@record
class Parameter:
    """A value that a block takes, by number, and what is made of it: `4 * filters`, `filters // 2`."""

    id: int
    factor: int = 1
    divisor: int = 1


@dataclass(eq=False)
class Leaf:
    """A layer, a function or a model on one tensor. `kind` is all that its shape depends on; `named` are its call-time
    arguments, `Slot`s in place of tensors."""

    kind: tuple[Given, ...]
    made: Made
    arguments: Mapping[str, Given]
    named: Mapping[str, Given] = field(default_factory=dict)
    tap: int | None = None
    #: The argument that is a weight of its own, and the layer that holds it.
    weight: tuple[str, Made] | None = None


@dataclass(eq=False)
class Branch:
    """One of the rows that a join takes; `source` is the tap that it starts from, `ARRIVING` where it gets that."""

    source: int
    row: list[Item]

    def with_row(self, row: list[Item]) -> Branch:
        return Branch(self.source, row)


@dataclass(eq=False)
class Join:
    """Several rows and what takes what they give."""

    branches: list[Branch]
    leaf: Leaf
    tap: int | None = None


@dataclass(eq=False)
class Side:
    """A row that starts from a tensor with a name, or by itself, and gives one: a statement beside the main row."""

    source: int | None
    row: list[Item]
    tap: int | None = None


@dataclass(eq=False)
class Repeat:
    """A row several times over: `count` is a number or a parameter; or `rows`, a value for each of `columns`."""

    row: list[Item]
    arguments: dict[str, Given]  # `count`, or `rows`
    columns: list[Parameter] = field(default_factory=list)
    tap: int | None = None
    #: Taps inside that are lists outside, with the tap of each turn; and taps of each turn that are taken turn by turn.
    lists: dict[int, tuple[int, ...]] = field(default_factory=dict)
    taken: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)


@dataclass(eq=False)
class Carry:
    """A loop that hands several tensors on: `start` are those that the first turn gets, `state` those of each turn, the
    newest first. The row begins at `source`, which is one of them or a tensor from outside, and gives a new one; the
    oldest goes. `results` are the taps of what the last turn leaves, None for what nothing takes."""

    start: tuple[int, ...]
    state: tuple[int, ...]
    source: int
    row: list[Item]
    arguments: dict[str, Given]  # `count`, or `rows`
    columns: list[Parameter]
    results: tuple[int | None, ...]
    tap: int | None = None


@dataclass(eq=False)
class Optional:
    """A row that is there or not: `when` is a parameter, or what it would be."""

    row: list[Item]
    arguments: dict[str, Given]  # `when`
    tap: int | None = None


@dataclass(eq=False)
class Use:
    """A use of a block: values of its parameters, and taps of tensors that go in besides what arrives."""

    block: Block
    arguments: dict[str, Given]
    taken: tuple[int, ...] = ()
    tap: int | None = None


Item = Leaf | Join | Side | Repeat | Carry | Optional | Use


@dataclass(eq=False)
class Block:
    """A row under a name. `parameters` with their defaults, None where there is none; `taken` are the taps in its row
    that stand for tensors which go in."""

    number: int
    row: list[Item]
    parameters: list[Parameter]
    defaults: dict[int, Given] = field(default_factory=dict)
    taken: tuple[int, ...] = ()
    name: str = ""
    names: dict[int, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


def holds_parameter(value: Given) -> bool:
    """Tell whether a value is a parameter, or made of one."""
    if isinstance(value, tuple):
        return any(map(holds_parameter, value))
    return isinstance(value, Parameter)


def argument_name(parameter: Parameter) -> str:
    """Give the key under which a use of a block holds a parameter."""
    return f"p{parameter.id}"


def rows_in(item: Item) -> Iterator[list[Item]]:
    """Give the rows that an item is made of; those of blocks are theirs."""
    match item:
        case Join():
            yield from (branch.row for branch in item.branches)
        case Side() | Repeat() | Carry() | Optional():
            yield item.row


def all_rows(row: list[Item]) -> Iterator[list[Item]]:
    """Give a row and those inside it."""
    pending = [row]
    while pending:
        found = pending.pop()
        yield found
        for item in found:
            pending.extend(rows_in(item))


def walk(row: list[Item]) -> Iterator[Item]:
    """Give every item of a row and of the rows inside it, in order."""
    pending = list(reversed(row))
    while pending:
        item = pending.pop()
        yield item
        if isinstance(item, Join):
            pending.append(item.leaf)
        for inner in reversed(list(rows_in(item))):
            pending.extend(reversed(inner))


def slots_of(row: list[Item]) -> list[Mapping[str, Given]]:
    """Give the arguments of everything in a row, in order."""
    return [
        item.arguments
        for item in walk(row)
        if isinstance(item, (Leaf, Repeat, Carry, Optional, Use))
    ]


def defined_in(row: list[Item]) -> list[int]:
    """Give the taps that a row defines, in order; those of joins' layers are the joins' own."""
    found = []
    for item in walk(row):
        if item.tap is not None:
            found.append(item.tap)
        if isinstance(item, Repeat):
            found += [tap for turns in item.lists.values() for tap in turns]
        elif isinstance(item, Carry):
            found += [*item.state, *(tap for tap in item.results if tap is not None)]
    return found


def taps_at(row: list[Item]) -> list[int | None]:
    """Give the tap of every place of a row, in order, as rows of one shape have them at the same places."""
    found: list[int | None] = []
    for item in walk(row):
        found.append(item.tap)
        if isinstance(item, Repeat):
            found += [tap for turns in item.lists.values() for tap in turns]
    return found


def referred_in(row: list[Item]) -> list[int]:
    """Give the taps that a row refers to, in order, repeats kept."""
    found: list[int] = []
    for item in walk(row):
        match item:
            case Leaf():
                found += [slot.tap for slot in slots_in(item.named) if slot.tap >= 0]
            case Join():
                found += [branch.source for branch in item.branches if branch.source >= 0]
            case Side() if item.source is not None and item.source >= 0:
                found.append(item.source)
            case Repeat():
                found += [tap for _, taps in item.taken for tap in taps]
            case Carry():
                found += [*item.start, item.source]
            case Use():
                found += item.taken
    inside = {tap for item in walk(row) if isinstance(item, Repeat) for tap, _ in item.taken}
    inside |= {tap for item in walk(row) if isinstance(item, Carry) for tap in item.state}
    return [tap for tap in found if tap not in inside]


def slots_in(value: Given) -> Iterator[Slot]:
    if isinstance(value, Slot):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from slots_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from slots_in(item)


def with_slots(value: Given, taps: Mapping[int, int]) -> Given:
    """Put other taps in place of some, in a call-time argument."""
    if isinstance(value, Slot):
        return Slot(taps.get(value.tap, value.tap))
    if isinstance(value, tuple):
        return tuple(with_slots(item, taps) for item in value)
    if isinstance(value, Mapping):
        return {name: with_slots(item, taps) for name, item in value.items()}
    return value


def renamed(
    row: list[Item], taps: Mapping[int, int], slots: Iterator[Mapping[str, Given]] | None = None
) -> list[Item]:
    """Copy a row with other taps in place of some, and other arguments where `slots` gives them, in order."""
    made: list[Item] = []
    for item in row:
        made.append(_renamed(item, taps, slots))
    return made


def _renamed(
    item: Item, taps: Mapping[int, int], slots: Iterator[Mapping[str, Given]] | None
) -> Item:
    tap = None if item.tap is None else taps.get(item.tap, item.tap)
    match item:
        case Leaf():
            given = next(slots) if slots is not None else item.arguments
            return replace(item, arguments=given, named=with_slots(item.named, taps), tap=tap)
        case Join():
            branches = [
                Branch(taps.get(b.source, b.source), renamed(b.row, taps, slots))
                for b in item.branches
            ]
            leaf = _renamed(item.leaf, taps, slots)
            assert isinstance(leaf, Leaf)
            return Join(branches, leaf, tap)
        case Side():
            source = None if item.source is None else taps.get(item.source, item.source)
            return Side(source, renamed(item.row, taps, slots), tap)
        case Repeat():
            arguments = dict(next(slots)) if slots is not None else item.arguments
            lists = {
                taps.get(t, t): tuple(taps.get(x, x) for x in turns)
                for t, turns in item.lists.items()
            }
            taken = [(t, tuple(taps.get(x, x) for x in turns)) for t, turns in item.taken]
            return Repeat(
                renamed(item.row, taps, slots), arguments, item.columns, tap, lists, taken
            )
        case Carry():
            given = dict(next(slots)) if slots is not None else item.arguments
            start, state = (tuple(taps.get(x, x) for x in xs) for xs in (item.start, item.state))
            results = tuple(None if x is None else taps.get(x, x) for x in item.results)
            inner = renamed(item.row, taps, slots)
            source = taps.get(item.source, item.source)
            return Carry(start, state, source, inner, dict(given), item.columns, results, tap)
        case Optional():
            given = dict(next(slots)) if slots is not None else item.arguments
            return Optional(renamed(item.row, taps, slots), dict(given), tap)
        case Use():
            given = dict(next(slots)) if slots is not None else item.arguments
            return replace(
                item, arguments=given, taken=tuple(taps.get(t, t) for t in item.taken), tap=tap
            )


def index_inside(key: Given) -> dict[str, Given]:
    """Give the index of a part of a tensor as arguments, so that folding sees the numbers in it."""
    found: dict[str, Given] = {}
    for place, part in enumerate(key if isinstance(key, tuple) else (key,)):
        if isinstance(part, slice):
            ends = {"start": part.start, "stop": part.stop, "step": part.step}
            found |= {f"key{place}.{end}": value for end, value in ends.items()}
        else:
            found[f"key{place}"] = part
    return found


def index_of(arguments: Mapping[str, Given]) -> tuple[Given, ...]:
    """Give the index that such arguments stand for."""
    found: list[Given] = []
    while True:
        name = f"key{len(found)}"
        if f"{name}.start" in arguments:
            found.append(slice(*(arguments[f"{name}.{end}"] for end in ("start", "stop", "step"))))
        elif name in arguments:
            found.append(arguments[name])
        else:
            return tuple(found)


class Shapes:
    """Numbers for the shapes of items and rows: equal where only arguments and taps differ."""

    def __init__(self) -> None:
        self._numbers: dict[Given, int] = {}

    def of(self, item: Item) -> int:
        key: Given
        match item:
            case Leaf():
                key = ("leaf", item.kind, _call_shape(item.named))
            case Join():
                branches = tuple((min(b.source, 0), self.of_row(b.row)) for b in item.branches)
                key = ("join", branches, self.of(item.leaf))
            case Side():
                source = None if item.source is None else min(item.source, 0)
                key = ("side", source, self.of_row(item.row))
            case Repeat():
                shape = (
                    len(item.columns),
                    tuple(item.arguments),
                    len(item.taken),
                    *map(len, item.lists.values()),
                )
                key = ("repeat", self.of_row(item.row), shape)
            case Carry():
                shape = (len(item.columns), len(item.state), tuple(item.arguments))
                key = ("carry", self.of_row(item.row), shape)
            case Optional():
                key = ("optional", self.of_row(item.row))
            case Use():
                key = ("use", item.block.number, len(item.taken))
        return self._numbers.setdefault(key, len(self._numbers))

    def of_row(self, row: list[Item]) -> int:
        return self._numbers.setdefault(("row", *map(self.of, row)), len(self._numbers))


def _call_shape(named: Mapping[str, Given]) -> Given:
    return tuple((name, _value_shape(value)) for name, value in named.items())


def _value_shape(value: Given) -> Given:
    if isinstance(value, Slot):
        return "arriving" if value.tap == ARRIVING else "tensor"
    if isinstance(value, (list, tuple)) and any(True for _ in slots_in(value)):
        return tuple(_value_shape(item) for item in value)
    return repr(value)
