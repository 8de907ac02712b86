"""What an advice rule sees: a model's graph with its training, and the questions that many rules ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from netdsl.catalog.kind import ObjectValue
from netdsl.elaborate.losses import loss_of
from netdsl.elaborate.training import TrainPlan
from netdsl.graph import Graph, Node, Ref
from netdsl.tensor import TensorSpec


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What advice about running on a device needs: its name, and the batch size where no `train` block says."""

    device: str = ""
    batch: int | None = None


@dataclass(eq=False)
class View:
    """One elaborated model. Only nodes that the outputs depend on are looked at."""

    graph: Graph
    training: TrainPlan | None = None
    surroundings: Surroundings = field(default_factory=Surroundings)

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes that matter, in order."""
        needed = self.graph.needed()
        return [node for node in self.graph.nodes if node.id in needed]

    @cached_property
    def consumers(self) -> Mapping[int, list[Node]]:
        """The nodes that take an output of each node."""
        table: dict[int, list[Node]] = {node.id: [] for node in self.graph.nodes}
        for node in self.nodes:
            for producer in dict.fromkeys(ref.node for ref in node.inputs):
                table[producer].append(node)
        return table

    @cached_property
    def output_nodes(self) -> set[int]:
        return {ref.node for ref in self.graph.outputs.values()}

    def producer(self, ref: Ref) -> Node:
        return self.graph.nodes[ref.node]

    def producers(self, node: Node) -> list[Node]:
        return [self.graph.nodes[ref.node] for ref in node.inputs]

    def only_producer(self, node: Node) -> Node | None:
        """Give the one node before this, or None where there are several or none."""
        before = self.producers(node)
        return before[0] if len(before) == 1 else None

    def only_consumer(self, node: Node) -> Node | None:
        """Give the one node after this, or None where its output forks, or leaves the model."""
        after = self.consumers[node.id]
        return after[0] if len(after) == 1 and node.id not in self.output_nodes else None

    def spec(self, ref: Ref) -> TensorSpec:
        return self.graph.spec(ref)

    def outputs(self) -> Iterator[tuple[str, Node, TensorSpec]]:
        """Give each output: its name, the node that makes it, and its type."""
        for name, ref in self.graph.outputs.items():
            yield name, self.graph.nodes[ref.node], self.graph.spec(ref)

    def losses(self) -> dict[str, Any]:
        """Give the loss of each output, where a `train` block gives one."""
        return loss_of(self.training, self.graph) if self.training is not None else {}

    def setting(self, name: str) -> Any:
        """Give a setting of the `train` block, or None."""
        return self.training.settings.get(name) if self.training is not None else None


def argument(node: Node, name: str, default: Any = None) -> Any:
    """Give an argument of a node's layer in canonical form."""
    return node.operation.bound.get(name, default)


def activation(node: Node) -> str:
    """Give the activation that a layer applies: `linear` where it has none."""
    value = argument(node, "activation")
    if isinstance(value, ObjectValue):
        return value.kind
    if isinstance(value, str):
        return value
    own = node.kind.lower()
    layers = {"relu": "relu", "leakyrelu": "leaky_relu", "prelu": "prelu", "elu": "elu", "softmax": "softmax"}
    return layers.get(own, "linear")


def kind_name(value: Any) -> str:
    """Give the identifier of an initializer, loss or other object however it was written."""
    return value.kind if isinstance(value, ObjectValue) else str(value)
