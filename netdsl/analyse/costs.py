"""What a model costs: parameters, multiply-accumulates, memory.

Totals count what the outputs depend on, as Keras does, and the weights of a shared layer once. A count that
depends on a size nobody knows yet is symbolic or unknown, as dimensions are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from netdsl.catalog.cost_rules import ELEMENT_BYTES
from netdsl.catalog.kind import Weight
from netdsl.graph import Graph, Node, Operation, held_bytes
from netdsl.record import record
from netdsl.tensor import UNKNOWN, Dim, sum_of


@record
class Totals:
    """What a whole model costs; work and activations are those of one sample.

    `activation_bytes` adds up every tensor of the forward pass, with the inputs and what layers keep inside: what
    training keeps for the backward pass. `layers` counts as `len(model.layers)` does. `untold` are the layers whose
    weights only a class of the user's own knows, no count has them; `bare` are those classes that are declared to
    have none.
    """

    parameters: int
    trainable_parameters: int
    macs: Dim
    activation_bytes: Dim
    weight_bytes: int
    layers: int
    untold: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()

    @property
    def non_trainable_parameters(self) -> int:
        return self.parameters - self.trainable_parameters


def totals(graph: Graph) -> Totals:
    """Add up a model."""
    counted = counted_nodes(graph)
    operations = {id(node.operation): node.operation for node in counted}.values()
    weights = list(weights_in(operations))
    return Totals(
        parameters=sum(math.prod(weight.shape) for weight, _ in weights),
        trainable_parameters=sum(math.prod(weight.shape) for weight, trains in weights if trains),
        macs=sum_of(node.macs if node.known else UNKNOWN for node in counted),
        activation_bytes=sum_of(held_bytes(node) for node in counted),
        weight_bytes=sum(weight_bytes(weight) for weight, _ in weights),
        layers=sum(operation.family != "op" for operation in operations),
        untold=tuple(operation.name for operation in operations if not operation.is_told),
        bare=tuple(dict.fromkeys(_bare(operations))),
    )


def counted_nodes(graph: Graph) -> list[Node]:
    """Give the nodes that Keras will have: the inputs and what outputs depend on; all of a graph that stops early."""
    return graph.counted()


def weights_in(operations: Iterable[Operation]) -> Iterator[tuple[Weight, bool]]:
    """Give each weight of several layers once, and whether it trains: parts that they share count in the first."""
    for _, weight, trains in _each_once(operations):
        yield weight, trains


def counted_in(operations: Iterable[Operation]) -> dict[int, int]:
    """Give the parameters that each layer adds to those before it, by the layer's identity."""
    counts: dict[int, int] = {}
    for operation, weight, _ in _each_once(operations):
        counts[id(operation)] = counts.get(id(operation), 0) + math.prod(weight.shape)
    return counts


def _each_once(operations: Iterable[Operation]) -> Iterator[tuple[Operation, Weight, bool]]:
    seen: set[int] = set()
    for operation in operations:
        for weight, trains in weights_of(operation):
            if weight.variable is not None:
                if id(weight.variable) in seen:
                    continue
                seen.add(id(weight.variable))
            yield operation, weight, trains


def weights_of(operation: Operation) -> list[tuple[Weight, bool]]:
    """Give each weight of a layer or sub-model, in Keras's order, and whether it trains."""
    return [(weight, operation.trainable and weight.trains) for weight in operation.weights]


def parameters_of(operation: Operation) -> tuple[int, int]:
    """Count the parameters of a layer, and those of them that train: Dense(4) on 8 units -> (36, 36)."""
    counts = [(math.prod(weight.shape), trains) for weight, trains in weights_of(operation)]
    return sum(n for n, _ in counts), sum(n for n, trains in counts if trains)


def _bare(operations: Iterable[Operation]) -> Iterator[str]:
    """Give the classes of the user's own that own nothing by their declaration, those in sub-models too."""
    pending, seen = [*operations][::-1], set[int]()
    while pending:
        operation = pending.pop()
        if operation.graph is not None:
            if id(operation.graph) not in seen:
                seen.add(id(operation.graph))
                pending.extend(reversed(operation.graph.operations()))
        elif operation.family == "extern" and not operation.weights:
            yield operation.kind


def weight_bytes(weight: Weight) -> int:
    """Give the memory of one weight: (3, 3, 16) of float32 -> 576."""
    return math.prod(weight.shape) * ELEMENT_BYTES.get(weight.dtype, 4)
