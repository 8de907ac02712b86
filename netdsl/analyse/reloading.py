"""Whether Keras finds again, in a `.keras` file, what several layers hold together.

A saved model is written layer by layer, in the order of `model.layers`. Keras notes that a layer comes again only where
it met it first as a layer of the model itself: what is first written inside another layer is made anew for each
that holds it, and the second finds no weights in the file. A `Sequential` or model inside another layer is not put
together again from layers that the model applies itself. `model.save_weights` and the code that builds the model
are not concerned: there the layers are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from netdsl.analyse.keras_order import keras_order
from netdsl.catalog.kind import BoundLayer
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems.shapes import BuildsButFails
from netdsl.graph import Graph, Operation, held_in
from netdsl.record import mutable
from netdsl.source import Span


@mutable
class _Met:
    """Where a shared layer is written first: by which layer of the model, inside which others.

    `is_noted` tells that Keras knows it again: a layer of the model itself, or one that comes again before what is
    around it is written to its end.
    """

    by: Operation
    inside: tuple[int, ...]
    is_noted: bool


@mutable
class _Written:
    """What has been written so far, and what will not be found again."""

    met: dict[int, _Met] = field(default_factory=dict)
    lost: list[tuple[Operation, Operation, Operation]] = field(default_factory=list)

    def meet(
        self, layer: Operation, by: Operation, inside: tuple[int, ...], *, in_network: bool
    ) -> bool:
        """Note a layer, met in another or as itself; tells whether what is inside it is written too."""
        first = self.met.get(id(layer))
        if first is None:
            self.met[id(layer)] = _Met(by, inside, layer is by)
            return True
        if first.by is by and inside[: len(first.inside)] == first.inside:
            first.is_noted = True
        if first.is_noted:
            if in_network and first.by is layer:
                self.lost.append((layer, first.by, by))
            return False
        if layer.weights:
            self.lost.append((layer, first.by, by))
        return True

    def walk(
        self,
        value: object,
        by: Operation,
        inside: tuple[int, ...] = (),
        *,
        in_network: bool = False,
    ) -> None:
        """Go through the layers inside a layer."""
        if isinstance(value, BoundLayer):
            self._layer(value, by, inside, in_network=in_network)
        elif isinstance(value, (list, tuple)):
            for item in value:
                self.walk(item, by, inside, in_network=in_network)
        elif isinstance(value, Mapping):
            self.walk(list(value.values()), by, inside, in_network=in_network)

    def _layer(
        self, layer: BoundLayer, by: Operation, inside: tuple[int, ...], *, in_network: bool
    ) -> None:
        held, inner = layer.shared, (*inside, id(layer))
        if held is None:
            is_row = layer.definition is None and not layer.module
            self.walk(layer.arguments, by, inner, in_network=in_network or is_row)
            return
        several = held.form != "layer"
        for part in held.operations:
            around = inner if several else inside
            if self.meet(part, by, around, in_network=in_network or several):
                self.walk(part.bound, by, inner, in_network=in_network or several)


def not_found_again(graph: Graph) -> Iterator[Diagnostic]:
    """Tell, once for a model and each model inside it, of what Keras does not find again in a `.keras` file."""
    pending, seen = [graph], {id(graph)}
    while pending:
        part = pending.pop()
        yield from _lost_in(part)
        inside = [o.graph for o in part.operations() if o.graph is not None]
        pending += [inner for inner in inside if id(inner) not in seen]
        seen.update(map(id, inside))


def _lost_in(graph: Graph) -> Iterator[Diagnostic]:
    names = {
        id(part): held.declared
        for operation in graph.operations()
        for held in held_in(operation.bound)
        for part in held.operations
    }
    if not names:
        return
    written = _Written()
    for operation in keras_order(graph):
        if operation.is_held:
            written.meet(operation, operation, (), in_network=False)
        written.walk(operation.bound, operation)
    places = {id(node.operation): node.origin.span for node in reversed(graph.nodes)}
    lost = {names.get(id(found[0]), found[0].name): found for found in reversed(written.lost)}
    if lost:
        yield _diagnostic(lost, places)


def _diagnostic(
    lost: Mapping[str, tuple[Operation, Operation, Operation]], places: Mapping[int, Span]
) -> Diagnostic:
    """Word what is lost, at a layer that holds some of it."""
    layer, first, second = next(iter(lost.values()))
    holder, other = (first, second) if second is layer else (second, first)
    where = "by itself" if other is layer else f"inside `{other.name}`"
    first_name, *more = lost
    also = f", and {', '.join(f'`{name}`' for name in more)} likewise" if more else ""
    return BuildsButFails.at(
        places[id(holder)],
        f"`{first_name}` stands inside it and {where} too{also}: Keras cannot load that from a `.keras` file",
        layer=holder.kind,
        related=(Label(places[id(other)], "the other use"),),
        help='save the weights, `model.save_weights("model.weights.h5")`, and load them into a model that the '
        "generated code builds",
    )
