"""The order of `model.layers`, which a saved model keeps its layers in."""

from __future__ import annotations

from netdsl.graph import Graph, Node, Operation, Ref, refs_in


def keras_order(graph: Graph) -> list[Operation]:
    """Order a model's operations as Keras does: by depth, then by the first visit from the outputs."""
    visits, finished = _visit(graph)
    depths: dict[int, int] = {}
    operation_depths: dict[int, int] = {}
    for node in reversed(finished):
        depth = max(depths.get(node.id, 0), operation_depths.get(id(node.operation), 0))
        operation_depths[id(node.operation)] = depths[node.id] = depth
        for ref in node.inputs:
            depths[ref.node] = max(depths.get(ref.node, 0), depth + 1)
    operations = {id(node.operation): node.operation for node in finished}
    for number in graph.inputs:
        unused = graph.nodes[number].operation
        operations.setdefault(id(unused), unused)
        operation_depths.setdefault(id(unused), 0)
        visits.setdefault(id(unused), -1)
    return sorted(operations.values(), key=lambda o: (-operation_depths[id(o)], visits[id(o)]))


def _keras_inputs(node: Node) -> list[Ref]:
    """Give a node's inputs as Keras flattens them: positional ones, then those by name, sorted."""
    return list(refs_in((node.positional, [value for _, value in sorted(node.keywords.items())])))


def _visit(graph: Graph) -> tuple[dict[int, int], list[Node]]:
    """Walk back from the outputs, depth first: when each operation is first met, and nodes as they are finished."""
    visits: dict[int, int] = {}
    finished: list[Node] = []
    done: set[int] = set()
    for _, output in sorted(graph.outputs.items()):  # Keras flattens a dict by its sorted keys
        stack: list[tuple[Node, int]] = [(graph.nodes[output.node], 0)]
        while stack:
            node, position = stack.pop()
            if position == 0:
                if node.id in done:
                    continue
                visits.setdefault(id(node.operation), len(visits))
            inputs = _keras_inputs(node)
            while position < len(inputs) and inputs[position].node in done:
                position += 1
            if position < len(inputs):
                stack.append((node, position + 1))
                stack.append((graph.nodes[inputs[position].node], 0))
            elif node.id not in done:
                done.add(node.id)
                finished.append(node)
    return visits, finished
