"""What range the pixels of an image are in, followed from the input through what scales them.

A `Rescaling(1 / 255)` says that 0 to 255 arrives, wherever that is not known otherwise. Layers that change images at
random keep the range; what else there is ends what is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from netdsl.catalog.application_inputs import RAW, Range
from netdsl.catalog.kind import BoundLayer, LayerKind, Role
from netdsl.catalog.operations import own_name
from netdsl.catalog.operations.numbers import PASSING
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Arguments, Value

#: Layers that move, cut, fill and change pixels, and leave them in their range.
_KEEPING: tuple[Role, ...] = (
    "augmentation", "view", "reordering", "repeating", "identity", "cropping", "padding", "resizing", "zeroing",
)  # fmt: skip

#: Factors that bring 0 to 255 to 0 to 1 and to 0 to 2, for those of images whose range is not known.
_USUAL = (1 / 255, 2 / 255)
#: A factor as small as this leaves next to nothing of pixels that are scaled already.
SHRINKS = 1 / 50


@record
class Pixels:
    """A range, and where it came about: the place of what scaled to it, None where it is the input's own."""

    range: Range
    scaled: Span | None = None


@record
class Step:
    """A layer that pixels of a known range arrive at: what it is, its arguments, where it stands, what arrives."""

    definition: LayerKind
    bound: Arguments
    place: Span
    call: tree.Call | None
    arriving: Pixels


@record
class Scaling:
    """A factor and a summand."""

    factor: float
    summand: float = 0.0

    def of(self, pixels: Range) -> Range:
        ends = sorted(end * self.factor + self.summand for end in (pixels.low, pixels.high))
        return Range(*(round(end, 6) for end in ends))


def scaling_of_layer(definition: LayerKind | None, bound: Arguments) -> Scaling | None:
    """Read a `Rescaling` of all colours alike."""
    if definition is None or not definition.is_a("scaling") or "scale" not in bound:
        return None
    scale, offset = bound["scale"], bound["offset"]
    return Scaling(scale, offset) if _is_number(scale) and _is_number(offset) else None


def scaling_of(node: Node) -> Scaling | None:
    """Read what scales a tensor by numbers: a `Rescaling`, `x / 255`, `x - 0.5`."""
    if node.operation.family != "op":
        return scaling_of_layer(node.operation.definition, node.operation.bound)
    number = node.positional[1] if len(node.positional) == 2 else None
    if len(node.inputs) != 1 or not _is_number(number) or number == 0:
        return None
    name = own_name(node.kind.removeprefix("ops."))
    made = {
        "divide": Scaling(1 / number),
        "multiply": Scaling(number),
        "add": Scaling(1, number),
        "subtract": Scaling(1, -number),
    }
    return made.get(name)


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def keeps_range(node: Node) -> bool:
    """Tell whether a node hands pixels on in their range."""
    if node.operation.family == "op":
        return own_name(node.kind.removeprefix("ops.")) in PASSING
    return node.is_a(*_KEEPING) or bool(layers_in(node.operation.bound))


def layers_in(bound: Arguments) -> tuple[BoundLayer, ...]:
    """Give the layers of a `Pipeline`, or of a chain; none where something else stands among them."""
    inside = bound.get("layers")
    if not isinstance(inside, (list, tuple)) or not inside:
        return ()
    if not all(isinstance(x, BoundLayer) and x.definition is not None for x in inside):
        return ()
    return tuple(inside)


def pixel_ranges(graph: Graph, images: bool) -> dict[int, Pixels]:
    """Give the pixels of each node that has any, by the node; `images` says that the data are images of 0 to 255."""
    found: dict[int, Pixels] = {}
    for node in graph.nodes:
        if node.operation.family == "input":
            if node.flat_outputs[0].dtype == "uint8" or images:
                found[node.id] = Pixels(RAW)
        elif len(node.inputs) == 1:
            made = _made(node, graph, found)
            if made is not None:
                found[node.id] = made
    return found


def _made(node: Node, graph: Graph, found: dict[int, Pixels]) -> Pixels | None:
    before, scaling = node.inputs[0].node, scaling_of(node)
    if scaling is None:
        return found.get(before) if keeps_range(node) else None
    if before not in found and any(math.isclose(scaling.factor, u, rel_tol=0.01) for u in _USUAL):
        _assume(graph.nodes[before], graph, found)
    if before not in found:
        return None
    place = node.operation.span or node.origin.span
    return Pixels(scaling.of(found[before].range), place)


def _assume(node: Node, graph: Graph, found: dict[int, Pixels]) -> None:
    """Take what was not known of the way to a `Rescaling` for pixels from 0 to 255."""
    while node.id not in found:
        found[node.id] = Pixels(RAW)
        if len(node.inputs) != 1 or not keeps_range(node):
            return
        node = graph.nodes[node.inputs[0].node]


def steps(graph: Graph, found: Mapping[int, Pixels]) -> Iterator[Step]:
    """Give each layer of a model that pixels arrive at, those within a `Pipeline` one by one."""
    for node in graph.nodes:
        arriving = found.get(node.inputs[0].node) if len(node.inputs) == 1 else None
        definition, place = node.operation.definition, node.operation.span or node.origin.span
        if arriving is None or definition is None:
            continue
        inside = layers_in(node.operation.bound)
        if inside:
            yield from along(inside, node.operation.call, place, arriving)
        else:
            yield Step(definition, node.operation.bound, place, node.operation.call, arriving)


def along(
    layers: tuple[BoundLayer, ...], written: tree.Expr | None, place: Span, arriving: Pixels
) -> Iterator[Step]:
    """Give each layer of a chain that stands in one place, with what arrives at it."""
    from netdsl.elaborate.remedies.written_arguments import first_call_of

    start = place.start
    for layer in _one_by_one(layers):
        call = None if written is None else first_call_of(layer.kind, written, start)
        own, start = (place, start) if call is None else (call.span, call.span.end)
        assert layer.definition is not None
        yield Step(layer.definition, layer.arguments, own, call, arriving)
        scaling = scaling_of_layer(layer.definition, layer.arguments)
        if scaling is not None:
            arriving = Pixels(scaling.of(arriving.range), own)
        elif not layer.definition.is_a(*_KEEPING):
            return


def _one_by_one(layers: tuple[BoundLayer, ...]) -> Iterator[BoundLayer]:
    """Give the layers of a chain, those of a `Pipeline` in it one by one."""
    pending = list(layers)
    while pending:
        layer = pending.pop(0)
        inside = layers_in(layer.arguments)
        if inside:
            pending[:0] = inside
        else:
            yield layer
