"""The memory that training takes on a GPU: weights, gradients, optimizer state, activations.

It is an estimate from shapes. Activations are every tensor that the layers give, and what attention and recurrent
layers keep inside, as if all were held for the backward pass. That is more than a compiler that fuses layers keeps,
and leaves out the work space of cuDNN.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from netdsl.analyse.costs import ELEMENT_BYTES, counted_nodes
from netdsl.catalog.kind import ObjectValue, Weight, policy_dtypes
from netdsl.catalog.signature import names_and_aliases
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.tensor import Dim, TensorSpec, product

#: What the driver, cuDNN and cuBLAS take before a model is there.
RESERVED = 600 * 2**20

_FLOATS = ("float16", "bfloat16", "float32", "float64")
_VIEWS = frozenset({"Flatten", "Reshape", "Identity", "InputLayer"})


@record
class Setup:
    """How a model is trained: its dtype policy, the optimizer, and how many copies share a batch."""

    precision: str = "float32"
    optimizer: Any = "adam"
    replicas: int = 1


@record
class Memory:
    """Bytes; `activations` are those of one sample, None where a size is not known."""

    weights: int
    gradients: int
    optimizer: int
    activations: int | None

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
    weights = list(weights_in(graph))
    trained = [weight for weight, trains in weights if trains]
    kept = [kept_bytes(node, setup.precision) for node in leaves(graph)]
    known = [count for count in kept if isinstance(count, int)]
    return Memory(
        weights=sum(variable_bytes(weight, setup.precision) for weight, _ in weights),
        gradients=sum(variable_bytes(weight, setup.precision) for weight in trained),
        optimizer=optimizer_bytes(setup.optimizer, trained, setup.precision),
        activations=sum(known) if len(known) == len(kept) else None,
    )


# -- the nodes and weights of a model and of those in it ----------------------------------------


def leaves(graph: Graph) -> Iterator[Node]:
    """Give the nodes that compute, those of models used as layers in place of them."""
    pending = [iter(counted_nodes(graph))]
    while pending:
        node = next(pending[-1], None)
        if node is None:
            pending.pop()
        elif node.operation.graph is not None:
            inner = node.operation.graph
            pending.append(n for n in counted_nodes(inner) if n.operation.family != "input")
        else:
            yield node


def weights_in(graph: Graph) -> Iterator[tuple[Weight, bool]]:
    """Give each weight once, and whether it trains."""
    from netdsl.analyse.costs import weights_of

    operations = {id(node.operation): node.operation for node in counted_nodes(graph)}
    for operation in operations.values():
        yield from weights_of(operation)


# -- bytes --------------------------------------------------------------------------------------


def variable_bytes(weight: Weight, precision: str) -> int:
    """Give the memory of a weight under a dtype policy: float32 ones follow the policy's variables."""
    dtype = policy_dtypes(precision)[1] if weight.dtype == "float32" else weight.dtype
    return math.prod(weight.shape) * ELEMENT_BYTES.get(dtype, 4)


def compute_dtype(node: Node, precision: str) -> str:
    """Give the dtype that a layer computes in: its own policy's, or the one of the training."""
    own = node.operation.bound.get("dtype")
    return policy_dtypes(own if own is not None else precision)[0]


def tensor_bytes(spec: TensorSpec, dtype: str) -> Dim:
    """Give the memory of one sample of a tensor that a layer computing in `dtype` gives."""
    actual = dtype if spec.dtype in _FLOATS else spec.dtype
    return product(spec.shape[1:]) * ELEMENT_BYTES.get(actual, 4)


def output_bytes(node: Node, precision: str) -> Dim:
    """Give the memory of one sample of all that a node gives."""
    dtype = compute_dtype(node, precision)
    total: Dim = 0
    for spec in node.flat_outputs:
        total = total + tensor_bytes(spec, dtype)
    return total


def kept_bytes(node: Node, precision: str) -> Dim:
    """Give the memory of one sample of what a node holds until the backward pass."""
    if node.kind in _VIEWS and node.operation.family != "input":
        return 0
    inside: Dim = 0
    for count in _inside(node):
        inside = inside + count
    return output_bytes(node, precision) + inside * ELEMENT_BYTES.get(
        compute_dtype(node, precision), 4
    )


def _inside(node: Node) -> Iterator[Dim]:
    """Count the elements that a layer computes on the way to its output and needs again."""
    bound = node.operation.bound
    if node.kind in ("MultiHeadAttention", "GroupQueryAttention"):
        query = node.flat_outputs[0].shape
        heads: int = bound.get("num_heads") or bound.get("num_query_heads") or 1
        width: int = bound.get("key_dim") or bound.get("head_dim") or 1
        steps = product(query[1:-1])
        yield heads * steps * steps  # the scores after softmax, for a value as long as the query
        yield steps * heads * width * 4  # queries, keys, values and their mix
    elif node.kind in ("LSTM", "GRU") and node.operation.weights:
        gates = node.operation.weights[0].shape[-1]
        yield from (gates * steps for steps in _steps(node))


def _steps(node: Node) -> Iterable[Dim]:
    """Find the steps of a recurrent layer: its work is steps times the weights of one."""
    step = sum(
        math.prod(weight.shape) for weight in node.operation.weights if len(weight.shape) == 2
    )
    return [node.macs // step] if step else []


# -- optimizers ---------------------------------------------------------------------------------

#: Variables of the shape of each weight; what depends on arguments is added in `slots`.
_SLOTS = {
    "SGD": 0, "RMSprop": 1, "Adam": 2, "AdamW": 2, "Nadam": 2, "Adamax": 2, "Adagrad": 1, "Adadelta": 2,
    "Ftrl": 2, "Lion": 1, "Lamb": 2, "ScheduleFreeAdamW": 2,
}  # fmt: skip


def optimizer_name(optimizer: Any) -> str:
    """Give the class of an optimizer however it was written: `adam` -> Adam."""
    if isinstance(optimizer, ObjectValue):
        return optimizer.kind
    wanted = str(optimizer).lower()
    return next(
        (name for name in names_and_aliases("optimizer") if name.lower() == wanted), str(optimizer)
    )


def optimizer_bytes(optimizer: Any, weights: Iterable[Weight], precision: str) -> int:
    """Give the memory of an optimizer's state."""
    arguments = optimizer.arguments if isinstance(optimizer, ObjectValue) else {}
    name = optimizer_name(optimizer)
    inner = arguments.get("inner_optimizer")
    if inner is not None:
        return optimizer_bytes(inner, weights, precision)
    size = ELEMENT_BYTES.get(policy_dtypes(precision)[1], 4)
    return sum(size * _state(name, arguments, weight) for weight in weights)


def _state(name: str, arguments: Any, weight: Weight) -> int:
    """Count the numbers that an optimizer keeps of one weight."""
    count, rank = math.prod(weight.shape), len(weight.shape)
    own = _SLOTS.get(name, 2) * count
    if name == "Adafactor":
        factored = count // weight.shape[-1] + count // weight.shape[-2] if rank >= 2 else 2
        own = factored + count
    elif name == "Muon":
        by_adam = "embedding" in weight.name and arguments.get("exclude_embeddings", True)
        own = count if rank == 2 and not by_adam else 2 * count
    extra = bool(arguments.get("use_ema")) + bool(arguments.get("gradient_accumulation_steps"))
    if name in ("SGD", "RMSprop"):
        extra += bool(arguments.get("momentum"))
    extra += bool(arguments.get("centered")) if name == "RMSprop" else 0
    extra += bool(arguments.get("amsgrad")) if name in ("Adam", "AdamW") else 0
    return own + extra * count
