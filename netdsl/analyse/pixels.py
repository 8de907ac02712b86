"""What is made of the pixels of an image, followed from the input through what scales them.

A `Rescaling(1 / 255)` says that 0 to 255 arrives, wherever that is not known otherwise. Layers that change images at
random keep the range; what else there is ends what is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from netdsl.catalog.colours import Colours, Range
from netdsl.catalog.kind import BoundLayer, LayerKind, Role
from netdsl.catalog.operations import own_name
from netdsl.catalog.operations.numbers import PASSING
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Arguments, Value

#: Layers that move, cut, fill, pool and change pixels, and leave them in their range.
_KEEPING: tuple[Role, ...] = (
    "augmentation", "view", "reordering", "repeating", "identity", "cropping", "padding", "resizing", "zeroing",
    "pooling", "global_pooling",
)  # fmt: skip

#: Functions of these that leave every colour at its place.
_IN_PLACE = frozenset({"broadcast_to", "cast", "copy", "pad", "stop_gradient"})

#: Factors that bring 0 to 255 to 0 to 1 and to 0 to 2, for those of images whose range is not known.
_USUAL = (1 / 255, 2 / 255)
#: A factor as small as this leaves next to nothing of pixels that are scaled already.
SHRINKS = 1 / 50


@record
class Pixels:
    """Where colours lie, and how it came about: the places of what scaled them, none where they are the input's own."""

    colours: Colours = Colours()
    makers: tuple[Span, ...] = ()

    @property
    def range(self) -> Range | None:
        return self.colours.range

    @property
    def scaled(self) -> Span | None:
        """The place of what scaled them last."""
        return self.makers[-1] if self.makers else None


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
    """A factor and a summand, one for all colours or one for each, or that a layer learns them."""

    factors: tuple[float, ...] = (1.0,)
    summands: tuple[float, ...] = (0.0,)
    learns: bool = False

    @property
    def factor(self) -> float:
        """The factor that leaves most."""
        return max(self.factors, key=abs)

    def of(self, colours: Colours) -> Colours | None:
        if self.learns:
            return Colours(learned=colours)
        return colours.scaled(self.factors, self.summands)


def scaling_of_layer(definition: LayerKind | None, bound: Arguments) -> Scaling | None:
    """Read what scales colours: a `Rescaling`, or a `Normalization` of the last axis with numbers or without."""
    if definition is None:
        return None
    if definition.is_a("scaling") and "scale" in bound:
        factors, summands = _numbers(bound["scale"]), _numbers(bound["offset"])
        return Scaling(factors, summands) if factors and summands else None
    if (
        "variance" not in bound
        or bound.get("invert")
        or bound.get("axis") not in (-1, 3, [-1], [3])
    ):
        return None
    if definition.learns is not None and definition.learns(bound):
        return Scaling(learns=True)
    means, variances = _numbers(bound["mean"]), _numbers(bound["variance"])
    if not means or len(means) != len(variances) or min(variances) <= 0:
        return None
    factors = tuple(1 / math.sqrt(variance) for variance in variances)
    return Scaling(factors, tuple(-m * f for m, f in zip(means, factors, strict=True)))


def _numbers(value: Value) -> tuple[float, ...]:
    """Give a number, or a list of numbers, as they go with the colours; nothing for anything else."""
    listed = value if isinstance(value, (list, tuple)) else (value,)
    numbers = tuple(number for number in listed if _is_number(number))
    return numbers if len(numbers) == len(listed) else ()


def scaling_of(node: Node) -> Scaling | None:
    """Read what scales a tensor by numbers: a `Rescaling`, `x / 255`, `x - 0.5`."""
    if node.operation.family != "op":
        return scaling_of_layer(node.operation.definition, node.operation.bound)
    number = node.positional[1] if len(node.positional) == 2 else None
    if len(node.inputs) != 1 or not _is_number(number) or number == 0:
        return None
    name = own_name(node.kind.removeprefix("ops."))
    made = {
        "divide": Scaling((1 / number,)),
        "multiply": Scaling((number,)),
        "add": Scaling(summands=(number,)),
        "subtract": Scaling(summands=(-number,)),
    }
    return made.get(name)


def _is_number(value: Value) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def keeps_range(node: Node) -> bool:
    """Tell whether a node hands pixels on in their range."""
    if node.operation.family == "op":
        return own_name(node.kind.removeprefix("ops.")) in PASSING
    return node.is_a(*_KEEPING) or bool(layers_in(node.operation.bound))


def _passed_on(node: Node, colours: Colours, graph: Graph) -> Colours | None:
    """Give what a node that keeps the range hands on: the colours as they are, in another order, or in none."""
    axis, size = node.flat_outputs[0].rank - 1, node.flat_outputs[0].shape[-1]
    if size != graph.spec(node.inputs[0]).shape[-1] or not isinstance(size, int):
        return colours.mixed()
    if node.operation.family != "op":
        return colours.mixed() if node.is_a("reordering") else colours
    name = own_name(node.kind.removeprefix("ops."))
    if name in _IN_PLACE:
        return colours
    places = range(size)
    if name == "flip":
        flips = _value(node, "axis", 1) in (-1, axis)
        return colours.arranged(places[::-1]) if flips else colours
    taken = _value(node, "indices", 1)
    if name == "take" and _value(node, "axis", 2) in (-1, axis) and isinstance(taken, list):
        return colours.arranged([places[n] for n in taken if isinstance(n, int)])
    cuts = node.positional[1] if name == "getitem" else None
    if isinstance(cuts, list) and (len(cuts) == axis + 1 or Ellipsis in cuts):
        last = cuts[-1]
        return colours.arranged(places[last]) if isinstance(last, slice) else colours.mixed()
    return colours if isinstance(cuts, list) else colours.mixed()


def _value(node: Node, name: str, place: int) -> Value:
    """Give an argument of a function by its name, or by its place."""
    given = node.positional[place : place + 1]
    return node.keywords.get(name, given[0] if given else None)


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
                found[node.id] = Pixels()
        elif len(node.inputs) == 1:
            made = _made(node, graph, found)
            if made is not None:
                found[node.id] = made
    return found


def _made(node: Node, graph: Graph, found: dict[int, Pixels]) -> Pixels | None:
    before, scaling = node.inputs[0].node, scaling_of(node)
    if scaling is None:
        if before not in found or not keeps_range(node):
            return None
        colours = _passed_on(node, found[before].colours, graph)
        return None if colours is None else Pixels(colours, found[before].makers)
    is_usual = any(math.isclose(scaling.factor, usual, rel_tol=0.01) for usual in _USUAL)
    if before not in found and is_usual and not scaling.learns:
        _assume(graph.nodes[before], graph, found)
    if before not in found:
        return None
    colours = scaling.of(found[before].colours)
    place = node.operation.span or node.origin.span
    return None if colours is None else Pixels(colours, (*found[before].makers, place))


def _assume(node: Node, graph: Graph, found: dict[int, Pixels]) -> None:
    """Take what was not known of the way to a `Rescaling` for pixels from 0 to 255."""
    while node.id not in found:
        found[node.id] = Pixels()
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
            colours = scaling.of(arriving.colours)
            if colours is None:
                return
            arriving = Pixels(colours, (*arriving.makers, own))
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
