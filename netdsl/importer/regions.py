"""From a graph to rows: chains, forks that close, joins that take tensors from further off, and what stands beside.

What is applied to one tensor goes on the row of that tensor, if no other place takes it. A join takes the rows that
lead to it as branches: where they begin at one tensor it closes a fork, else it goes on from the deepest of them, and
the others are called by name. What is called by name takes no place, so the row of that tensor can go on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

from netdsl.importer.arrays import Array, array_inside
from netdsl.importer.calls import call_form, gives_several
from netdsl.importer.network import Given, Made, Network, Tensor, tensors_in
from netdsl.importer.network import Use as Applied
from netdsl.importer.operations import INDEXED, has_sign, takes_many
from netdsl.importer.terms import (
    ARRIVING,
    Branch,
    Item,
    Join,
    Leaf,
    Slot,
    index_inside,
    slots_in,
    walk,
)
from netdsl.importer.waists import led_to
from netdsl.importer.weights import inside
from netdsl.record import record

#: The output of a use that stands for all its outputs.
ALL = -1


@dataclass(eq=False)
class Row:
    """A row of the network: the tensor that it begins at, None for what begins by itself; its items; what it gives."""

    source: Tensor | None
    items: list[Item]
    end: Tensor


@record(eq=False)
class Regions:
    """The rows of a network, each after those it takes from. A tap is a tensor by number: `numbers` tells which."""

    rows: list[Row]
    numbers: dict[Tensor, int]
    shared: list[Made]


@record(eq=False)
class _Applied:
    """A use as it is applied: the layer, what arrives through the arrow, what that gives."""

    leaf: Leaf
    arriving: tuple[Tensor, ...]
    is_list: bool
    result: Tensor


def regions_of(network: Network, *, apart: bool = False) -> Regions:
    """Find the rows of a network; with `apart` each use of a tensor that is called by name has a row of its own."""
    applied, numbers, shared = _Reading(network).read()
    return _Builder(applied, numbers, shared, network, apart).build()


class _Reading:
    """Lays each use out: what arrives at it, and what it calls by name."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._counts = Counter(id(use.made) for use in network.uses if use.made.family != "op")
        self._numbers: dict[Tensor, int] = {}
        self._several = self._find_several()
        self._inside: set[int] = set()  # weights that are written with the function that takes them

    def _find_several(self) -> set[int]:
        highest: dict[int, int] = {}
        ends = [tensor for _, tensor in self._network.outputs]
        for tensor in (*(t for use in self._network.uses for t in use.inputs), *ends):
            highest[tensor.use] = max(highest.get(tensor.use, 0), tensor.output)
        return {u.id for u in self._network.uses if gives_several(u.made, highest.get(u.id, 0), u)}

    def read(self) -> tuple[list[_Applied], dict[Tensor, int], list[Made]]:
        read = {t for use in self._network.uses for t in use.inputs}
        read |= {tensor for _, tensor in self._network.outputs}
        found: list[_Applied] = []
        laid_out = {
            use.id: self._applied(use) for use in self._network.uses if use.made.family != "input"
        }
        first_read = {
            laid_out[t.use].leaf.kind for t in read if t.output == 0 and t.use in self._several
        }
        for use in self._network.uses:
            if use.made.family == "input" or use.id in self._inside:
                continue
            one = laid_out[use.id]
            if use.id not in self._several:
                found.append(one)
                continue
            whole = Tensor(use.id, ALL)
            found.append(_Applied(one.leaf, one.arriving, one.is_list, whole))
            taken = {t for t in read if t.use == use.id}
            if one.leaf.kind in first_read:  # the last of a stack is like the others
                taken.add(Tensor(use.id))
            for tensor in sorted(taken, key=lambda t: t.output):
                leaf = Leaf(("take", tensor.output), use.made, {})
                found.append(_Applied(leaf, (whole,), False, tensor))
        for _, tensor in self._network.outputs:
            self._number(tensor)
        shared = {id(u.made): u.made for u in self._network.uses if self._counts[id(u.made)] > 1}
        return found, self._numbers, list(shared.values())

    def _number(self, tensor: Tensor) -> int:
        return self._numbers.setdefault(tensor, len(self._numbers))

    def _applied(self, use: Applied) -> _Applied:
        made = use.made
        if made.family == "op":
            return self._operation(use)
        if made.family == "weight":
            return _Applied(Leaf(("weight", id(made)), made, {}), (), False, Tensor(use.id))
        form = call_form(use)
        main = form.arriving[0] if not form.is_list else None
        values = {name: self._value(value, main) for name, value in form.named.items()}
        named = {k: v for k, v in values.items() if any(True for _ in slots_in(v))}
        constants = {f"({k}": v for k, v in values.items() if k not in named}
        if self._counts[id(made)] > 1:
            leaf = Leaf(("shared", id(made), form.is_list), made, constants, named)
        else:
            about = id(made.network) if made.network is not None else made.kind
            leaf = Leaf(
                (made.family, about, made.trainable, form.is_list),
                made,
                {**made.given, **constants},
                named,
            )
        return _Applied(leaf, form.arriving, form.is_list, Tensor(use.id))

    def _operation(self, use: Applied) -> _Applied:
        """A function takes its first tensor, or list of them, through the arrow, and other tensors beside it."""
        given = self._with_arrays(use)
        first = next(iter(given), "")
        value = None if takes_many(use.made.kind) else given.get(first)
        each = [name for name, v in given.items() if isinstance(v, Tensor)]
        is_list = (
            isinstance(value, tuple) and bool(value) and all(isinstance(v, Tensor) for v in value)
        )
        if len(each) == 2 and (weight := self._own_weight(given[each[1]])) is not None:
            return self._with_weight(use, given, each[1], weight, each[0])
        if each == [first] and (weight := self._own_weight(value)) is not None:
            return self._with_weight(use, given, first, weight)
        if len(each) > 1 and each == list(given)[: len(each)]:
            return self._of_each(use, each, given)
        arriving: tuple[Tensor, ...] = ()
        if len(each) == 1 and has_sign(use.made.kind) and len(given) == 2 and not is_list:
            first = each[0]  # `0.17 * x` as well as `x * 0.17`
            value = given[first]
        if isinstance(value, Tensor):
            arriving = (value,)
        elif isinstance(value, tuple) and is_list:
            arriving = value
        if arriving:
            del given[first]
        main = arriving[0] if arriving and not is_list else None
        constants = {k: v for k, v in given.items() if not any(True for _ in tensors_in(v))}
        named = {k: self._value(v, main) for k, v in given.items() if k not in constants}
        form = "list" if is_list else "one"
        kind: tuple[Given, ...] = ("op", use.made.kind, first if arriving else "", form)
        if use.made.kind == INDEXED and "key" in constants:
            constants = index_inside(constants["key"])
            kind = (*kind, tuple(constants))
        leaf = Leaf(kind, use.made, constants, named)
        return _Applied(leaf, arriving, is_list, Tensor(use.id))

    def _with_arrays(self, use: Applied) -> dict[str, Given]:
        """Give what a function is called with; an array that it alone takes is written where it is."""
        given = dict(use.keywords)
        tensors = [name for name, value in given.items() if isinstance(value, Tensor)]
        arrays = [name for name in tensors if self._own_array(given[name]) is not None]
        found: dict[str, Given] = {}
        for name, value in given.items():
            array = self._own_array(value) if len(arrays) < len(tensors) else None
            if array is None:
                found[name] = value
            else:
                self._inside.add(value.use)
                found |= array_inside(name, array)
        return found

    def _own_array(self, value: Given) -> Array | None:
        """Give the array that a tensor is, if nothing else takes it."""
        if not isinstance(value, Tensor) or self._taken[value] != 1:
            return None
        array = self._network.uses[value.use].keywords.get("x")
        return array if isinstance(array, Array) else None

    def _own_weight(self, tensor: Given) -> Made | None:
        """Give the weight that a tensor is, if nothing else takes it."""
        if not isinstance(tensor, Tensor):
            return None
        made = self._network.uses[tensor.use].made
        return made if made.family == "weight" and self._taken[tensor] == 1 else None

    @cached_property
    def _taken(self) -> Counter[Tensor]:
        ends = [tensor for _, tensor in self._network.outputs]
        return Counter([t for use in self._network.uses for t in use.inputs] + ends)

    def _with_weight(
        self, use: Applied, given: dict[str, Given], taken: str, weight: Made, first: str = ""
    ) -> _Applied:
        """A weight that a function alone takes is written where the function is: `weight s: [8]` and `_ * s`.

        `taken` is the argument that it is, `first` that of what arrives, if anything does.
        """
        arriving = (given.pop(first),) if first else ()
        self._inside.add(given.pop(taken).use)
        about = (taken, len(weight.arguments["shape"]))
        arguments = {**given, **inside(taken, weight)}
        kind = ("op", use.made.kind, first, "one", about)
        leaf = Leaf(kind, use.made, arguments, weight=(taken, weight))
        return _Applied(leaf, arriving, False, Tensor(use.id))

    def _of_each(self, use: Applied, each: list[str], given: dict[str, Given]) -> _Applied:
        """Several tensors, each an argument of its own: `a -> ops.add(b)`."""
        constants = {k: v for k, v in given.items() if k not in each}
        leaf = Leaf(("op", use.made.kind, each[0], "each"), use.made, constants)
        return _Applied(leaf, tuple(given[name] for name in each), True, Tensor(use.id))

    def _value(self, value: Given, main: Tensor | None) -> Given:
        if isinstance(value, Tensor):
            return Slot(ARRIVING) if value == main else Slot(self._number(value))
        if isinstance(value, (list, tuple)) and any(True for _ in tensors_in(value)):
            return tuple(self._value(item, main) for item in value)
        return value


