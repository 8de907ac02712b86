"""Spells out the arithmetic of a layer: how its output shape, parameters and multiply-accumulates come about.

Conv2D(6, 5) on (None, 32, 32, 3): floor((32 + 2*0 - 5)/1) + 1 = 28; (5*5*3 + 1) * 6 = 456; 28*28 * 5*5*3 * 6 = 352,800
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import mul
from typing import Any

from netdsl.analyse.costs import weights_of
from netdsl.analyse.receptive import Field
from netdsl.catalog.kind import Role
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.report.table import spell_count, spell_field
from netdsl.tensor import Dim, TensorSpec, spell_shape


@record
class Sum:
    """A line of arithmetic: `what` comes to `result` by `formula`."""

    what: str
    formula: str
    result: Dim

    def __str__(self) -> str:
        formula = self.formula
        left = f"{self.what}: " if self.what else ""
        spelled = spell_count(self.result, 60)
        return f"{left}{spelled if formula in ('', str(self.result)) else f'{formula} = {spelled}'}"


@record
class _Use:
    """A node with the types that arrive and leave."""

    node: Node
    arriving: Sequence[TensorSpec]

    @property
    def x(self) -> TensorSpec:
        return self.arriving[0]

    @property
    def y(self) -> TensorSpec:
        return self.node.flat_outputs[0]

    def argument(self, name: str) -> Any:
        return self.node.operation.bound.get(name)

    @property
    def spatial(self) -> range:
        first = 2 if self.argument("data_format") == "channels_first" else 1
        return range(first, first + self.x.rank - 2)

    @property
    def channel(self) -> int:
        return 1 if self.argument("data_format") == "channels_first" else self.x.rank - 1


def explain(graph: Graph, node: Node, field: Field | None) -> list[str]:
    """Give the lines that explain one use of a layer."""
    use = _Use(node, [graph.spec(ref) for ref in node.inputs])
    is_weight = node.operation.family == "weight"  # which gives the same whatever it is called on
    lines = [f"input   {spell_shape(x.shape)}" for x in use.arriving if not is_weight]
    lines += [f"output  {spell_shape(y.shape)}" for y in node.flat_outputs]
    lines += [f"  {line}" for line in _shape_lines(use)]
    if node.operation.weights:
        lines += ["parameters", *(f"  {line}" for line in parameter_lines(node))]
    work = work_sum(node, use.arriving)
    if work is not None:
        lines += ["multiply-accumulates of one sample", f"  {work}"]
    if field is not None:
        lines.append(f"receptive field  {spell_field(field.sizes)} of the input")
    return lines


def layers_called(graph: Graph, name: str) -> list[Node]:
    """Give the uses of a layer by its name, by the end of its name, or by its kind; none where nothing is so called."""
    called = [node for node in graph.nodes if node.name == name]
    ending = [node for node in graph.nodes if node.name.endswith(f"_{name}")]
    return called or ending or [node for node in graph.nodes if node.kind == name]


def _shape_lines(use: _Use) -> Iterator[str]:
    definition = use.node.operation.definition
    for sums in shape_sums(use.node, use.arriving):
        yield str(sums)
    if definition is not None and definition.shape_rule:
        yield f"rule: {definition.shape_rule}"


def shape_sums(node: Node, arriving: Sequence[TensorSpec]) -> list[Sum]:
    """Give the arithmetic of each axis that a layer changes; what does not come to the size that leaves is left out."""
    use = _Use(node, arriving)
    if not arriving or len(node.flat_outputs) != 1:
        return []
    for roles, tell in _SHAPES:
        if node.is_a(*roles):
            return list(tell(use))
    return []


def _slid(use: _Use) -> Iterator[Sum]:
    window = use.argument("kernel_size") or use.argument("pool_size")
    if window is None:
        return
    strides = use.argument("strides") or window
    dilation = use.argument("dilation_rate") or (1,) * len(window)
    for index, axis in enumerate(use.spatial):
        length, stride, what = use.x.shape[axis], strides[index], f"axis {axis}"
        if use.argument("padding") == "valid":
            span = f"{window[index]}"
            if dilation[index] > 1:
                span = f"({dilation[index]}*({window[index]} - 1) + 1)"
            formula = f"floor(({length} + 2*0 - {span})/{stride}) + 1"
        else:
            formula = f"ceil({length}/{stride})"
        yield Sum(what, formula, use.y.shape[axis])
    yield from _channels_of(use)


def _channels_of(use: _Use) -> Iterator[Sum]:
    if use.argument("filters") is not None:
        yield Sum("channels", "filters", use.y.shape[use.channel])
    elif use.argument("depth_multiplier") is not None:
        made = f"{use.x.shape[use.channel]} * {use.argument('depth_multiplier')}"
        yield Sum("channels", made, use.y.shape[use.channel])


def _spread(use: _Use) -> Iterator[Sum]:
    for index, axis in enumerate(use.spatial):
        length, stride = use.x.shape[axis], use.argument("strides")[index]
        kernel = use.argument("kernel_size")[index]
        given = (use.argument("output_padding"), use.argument("dilation_rate"))
        if any(value is not None and set(value) - {1} for value in given):
            continue
        formula = f"{length} * {stride}"
        if use.argument("padding") == "valid":
            formula += f" + max({kernel} - {stride}, 0)"
        yield Sum(f"axis {axis}", formula, use.y.shape[axis])
    yield from _channels_of(use)


def _magnified(use: _Use) -> Iterator[Sum]:
    size = use.argument("size")
    if size is None:
        return
    sizes = (size,) if isinstance(size, int) else size
    for axis, factor in zip(use.spatial, sizes, strict=True):
        yield Sum(f"axis {axis}", f"{use.x.shape[axis]} * {factor}", use.y.shape[axis])


def _with_margins(use: _Use) -> Iterator[Sum]:
    cut, added = use.argument("cropping"), use.argument("padding")
    margins, sign = (added, "+") if cut is None else (cut, "-")
    margins = (margins,) if isinstance(margins[0], int) else margins
    for axis, (before, after) in zip(use.spatial, margins, strict=True):
        formula = f"{use.x.shape[axis]} {sign} {before} {sign} {after}"
        yield Sum(f"axis {axis}", formula, use.y.shape[axis])


def _dense(use: _Use) -> Iterator[Sum]:
    if use.argument("units") is not None:
        yield Sum(f"axis {use.y.rank - 1}", "units", use.y.shape[-1])


def _joined(use: _Use) -> Iterator[Sum]:
    axis = use.argument("axis") % use.y.rank
    yield Sum(
        f"axis {axis}", " + ".join(f"{x.shape[axis]}" for x in use.arriving), use.y.shape[axis]
    )


def _laid_out(use: _Use) -> Iterator[Sum]:
    if use.y.rank == 2:
        yield Sum("axis 1", _times(use.x.shape[1:]), use.y.shape[1])


_SHAPES: tuple[tuple[tuple[Role, ...], Callable[[_Use], Iterator[Sum]]], ...] = (
    (("convolution", "depthwise", "separable", "pooling"), _slid),
    (("transposed",), _spread),
    (("resizing",), _magnified),
    (("padding", "cropping"), _with_margins),
    (("dense",), _dense),
    (("concatenation",), _joined),
    (("view",), _laid_out),
)


def parameter_lines(node: Node) -> list[str]:
    """Give a line for each weight, and how they come to their sum."""
    weights = [weight for weight, _ in weights_of(node.operation)]
    lines = [
        f"{f'{w.within}/' if w.within else ''}{w.name} {_tuple(w.shape)}: "
        f"{Sum('', _times(w.shape), math.prod(w.shape))}"
        for w in weights
    ]
    if len(weights) > 1:
        lines.append(f"together: {parameter_sum(node)}")
    return lines


def parameter_sum(node: Node) -> Sum:
    """Give the parameters as textbooks write them: (5*5*3 + 1) * 6 with a bias for each filter; 4 * 64."""
    shapes = [weight.shape for weight, _ in weights_of(node.operation)]
    total = sum(map(math.prod, shapes))
    if len(shapes) == 2 and shapes[0] and shapes[1] == shapes[0][-1:] and len(shapes[0]) > 1:
        return Sum("", f"({_times(shapes[0][:-1])} + 1) * {shapes[0][-1]}", total)
    if len(shapes) > 1 and len(set(shapes)) == 1:
        return Sum("", f"{len(shapes)} * {_times(shapes[0])}", total)
    return Sum("", " + ".join(_times(shape) for shape in shapes), total)


def work_sum(node: Node, arriving: Sequence[TensorSpec]) -> Sum | None:
    """Give the multiply-accumulates of one sample; None where there are none."""
    if not node.known or node.macs == 0:
        return None
    return Sum("", _work_formula(_Use(node, arriving)), node.macs)


def _work_formula(use: _Use) -> str:
    """Give how the multiply-accumulates come about; "" where no formula here comes to what the catalogue counts."""
    spell = next((spell for roles, spell in _WORK if use.node.is_a(*roles)), _table_work)
    found = [formula for formula, value in spell(use) if value == use.node.macs]
    return found[0] if found else ""


_Kernels = list[tuple[int, ...]]


def _kernels(use: _Use) -> _Kernels:
    """Give the shapes of what is multiplied by."""
    weights = [weight for weight, _ in weights_of(use.node.operation)]
    return [w.shape for w in weights if len(w.shape) > 1 and w.name != "bias"]


def _product(*factors: Dim) -> Dim:
    return reduce(mul, factors, 1)


def _sum(shapes: _Kernels) -> tuple[str, int]:
    text = " + ".join(map(_times, shapes))
    return (text if len(shapes) == 1 else f"({text})"), sum(map(math.prod, shapes))


def _at_places(use: _Use) -> Iterator[tuple[str, Dim]]:
    """Places, what one value takes, and values at a place."""
    axes = use.spatial if use.node.is_a("convolution", "depthwise") else range(1, use.x.rank - 1)
    places = [use.y.shape[axis] for axis in axes]
    for kernel in _kernels(use):
        parts = [_times(places)] if places else []
        formula = " * ".join([*parts, _times(kernel[:-1]), f"{kernel[-1]}"])
        yield formula, _product(*places, *kernel)


def _of_all(use: _Use, places: Sequence[Dim]) -> Iterator[tuple[str, Dim]]:
    text, value = _sum(_kernels(use))
    before = f"{_times(places)} * " if places else ""
    yield f"{before}{text}", _product(*places, value)


def _spread_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """Each place that arrives is multiplied by the whole kernel."""
    return _of_all(use, [use.x.shape[axis] for axis in use.spatial])


def _separable_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """Each place that leaves takes both kernels."""
    return _of_all(use, [use.y.shape[axis] for axis in use.spatial])


def _recurrent_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """Each step takes the kernels of what arrives and of the state; at each place of a map, if it convolves."""
    kernels = _kernels(use)
    maps = [size for size in use.y.shape[1:] if isinstance(size, int)]
    convolved = max((len(kernel) for kernel in kernels), default=2) - 2
    for places in ([], maps[:convolved], maps[1 : convolved + 1]):
        yield from _of_all(use, [use.x.shape[1], *places])


def _attention_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """Each step is projected to queries, keys, values and back; each query meets each key, and weighs each value."""
    kernels = _kernels(use)
    if len(kernels) != 4 or len(kernels[0]) != 3 or len(kernels[2]) != 3 or use.x.rank != 3:
        return
    memory = use.arriving[1] if len(use.arriving) > 1 else use.x  # a mask may follow it
    long, short = use.x.shape[1], memory.shape[1]
    query, key, value, output = kernels
    asking, kept = _sum([query, output]), _sum([key, value])
    pairs = _product(long, short, query[1], query[2]) + _product(long, short, value[1], value[2])
    text = f"{long} * {asking[0]} + {short} * {kept[0]}"
    text += f" + {_times([long, short])} * ({_times(query[1:])} + {_times(value[1:])})"
    yield text, long * asking[1] + short * kept[1] + pairs


def _table_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """All that is owned, at each place: as where a table of words is used the other way round."""
    return _of_all(use, use.x.shape[1:-1])


def _einsum_work(use: _Use) -> Iterator[tuple[str, Dim]]:
    """The kernel, at each place of the axes that it leaves as they are."""
    for begin, end in ((1, 1), (1, use.x.rank - 1), (1, use.x.rank - 2)):
        yield from _of_all(use, use.x.shape[begin:end])


#: How layers of each role work, the first that fits; each gives formulas with what they come to.
_WORK: tuple[
    tuple[tuple[Role, ...], Callable[[_Use], Iterator[tuple[str, Dim]]]],
    ...,
] = (
    (("separable",), _separable_work),
    (("transposed",), _spread_work),
    (("convolution", "depthwise", "dense"), _at_places),
    (("recurrent",), _recurrent_work),
    (("attention",), _attention_work),
    (("einsum",), _einsum_work),
)


def _times(sizes: Iterable[Dim]) -> str:
    return "*".join(f"({size})" if " " in f"{size}" else f"{size}" for size in sizes) or "1"


def _tuple(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})"
