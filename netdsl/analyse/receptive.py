"""Receptive fields: how much of the input one value of each tensor depends on.

A value at place p of a spatial axis sees an interval of the input. How it lies follows from p alone, and repeats: with
a `Reach` of `step` 4 and two intervals (0, 6) and (2, 8), place 0 sees 0 to 6, place 1 sees 2 to 8, place 2 sees 4 to
10. Layers that slide, magnify and cut compose such reaches; tensors that meet see from the lowest end to the highest.
Intervals run on past the borders of the input, as if it had none: the field is that of a place far inside. What a
layer does that is not understood ends the walk there, and nothing is claimed of what follows.

Statistics over a whole map, which normalization layers take, are left out, as in the literature (Araujo, Norris and
Sim, Computing Receptive Fields of Convolutional Neural Networks, 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from netdsl.catalog.kind import Role
from netdsl.catalog.operations import family_of, own_name
from netdsl.catalog.signature import signature
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.stack import deep
from netdsl.tensor import Dim, Shape, TensorSpec

_SLIDING: tuple[Role, ...] = ("convolution", "depthwise", "separable", "pooling")
_MIXING: tuple[Role, ...] = ("global_pooling", "attention", "recurrent")

#: Intervals that one reach may have: magnifying by more than this in all is not followed.
MOST_PHASES = 512


@record
class Reach:
    """What place `period * q + t` of an axis sees: from `step * q + lows[t]` to `step * q + highs[t]`, both seen."""

    step: int
    lows: tuple[int, ...]
    highs: tuple[int, ...]

    @property
    def size(self) -> int:
        """The most that one place sees."""
        return max(high - low for low, high in zip(self.lows, self.highs, strict=True)) + 1

    def at(self, place: int) -> tuple[int, int]:
        """Give the ends of what a place sees."""
        turn, phase = divmod(place, len(self.lows))
        return self.step * turn + self.lows[phase], self.step * turn + self.highs[phase]

    def after(self, inner: Reach) -> Reach | None:
        """Give what places see through a layer, `self`, of an input whose places see `inner`."""
        turns = len(inner.lows) // math.gcd(len(inner.lows), self.step)
        if turns * len(self.lows) > MOST_PHASES:
            return None
        ends = [self.at(place) for place in range(turns * len(self.lows))]
        step = inner.step * self.step * turns // len(inner.lows)
        return Reach(
            step,
            tuple(inner.at(low)[0] for low, _ in ends),
            tuple(inner.at(high)[1] for _, high in ends),
        )

    def beside(self, other: Reach) -> Reach | None:
        """Give what places see of two tensors that meet there; None where the places do not correspond."""
        phases = math.lcm(len(self.lows), len(other.lows))
        steps = [reach.step * (phases // len(reach.lows)) for reach in (self, other)]
        if phases > MOST_PHASES or steps[0] != steps[1]:
            return None
        pairs = [(self.at(place), other.at(place)) for place in range(phases)]
        return Reach(
            steps[0],
            tuple(min(a[0], b[0]) for a, b in pairs),
            tuple(max(a[1], b[1]) for a, b in pairs),
        )


_SELF = Reach(1, (0,), (0,))


@record
class Field:
    """What a value of a tensor sees along each spatial axis of the input, whose sizes are `of`.

    `axes` are the tensor's own axes that the reaches follow; None where it was laid out anew, and places are lost.
    Then `all_places` is what the places of the map see together, and `in_rows` says that the last axis holds places
    too. An axis whose reach is None is seen whole. `shortest` is how many places are seen along the shortest path,
    where tensors met that see more and less; None where all paths see the whole axis.
    """

    of: tuple[Dim, ...]
    reaches: tuple[Reach | None, ...]
    axes: tuple[int, ...] | None
    all_places: tuple[Reach | None, ...] = ()
    in_rows: bool = False
    shortest: tuple[float | None, ...] = ()

    @property
    def sizes(self) -> tuple[Dim, ...]:
        """How many places of the input are seen, along each of its axes."""
        return tuple(
            size if reach is None else reach.size
            for size, reach in zip(self.of, self.reaches, strict=True)
        )

    def whole(self) -> Field:
        """See the whole of the input."""
        none = (None,) * len(self.of)
        return replace(self, reaches=none, shortest=none)

    def together(self, shape: Shape) -> tuple[Reach | None, ...]:
        """Give what all places of a tensor see together: from the first's lowest end to the last's highest."""
        if self.axes is None:
            return self.all_places or (None,) * len(self.of)
        return tuple(
            _covering(reach, shape[axis], size)
            for reach, axis, size in zip(self.reaches, self.axes, self.of, strict=True)
        )


def _covering(reach: Reach | None, count: Dim, size: Dim) -> Reach | None:
    """Give the one interval that `count` places see of an axis: None for all of it, where sizes are not known."""
    if reach is None or not isinstance(count, int) or not isinstance(size, int):
        return None
    low, high = max(reach.at(0)[0], 0), min(reach.at(count - 1)[1], size - 1)
    return Reach(0, (low,), (high,))


#: Functions that look at no value of a tensor.
_OF_SHAPES = ("ops.zeros_like", "ops.ones_like", "ops.full_like")

#: What depends on no place of an input: arrays that the spec makes, and plain features.
_PLACELESS = Field((), (), None)


@record
class _Met:
    """A node, and what arrives that sees places of an input, with its types."""

    node: Node
    fields: Sequence[Field]
    specs: Sequence[TensorSpec]

    @property
    def x(self) -> TensorSpec:
        return self.specs[0]

    @property
    def function(self) -> str:
        """The name of a function of `keras.ops`."""
        return own_name(self.node.kind.removeprefix("ops."))

    def argument(self, name: str) -> Any:
        if self.node.operation.family != "op":
            return self.node.operation.bound.get(name)
        facts = signature("op", self.function)
        names = ("x", "key") if facts is None else facts.names
        return {**dict(zip(names, self.node.positional, strict=False)), **self.node.keywords}.get(
            name
        )


def receptive_fields(graph: Graph) -> dict[int, Field]:
    """Give the field of each node's output that sees places of an input, as far as it is understood."""
    return {number: field for number, field in _walk(graph, ()).items() if field.of}


