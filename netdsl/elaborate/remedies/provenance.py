"""Where a size came from: the layers that made two tensors differ.

`difference_labels` walks from each of two tensors back to where their ways part and labels the layers in
between that changed the axis in question: `32 becomes 30 here: a kernel of 3 with "valid" padding`.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.catalog.reasons import size_reason
from netdsl.diagnostics.diagnostic import Label
from netdsl.graph import Graph, Node, Ref
from netdsl.record import record
from netdsl.tensor import Dim, spell_shape

MAX_LABELS = 3  # for each of the two tensors
MAX_STEPS = 10_000


@record
class Change:
    """A node that changed the size of an axis, or made it (`before` None)."""

    node: Node
    before: Dim | None
    after: Dim
    axis: int
    rank: int


def trace(graph: Graph, ref: Ref, axis: int) -> list[Change]:
    """Give the nodes that changed a tensor's axis, nearest first, back to the one that made it."""
    changes: list[Change] = []
    for _ in range(MAX_STEPS):
        node, spec = graph.nodes[ref.node], graph.spec(ref)
        after = spec.shape[axis]
        source = _source(graph, node, axis, spec.rank)
        if source is None:
            changes.append(Change(node, None, after, axis, spec.rank))
            return changes
        before = graph.spec(source).shape[axis]
        if before != after:
            changes.append(Change(node, before, after, axis, spec.rank))
        ref = source
    return changes


def way_back(graph: Graph, ref: Ref, axis: int) -> Iterator[Change]:
    """Give the nodes that an axis of a tensor came through, nearest first, those that left its size among them."""
    for _ in range(MAX_STEPS):
        node, spec = graph.nodes[ref.node], graph.spec(ref)
        source = _source(graph, node, axis, spec.rank)
        before = None if source is None else graph.spec(source).shape[axis]
        yield Change(node, before, spec.shape[axis], axis, spec.rank)
        if source is None:
            return
        ref = source


def _source(graph: Graph, node: Node, axis: int, rank: int) -> Ref | None:
    """Give the input that an axis of the output continues: the first of the same rank and size, or of the rank."""
    same_rank = [ref for ref in node.inputs if graph.spec(ref).rank == rank]
    size = node.flat_outputs[0].shape[axis] if node.flat_outputs[0].rank == rank else None
    for ref in same_rank:
        if graph.spec(ref).shape[axis] == size:
            return ref
    return same_rank[0] if same_rank else None


def difference_labels(graph: Graph, left: tuple[Ref, int], right: tuple[Ref, int]) -> list[Label]:
    """Label the layers that made two sizes differ, after the last one that both come through."""
    first, second = trace(graph, *left), trace(graph, *right)
    shared = {(c.node.id, c.axis) for c in first} & {(c.node.id, c.axis) for c in second}
    labels: list[Label] = []
    for changes in (first, second):
        own = [c for c in changes if (c.node.id, c.axis) not in shared][:MAX_LABELS]
        labels.extend(_label(change) for change in reversed(own))
    return labels


def _label(change: Change) -> Label:
    place = change.node.origin.span
    if change.before is None:
        made = "declared" if change.node.operation.family == "input" else "made"
        shape = spell_shape(change.node.flat_outputs[0].shape)
        return Label(place, f"axis {change.axis} is {made} {change.after} here, in {shape}")
    reason = size_reason(change.node.operation.bound, change.axis, change.rank)
    because = f": {reason}" if reason else ""
    return Label(place, f"{change.before} becomes {change.after} here{because}")
