"""What an advice rule sees: a model's graph with its training, and the questions that many rules ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from netdsl.analyse.layout import Layout, layouts
from netdsl.catalog.activations import ACTIVATIONS
from netdsl.catalog.kind import BoundLayer, ObjectValue, Role
from netdsl.catalog.signature import identifiers
from netdsl.diagnostics.diagnostic import Label
from netdsl.elaborate.training import losses
from netdsl.graph import Graph, Node, Ref
from netdsl.record import mutable, record
from netdsl.source import Span
from netdsl.tensor import Dim, TensorSpec
from netdsl.value import Value

if TYPE_CHECKING:
    from netdsl.elaborate.training.plan import TrainPlan

T = TypeVar("T")


@record
class Surroundings:
    """What advice about running on a device needs: its name, a batch size, and one where no `train` block says."""

    device: str = ""
    batch: int | None = None
    usual_batch: int | None = None


@mutable
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
    def _by_role(self) -> dict[tuple[Role, ...], list[Node]]:
        return {}

    def having(self, *roles: Role) -> list[Node]:
        """Give the nodes that matter and have one of some roles, in order."""
        if roles not in self._by_role:
            self._by_role[roles] = [node for node in self.nodes if node.is_a(*roles)]
        return self._by_role[roles]

    @cached_property
    def _worked_out(self) -> dict[Callable[[View], object], Any]:  # what each gives
        return {}

    def once(self, work: Callable[[View], T]) -> T:
        """Give what a function makes of this view: several rules ask for it, and it is worked out once."""
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        found: T = self._worked_out[work]
        return found

    @cached_property
    def layouts(self) -> dict[int, Layout]:
        """Where the channels of each node's output are, for those of which that is known."""
        return layouts(self.graph, self.nodes)

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
        inputs = node.inputs
        return self.graph.nodes[inputs[0].node] if len(inputs) == 1 else None

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

    def losses(self) -> dict[str, Value]:
        """Give the loss of each output, where a `train` block gives one."""
        return losses.loss_of(self.training, self.graph) if self.training is not None else {}

    def setting(self, name: str) -> Value:
        """Give a setting of the `train` block, or None."""
        return self.training.settings.get(name) if self.training is not None else None


def listed(setting: Value) -> list[Value]:
    """Give what a setting lists; nothing where it is not set."""
    return setting if isinstance(setting, list) else []


def at(node: Node) -> Span:
    """Give the place of the call that made a node's layer."""
    return node.operation.span or node.origin.span


def uses(node: Node) -> tuple[Label, ...]:
    """Label the use of the block that a node stands in."""
    return tuple(Label(via, "in this use") for via in node.origin.via[:1])


def argument(node: Node, name: str, default: Value = None) -> Any:
    """Give an argument of a node's layer in canonical form, which is of the argument's own type, as in a `Call`."""
    return node.operation.bound.get(name, default)


#: Layers that are an activation, by what they apply.
_ACTIVATING = {facts.layer: facts.name for facts in ACTIVATIONS if facts.layer is not None}


def activation(node: Node) -> str:
    """Give the activation that a layer applies, also step by step: `linear` without one, "" where it is the user's."""
    inner = each_step(node)
    value = argument(node, "activation") if inner is None else inner.arguments.get("activation")
    if isinstance(value, str):
        return value
    if isinstance(value, (ObjectValue, BoundLayer)):
        return _ACTIVATING.get(value.kind, "" if isinstance(value, BoundLayer) else value.kind)
    return _ACTIVATING.get(node.kind, "linear") if value is None else ""


def each_step(node: Node) -> BoundLayer | None:
    """Give the layer that a `TimeDistributed` applies to each step."""
    inner = argument(node, "layer") if node.is_a("step_by_step") else None
    return inner if isinstance(inner, BoundLayer) else None


def initializer(node: Node, name: str = "kernel_initializer") -> str:
    """Give the class of a layer's initializer, however it was written: `he_normal` -> HeNormal; "" without one."""
    value = argument(node, name)
    if isinstance(value, ObjectValue):
        return value.kind
    return identifiers("initializer").get(value, "") if isinstance(value, str) else ""


def channel_axis(node: Node) -> int:
    """Give the axis of the channels of what a layer works on."""
    return 1 if argument(node, "data_format") == "channels_first" else -1


def spatial(node: Node, spec: TensorSpec) -> tuple[Dim, ...]:
    """Give the sizes between batch and channels: (None, 28, 28, 6) -> (28, 28)."""
    return spec.shape[2:] if channel_axis(node) == 1 else spec.shape[1:-1]


def shows(sizes: Iterable[Dim]) -> str:
    """Write sizes as a person does: (28, 28) -> 28x28."""
    return "x".join(str(size) for size in sizes)


#: Layers that multiply by a kernel; those whose kernel mixes all channels; those that slide a window over a map.
CONVOLUTIONS: tuple[Role, ...] = ("convolution", "transposed")
KERNELS: tuple[Role, ...] = ("dense", "einsum", *CONVOLUTIONS, "depthwise", "separable")
SLIDING_KERNELS: tuple[Role, ...] = ("convolution", "depthwise", "separable")
SLIDING: tuple[Role, ...] = (*SLIDING_KERNELS, "pooling")
