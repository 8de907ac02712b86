"""A network as Model Explorer reads it: every layer, in the blocks it is in; nothing is counted or joined."""

from __future__ import annotations

import json
from collections import Counter

from netdsl.analyse.costs import parameters_of
from netdsl.catalog.spell import spell
from netdsl.graph import Graph, Use
from netdsl.picture.network import Atom, Network, Place, lay_flat
from netdsl.value import Document


def as_explorer(graph: Graph) -> str:
    """Write a network for Model Explorer."""
    network = lay_flat(graph)
    seen: Counter[str] = Counter()
    names = [_unique(atom.node.name, seen) for atom in network.atoms]
    nodes = [_node(atom, names, network) for atom in network.atoms]
    for name, tensor in network.outputs:
        nodes.append(
            {
                "id": f"output: {name}",
                "label": name,
                "namespace": "",
                "attrs": [],
                "incomingEdges": [_edge(network, names, tensor, 0)],
                "outputsMetadata": [],
            }
        )
    document = {"label": graph.name, "graphs": [{"id": graph.name, "nodes": nodes}]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _unique(name: str, seen: Counter[str]) -> str:
    """Tell the uses of a shared layer apart."""
    seen[name] += 1
    return name if seen[name] == 1 else f"{name} ({seen[name]})"


def _node(atom: Atom, names: list[str], network: Network) -> Document:
    node = atom.node
    attributes = {k: spell(v) for k, v in node.operation.arguments.items() if k != "name"}
    attributes["parameters"] = f"{parameters_of(node.operation)[0]:,}"
    attributes["multiply-accumulates"] = str(node.macs)
    attributes["line"] = str(node.origin.span.first.line)
    return {
        "id": names[atom.number],
        "label": node.kind,
        "namespace": "/".join(_namespace(atom.place)),
        "attrs": [{"key": key, "value": value} for key, value in attributes.items()],
        "incomingEdges": [
            _edge(network, names, tensor, at) for at, tensor in enumerate(atom.inputs)
        ],
        "outputsMetadata": [
            {
                "id": str(at),
                "attrs": [
                    {"key": "shape", "value": str(network.tensors[tensor].spec.shape)},
                    {"key": "dtype", "value": network.tensors[tensor].spec.dtype},
                ],
            }
            for at, tensor in enumerate(atom.outputs)
        ],
    }


def _edge(network: Network, names: list[str], tensor: int, at: int) -> Document:
    source = network.tensors[tensor]
    return {
        "sourceNodeId": names[source.atom],
        "sourceNodeOutputId": str(source.index),
        "targetNodeInputId": str(at),
    }


def _namespace(place: Place | None) -> list[str]:
    """Give the names of the blocks around a layer, outermost first; Model Explorer parts them by `/`."""
    found: list[str] = []
    while place is not None:
        if isinstance(place.step, Use):
            found.append((place.step.name or place.step.block).replace("/", "_"))
        place = place.around
    return found[::-1]
