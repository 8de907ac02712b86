"""What is seen of a network where some boxes are closed: the boxes that show, and the edges between them.

`dot` and `mmd` are made of it, whose programs lay out for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.picture.boxes import Box
from netdsl.picture.nest import Nested
from netdsl.picture.words import shape_words
from netdsl.record import record


@record
class Edge:
    """A tensor between two boxes that show, and its shape."""

    start: int
    end: int
    shape: str


def seen_edges(nested: Nested, opened: frozenset[int]) -> list[Edge]:
    """Give each edge between boxes that show, once."""
    tensors = nested.network.tensors
    shown: dict[int, Box] = {}
    for box in seen_boxes(nested.root, opened):
        if box.is_leaf or box.number not in opened:
            shown |= {inner.number: box for inner in box.within()}
    ends = [(tensor, nested.box_of[reader]) for tensor, reader in nested.edges]
    ends += [(box.ins[0], box) for box in nested.root.children if box.role == "output"]
    found: dict[Edge, None] = {}
    for tensor, end in ends:
        start = shown[nested.box_of[tensors[tensor].atom].number]
        last = tensors[nested.last_of.get(tensor, tensor)]
        edge = Edge(start.number, shown[end.number].number, shape_words(last.spec))
        if edge.start != edge.end:
            found[edge] = None
    return list(found)


def seen_boxes(root: Box, opened: frozenset[int]) -> Iterator[Box]:
    """Give each box that shows, before what is in it."""
    pending = [root]
    while pending:
        box = pending.pop()
        yield box
        if not box.is_leaf and (box.number in opened or box is root):
            pending += reversed(box.children)
