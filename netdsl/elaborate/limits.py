"""Bounds on what a spec may ask for, so that a file from a stranger ends in bounded time and memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from netdsl.dimension import LONGEST
from netdsl.tensor import TOO_LONG, Dim, Shape, Sym, TensorSpec

MAX_NODES = 15_000  # layer applications in one compilation
MAX_STEPS = 1_100_000  # work in one compilation, in evaluated expressions; some microseconds each
MAX_ITEMS = 100_000  # elements of one list, with those of lists in it; turns of one loop
MAX_TEXT = 100_000  # characters of one string
MAX_BITS = 512  # size of one integer, and of the number of elements of one tensor
MAX_RANK = 254  # axes of one tensor, as many as TensorFlow has
MAX_DEPTH = 120  # blocks within blocks, functions within functions


CONTAINERS = (list, tuple, dict)
SIZED = (*CONTAINERS, str, Sym)


class LimitReached(Exception):
    """Raised where a limit is passed; carries what to say. Caught at the statement, once per compilation."""

    def __init__(self, text: str, help: str = "") -> None:
        super().__init__(text)
        self.text, self.help = text, help


#: What costs more than an expression does: adding a node, using a block, calling a function, a turn of a loop,
#: a layer made for itself, a mistake (which a loop makes again and again, and of which one is told).
NODE_STEPS, BLOCK_STEPS, CALL_STEPS, TURN_STEPS, LAYER_STEPS, REPORT_STEPS = 10, 40, 25, 3, 10, 120

LENGTH_OF_A_STEP = 6  # characters of a symbolic size that one step works on


@dataclass(slots=True)
class Budget:
    """Counts down what a compilation may still do."""

    steps: int = MAX_STEPS
    nodes: int = MAX_NODES
    depth: int = 0
    weighed: dict[int, tuple[Any, int]] = field(default_factory=dict)  # nested lists, by identity

    def step(self, count: int = 1) -> None:
        self.steps -= count
        if self.steps < 0:
            raise LimitReached(f"more than {MAX_STEPS:,} steps of work")

    def hold(self, value: Any) -> None:
        """Charge for a list, dict, text or symbolic size, which what uses it goes through."""
        if isinstance(value, str):
            self.step(len(value) // 64)
        elif isinstance(value, Sym):
            self.step(value.length // LENGTH_OF_A_STEP)
        else:
            self.step(self._weight(value) // 4)

    def _weight(self, value: Any) -> int:
        """Count the elements of a list with those of the lists in it; one that stands twice counts twice."""
        known = self.weighed.get(id(value))
        if known is not None:
            return known[1]
        total = len(value)
        inner = [
            v
            for v in (value.values() if isinstance(value, dict) else value)
            if isinstance(v, CONTAINERS)
        ]
        if inner:
            total += sum(self._weight(part) for part in inner)
            self.weighed[id(value)] = (value, total)
        check_items(total)
        return total

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
    if isinstance(value, (str, list, tuple, dict)) and len(value) > MAX_TEXT:
        raise LimitReached(f"a value of {len(value):,} items")
