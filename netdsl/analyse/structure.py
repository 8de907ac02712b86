"""Findings about a whole graph: what leads nowhere, what is not used, names that meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netdsl.catalog.kind import Role
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import structure as problems
from netdsl.foreign import Foreign
from netdsl.graph import Graph, Node, Origin, Unread, held_in, refs_in
from netdsl.source import Span
from netdsl.stack import deep

#: Layers that count for the depth of a network.
_COUNTED: tuple[Role, ...] = (
    "dense", "einsum", "convolution", "transposed", "depthwise", "separable", "recurrent", "attention", "step_by_step",
)  # fmt: skip

#: Nodes that stand for the ends of a model, beside the numbers of its own.
SOURCE, SINK = "inputs", "outputs"


def check_structure(graph: Graph, report: Callable[[Diagnostic], None]) -> None:
    """Report what Keras accepts in silence, and duplicate names, which it does not."""
    inside = (held.graph for operation in graph.operations() for held in held_in(operation.bound))
    for part in (graph, *(held for held in inside if held is not None)):
        for diagnostic in (*duplicate_names(part), *unused(part)):
            report(diagnostic)


def unused(graph: Graph) -> Iterable[Diagnostic]:
    """Give a diagnostic for each input that nothing takes, and for each reason why a tensor leads nowhere."""
    return dict.fromkeys([*ends(graph).values(), *only_tied(graph)])


def only_tied(graph: Graph) -> Iterable[Diagnostic]:
    """Give a diagnostic for each input that weights and arrays are tied to, and of which nothing else is used."""
    if not any(node.tied_to is not None for node in graph.nodes):
        return
    needed = graph.needed()
    reached: set[int] = set()
    pending = [ref.node for ref in graph.outputs.values()]
    while pending:
        node = graph.nodes[pending.pop()]
        if node.id not in reached:
            reached.add(node.id)
            pending += [ref.node for ref in refs_in((node.positional, node.keywords))]
    for number in graph.inputs:
        if number in needed - reached:
            node = graph.nodes[number]
            yield problems.UnusedInput.at(
                node.origin.span,
                "weights and arrays are made with it, and no output depends on what it brings",
                name=node.name,
                help="use it or leave it out",
            )


def ends(graph: Graph) -> dict[int, Diagnostic]:
    """Give the nodes that lead nowhere, each with what is told of it: of one cause, once."""
    if len(graph.needed()) == len(graph.nodes):
        return {}  # as nearly always: networkx, which takes its time to load, has nothing to find
    import networkx

    view = between_ends(graph)
    leading = networkx.ancestors(view, SINK)
    inputs, alive = set(graph.inputs), leading | graph.discarded
    dead = [
        node
        for node in graph.nodes
        if node.id not in alive and (node.id in inputs or not view.out_degree(node.id))
    ]
    by_node = {number: name for name in graph.unread for number in name.nodes}
    told: dict[Span, Diagnostic] = {}
    found: dict[int, Diagnostic] = {}
    for node in dead:
        diagnostic = _end(graph, node, by_node.get(node.id))
        found[node.id] = told.setdefault(diagnostic.primary.span, diagnostic)
    return found


def between_ends(graph: Graph) -> Foreign:
    """Give the networkx view with two more nodes: SOURCE leads to every input, and every output leads to SINK."""
    view = graph.as_networkx()
    view.add_nodes_from([SOURCE, SINK])
    view.add_edges_from((SOURCE, node) for node in graph.inputs)
    view.add_edges_from((ref.node, SINK) for ref in graph.outputs.values())
    return view


def _end(graph: Graph, node: Node, unread: Unread | None) -> Diagnostic:
    """Tell of a node at the end of a branch: the name that nothing reads, the use that gives it, or the node itself."""
    if node.operation.family == "input":
        return problems.UnusedInput.at(
            node.origin.span,
            "no output depends on it",
            name=node.name,
            help="use it or leave it out",
        )
    origin, name = node.origin, node.name
    label, help_, fix = "no output depends on this", "lead it to an `output`, or leave it out", None
    if unread is not None:
        origin, name, label = unread.origin, unread.name, "nothing uses this name"
        if unread.is_part:
            fix = Fix((Edit(origin.span, "_"),), safe=True)
            help_ = "write `_` where one of several is not wanted"
    elif node.id in graph.given_by:
        span, name = graph.given_by[node.id]
        origin, label = Origin(span), f"it gives `{name}`, on which no output depends"
    return problems.UnusedTensor.at(
        origin.span,
        label,
        name=name,
        related=tuple(Label(via, "in this use") for via in origin.via[:1]),
        help=help_,
        fix=fix,
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


@deep
def depth(graph: Graph) -> int | None:
    """Count the layers with a kernel on the longest path to an output, those of models within it too.

    As papers count: 50 of ResNet-50 are its convolutions and the last dense layer, without the projections beside them.
    A network of `keras.applications` within it has a depth that is not counted: None.
    """
    deepest: dict[int, int] = {}
    for node in graph.nodes:
        inner = node.operation.graph
        own = depth(inner) if inner is not None else _layers_deep(node)
        if own is None or node.operation.family == "application":
            return None
        before = max((deepest[ref.node] for ref in node.inputs), default=0)
        deepest[node.id] = before + own
    return max((deepest[ref.node] for ref in graph.outputs.values()), default=0)


def _layers_deep(node: Node) -> int:
    """Tell whether a layer counts: one that multiplies by a kernel, a recurrent or an attention layer."""
    return int(node.is_a(*_COUNTED) and bool(node.operation.weights))


def deepest_chain(graph: Graph) -> int:
    """Count the nodes of the longest path: what Keras's recursion has to go through."""
    depth = [0] * len(graph.nodes)
    for node in graph.nodes:
        depth[node.id] = 1 + max((depth[ref.node] for ref in node.inputs), default=0)
    return max(depth, default=0)
