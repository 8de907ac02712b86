"""What the compiler worked out about a model, in one sentence for its docstring."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from netdsl.elaborate.chains.models import model_weights
from netdsl.emit.python.layout_statements import dedented, wrap
from netdsl.graph import Graph
from netdsl.tensor import Shape, spell_shape

#: Columns of a docstring's line beside its text: the indentation, and the quotes of a line by itself.
_INDENT, _QUOTES = 4, 6

#: A space at which no line ends: a shape stands whole.
_TOGETHER = "\u00a0"


def described(text: str | None, graph: Graph | None, has_parameters: bool) -> str:
    """Give a model's docstring: the spec's own, and what the compiler worked out."""
    own = "\n".join(dedented(text or ""))
    facts = "" if graph is None else _facts(graph, has_parameters)
    lines = wrap(facts, _INDENT, 0 if own else _QUOTES) if facts else []
    told = "\n".join(lines).strip().replace(_TOGETHER, " ")
    return f"{own}\n\n{told}" if own and told else own or told


def _facts(graph: Graph, has_parameters: bool) -> str:
    """Say what goes in, what comes out and how many parameters there are.

    `(None, 32, 32, 3) -> (None, 10), 181,882 parameters at the defaults.`
    """
    if not graph.complete:
        return ""
    inputs = {graph.nodes[i].name: graph.nodes[i].flat_outputs[0].shape for i in graph.inputs}
    outputs = {name: graph.spec(ref).shape for name, ref in graph.outputs.items()}
    count = sum(prod(weight.shape) for weight in model_weights(graph))
    ends = f"{_shapes(inputs)} -> {_shapes(outputs)}"
    where = " at the defaults" if has_parameters else ""
    noun = "parameter" if count == 1 else "parameters"
    return f"{ends}, {count:,} {noun}{where}."


def _shapes(tensors: Mapping[str, Shape]) -> str:
    if len(tensors) == 1:
        return _shape(next(iter(tensors.values())))
    return ", ".join(f"{name} {_shape(shape)}" for name, shape in tensors.items())


def _shape(shape: Shape) -> str:
    return spell_shape(shape).replace(" ", _TOGETHER)
