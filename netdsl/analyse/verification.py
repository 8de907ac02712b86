"""Proves a graph with networkx before anything is made of it: what fails here is a mistake of netdsl's own.

Elaboration tells a user's mistakes as diagnostics; this looks at the graph that came out of it, with other means than
those that built it. A broken promise is raised as `BrokenGraph`, so that no module, table or model is made of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from netdsl.analyse.costs import totals, weights_of
from netdsl.analyse.structure import SINK, SOURCE, between_ends, ends
from netdsl.foreign import Foreign
from netdsl.graph import Graph, Node, Operation, inner_graphs


class BrokenGraph(Exception):
    """A graph is not what every later pass takes for granted; the text says at which layer, and how."""


def verify(graph: Graph) -> None:
    """Raise BrokenGraph where a complete graph, or that of a model inside it, is not sound; look at each once."""
    if not graph.complete:
        return
    for part in with_models_inside(graph):
        if part.is_verified:
            continue
        for breach in breaches(part):
            raise BrokenGraph(f"model {part.name}: {breach}")
        part.is_verified = True


def with_models_inside(graph: Graph) -> list[Graph]:
    """Give a graph, those of the models that it applies, and those that its layers hold, each once."""
    found = {id(graph): graph}
    pending = [graph]
    while pending:
        for inner in inner_graphs(pending.pop()):
            if id(inner) not in found:
                found[id(inner)] = inner
                pending.append(inner)
    return list(found.values())


def breaches(graph: Graph) -> Iterator[str]:
    """Give a sentence for each promise that a graph breaks."""
    import networkx

    misplaced = [node for place, node in enumerate(graph.nodes) if node.id != place]
    if misplaced:
        yield f"{misplaced[0].name} is node {misplaced[0].id} and stands at another place"
        return
    view = between_ends(graph)
    if not networkx.is_directed_acyclic_graph(view):
        circle = [graph.nodes[edge[0]].name for edge in networkx.find_cycle(view)]
        yield f"{' -> '.join([*circle, circle[0]])} is a cycle"
        return
    yield from _edges(graph, view)
    yield from _names(graph)
    yield from _ways(graph, view)
    yield from _weights(graph, view)


def _edges(graph: Graph, view: Foreign) -> Iterator[str]:
    """Hold each edge against the call that receives it and the output that it carries."""
    for node in graph.nodes:
        edges = (edge for edge in view.in_edges(node.id, data=True) if edge[0] != SOURCE)
        arriving = sorted(edges, key=lambda edge: edge[2]["input"])
        if [source for source, _, _ in arriving] != [ref.node for ref in node.inputs]:
            yield f"{node.name} takes other tensors, or in another order, than its call names"
            continue
        for (source, _, data), ref in zip(arriving, node.inputs, strict=True):
            made = graph.spec(ref)
            if (data["shape"], data["dtype"]) != (made.shape, made.dtype):
                yield f"{node.name} takes another shape or dtype than {graph.nodes[source].name} gives"


def _names(graph: Graph) -> Iterator[str]:
    owners: dict[str, Operation] = {}
    for operation in graph.operations():
        if (
            operation.family != "op"
            and owners.setdefault(operation.name, operation) is not operation
        ):
            yield f"two layers are called {operation.name}"


def _ways(graph: Graph, view: Foreign) -> Iterator[str]:
    """Require that every node lies on a way from an input to an output, or is one that the user is told of."""
    import networkx

    reached = networkx.descendants(view, SOURCE)
    leading = networkx.ancestors(view, SINK) - {SOURCE}
    if leading != (needed := graph.needed()):
        yield f"{_some(graph, leading ^ needed)} may or may not lead to an output"
    for node in graph.nodes:
        if node.id in leading and node.id not in reached and _has_weights(node):
            yield f"{node.name} has weights, and no input leads to it"
    told = ends(graph)
    for node in graph.nodes:
        is_end = not view.out_degree(node.id) and node.id not in graph.discarded
        if is_end and node.id not in told:
            yield f"{node.name} leads to no output, and nothing says so"


def _has_weights(node: Node) -> bool:
    return bool(weights_of(node.operation))


def _some(graph: Graph, nodes: set[int]) -> str:
    return ", ".join(graph.nodes[node].name for node in sorted(nodes)[:3])


def _weights(graph: Graph, view: Foreign) -> Iterator[str]:
    """Count every layer's weights once, however often it is applied, and compare with the total that is printed."""
    counted = {*view.predecessors(SINK)}
    pending = list(counted)
    while pending:
        before = set(view.predecessors(pending.pop())) - counted - {SOURCE}
        counted |= before
        pending += before
    operations = {id(graph.nodes[n].operation): graph.nodes[n].operation for n in counted}
    weights = [weight for op in operations.values() for weight, _ in weights_of(op)]
    own = [weight for weight in weights if weight.variable is None]
    held = {weight.variable: weight for weight in weights if weight.variable is not None}
    parameters = sum(math.prod(weight.shape) for weight in (*own, *held.values()))
    told = totals(graph).parameters
    if parameters != told:
        yield f"its layers have {parameters} parameters, and {told} are told"