def _order(tensor: Tensor) -> tuple[int, int]:
    return tensor.use, tensor.output


@record(eq=False)
class _Node:
    """A use as waists are looked for: what it defines and takes, by numbers of uses."""

    id: int
    defined: tuple[int, ...]
    taken: tuple[int, ...]


@dataclass(eq=False)
class _Builder:
    """Puts what is applied into rows. `places` counts, for a tensor, the rows that begin at it and the uses to come
    that take it through the arrow."""

    applied: list[_Applied]
    numbers: dict[Tensor, int]
    shared: list[Made]
    network: Network
    apart: bool
    places: Counter[Tensor] = field(default_factory=Counter)
    ending: dict[Tensor, Row] = field(default_factory=dict)
    begun: dict[Tensor, list[Row]] = field(default_factory=dict)
    gives: dict[int, Tensor] = field(default_factory=dict)  # what an item gives, by its identity

    def build(self) -> Regions:
        for one in self.applied:
            only_named = (
                one.leaf.kind[0] == "take"
                and not self._is_taken(one.result)
                and one.result in self.numbers
            )
            if not only_named:
                self.places.update(set(one.arriving))
        for number in self.network.inputs:
            tensor = Tensor(number)
            self.ending[tensor] = Row(tensor, [], tensor)
        for one in self.applied:
            self._apply(one)
        rows = [*self.ending.values(), *(row for rows in self.begun.values() for row in rows)]
        unique = list({id(row): row for row in rows if row.items}.values())
        inputs = {Tensor(number) for number in self.network.inputs}
        for row in unique:
            if row.source is not None and row.source not in inputs:
                self._call(row.source)
        for row in unique:
            self._mark(row.items)
        unique.sort(key=lambda row: _order(row.end))
        return Regions(unique, self.numbers, self.shared)

    @cached_property
    def _depths(self) -> dict[int, int]:
        """How many uses lie on the longest way to each, which is the same wherever a part of the network recurs."""
        found: dict[int, int] = {}
        for use in self.network.uses:
            found[use.id] = 1 + max((found.get(t.use, 0) for t in use.inputs), default=0)
        return found

    @cached_property
    def _trunk(self) -> set[int]:
        """The uses to which the input leads that a reader follows, where there are several."""
        if len(self.network.inputs) < 2:
            return set()
        nodes = {
            u.id: _Node(u.id, (u.id,), tuple(t.use for t in u.inputs)) for u in self.network.uses
        }
        inputs = set(self.network.inputs)
        inside = {number: node for number, node in nodes.items() if number not in inputs}
        start, found = led_to(list(inside.values()), inside)
        return {start, *(n for n, node in inside.items() if id(node) in found)} if found else set()

    def _is_taken(self, tensor: Tensor) -> bool:
        if not hasattr(self, "_taken"):
            self._taken = {t for one in self.applied for t in one.arriving}
        return tensor in self._taken

    def _mark(self, items: list[Item]) -> None:
        for item in walk(items):
            tensor = self.gives.get(id(item))
            if tensor is not None and tensor in self.numbers:
                item.tap = self.numbers[tensor]

    def _call(self, tensor: Tensor) -> int:
        return self.numbers.setdefault(tensor, len(self.numbers))

    def _apply(self, one: _Applied) -> None:
        if not one.arriving:
            self._note(Row(None, [], one.result), one.leaf, one.result)
        elif one.is_list:
            self._join(one)
        else:
            (tensor,) = one.arriving
            row = self.ending.get(tensor)
            is_called = one.leaf.kind[0] == "take" and not self._is_taken(one.result)
            if is_called and one.result in self.numbers:
                self._call(tensor)
                row = None
            elif row is not None and self.places[tensor] == 1 and not self._is_beside(one, tensor):
                del self.ending[tensor]
                self._note(row, one.leaf, one.result)
                return
            made = Row(tensor, [], tensor)
            self.begun.setdefault(tensor, []).append(made)
            self._note(made, one.leaf, one.result)

    def _is_beside(self, one: _Applied, tensor: Tensor) -> bool:
        """Tell whether a tensor that is called by name anyway goes to a layer that is used elsewhere too, or does not
        come along the way that a reader follows."""
        is_aside = bool(self._trunk) and tensor.use not in self._trunk
        is_apart = self.apart or is_aside or one.leaf.kind[0] == "shared"
        return tensor in self.numbers and is_apart

    def _note(self, row: Row, item: Item, result: Tensor) -> None:
        row.items.append(item)
        row.end = result
        self.gives[id(item)] = result
        self.ending[result] = row

    def _join(self, one: _Applied) -> None:
        repeated = Counter(one.arriving)
        parts = [self._part(tensor, repeated[tensor] == 1) for tensor in one.arriving]
        sources = [source for source, _ in parts]
        main = max(sources, key=self._rank)
        is_function = one.leaf.kind[0] == "op" and one.leaf.kind[3] == "each"
        if is_function:  # its first tensor is the one that arrives
            main = sources[0]
        for source, row in parts:
            if row is not None:
                self._take_away(source, row)
        rows = Counter(source for source, row in parts if row is not None)
        alone = {source for source, row in parts if row is None}
        for source in dict.fromkeys(sources):
            self.places[source] -= rows[source] + (source in alone)
        begun = (
            is_function and parts[0][1] is not None
        )  # what arrives is gone where the others stand
        branches = [
            Branch(
                ARRIVING if source == main and not (begun and place) else self._call(source),
                row.items if row is not None else [],
            )
            for place, (source, row) in enumerate(parts)
        ]
        made = Row(main, [], main)
        self.places[main] += 1
        self.begun.setdefault(main, []).append(made)
        self._note(made, Join(branches, one.leaf), one.result)
        for source in dict.fromkeys(sources):
            self._go_on(source)

    def _rank(self, tensor: Tensor) -> tuple[bool, int, int, int]:
        """Tell which tensor a join goes on from: one on the way that a reader follows, the deepest of these."""
        depth = self._depths[tensor.use] if self.apart else 0
        return tensor.use in self._trunk, depth, *_order(tensor)

    def _part(self, tensor: Tensor, is_once: bool) -> tuple[Tensor, Row | None]:
        """Give a branch: the row that ends in a tensor, where nothing else takes that; else the tensor itself."""
        row = self.ending.get(tensor)
        is_own = row is not None and bool(row.items) and is_once and self.places[tensor] == 1
        if row is None or row.source is None or not is_own or self._is_called(row.items):
            return tensor, None
        return row.source, row

    def _is_called(self, items: list[Item]) -> bool:
        """Tell whether something in a row is called by name, so that it is not to be hidden in a branch."""
        return any(
            self.gives.get(id(item)) in self.numbers
            for item in walk(items)
            if id(item) in self.gives
        )

    def _take_away(self, source: Tensor, row: Row) -> None:
        """Let a row become a branch; what began with an input leaves that behind."""
        del self.ending[row.end]
        begun = self.begun.get(source, [])
        if row in begun:
            begun.remove(row)
        else:
            self.ending[source] = Row(source, [], source)

    def _go_on(self, tensor: Tensor) -> None:
        """Where one row is left that begins at a tensor, let the row that ends there go on in it."""
        before, after = self.ending.get(tensor), self.begun.get(tensor, [])
        if self.places[tensor] != 1 or len(after) != 1 or before is None or before is after[0]:
            return
        (row,) = after
        after.clear()
        del self.ending[tensor]
        before.items += row.items
        before.end = row.end
        self.ending[row.end] = before
