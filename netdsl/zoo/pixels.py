"""What scales pixels, put behind the input of a spec that is to learn from pictures of 0 to 255."""

from __future__ import annotations

from netdsl.catalog.application_inputs import USUAL, Expected, expected_pixels
from netdsl.catalog.application_records import PREPROCESSING
from netdsl.catalog.signature import names
from netdsl.compiler import Compiled
from netdsl.diagnostics.diagnostic import Edit, apply_edits
from netdsl.graph import Graph
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk


def with_pixels_scaled(compiled: Compiled, model: str, base: str) -> str:
    """Write a spec whose model scales the pixels that arrive, as it is where it does so already.

    `base` is the model that this one is a size of, or itself: the one that says what is behind the input.
    """
    graph, text = compiled.graphs[model], compiled.file.text
    if scales(graph):
        return text
    image = graph.nodes[graph.inputs[0]].name
    stages = f"  # its pixels go from 0 to 255\n -> {_expected(model).stages}\n"
    written = (
        node.span
        for statement in compiled.unit.module.statements
        if isinstance(statement, tree.Model) and statement.name == base
        for node in walk(statement)
        if isinstance(node, tree.Name) and node.id == image
    )
    return apply_edits(text, [Edit(Span(at.file, at.end, at.end), stages) for at in written])


def scales(graph: Graph) -> bool:
    """Tell whether a network begins with what scales pixels."""
    image = graph.inputs[0]
    readers = (n for n in graph.nodes if any(ref.node == image for ref in n.inputs))
    return all(node.kind in PREPROCESSING for node in readers)


def _expected(model: str) -> Expected:
    """Give what the weights of Keras expect, which are a start then, or what is usual where it has none."""
    if model not in names("application"):
        return USUAL
    return expected_pixels(model, {"weights": "imagenet"}) or USUAL
