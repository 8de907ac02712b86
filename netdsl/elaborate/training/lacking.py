"""What a backend has no tensors for: words and ragged inputs are TensorFlow's alone, and PyTorch has no sparse ones."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.training import LackingThere
from netdsl.graph import Graph, Node

#: What the other backends are called.
BACKENDS = {"jax": "JAX", "torch": "PyTorch"}

#: The backends that have no such inputs, by the option of `keras.Input`.
_LACKING = {"sparse": ("torch",), "ragged": ("jax", "torch")}


def lacking_on(graph: Graph, backend: str, asked: str) -> Diagnostic | None:
    """Report what does not run on a backend that was asked for, by a setting or an option: the first of it."""
    if backend not in BACKENDS:
        return None
    return _words(graph, backend, asked) or _inputs(graph, backend, asked)


def _reader_of_words(graph: Graph) -> Node | None:
    """Give the first layer that a tensor of strings reaches."""
    for node in graph.counted():
        if any(graph.spec(ref).dtype == "string" for ref in node.inputs):
            return node
    return None


def _words(graph: Graph, backend: str, asked: str) -> Diagnostic | None:
    node = _reader_of_words(graph)
    if node is None:
        return None
    return LackingThere.at(
        node.written or node.origin.span,
        f"words arrive, and `{asked}` has the model run on {BACKENDS[backend]}, which has no tensors of strings",
        name=node.kind,
        backend=BACKENDS[backend],
        help=f"leave `{asked}` out, or turn words into numbers in the data: by a function of your own that gives a "
        "`tf.data.Dataset`",
    )


def _inputs(graph: Graph, backend: str, asked: str) -> Diagnostic | None:
    for node in (graph.nodes[number] for number in graph.inputs):
        (spec,) = node.flat_outputs
        options = {"sparse": spec.sparse, "ragged": spec.ragged}
        kind = next((o for o, is_so in options.items() if is_so and backend in _LACKING[o]), None)
        if kind is not None:
            return LackingThere.at(
                node.written or node.origin.span,
                f"it is {kind}, and `{asked}` has the model run on {BACKENDS[backend]}, which has no {kind} tensors",
                name=node.name,
                backend=BACKENDS[backend],
                help=f"leave `{kind}=True` out and feed dense numbers, or leave `{asked}` out",
            )
    return None
