"""A model as data: the object of `netdsl summary --format json` and of `CompiledModel.summary()`."""

from __future__ import annotations

from netdsl.analyse.costs import counted_nodes, parameters_of, totals, weights_of
from netdsl.analyse.sizes import graph_conditions
from netdsl.graph import Graph, Node
from netdsl.tensor import Dim, TensorSpec, keras_shape
from netdsl.value import Document, Value
from netdsl.version import __version__


def summary_dict(graph: Graph, file_name: str) -> Document:
    """Give a model's summary; every value is one that JSON has, and a shape is a list."""
    labels = graph.labels()
    return {
        "netdsl": __version__,
        "file": file_name,
        "model": graph.name,
        "hyperparameters": {
            name: plain_value(value) for name, value in graph.hyperparameters.items()
        },
        "tried": {
            name: {kind: [plain_value(value) for value in values]}
            for name, (kind, values) in graph.tried.items()
        },
        "inputs": [
            _named(graph.nodes[number].name, spec)
            for number in graph.inputs
            for spec in graph.nodes[number].flat_outputs[:1]
        ],
        "outputs": [_named(name, graph.spec(ref)) for name, ref in graph.outputs.items()],
        "layers": [_layer(graph, node, labels) for node in counted_nodes(graph)],
        "totals": totals_dict(graph),
        "demands": graph_conditions(graph),
        "complete": graph.complete,
    }


def totals_dict(graph: Graph) -> dict[str, int | None]:
    """Give the totals; a count that is not a fixed number is None."""
    total = totals(graph)
    told = not total.untold
    return {
        "parameters": total.parameters if told else None,
        "trainable_parameters": total.trainable_parameters if told else None,
        "non_trainable_parameters": total.non_trainable_parameters if told else None,
        "macs": _fixed(total.macs),
        "activation_bytes": _fixed(total.activation_bytes),
        "weight_bytes": total.weight_bytes if told else None,
        "layers": total.layers,
    }


def kind_of(node: Node) -> str:
    """Give the Keras class of a node; a model within a model is `Functional` there."""
    classes = {"input": "InputLayer", "model": "Functional", "application": "Functional"}
    return classes.get(node.operation.family, node.kind)


def _layer(graph: Graph, node: Node, labels: dict[int, str]) -> Document:
    weights = weights_of(node.operation)
    parameters, trainable = parameters_of(node.operation)
    told = node.operation.is_told
    place = node.origin.span.first
    return {
        "name": labels[node.id],
        "kind": kind_of(node),
        "inputs": [labels[ref.node] for ref in node.inputs],
        "output_shapes": [keras_shape(spec.shape) for spec in node.flat_outputs],
        "output_dtypes": [spec.dtype for spec in node.flat_outputs],
        "output_masked": [spec.masked for spec in node.flat_outputs],
        "weights": [list(weight.shape) for weight, _ in weights] if told else None,
        "parameters": parameters if told else None,
        "trainable_parameters": trainable if told else None,
        "macs": _fixed(node.macs) if node.known else None,
        "file": node.origin.span.file.name,
        "line": place.line,
        "column": place.column,
    }


def _named(name: str, spec: TensorSpec) -> Document:
    return {"name": name, "shape": keras_shape(spec.shape), "dtype": spec.dtype}


def _fixed(count: Dim) -> int | None:
    return count if isinstance(count, int) else None


def plain_value(value: Value) -> Value:
    """Write a hyperparameter as JSON can: tuples as lists, objects as they are spelled."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON has no infinity and no nan
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    return str(value)


def empty_summary(file_name: str) -> Document:
    """Give the object for a file without a model that can be summed up: the same keys, nothing in them."""
    return {
        "netdsl": __version__,
        "file": file_name,
        "model": None,
        "hyperparameters": {},
        "inputs": [],
        "outputs": [],
        "layers": [],
        "totals": None,
        "demands": [],
        "complete": False,
    }
