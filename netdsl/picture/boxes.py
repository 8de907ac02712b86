"""The boxes of a picture: what stands in what, and which tensors go in and out.

Every pass before the layout gives or changes these. The one at the root is the picture itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from netdsl.graph import Step
from netdsl.picture.network import Atom
from netdsl.record import mutable, record

Role = Literal["root", "block", "turn", "layer", "input", "output", "tag"]


@record
class Line:
    """A line of a box: what in bold, with which arguments, of which family of layers."""

    name: str
    arguments: str = ""
    family: str = ""


@mutable
class Box:
    """A layer with what sticks to it, a use of a block, or turns of a loop that are drawn as one.

    `lines` are those of a layer, or the head of a block. `times` counts the equal turns that this box stands for. Boxes
    with the same `mark` share weights. `ins` and `outs` are numbers of tensors, in order; `tags` those of tensors that
    are read too, and are named beside the box in place of a line. A box of the role "tag" gives such a name.
    """

    role: Role
    number: int = 0
    lines: list[Line] = field(default_factory=list)
    parent: Box | None = None
    children: list[Box] = field(default_factory=list)
    step: Step | None = None
    atoms: list[Atom] = field(default_factory=list)  # of a layer
    times: int = 1
    run: int = -1  # of a turn that no loop makes: of which stretch it is
    mark: str = ""
    joins: bool = False  # it joins tensors, so that they may meet before it
    ins: list[int] = field(default_factory=list)
    outs: list[int] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    depth: int = 0
    size: int = 1  # how many layers stand in it

    @property
    def is_leaf(self) -> bool:
        return self.role in ("layer", "input", "output", "tag")

    @property
    def drawn_by_others(self) -> list[Box]:
        """What is in it for programs that lay out for themselves: they get a line for each use, and no names."""
        return [child for child in self.children if child.role != "tag"]

    @property
    def single(self) -> Box | None:
        """The layer that a block merely gives a name."""
        only = self.children[0] if len(self.children) == 1 else None
        return only if only is not None and only.role == "layer" and self.role == "block" else None

    def within(self) -> Iterator[Box]:
        """Give this box and all in it, each before what is in it."""
        pending = [self]
        while pending:
            box = pending.pop()
            yield box
            pending.extend(reversed(box.children))

    def add(self, child: Box) -> None:
        child.parent = self
        self.children.append(child)


def chain_of(box: Box | None) -> list[Box]:
    """Give a box and all around it, innermost first."""
    found = []
    while box is not None:
        found.append(box)
        box = box.parent
    return found
