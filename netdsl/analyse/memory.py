"""The memory that training takes on a GPU: weights, gradients, optimizer state, activations.

It is an estimate from shapes. Activations are every tensor that the layers give, and what attention and recurrent
layers keep inside, as if all were held for the backward pass. That is more than a compiler that fuses layers keeps,
and leaves out the work space of cuDNN. Where no gradient comes, a tensor lasts until the next layers have read it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from netdsl.analyse.costs import counted_nodes, weights_in
from netdsl.analyse.gradients import in_gradient, leaves_of, read_in_gradient
from netdsl.catalog.cost_rules import ELEMENT_BYTES
from netdsl.catalog.kind import ObjectValue, Weight, policy_dtypes
from netdsl.catalog.signature import names_and_aliases
from netdsl.graph import Graph, Node, held_bytes, inside_bytes, output_bytes
from netdsl.record import record
from netdsl.tensor import UNKNOWN, Dim
from netdsl.value import Arguments, Value

#: What the driver, cuDNN and cuBLAS take before a model is there.
RESERVED = 600 * 2**20

_FLOATS = ("float16", "bfloat16", "float32", "float64")


@record
class Setup:
    """How a model is trained: its dtype policy, the optimizer, and how many copies share a batch."""

    precision: str = "float32"
    optimizer: Value = "adam"
    replicas: int = 1


@record
class Memory:
    """Bytes; `activations` are those of one sample, None where a size is not known.

    `untold` are the layers whose weights only a class of the user's own knows: the bytes are without them.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int | None
    untold: tuple[str, ...] = ()

    @property
    def fixed(self) -> int:
        """What is there whatever the batch size."""
        return self.weights + self.gradients + self.optimizer

    def at(self, batch: int) -> int | None:
        return None if self.activations is None else self.fixed + batch * self.activations

    def largest_batch(self, capacity: int) -> int | None:
        """Give the largest batch that fits into a device's memory, 0 where not even one sample does."""
        if self.activations is None:
            return None
        room = capacity - RESERVED - self.fixed
        return max(room, 0) // max(self.activations, 1)


def training_memory(graph: Graph, setup: Setup) -> Memory:
    """Add up what training a model holds in memory."""
    operations = {id(node.operation): node.operation for node in counted_nodes(graph)}
    weights = list(weights_in(operations.values()))
    trained = [weight for weight, trains in weights if trains]
    return Memory(
        weights=sum(variable_bytes(weight, setup.precision) for weight, _ in weights),
        gradients=sum(variable_bytes(weight, setup.precision) for weight in trained),
        optimizer=optimizer_bytes(setup.optimizer, trained, setup.precision),
        activations=_activations(graph, setup.precision),
        untold=tuple(operation.name for operation in operations.values() if not operation.is_told),
    )


def _activations(graph: Graph, precision: str) -> int | None:
    """Give what one sample takes: all that is held, or for a moment the largest layer that runs forwards alone."""
    running = in_gradient(graph)
    read = read_in_gradient(graph, running)
    held: list[Dim] = []
    passing: list[Dim] = [0]
    for node in counted_nodes(graph):
        if node.id in running or node.operation.family == "input":
            held += [held_bytes(leaf, precision) for leaf in leaves_of(node)]
            continue
        held += [output_bytes(node, precision)] if node.id in read else []
        passing += [2 * largest_bytes(leaf, precision) for leaf in leaves_of(node)]
    known = [count for count in (*held, *passing) if isinstance(count, int)]
    if len(known) < len(held) + len(passing):
        return None
    return max(sum(known[: len(held)]), *known[len(held) :])


def leaves(graph: Graph) -> Iterator[Node]:
    """Give the nodes that compute, those of models used as layers in place of them."""
    for node in counted_nodes(graph):
        yield from leaves_of(node)


def variable_bytes(weight: Weight, precision: str) -> int:
    """Give the memory of a weight under a dtype policy: float32 ones follow the policy's variables."""
    dtype = policy_dtypes(precision)[1] if weight.dtype == "float32" else weight.dtype
    return math.prod(weight.shape) * ELEMENT_BYTES.get(dtype, 4)


def largest_bytes(node: Node, precision: str) -> Dim:
    """Give the memory of one sample of the largest tensor that a node makes."""
    if node.operation.family != "application":
        return held_bytes(node, precision)
    counts = inside_bytes(node, precision)
    known = [count for count in counts if isinstance(count, int)]
    return max(known, default=0) if len(known) == len(counts) else UNKNOWN


#: Variables of the shape of each weight; what depends on arguments is added in `slots`.
_SLOTS = {
    "SGD": 0, "RMSprop": 1, "Adam": 2, "AdamW": 2, "Nadam": 2, "Adamax": 2, "Adagrad": 1, "Adadelta": 2,
    "Ftrl": 2, "Lion": 1, "Lamb": 2, "ScheduleFreeAdamW": 2,
}  # fmt: skip


def optimizer_name(optimizer: Value) -> str:
    """Give the class of an optimizer however it was written: `adam` -> Adam."""
    if isinstance(optimizer, ObjectValue):
        return optimizer.kind
    wanted = str(optimizer).lower()
    return next(
        (name for name in names_and_aliases("optimizer") if name.lower() == wanted), str(optimizer)
    )


def optimizer_bytes(optimizer: Value, weights: Iterable[Weight], precision: str) -> int:
    """Give the memory of an optimizer's state."""
    arguments: Arguments = optimizer.arguments if isinstance(optimizer, ObjectValue) else {}
    name = optimizer_name(optimizer)
    inner = arguments.get("inner_optimizer")
    if inner is not None:
        return optimizer_bytes(inner, weights, precision)
    size = ELEMENT_BYTES.get(policy_dtypes(precision)[1], 4)
    return sum(size * _state(name, arguments, weight) for weight in weights)


def _state(name: str, arguments: Arguments, weight: Weight) -> int:
    """Count the numbers that an optimizer keeps of one weight."""
    count, rank = math.prod(weight.shape), len(weight.shape)
    own = _SLOTS.get(name, 2) * count
    if name == "Adafactor":
        factored = count // weight.shape[-1] + count // weight.shape[-2] if rank >= 2 else 2
        own = factored + count
    elif name == "Muon":
        by_adam = "embedding" in weight.name and arguments.get("exclude_embeddings", True)
        own = count if rank == 2 and not by_adam else 2 * count
    extra: int = bool(arguments.get("use_ema")) + bool(arguments.get("gradient_accumulation_steps"))
    if name in ("SGD", "RMSprop"):
        extra += bool(arguments.get("momentum"))
    extra += bool(arguments.get("centered")) if name == "RMSprop" else 0
    extra += bool(arguments.get("amsgrad")) if name in ("Adam", "AdamW") else 0
    return own + extra * count
