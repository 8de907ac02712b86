"""Tensors of more axes than TensorFlow computes with, which Keras builds all the same."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.catalog.most_axes import MOST, MOST_STRETCHED, each_step, stretched, stretches
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.shapes import BuildsButFails
from netdsl.graph import Graph, Node, refs_in
from netdsl.tensor import spell_shape


def too_many_axes(graph: Graph) -> Iterator[Diagnostic]:
    """Warn of each node that fails when it runs, in a model and in those inside it."""
    pending, seen = [graph], {id(graph)}
    while pending:
        part = pending.pop()
        found = (diagnostic for n in part.needed_nodes() if (diagnostic := _check(n, part)))
        yield from dict.fromkeys(found)
        inside = [o.graph for o in part.operations() if o.graph is not None]
        pending += [inner for inner in inside if id(inner) not in seen]
        seen.update(map(id, inside))


def _check(node: Node, graph: Graph) -> Diagnostic | None:
    shapes = [graph.spec(ref).shape for ref in refs_in((node.positional, node.keywords))]
    rank = max(map(len, shapes), default=0)
    if rank <= MOST_STRETCHED:
        return None  # nearly always
    function = node.kind.removeprefix("ops.") if node.operation.family == "op" else ""
    is_joined = stretches(function) or (
        node.is_a("merging") and not node.is_a("concatenation", "contraction")
    )
    if is_joined:
        for left, right in each_step(shapes):
            if stretched(left, right) > MOST_STRETCHED:
                return _stretched(node, spell_shape(left), spell_shape(right))
    if rank > MOST.get(function, rank):
        return BuildsButFails.at(
            node.origin.span,
            f"TensorFlow computes it of {MOST[function]} axes at the most, and here are {rank}",
            layer=node.kind,
            help="bring axes together before, `ops.reshape(…)`, and apart again behind it; JAX and PyTorch take more",
        )
    return None


def _stretched(node: Node, left: str, right: str) -> Diagnostic:
    return BuildsButFails.at(
        node.origin.span,
        f"TensorFlow stretches at most {MOST_STRETCHED} axes in turn, and {left} meets {right}",
        layer=node.kind,
        help="let axes that are stretched alike stand side by side, join two tensors before the third, or bring axes "
        "together by `ops.reshape(…)`; JAX and PyTorch take more",
    )
