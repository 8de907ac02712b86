"""Bounds on what a spec may ask for, so that a file from a stranger ends in bounded time and memory."""

from __future__ import annotations

from dataclasses import dataclass

MAX_NODES = 100_000  # layer applications in one compilation
MAX_STEPS = 4_000_000  # evaluated expressions in one compilation
MAX_ITEMS = 1_000_000  # elements of one list, turns of one loop
MAX_TEXT = 1_000_000  # characters of one string
MAX_BITS = 4_096  # size of one integer
MAX_DEPTH = 120  # blocks within blocks, functions within functions


class LimitReached(Exception):
    """Raised where a limit is passed; carries what to say. Caught at the statement, once per compilation."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class Budget:
    """Counts down what a compilation may still do."""

    steps: int = MAX_STEPS
    nodes: int = MAX_NODES
    depth: int = 0

    def step(self, count: int = 1) -> None:
        self.steps -= count
        if self.steps < 0:
            raise LimitReached(f"more than {MAX_STEPS:,} values are computed")

    def node(self) -> None:
        self.nodes -= 1
        if self.nodes < 0:
            raise LimitReached(f"the network has more than {MAX_NODES:,} layers")


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
