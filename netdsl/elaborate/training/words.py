"""Words inside a model: TensorFlow alone has tensors of strings, so a model on JAX or PyTorch takes none."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems.training import WordsInside
from netdsl.graph import Graph, Node

#: What the other backends are called.
BACKENDS = {"jax": "JAX", "torch": "PyTorch"}


def reader_of_words(graph: Graph) -> Node | None:
    """Give the first layer that a tensor of strings reaches."""
    for node in graph.counted():
        if any(graph.spec(ref).dtype == "string" for ref in node.inputs):
            return node
    return None


def words_on(graph: Graph, backend: str, asked: str) -> Diagnostic | None:
    """Report a layer that reads words where a backend that has none was asked for, by a setting or an option."""
    node = reader_of_words(graph)
    if node is None or backend not in BACKENDS:
        return None
    return WordsInside.at(
        node.written or node.origin.span,
        f"words arrive, and `{asked}` has the model run on {BACKENDS[backend]}, which has no tensors of strings",
        name=node.kind,
        help=f"leave `{asked}` out, or turn words into numbers in the data: by a function of your own that gives a "
        "`tf.data.Dataset`",
    )
