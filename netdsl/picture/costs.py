"""What the boxes cost: shades from the colour of the page to a warm one, and the numbers.

Nested -> cost of each box -> shades
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from netdsl.analyse.costs import counted_in
from netdsl.graph import Operation, held_bytes
from netdsl.picture.nest import Nested
from netdsl.tensor import Dim, Sym

Costs = Literal["params", "macs", "memory"]

_THOUSANDS = ("", " k", " M", " G", " T", " P")
_BINARY = (" B", " KiB", " MiB", " GiB", " TiB")

#: The warm end of the shades, by theme.
WARM = {"light": (240, 140, 60), "dark": (170, 84, 20), "print": (150, 150, 150)}


def costs_of(nested: Nested, kind: Costs) -> dict[int, Dim]:
    """Give what each box costs, of a repeat all its turns; what several uses share counts at the first."""
    counted = counted_in(_operations(nested)) if kind == "params" else {}
    found: dict[int, Dim] = {}
    boxes = [*nested.root.within()]
    for box in boxes:
        if box.is_leaf:
            total: Dim = 0
            for atom in box.atoms:
                if kind == "params":
                    total = total + counted.pop(id(atom.node.operation), 0)
                else:
                    total = total + (atom.node.macs if kind == "macs" else held_bytes(atom.node))
            found[box.number] = total * box.times
    for box in reversed(boxes):
        if not box.is_leaf:
            total = 0
            for child in box.children:
                total = total + found[child.number]
            found[box.number] = total * box.times
    return found


def _operations(nested: Nested) -> list[Operation]:
    """Give the layers that the boxes show, each once."""
    atoms = (atom for box in nested.root.within() for atom in box.atoms)
    return list({id(atom.node.operation): atom.node.operation for atom in atoms}.values())


def spell(cost: Dim, kind: Costs) -> str:
    """Write a cost short: 36.9 k, 1.50 MiB; nothing where there is none."""
    if not isinstance(cost, int):
        return str(cost) if isinstance(cost, Sym) and len(str(cost)) < 24 else "?"
    if cost == 0:
        return ""
    base, units = (1024, _BINARY) if kind == "memory" else (1000, _THOUSANDS)
    power = 0
    while power < len(units) - 1 and cost >= 999.5 * base**power:
        power += 1
    return f"{cost}{units[0]}" if power == 0 else f"{cost / base**power:.3g}{units[power]}"


def shares(costs: Mapping[int, Dim], shown: Iterable[int]) -> dict[int, float]:
    """Give how dark each box that shows is, from 0 to 1: the root of its part of the dearest one."""
    known = {number: cost for number in shown if isinstance(cost := costs[number], int)}
    most = max(known.values(), default=0)
    return {number: (cost / most) ** 0.5 for number, cost in known.items()} if most else {}


def shades(
    costs: Mapping[int, Dim], shown: Iterable[int], theme: str, colours: Mapping[str, str]
) -> dict[int, str]:
    """Give each box that shows its shade."""
    found = shares(costs, shown)
    return {number: _mixed(share, theme, colours) for number, share in found.items()}


def _mixed(share: float, theme: str, colours: Mapping[str, str]) -> str:
    page = colours["page"] if colours["page"] != "none" else "#ffffff"
    low = [int(page[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = (round(a + (b - a) * share) for a, b in zip(low, WARM[theme], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
