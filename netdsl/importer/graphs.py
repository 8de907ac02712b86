"""The graph of a spec as a network: in the form in which models are read, so that both are looked at in one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netdsl.catalog.kind import BoundLayer, Identifier
from netdsl.catalog.signature import signature
from netdsl.graph import Graph, Node, Operation, Ref
from netdsl.importer.layers import make_layer
from netdsl.importer.network import Given, Made, Network, Tensor, Use
from netdsl.importer.objects import is_default
from netdsl.importer.operations import many_of
from netdsl.importer.weights import make_weight
from netdsl.tensor import keras_shape


def network_of(graph: Graph) -> Network | None:
    """Give a graph of layers, functions and weights as a network; None where it has anything else."""
    network = Network(graph.name)
    made: dict[int, Made] = {}
    for node in graph.nodes:
        if id(node.operation) not in made:
            found = _made(node)
            if found is None:
                return None
            made[id(node.operation)] = found
        network.uses.append(_use(node, made[id(node.operation)], graph))
    network.inputs = list(graph.inputs)
    network.outputs = [(name, _tensor(ref, graph)) for name, ref in graph.outputs.items()]
    network.form = "one" if len(network.outputs) == 1 else "dict"
    return network


def _made(node: Node) -> Made | None:
    operation = node.operation
    match operation.family:
        case "input":
            spec = node.flat_outputs[0]
            shape = {"batch_shape": tuple(keras_shape(spec.shape)), "dtype": spec.dtype}
            return Made(operation.name, "InputLayer", "input", shape)
        case "op":
            return Made(operation.name, node.kind.removeprefix("ops."), "op")
        case "weight":
            config = {**operation.bound, "trainable": operation.trainable}
            return make_weight(operation.name, config)
        case "layer":
            return _layer(operation)
    return None


def _layer(operation: Operation) -> Made | None:
    if signature("layer", operation.kind) is None or not operation.bound:
        return None
    values = {name: _plain(value) for name, value in operation.bound.items()}
    if any(isinstance(value, BoundLayer) for value in values.values()):
        return None
    values["trainable"] = operation.trainable
    return make_layer(operation.name, operation.kind, values)


def _plain(value: Given) -> Given:
    if isinstance(value, Identifier):
        return value.last
    if isinstance(value, list):
        return tuple(map(_plain, value))
    return value


def _use(node: Node, made: Made, graph: Graph) -> Use:
    if made.family == "op":
        return Use(node.id, made, (), _with_tensors(bound_operation(made.kind, node), graph))
    if made.family in ("weight", "input"):  # what a weight is called on says nothing
        return Use(node.id, made)
    return Use(
        node.id, made, _with_tensors(node.positional, graph), _with_tensors(node.keywords, graph)
    )


def _with_tensors(value: Given, graph: Graph) -> Given:
    if isinstance(value, Ref):
        return _tensor(value, graph)
    if isinstance(value, (list, tuple)):
        return tuple(_with_tensors(item, graph) for item in value)
    if isinstance(value, Mapping):
        return {name: _with_tensors(item, graph) for name, item in value.items()}
    return value


def _tensor(ref: Ref, graph: Graph) -> Tensor:
    return Tensor(ref.node, list(paths_of(graph.nodes[ref.node].outputs)).index(ref.path))


def paths_of(structure: Given, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Give the way to each tensor of a structure, in the order in which outputs are counted."""
    if isinstance(structure, tuple):
        for index, part in enumerate(structure):
            yield from paths_of(part, (*path, index))
    else:
        yield path


def bound_operation(function: str, node: Node) -> dict[str, Given]:
    """Give what a function is called with, by the names of its parameters, but for what is as it comes."""
    found = signature("op", function)
    if found is None:
        return {"x": node.positional[0], "key": node.positional[1]}
    given = dict(zip((p.name for p in found.positional), node.positional, strict=False)) | dict(
        node.keywords
    )
    if many := many_of(found):
        given[many] = tuple(node.positional[len(found.positional) :])
    return {
        p.name: given[p.name]
        for p in found.parameters
        if p.name in given and not is_default(given[p.name], p)
    }


__all__ = ["bound_operation", "network_of", "paths_of"]
