"""Where gradients go: what is held for the backward pass, and what runs forwards alone.

A frozen layer with nothing to train before it, such as the backbone of a transferred model, has no backward pass: it
counts once in time, and of what it gives only that is held which goes into a layer with one.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.analyse.costs import counted_nodes, weights_of
from netdsl.graph import Graph, Node


def in_gradient(graph: Graph) -> set[int]:
    """Give the numbers of the nodes that gradients run through: those that train and all that follow them."""
    found: set[int] = set()
    for node in counted_nodes(graph):
        trains = any(trained for _, trained in weights_of(node.operation))
        if trains or any(ref.node in found for ref in node.inputs):
            found.add(node.id)
    return found


def read_in_gradient(graph: Graph, running: set[int]) -> set[int]:
    """Give the numbers of the nodes whose output is read by one of `running`, the nodes that gradients run through."""
    return {ref.node for node in counted_nodes(graph) if node.id in running for ref in node.inputs}


def leaves_of(node: Node) -> Iterator[Node]:
    """Give the nodes of a model used as a layer that compute, or the node itself."""
    if node.operation.graph is None:
        yield node
        return
    pending = [iter(_inner(node.operation.graph))]
    while pending:
        current = next(pending[-1], None)
        if current is None:
            pending.pop()
        elif current.operation.graph is not None:
            pending.append(iter(_inner(current.operation.graph)))
        else:
            yield current


def _inner(graph: Graph) -> list[Node]:
    return [node for node in counted_nodes(graph) if node.operation.family != "input"]
