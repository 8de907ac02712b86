"""Bounds on what a spec may ask for, so that a file from a stranger ends in bounded time and memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import field
from typing import TypeVar

from netdsl.dimension import LONGEST
from netdsl.record import mutable
from netdsl.tensor import TOO_LONG, Dim, Shape, Sym, TensorSpec
from netdsl.value import Container, Value

MAX_NODES = 15_000  # layer applications in one compilation
MAX_STEPS = 1_100_000  # work in one compilation, in evaluated expressions; some microseconds each
MAX_ITEMS = 100_000  # elements of one list, with those of lists in it; turns of one loop
MAX_TEXT = 100_000  # characters of one string
MAX_BITS = 512  # size of one integer, and of the number of elements of one tensor
MAX_RANK = 254  # axes of one tensor, as many as TensorFlow has
MAX_NESTING = 40  # lists within lists, which are gone through by functions that recurse
MAX_ALIKE = 32  # keys that a hash table cannot tell apart at once
MAX_DEPTH = 120  # blocks within blocks, functions within functions


Known = TypeVar("Known")

CONTAINERS = (list, tuple, dict)
SIZED = (*CONTAINERS, str, Sym)


class LimitReached(Exception):
    """Raised where a limit is passed; carries what to say. Caught at the statement, once per compilation."""

    def __init__(self, text: str, help: str = "") -> None:
        super().__init__(text)
        self.text, self.help = text, help


class NeverEnds(LimitReached):
    """Raised where a block, a model or a function has been used within itself more often than anything can need."""

    def __init__(self, name: str, does: str, via: Iterable[tuple[object, str]] = ()) -> None:
        super().__init__(f"`{name}` {does} more than {MAX_DEPTH} levels deep")
        self.name = name
        self.on_the_way = {name, *(used for _, used in via)}


#: What costs more than an expression does: adding a node, using a block, calling a function, a turn of a loop,
#: a layer made for itself, a mistake (which a loop makes again and again, and of which one is told).
THREAD_STEPS = 10  # work that goes on in another thread, where a stack is used up
NODE_STEPS, BLOCK_STEPS, CALL_STEPS, TURN_STEPS, LAYER_STEPS, REPORT_STEPS = 10, 40, 25, 3, 10, 120

MAX_SEARCHED = 300_000  # characters of the files that are searched as a whole to find a fix
TEXT_OF_AN_ITEM = 64  # characters that take as long to go through as one element of a list
LENGTH_OF_A_STEP = 6  # characters of a symbolic size that one step works on


@mutable
class Budget:
    """Counts down what a compilation may still do."""

    steps: int = MAX_STEPS
    nodes: int = MAX_NODES
    depth: int = 0
    #: Of nested lists, by identity: how many elements they have, and how deep they nest.
    weighed: dict[int, tuple[Container, tuple[int, int]]] = field(default_factory=dict)

    def step(self, count: int = 1) -> None:
        self.steps -= count
        if self.steps < 0:
            raise LimitReached(f"more than {MAX_STEPS:,} steps of work")

    def hold(self, value: Container | str | Sym) -> None:
        """Charge for a list, dict, text or symbolic size, which what uses it goes through."""
        if isinstance(value, str):
            self.step(len(value) // TEXT_OF_AN_ITEM)
        elif isinstance(value, Sym):
            self.step(value.length // LENGTH_OF_A_STEP)
        else:
            self.step(self._weigh(value)[0] // 4)

    def go_through(self, value: Value) -> None:
        """Charge for a list, dict or text whose every element is looked at."""
        if isinstance(value, str):
            self.step(len(value) // 4)
        elif isinstance(value, CONTAINERS):
            self.step(self._weigh(value)[0])

    def _weigh(self, value: Container) -> tuple[int, int]:
        """Count the elements of a list, with those of lists and texts in it, and the lists that stand in one another.

        A list that stands in another twice counts twice.
        """
        known = self.weighed.get(id(value))
        if known is not None:
            return known[1]
        total, depth = len(value), 0
        parts: Iterable[Value] = [*value, *value.values()] if isinstance(value, dict) else value
        if not any(issubclass(kind, SIZED) for kind in set(map(type, parts))):
            parts = ()  # plain numbers, most often
        for part in parts:
            if isinstance(part, str):
                total += len(part) // TEXT_OF_AN_ITEM
            elif isinstance(part, CONTAINERS):
                inside, deep = self._weigh(part)
                total, depth = total + inside, max(depth, deep)
                check_items(total)
        check_items(total)
        if depth == MAX_NESTING:
            raise LimitReached(f"lists within lists, more than {MAX_NESTING} deep")
        if depth:
            self.weighed[id(value)] = (value, (total, depth + 1))
        return total, depth + 1

    def types(self, specs: Iterable[TensorSpec]) -> None:
        """Charge for the types of tensors, which rules go through, and refuse those that are too large."""
        for spec in specs:
            check_shape(spec.shape)
            self.dims(spec.shape)

    def dims(self, dims: Iterable[Dim]) -> None:
        """Charge for sizes that are symbolic."""
        for dim in dims:
            if isinstance(dim, Sym):
                self.step(dim.length // LENGTH_OF_A_STEP)

    def node(self) -> None:
        self.step(NODE_STEPS)
        self.nodes -= 1
        if self.nodes < 0:
            raise LimitReached(f"the network has more than {MAX_NODES:,} layers")


class Crowds:
    """Counts keys by their hash.

    Numbers and tuples of them hash alike for everyone, so a stranger can write a hundred thousand keys of one hash, and
    a table compares each with all before it.
    """

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def is_full(self, key: object) -> bool:
        """Tell whether so many keys hash as this one does that no further one should be added; raises TypeError."""
        mark = hash(key)
        self._counts[mark] = count = self._counts.get(mark, 0) + 1
        return count > MAX_ALIKE

    def add(self, key: object) -> None:
        """Count the key of a spec's dict, and refuse it where too many hash alike."""
        if self.is_full(key):
            raise LimitReached(f"a dict with more than {MAX_ALIKE} keys of one hash")