@deep
def _walk(graph: Graph, arriving: Sequence[Field]) -> dict[int, Field]:
    """Follow a graph from its inputs, or from what arrives at a model within a model."""
    found: dict[int, Field] = {}
    given = dict(zip(graph.inputs, arriving, strict=False))
    for node in graph.nodes:
        if not node.known or len(node.flat_outputs) != 1:
            continue
        field = given.get(node.id) if node.id in given else _field_of(node, graph, found)
        if field is not None:
            found[node.id] = field
    return found


def _field_of(node: Node, graph: Graph, found: Mapping[int, Field]) -> Field | None:
    if node.operation.family == "input":
        return _of_input(node)
    if node.operation.family == "weight" or node.kind in _OF_SHAPES:
        return _PLACELESS
    arriving = [found.get(ref.node) for ref in node.inputs]
    fields = [field for field in arriving if field is not None]
    if len(fields) < len(arriving):
        return None
    specs = [graph.spec(ref) for ref in node.inputs]
    pairs = [(f, spec) for f, spec in zip(fields, specs, strict=True) if f.of]
    if not pairs:
        return _PLACELESS
    met = _Met(node, [field for field, _ in pairs], [spec for _, spec in pairs])
    if node.operation.graph is not None:
        inner = node.operation.graph
        (output,) = list(inner.outputs.values())[:1]
        return _walk(inner, fields).get(output.node)
    if node.operation.family == "op":
        return _of_function(met)
    return _of_layer(met)


def _of_input(node: Node) -> Field:
    (spec,) = node.flat_outputs
    last = spec.rank if spec.rank == 2 and spec.dtype.startswith(("int", "uint")) else spec.rank - 1
    axes = tuple(range(1, last))
    one = (1.0,) * len(axes)
    return Field(spec.shape[1:last], (_SELF,) * len(axes), axes, shortest=one)


