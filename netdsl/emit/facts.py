"""What the compiler worked out about a model, in a sentence or two for its docstring."""

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
    if graph is None or not graph.complete:
        return own
    shapes, size = _shapes_through(graph), _size(graph, has_parameters)
    told = _wrapped(f"{shapes}, {size}.", 0 if own else _QUOTES)
    if own:
        return f"{own}\n\n{told}"
    if "\n" not in told:
        return told
    return f"A model of {size}.\n\n{_wrapped(f'{shapes}.')}"  # a docstring begins with one line


def _wrapped(text: str, first: int = 0) -> str:
    return "\n".join(wrap(text, _INDENT, first)).strip().replace(_TOGETHER, " ")


def _shapes_through(graph: Graph) -> str:
    """Say what goes in and what comes out: `(None, 32, 32, 3) -> (None, 10)`."""
    inputs = {graph.nodes[i].name: graph.nodes[i].flat_outputs[0].shape for i in graph.inputs}
    outputs = {name: graph.spec(ref).shape for name, ref in graph.outputs.items()}
    return f"{_shapes(inputs)} -> {_shapes(outputs)}"


def _size(graph: Graph, has_parameters: bool) -> str:
    """Say how many parameters there are: `181,882 parameters at the defaults`."""
    count = sum(prod(weight.shape) for weight in model_weights(graph))
    where = " at the defaults" if has_parameters else ""
    noun = "parameter" if count == 1 else "parameters"
    return f"{count:,} {noun}{where}"


def _shapes(tensors: Mapping[str, Shape]) -> str:
    if len(tensors) == 1:
        return _shape(next(iter(tensors.values())))
    return ", ".join(f"{name} {_shape(shape)}" for name, shape in tensors.items())


def _shape(shape: Shape) -> str:
    return spell_shape(shape).replace(" ", _TOGETHER)
