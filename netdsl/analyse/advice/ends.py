"""How an output is made: the layer that computes it and the last activation on it."""

from __future__ import annotations

from netdsl.analyse.advice.view import KERNELS, activation, each_step
from netdsl.catalog.kind import Role
from netdsl.graph import Graph, Node, Ref
from netdsl.record import record

#: Layers that move, drop or average values and so keep what an activation promised.
_PASSING: tuple[Role, ...] = (
    "dropout", "identity", "reordering", "repeating", "pooling", "global_pooling", "cropping",
)  # fmt: skip

#: Functions that move values, or leave some out.
_MOVING = frozenset(
    {"squeeze", "reshape", "ravel", "expand_dims", "getitem", "transpose", "swapaxes", "moveaxis"}
)
_FUNCTIONS = frozenset({"softmax", "sigmoid", "relu", "log_softmax", "softplus", "tanh", "exp"})
_STEPS = 64


@record
class End:
    """`activation` is "linear" where there is none, and "" where it cannot be told."""

    activation: str
    node: Node


def end_of(graph: Graph, ref: Ref) -> End:
    """Walk back from an output to what decides the range of its values."""
    for _ in range(_STEPS):
        node = graph.nodes[ref.node]
        inner = node.operation.graph
        if inner is not None:
            graph, ref = inner, list(inner.outputs.values())[ref.path[0] if ref.path else 0]
            continue
        if node.operation.family == "op" and node.kind.rpartition(".")[2] in _MOVING:
            ref = node.inputs[0]
            continue
        found = _own_activation(node)
        repeated = each_step(node)
        definition = node.operation.definition if repeated is None else repeated.definition
        if found != "linear" or (definition and definition.is_a(*KERNELS, "embedding")):
            return End(found, node)
        if not node.is_a(*_PASSING, "activation"):
            return End("", node)
        ref = node.inputs[0]
    return End("", graph.nodes[ref.node])


def _own_activation(node: Node) -> str:
    if node.operation.family == "op":
        name = node.kind.rpartition(".")[2]
        return name if name in _FUNCTIONS else ""
    if node.is_a("recurrent") or node.operation.family != "layer":
        return ""
    return activation(node)
