"""Bounds on what a spec may ask for, so that a file from a stranger ends in bounded time and memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netdsl.tensor import Shape

MAX_NODES = 15_000  # layer applications in one compilation
MAX_STEPS = 1_100_000  # work in one compilation, in evaluated expressions; some microseconds each
MAX_ITEMS = 100_000  # elements of one list, with those of lists in it; turns of one loop
MAX_TEXT = 100_000  # characters of one string
MAX_BITS = 512  # size of one integer, and of the number of elements of one tensor
MAX_RANK = 254  # axes of one tensor, as many as TensorFlow has
MAX_DEPTH = 120  # blocks within blocks, functions within functions


CONTAINERS = (list, tuple, dict)
SIZED = (*CONTAINERS, str)


class LimitReached(Exception):
    """Raised where a limit is passed; carries what to say. Caught at the statement, once per compilation."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


#: What costs more than an expression does: adding a node, using a block, calling a function, a turn of a loop,
#: a layer made for itself, a mistake (which a loop makes again and again, and of which one is told).
NODE_STEPS, BLOCK_STEPS, CALL_STEPS, TURN_STEPS, LAYER_STEPS, REPORT_STEPS = 10, 40, 25, 3, 10, 120


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
        """Charge for a list, dict or text, which what uses it goes through."""
        if isinstance(value, str):
            self.step(len(value) // 64)
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

    def node(self) -> None:
        self.step(NODE_STEPS)
        self.nodes -= 1
        if self.nodes < 0:
            raise LimitReached(f"the network has more than {MAX_NODES:,} layers")


def check_shape(shape: Shape) -> None:
    """Refuse a tensor of more axes or elements than anything can hold."""
    if len(shape) > MAX_RANK:
        raise LimitReached(f"a tensor of {len(shape):,} axes, and {MAX_RANK} are the limit")
    if sum(dim.bit_length() for dim in shape if isinstance(dim, int)) > MAX_BITS:
        raise LimitReached(f"a tensor of more elements than a number of {MAX_BITS} bits can count")


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