class Memo(dict[Hashable, Known]):
    """Remembers what was worked out, by keys made of a spec's values; of many that hash alike some are forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self._crowds = Crowds()

    def __setitem__(self, key: Hashable, value: Known) -> None:
        if not self._crowds.is_full(key):
            super().__setitem__(key, value)


def check_shape(shape: Shape) -> None:
    """Refuse a tensor of more axes or elements than anything can hold."""
    if len(shape) > MAX_RANK:
        raise LimitReached(f"a tensor of {len(shape):,} axes, and {MAX_RANK} are the limit")
    check_dims(shape)
    if sum(dim.bit_length() for dim in shape if isinstance(dim, int)) > MAX_BITS:
        raise LimitReached(f"a tensor of more elements than a number of {MAX_BITS} bits can count")


def check_dims(dims: Iterable[object]) -> None:
    """Refuse a symbolic size that is too long to be followed."""
    if any(dim is TOO_LONG for dim in dims):
        raise LimitReached(
            f"a size that takes more than {LONGEST:,} characters to write",
            help="give the sizes of the input as numbers, or as `?` where nothing needs them",
        )


def check_items(count: int) -> None:
    """Refuse a list or loop that is too long."""
    if count > MAX_ITEMS:
        raise LimitReached(f"{count:,} items are more than the limit of {MAX_ITEMS:,}")


def check_size(value: object) -> None:
    """Refuse a number or text that is too large."""
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise LimitReached(f"an integer of more than {MAX_BITS:,} bits")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise LimitReached(f"a string of {len(value):,} characters")
    if isinstance(value, (list, tuple, dict)) and len(value) > MAX_TEXT:
        raise LimitReached(f"a value of {len(value):,} items")