def _of_layer(met: _Met) -> Field | None:
    for roles, follow in _FOLLOWERS:
        if met.node.is_a(*roles):
            return follow(met)
    return None


def _merged(met: _Met) -> Field | None:
    """Tensors meet place by place, unless they are laid end to end along places."""
    axis, rank = met.argument("axis"), met.x.rank
    if met.node.is_a("concatenation") and axis % rank in (met.fields[0].axes or ()):
        return None
    return _together(met.fields)


def _together(fields: Sequence[Field]) -> Field | None:
    """See all that each of the tensors sees that meet, place by place."""
    first, *others = fields
    for other in others:
        if other.of != first.of:
            return None
        if first.axes != other.axes:
            first = first.whole()
        pairs = zip(first.reaches, other.reaches, strict=True)
        first = replace(
            first,
            reaches=tuple(None if a is None or b is None else a.beside(b) for a, b in pairs),
            shortest=tuple(map(_less, first.shortest, other.shortest)),
        )
    return first


def _less(one: float | None, two: float | None) -> float | None:
    return two if one is None else one if two is None else min(one, two)


def _mixed(met: _Met) -> Field | None:
    """Every place meets every other: attention, recurrence, a mean over the map."""
    pairs = zip(met.fields, met.specs, strict=True)
    seen = [replace(f.whole(), reaches=f.together(spec.shape), axes=None) for f, spec in pairs]
    joined = _together(seen)
    rank = met.node.flat_outputs[0].rank
    if joined is None or rank < 3:
        return joined
    return replace(joined, axes=tuple(range(1, rank - 1)) if rank - 2 == len(joined.of) else None)


def _slid(met: _Met) -> Field | None:
    window = met.argument("kernel_size") or met.argument("pool_size")
    if window is None:
        return None
    strides = met.argument("strides") or window
    dilation = met.argument("dilation_rate") or (1,) * len(window)
    steps: list[Reach] = []
    for index, axis in enumerate(_spatial_axes(met)):
        reach = (window[index] - 1) * dilation[index]
        before = pad_before(met.argument("padding"), met.x.shape[axis], reach, strides[index])
        steps.append(Reach(strides[index], (-before,), (reach - before,)))
    return _through(met, steps)


def pad_before(padding: str, length: Dim, reach: int, stride: int) -> int:
    """Count the places that "same" or "causal" puts before the first; of unknown sizes, those of a multiple."""
    if padding == "causal":
        return reach
    if padding != "same":
        return 0
    left = stride if not isinstance(length, int) or length % stride == 0 else length % stride
    return max(reach + 1 - left, 0) // 2


