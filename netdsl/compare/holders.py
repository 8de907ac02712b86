"""Who holds the weights of a model, under which name, and where Keras looks for them in a checkpoint.

A checkpoint (`.keras`, `.weights.h5`) does not go by layer names: it stores the layers of a model under their class
and a running number, in the order of `model.layers` (keras/src/saving/saving_lib.py). `holders` follows that order,
which is by decreasing distance from the outputs, and gives each layer with weights both its names.
"""

from __future__ import annotations

from collections import Counter

from netdsl.elaborate.naming import snake_case
from netdsl.graph import Graph, Node, Operation, Ref, refs_in
from netdsl.record import record
from netdsl.source import Span


@record
class Holder:
    """A layer with weights: `name` is its path (`encoder/dense`), `slot` its place in a checkpoint."""

    name: str
    kind: str
    slot: str
    shapes: tuple[tuple[int, ...], ...]
    trainable: bool
    span: Span | None

    @property
    def parameters(self) -> int:
        total = 0
        for shape in self.shapes:
            count = 1
            for size in shape:
                count *= size
            total += count
        return total


def holders(graph: Graph, prefix: str = "", slot_prefix: str = "") -> list[Holder]:
    """Give every layer of a model that has weights, those of models inside it too, in Keras's order."""
    found: list[Holder] = []
    numbers: Counter[str] = Counter()
    for operation in keras_order(graph):
        if operation.family == "op":
            continue
        own = checkpoint_class(operation)
        number = numbers[own]
        numbers[own] += 1
        slot = f"{slot_prefix}{own}_{number}" if number else f"{slot_prefix}{own}"
        name = f"{prefix}{operation.name}"
        if operation.graph is not None:
            found.extend(holders(operation.graph, f"{name}/", f"{slot}/"))
        elif operation.weights:
            shapes = tuple(weight.shape for weight in operation.weights)
            trainable = operation.trainable and any(w.trainable for w in operation.weights)
            found.append(Holder(name, operation.kind, slot, shapes, trainable, operation.span))
    return found


def checkpoint_class(operation: Operation) -> str:
    """Give the name that a checkpoint stores a layer's class under."""
    if operation.family in ("model", "application"):
        return "functional"
    return snake_case(operation.kind)


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
