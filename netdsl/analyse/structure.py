"""Findings about a whole graph: what leads nowhere, what is not used, names that meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import structure as problems
from netdsl.graph import Graph, Node

#: Nodes that stand for the ends of a model, beside the numbers of its own.
SOURCE, SINK = "inputs", "outputs"


def check_structure(graph: Graph, report: Callable[[Diagnostic], None]) -> None:
    """Report what Keras accepts in silence, and duplicate names, which it does not."""
    for diagnostic in (*duplicate_names(graph), *unused(graph)):
        report(diagnostic)


def unused(graph: Graph) -> Iterable[Diagnostic]:
    """Give a diagnostic for each input that no output needs, and for each tensor at the end of a dead branch."""
    if len(graph.needed()) == len(graph.nodes):
        return  # as nearly always: networkx, which takes its time to load, has nothing to find
    import networkx

    view = between_ends(graph)
    leading = networkx.ancestors(view, SINK)
    for node in graph.nodes:
        if node.id not in leading:
            yield from _unused_node(graph, node, is_end=not view.out_degree(node.id))


def between_ends(graph: Graph) -> Any:
    """Give the networkx view with two more nodes: SOURCE leads to every input, and every output leads to SINK."""
    view = graph.as_networkx()
    view.add_nodes_from([SOURCE, SINK])
    view.add_edges_from((SOURCE, node) for node in graph.inputs)
    view.add_edges_from((ref.node, SINK) for ref in graph.outputs.values())
    return view


def _unused_node(graph: Graph, node: Node, *, is_end: bool) -> Iterable[Diagnostic]:
    if node.operation.family == "input":
        yield problems.UnusedInput.at(
            node.origin.span,
            "no output depends on it",
            name=node.name,
            help="use it or leave it out",
        )
    elif is_end and node.id not in graph.discarded:
        yield problems.UnusedTensor.at(
            node.origin.span,
            "no output depends on this",
            name=node.name,
            related=tuple(Label(via, "in this use") for via in node.origin.via[:1]),
            help="lead it to an `output`, or leave it out",
        )


def duplicate_names(graph: Graph) -> Iterable[Diagnostic]:
    """Give a diagnostic for each layer whose name another layer of the model has."""
    first: dict[str, Node] = {}
    operations: set[int] = set()
    for node in graph.nodes:
        if node.operation.family == "op" or id(node.operation) in operations:
            continue
        operations.add(id(node.operation))
        earlier = first.setdefault(node.name, node)
        if earlier is not node:
            yield problems.DuplicateLayerName.at(
                node.origin.span,
                "the same name again",
                name=node.name,
                related=(Label(earlier.origin.span, "first here"),),
                help='give one of them another `name="…"`',
            )


def deepest_chain(graph: Graph) -> int:
    """Count the nodes of the longest path: what Keras's recursion has to go through."""
    depth = [0] * len(graph.nodes)
    for node in graph.nodes:
        depth[node.id] = 1 + max((depth[ref.node] for ref in node.inputs), default=0)
    return max(depth, default=0)
