"""Tensors that are named at their uses, as a figure names a mask or an embedding of the time, in place of a long line.

    Nested -> Nested, with tags

Of the boxes of a region those are looked at in which a tensor meets others: there it, or what is made of it alone,
joins the flow. Where these follow one another, the tensor goes along with the flow, and is read all the way. From
a few on it is named, if it comes from aside: what it first meets neither is made of it nor makes it. From more on it
is named always, but where many tensors do so: these are the skips of a network that is made of them, and lines tell
that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netdsl.elaborate.plans.naming import snake_case
from netdsl.graph import Turn, Use, steps_to
from netdsl.picture.boxes import Box, Line
from netdsl.picture.nest import Nested
from netdsl.picture.words import shape_words
from netdsl.record import mutable

#: So many uses along the flow make a tensor a tag: of one that comes from aside, and of any other.
FROM_ASIDE, ALONG = 4, 6

#: More tensors of one region than these, each read all along the flow, are drawn as lines.
MOST_ALONG = 2

LONGEST = 24


def tag(nested: Nested) -> None:
    """Name what is read all along the flow where it is read; regions outside come first."""
    for box in [*nested.root.within()]:
        if len(box.children) > FROM_ASIDE:
            flow = _Flow(box)
            found = [*flow.tagged()]
            for net, readers in found:
                for reader in readers:
                    _take_out(net, flow.boxes[reader])
                if net not in nested.tags:
                    nested.tags[net] = _name(net, nested)
            for net, _ in found:
                _give_source(net, box, nested)


@mutable
class _Joins:
    """Where a tensor joins the flow: the boxes, how many follow one another, whether it comes from aside."""

    boxes: set[int]
    count: int
    is_aside: bool


class _Flow:
    """The boxes of a region and the tensors between them."""

    def __init__(self, box: Box) -> None:
        self.boxes = box.children[:]
        self.leaving = frozenset(box.outs)
        self.source = {net: at for at, child in enumerate(self.boxes) for net in child.outs}
        self.readers: dict[int, list[int]] = {}
        for at, child in enumerate(self.boxes):
            for net in child.ins:
                self.readers.setdefault(net, []).append(at)

    def tagged(self) -> Iterator[tuple[int, list[int]]]:
        """Give each tensor that is named, and the boxes that read it by its name."""
        along: list[tuple[int, list[int]]] = []
        for net, readers in self.readers.items():
            if len(readers) < FROM_ASIDE:
                continue
            joins = self._joins(net, readers)
            if joins.is_aside and joins.count >= FROM_ASIDE:
                yield net, [r for r in readers if self._join(r, net) is not None]
            elif joins.count >= ALONG:
                meets = [r for r in readers if r in joins.boxes and len(self.boxes[r].ins) > 1]
                along.append((net, meets))
        if len(along) <= MOST_ALONG:
            yield from along

    def _joins(self, net: int, readers: Sequence[int]) -> _Joins:
        found = {join for r in readers if (join := self._join(r, net)) is not None}
        reached: set[int] = set()  # what the tensor leads to
        longest: dict[int, int] = {}
        is_aside = False
        for at in range(min(readers), len(self.boxes)):
            nets = self.boxes[at].ins
            before = [self.source[n] for n in nets if n in self.source]
            if at in found and not longest:
                akin = reached | self._leading_to(net)
                is_aside = any(self.source.get(n, -1) not in akin for n in nets if n != net)
            if at in found or any(b in longest for b in before):
                longest[at] = max((longest.get(b, 0) for b in before), default=0) + (at in found)
            if net in nets or any(b in reached for b in before):
                reached.add(at)
        return _Joins(found, max(longest.values(), default=0), is_aside)

    def _leading_to(self, net: int) -> set[int]:
        """Give the boxes that a tensor is made by, directly or not."""
        found: set[int] = set()
        pending = [self.source[net]] if net in self.source else []
        while pending:
            at = pending.pop()
            if at not in found:
                found.add(at)
                pending += [self.source[n] for n in self.boxes[at].ins if n in self.source]
        return found

    def _join(self, at: int, net: int) -> int | None:
        """Give the first box after a reader, or this, that gets something else too; None where the way parts before."""
        while len(self.boxes[at].ins) == 1:
            outs = self.boxes[at].outs
            if len(outs) != 1 or outs[0] in self.leaving or len(self.readers.get(outs[0], ())) != 1:
                return None
            at = self.readers[outs[0]][0]
        return at


def _take_out(net: int, box: Box) -> None:
    """Let a box, and all in it, read a tensor by its name."""
    for inner in box.within():
        if net in inner.ins:
            inner.ins.remove(net)
            inner.tags.append(net)


def _give_source(net: int, region: Box, nested: Nested) -> None:
    """Write the name below what gives a tensor; an input has it, and tells its shape, if nothing else reads it."""
    at = next((i for i, child in enumerate(region.children) if net in child.outs), -1)
    is_read = any(net in child.ins for child in region.children)
    if at >= 0 and region.children[at].role == "input" and not is_read:
        source, shape = region.children[at], shape_words(nested.network.tensors[net].spec)
        source.lines[0] = Line(source.lines[0].name, shape, source.lines[0].family)
        source.outs.remove(net)
        return
    box = Box("tag", lines=[Line(nested.tags[net])], ins=[net], parent=region)
    region.children.insert(at + 1, box)


def _name(net: int, nested: Nested) -> str:
    """Name a tensor so that no two have the same name."""
    atom = nested.network.atoms[nested.network.tensors[net].atom]
    is_input = atom.node.operation.family == "input"  # which has its own name in it
    called = "" if is_input else nested.network.called.get(net)
    name = called or _name_of_source(net, nested)
    name = name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"
    taken = set(nested.tags.values())
    number = 2
    told = name
    while told in taken:
        told, number = f"{name} {number}", number + 1
    return told


def _name_of_source(net: int, nested: Nested) -> str:
    """Name a tensor that no statement names for the block or the layer that gives it."""
    atom = nested.network.atoms[nested.network.tensors[net].atom]
    box: Box | None = nested.box_of[atom.number]
    own = atom.node.name.removeprefix("_".join((*atom.node.path, "")))
    name = _bound(own, atom.node.kind, sum(isinstance(s, Turn) for s in atom.node.steps))
    while box is not None and box.parent is not None and net in box.parent.outs:
        box = box.parent
        if isinstance(box.step, Use) and box.step.name:
            turns = sum(isinstance(s, Turn) for s in steps_to(box.step))
            name = _bound(box.step.name, box.step.block, turns)
    return name


def _bound(name: str, kind: str, turns: int) -> str:
    """Give what a statement binds of the name of its last stage, in so many loops: memory_dense2_0 -> memory."""
    plain = re.sub(rf"(_\d+){{0,{turns}}}$", "", name)
    found = re.fullmatch(rf"(.+?)_{snake_case(kind)}\d*", plain)
    return found[1] if found else plain