def _spread(met: _Met) -> Field | None:
    """A transposed convolution: an output place sees those whose kernel covers it."""
    steps: list[Reach] = []
    for index in range(len(_spatial_axes(met))):
        stride, dilation = met.argument("strides")[index], met.argument("dilation_rate")
        reach = (met.argument("kernel_size")[index] - 1) * (dilation[index] if dilation else 1)
        before = max(reach + 1 - stride, 0) // 2 if met.argument("padding") == "same" else 0
        places = range(before, before + stride)
        steps.append(
            Reach(
                1,
                tuple(-((reach - p) // stride) for p in places),
                tuple(p // stride for p in places),
            )
        )
    return _through(met, steps)


def _magnified(met: _Met) -> Field | None:
    factors, way = met.argument("size"), met.argument("interpolation") or "nearest"
    if factors is None or way not in ("nearest", "bilinear"):
        return None
    factors = (factors,) if isinstance(factors, int) else factors
    return _through(met, [_magnifying(factor, way) for factor in factors])


def _magnifying(factor: int, way: str) -> Reach:
    if way == "nearest" or factor == 1:
        return Reach(1, (0,) * factor, (0,) * factor)
    # The middle of an output place, twice over so that it stays whole, among the middles of the input's.
    middles = [(2 * place + 1 - factor) / (2 * factor) for place in range(factor)]
    return Reach(1, tuple(map(math.floor, middles)), tuple(map(math.ceil, middles)))


def _shifted(met: _Met) -> Field | None:
    cut, added = met.argument("cropping"), met.argument("padding")
    margins = cut if cut is not None else added
    sign = 1 if cut is not None else -1
    margins = (margins,) if isinstance(margins[0], int) else margins
    return _through(met, [Reach(1, (sign * m[0],), (sign * m[0],)) for m in margins])


def _through(met: _Met, steps: Sequence[Reach]) -> Field | None:
    """Compose what a layer does along each spatial axis with what arrives there."""
    field = met.fields[0]
    if field.axes != _spatial_axes(met) or len(steps) != len(field.reaches):
        return None
    return _stepped(field, steps)


def _stepped(field: Field, steps: Sequence[Reach]) -> Field | None:
    composed = [
        None if reach is None else step.after(reach)
        for step, reach in zip(steps, field.reaches, strict=True)
    ]
    followed = zip(composed, field.reaches, strict=True)
    if any(made is None and reach is not None for made, reach in followed):
        return None
    near = tuple(map(_further, steps, field.reaches, field.shortest))
    return replace(field, reaches=tuple(composed), shortest=near)


def _further(step: Reach, reach: Reach | None, near: float | None) -> float | None:
    """Count what the shortest path sees through a layer: as many places more as its window takes steps."""
    if reach is None or near is None:
        return near
    return near + (step.size - 1) * reach.step / len(reach.lows)


def _spatial_axes(met: _Met) -> tuple[int, ...]:
    first = met.argument("data_format") == "channels_first"
    return tuple(range(2, met.x.rank) if first else range(1, met.x.rank - 1))


def _laid_out_anew(met: _Met) -> Field | None:
    """`Flatten`, `Reshape`: each value keeps its field; whether the last axis is still that of channels counts."""
    (after,), before = met.node.flat_outputs, met.x.shape
    field = met.fields[0]
    if after.shape == before:
        return field
    dims = met.argument("dims")
    if dims is not None:
        if field.axes is None:
            return field
        return replace(field, axes=tuple(dims.index(axis) + 1 for axis in field.axes))
    end = max(field.axes, default=0) + 1 if field.axes else 0
    if end and after.rank > end and after.shape[:end] == before[:end]:
        return field  # each place's channels, in another order of axes
    keeps = not field.in_rows and after.rank > 2 and after.shape[-1] == before[-1]
    return replace(field, axes=None, all_places=field.together(before), in_rows=not keeps)


def _each_place(met: _Met) -> Field | None:
    return _together(met.fields)


def _mixing_channels(met: _Met) -> Field | None:
    """A `Dense`, which mixes the last axis: of a row that was a map, all its places."""
    field = met.fields[0]
    mixes = field.in_rows if field.axes is None else met.x.rank - 1 in field.axes
    return replace(field.whole(), reaches=field.together(met.x.shape)) if mixes else field


def _einsum(met: _Met) -> Field | None:
    """`EinsumDense`, where it mixes the channels of each place and no places: `abc,cd->abd`."""
    arriving, _, rest = met.argument("equation").replace(" ", "").partition(",")
    keeps = rest.partition("->")[2][:-1] == arriving[:-1]
    return _mixing_channels(met) if keeps else None


def _embedded(met: _Met) -> Field | None:
    return met.fields[0]


_Follow = Callable[[_Met], Field | None]

#: How layers of each role see, the first that fits.
_FOLLOWERS: tuple[tuple[tuple[Role, ...], _Follow], ...] = (
    (_MIXING, _mixed),
    (_SLIDING, _slid),
    (("transposed",), _spread),
    (("resizing",), _magnified),
    (("cropping", "padding"), _shifted),
    (("dense",), _mixing_channels),
    (("einsum",), _einsum),
    (("embedding",), _embedded),
    (("contraction",), lambda met: None),
    (("merging",), _merged),
    (("each_place", "normalization", "activation"), _each_place),
    (("view", "reordering"), _laid_out_anew),
)


def _of_function(met: _Met) -> Field | None:
    """A function of `keras.ops`: those that work on each value by itself, and those that cut, pad and take."""
    if family_of(met.function) == "elementwise":
        (after,) = met.node.flat_outputs
        joined = _together(met.fields)
        same_rank = joined is None or joined.axes is None or after.rank > max(joined.axes)
        return joined if same_rank else None
    follow = _FUNCTIONS.get(met.function)
    return None if follow is None else follow(met)


def _padded(met: _Met) -> Field | None:
    """`pad`: places move on by as many as were put before the first."""
    field, width = met.fields[0], met.argument("pad_width")
    pairs = [(width, width)] if isinstance(width, int) else [*width]
    pairs = [pairs] if isinstance(pairs[0], int) else pairs
    pairs = pairs * met.x.rank if len(pairs) == 1 else pairs
    if field.axes is None:
        return None
    return _stepped(field, [Reach(1, (-b,), (-b,)) for b in (pairs[a][0] for a in field.axes)])


def _taken(met: _Met) -> Field | None:
    """`take` of some channels; of places nothing is claimed."""
    field, axis, picked = met.fields[0], met.argument("axis"), met.argument("indices")
    axes = field.axes or ()
    if not isinstance(axis, int) or axis % met.x.rank in axes:
        return None
    goes = not isinstance(picked, (list, tuple))
    return None if goes and axis % met.x.rank < max(axes, default=0) else field


def _cut(met: _Met) -> Field | None:
    """`x[:, 1:, ::2]`: places from another one on, and fewer of them."""
    field, rank = met.fields[0], met.x.rank
    key: list[object] = [*met.argument("key")]
    if Ellipsis in key:
        place = key.index(Ellipsis)
        key[place : place + 1] = [slice(None)] * (rank - len(key) + 1)
    key += [slice(None)] * (rank - len(key))
    if field.axes is None:  # one of what was laid out anew sees what each of them does
        is_whole = (isinstance(item, int) or item == slice(None) for item in key)
        return field if all(is_whole) else None
    axes = field.axes
    gone = [axis for axis, item in enumerate(key) if not isinstance(item, slice)]
    if any(not isinstance(key[axis], int) or axis < max(axes, default=0) for axis in gone):
        return None
    steps = [_cutting(key[axis], met.x.shape[axis]) for axis in axes]
    known = [step for step in steps if step is not None]
    return _stepped(field, known) if len(known) == len(steps) else None


def _cutting(cut: object, length: Dim) -> Reach | None:
    if not isinstance(cut, slice):
        return None
    if isinstance(length, int):
        start, _, step = cut.indices(length)
    else:
        start, step = cut.start or 0, cut.step or 1
    return Reach(step, (start,), (start,)) if start >= 0 and step > 0 else None


def _reduced(met: _Met) -> Field | None:
    """A sum, a mean or a maximum over channels, or over all places."""
    field, axis, keeps = met.fields[0], met.argument("axis"), met.argument("keepdims")
    over = range(met.x.rank) if axis is None else [axis] if isinstance(axis, int) else axis
    gone, axes = {each % met.x.rank for each in over}, set(field.axes or ())
    if not gone & axes:
        return field if keeps or min(gone) > max(axes, default=0) else None
    if not axes <= gone:
        return None
    return replace(field.whole(), reaches=field.together(met.x.shape), axes=None)


#: How functions see that do not work on each value by itself.
_FUNCTIONS: Mapping[str, _Follow] = {
    "pad": _padded,
    "take": _taken,
    "getitem": _cut,
    **dict.fromkeys(("max", "mean", "min", "prod", "std", "sum", "var"), _reduced),
    "image.rgb_to_grayscale": _each_place,
}
