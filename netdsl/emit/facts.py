"""What the compiler worked out about a model, in one sentence for its docstring."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from netdsl.elaborate.chains.models import model_weights
from netdsl.emit.python.layout_statements import wrap
from netdsl.graph import Graph
from netdsl.tensor import Shape, spell_shape


def describe(graph: Graph, has_parameters: bool) -> str:
    """Say what goes in, what comes out and how many parameters there are.

    `Tiny: (None, 32, 32, 3) -> (None, 10), 181,882 parameters at the defaults.`
    """
    if not graph.complete:
        return ""
    inputs = {graph.nodes[i].name: graph.nodes[i].flat_outputs[0].shape for i in graph.inputs}
    outputs = {name: graph.spec(ref).shape for name, ref in graph.outputs.items()}
    count = sum(prod(weight.shape) for weight in model_weights(graph))
    ends = f"{_shapes(inputs)} -> {_shapes(outputs)}"
    where = " at the defaults" if has_parameters else ""
    noun = "parameter" if count == 1 else "parameters"
    return "\n".join(wrap(f"{graph.name}: {ends}, {count:,} {noun}{where}.", 4, 6)).strip()


def _shapes(tensors: Mapping[str, Shape]) -> str:
    if len(tensors) == 1:
        return _shape(next(iter(tensors.values())))
    return ", ".join(f"{name} {_shape(shape)}" for name, shape in tensors.items())


def _shape(shape: Shape) -> str:
    return spell_shape(shape)
