"""Shapes and dtypes of the tensors of a model: as its configuration tells them, or else as its flat spec comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netdsl.importer.document import Document
from netdsl.importer.elaborated import elaborated
from netdsl.importer.flat import flat_spec
from netdsl.importer.graphs import paths_of
from netdsl.importer.network import Network, Sizes, Tensor
from netdsl.importer.proof import paired
from netdsl.tensor import keras_shape

Told = tuple[Sizes, str]


class Types:
    """The types of the tensors of a document; the flat spec is elaborated once one is asked for that is not told."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._worked_out: Mapping[int, Mapping[Tensor, Told]] | None = None

    def of(self, network: Network) -> Callable[[Tensor], Told | None]:
        """Give what tells the type of a tensor of a network."""
        return lambda tensor: self._type(network, tensor)

    def _type(self, network: Network, tensor: Tensor) -> Told | None:
        told = network.types.get(tensor)
        if told is not None and told[1] != "None":
            return told
        if self._worked_out is None:
            self._worked_out = self._elaborated()
        return self._worked_out.get(id(network), {}).get(tensor)

    def _elaborated(self) -> Mapping[int, Mapping[Tensor, Told]]:
        document = self._document
        found = elaborated(flat_spec(document, "", ()))
        if found.error is not None:
            return {}
        made: dict[int, Mapping[Tensor, Told]] = {}
        for network in document.networks:
            graph = found.graphs[document.names[id(network)]]
            types: dict[Tensor, Told] = {}
            for use, number in paired(network, graph).items():
                node = graph.nodes[number]
                for output, _ in enumerate(paths_of(node.outputs)):
                    spec = node.flat_outputs[output]
                    types[Tensor(use, output)] = (tuple(keras_shape(spec.shape)), spec.dtype)
            made[id(network)] = types
        return made


__all__ = ["Types"]
