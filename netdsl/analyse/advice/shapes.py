"""Advice on sizes: kernels, strides, receptive fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import TYPE_CHECKING

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.ends import end_of
from netdsl.analyse.advice.view import (
    SLIDING,
    SLIDING_KERNELS,
    View,
    argument,
    at,
    shows,
    spatial,
    uses,
)
from netdsl.catalog.kind import Role
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.training import experiment
from netdsl.graph import Node
from netdsl.record import record
from netdsl.tensor import Dim, TensorSpec, spell_shape

if TYPE_CHECKING:
    from netdsl.analyse.receptive import Field

#: Half a place more or less does not count beside kernels that are longer than this.
_LONG = 8

#: Weights of one dense layer that are told of anyway: 512 MiB, and more than the first of VGG-16 has. From so many on
#: it is told of where it is nearly all of a network and the map before it has so many places.
_TOO_MANY, _MANY, _NEARLY_ALL, _LARGE = 2**27, 2**25, 0.9, 400

#: So many slopes for a channel are few.
_FEW = 16

#: A border is told of from this share of the map on, a receptive field below and above these shares of the input.
_BORDER, _NEAR, _FAR = 0.1, 1 / 3, 8


def dense_on_map(view: View) -> Iterable[Diagnostic]:
    """Report an output that a Dense computed place by place, where one for each sample must be meant."""
    for name, ref in view.graph.outputs.items():
        spec, end = view.spec(ref), end_of(view.graph, ref)
        places = spec.shape[1:-1]
        if spec.rank < 3 or not end.node.is_a("dense") or all(size == 1 for size in places):
            continue
        if end.node.flat_outputs[0].rank != spec.rank or not _means_one(view, spec, end.activation):
            continue
        yield problems.DenseOnMap.at(
            at(end.node),
            f"the output is {spell_shape(spec.shape)}: {shows(places)} rows of {spec.shape[-1]}",
            name=name,
            related=uses(end.node),
            help="put `Flatten()` or a global pooling before the dense layers",
        )


def _means_one(view: View, spec: TensorSpec, activation: str) -> bool:
    """Tell whether the model must mean one prediction for each sample and not one for each place."""
    if _labels_samples(view.setting("data")) and view.losses():
        return True
    if any(
        node.is_a("transposed", "resizing") or node.operation.family not in ("input", "layer")
        for node in view.nodes
    ):
        return False
    inputs = [view.graph.nodes[number].flat_outputs[0] for number in view.graph.inputs]
    if len(inputs) != 1 or inputs[0].dtype == "string" or inputs[0].rank < spec.rank:
        return False
    mixes = any(_mixes(node) for node in view.nodes)
    if (
        spec.rank == 3
    ):  # a sequence may well be labelled step by step, if its steps know of each other
        return not mixes and activation == "softmax" and _is_fixed(inputs[0].shape[1:])
    return not mixes or inputs[0].shape[1:-1] != spec.shape[1:-1]


def _mixes(node: Node) -> bool:
    """Tell whether a place of what a node gives depends on other places of what it gets."""
    return node.operation.family != "input" and not node.is_a("each_place", "normalization")


def _is_fixed(shape: tuple[Dim, ...]) -> bool:
    return all(isinstance(size, int) for size in shape)


def _labels_samples(data: object) -> bool:
    """Tell whether a data setting gives one label for each sample."""
    return isinstance(data, experiment.DataSource) and data.kind in (
        "image_folder",
        "text_folder",
        "dataset",
    )


@record
class _Window:
    """A sliding window along one spatial axis."""

    size: Dim
    window: int
    stride: int
    dilation: int

    @property
    def reach(self) -> int:
        return (self.window - 1) * self.dilation + 1


def _windows(view: View, node: Node) -> list[_Window]:
    window = argument(node, "kernel_size") or argument(node, "pool_size")
    strides = argument(node, "strides") or window
    dilation = argument(node, "dilation_rate") or (1,) * len(window)
    sizes = spatial(node, view.spec(node.inputs[0]))
    return [_Window(*axis) for axis in zip(sizes, window, strides, dilation, strict=True)]


def _sliding(view: View, roles: tuple[Role, ...]) -> Iterator[tuple[Node, list[_Window]]]:
    for node in view.having(*roles):
        if node.inputs:
            yield node, _windows(view, node)


def idle_kernel(view: View) -> Iterable[Diagnostic]:
    """Report kernels some of whose weights meet nothing but padding."""
    for node, axes in _sliding(view, SLIDING_KERNELS):
        idle = [_idle(axis) for axis in axes]
        if argument(node, "padding") != "same" or not any(idle):
            continue
        sizes, kernel = [axis.size for axis in axes], [axis.window for axis in axes]
        met = [axis.window - rest for axis, rest in zip(axes, idle, strict=True)]
        told = f"{shows(met)} of its {shows(kernel)} weights meet data"
        if all(size == 1 for size in sizes):
            yield problems.KernelOnPoint.at(
                at(node),
                f"{spell_shape(view.spec(node.inputs[0]).shape)} arrives: {told}",
                layer=node.kind,
                related=uses(node),
                help="shrink the map less before it, or use a kernel of 1",
            )
        else:
            dilated = max(axis.dilation for axis in axes)
            spread = f", spread over {shows([axis.reach for axis in axes])}," if dilated > 1 else ""
            yield problems.KernelBeyondInput.at(
                at(node),
                f"on a map of {shows(sizes)}, {told}{spread}".rstrip(","),
                layer=node.kind,
                related=uses(node),
                help="use a smaller kernel" + (" or dilation" if dilated > 1 else ""),
            )


def _idle(axis: _Window) -> int:
    """Count the weights along an axis that no place of a padded window puts on data."""
    if not isinstance(axis.size, int):
        return 0
    before = (axis.reach - 1) // 2
    first = (before - axis.size) // axis.dilation + 1  # the taps from here on begin to meet data
    last = -((-before - axis.size) // axis.dilation) - 1
    return axis.window - max(0, min(last, axis.window - 1) - max(first, 0) + 1)


def even_kernel(view: View) -> Iterable[Diagnostic]:
    """Report even kernels whose "same" padding is not the same on both sides."""
    for node, axes in _sliding(view, SLIDING_KERNELS):
        uneven = [a for a in axes if a.window % 2 == 0 and a.window <= _LONG and _padding(a) % 2]
        if argument(node, "padding") == "same" and uneven:
            less = _padding(uneven[0]) // 2
            yield problems.EvenKernel.at(
                at(node),
                f"a kernel of {uneven[0].window} is padded by {less} before and {less + 1} after",
                related=uses(node),
                help=f"use a kernel of {uneven[0].window - 1} or {uneven[0].window + 1}",
            )


def _padding(axis: _Window) -> int:
    """Give all of the padding along an axis, 0 where it depends on a size that is not known."""
    if axis.stride == 1:
        return axis.reach - 1
    if not isinstance(axis.size, int):
        return 0
    return max((-(-axis.size // axis.stride) - 1) * axis.stride + axis.reach - axis.size, 0)


def skipped_input(view: View) -> Iterable[Diagnostic]:
    """Report strides that are larger than the window."""
    for node, axes in _sliding(view, SLIDING):
        wide = [axis for axis in axes if axis.stride > axis.reach]
        if not wide or all(axis.window == 1 for axis in axes):
            continue
        axis = max(wide, key=lambda a: a.stride - a.reach)
        what = "pool" if node.is_a("pooling") else "kernel"
        yield problems.SkippedInput.at(
            at(node),
            f"a {what} of {axis.reach} moves by {axis.stride}: {axis.stride - axis.reach} of every "
            f"{axis.stride} rows are never read",
            layer=node.kind,
            related=uses(node),
            help=f"use a {what} of at least {axis.stride}, or a smaller stride",
        )


def dropped_border(view: View) -> Iterable[Diagnostic]:
    """Report windows side by side that leave much of a map out at its end."""
    for node, axes in _sliding(view, SLIDING):
        if argument(node, "padding") != "valid":
            continue
        left = [(rest, axis) for axis in axes if (rest := _left_over(axis))]
        if left:
            rest, axis = max(left, key=lambda pair: pair[0])
            rows = "the last row and column" if rest == 1 else f"the last {rest} rows and columns"
            yield problems.DroppedBorder.at(
                at(node),
                f"windows of {axis.window} on a size of {axis.size} drop "
                + (rows if len(left) > 1 else f"the last {rest} of it"),
                layer=node.kind,
                related=uses(node),
                help='use `padding="same"`, or sizes that divide evenly',
                fix=with_argument(node.operation.call, "padding", '"same"', "keep the border: "),
            )


def _left_over(axis: _Window) -> int:
    """Count what windows side by side leave of an axis, 0 where it is a small share of it."""
    if not isinstance(axis.size, int) or axis.dilation > 1 or not axis.stride == axis.window > 1:
        return 0
    rest = axis.size % axis.window
    return rest if rest > _BORDER * axis.size else 0


def checkerboard(view: View) -> Iterable[Diagnostic]:
    """Report transposed convolutions whose kernel is no multiple of the stride."""
    for node in view.having("transposed"):
        pairs = zip(argument(node, "kernel_size"), argument(node, "strides"), strict=True)
        uneven = [(kernel, stride) for kernel, stride in pairs if stride > 1 and kernel % stride]
        if uneven:
            kernel, stride = uneven[0]
            higher = kernel // stride + 1
            yield problems.Checkerboard.at(
                at(node),
                f"places are covered {kernel // stride} or {higher} times along an axis: {kernel} is no "
                f"multiple of {stride}",
                layer=node.kind,
                related=uses(node),
                help=f"use a kernel of {higher * stride}, or `UpSampling2D()` and a convolution",
            )


def wide_flatten(view: View) -> Iterable[Diagnostic]:
    """Report a dense layer whose kernel has more weights than a network, since a map was put in one row before it."""
    total = sum(prod(w.shape) for o in view.graph.operations() for w in o.weights)
    for node in view.having("dense"):
        kernel = next((w.shape for w in node.operation.weights if w.name == "kernel"), ())
        flat = _flattened(view, node) if len(kernel) == 2 else None
        if flat is None:
            continue
        shape, weights = view.spec(flat.inputs[0]).shape[1:], prod(kernel)
        places = [size for size in shape[:-1] if isinstance(size, int)]
        alone = weights >= _NEARLY_ALL * total and weights >= _MANY and prod(places) >= _LARGE
        if len(places) < len(shape) - 1 or prod(places) == 1 or not (weights >= _TOO_MANY or alone):
            continue
        averaged = f"averaged over its places it would have {kernel[1] * _known(shape[-1]):,}"
        pooling = f"GlobalAveragePooling{len(places)}D()"
        help_ = "shrink the map more before it"
        if len(places) <= 3:
            help_ = f"use `{pooling}` in place of `Flatten()`, or shrink the map more before it"
        yield problems.WideFlatten.at(
            at(node),
            f"{shows(shape)} numbers by {kernel[1]:,} units, {weights * 4 / 2**30:.3g} GiB; {averaged}",
            layer=node.kind,
            weights=weights,
            related=(Label(flat.origin.span, "the map is put in a row here"), *uses(node)),
            help=help_,
        )


def _known(size: Dim) -> int:
    return size if isinstance(size, int) else 0


def _flattened(view: View, node: Node) -> Node | None:
    """Give the layer before this that put a map in one row; where rows are joined, the one that gave the longest."""
    before = view.only_producer(node)
    while before is not None and before.flat_outputs[0].rank == 2 and before.inputs:
        rows = [ref for ref in before.inputs if view.spec(ref).rank]
        longest = max(rows, key=lambda ref: _known(view.spec(ref).shape[-1]))
        if len(before.inputs) == 1 and view.spec(longest).rank > 2:
            return before if before.is_a("view") else None
        if not before.is_a(
            "dropout", "identity", "batch_normalization", "activation", "concatenation"
        ):
            return None
        before = view.producer(longest)
    return None


def unshared_slopes(view: View) -> Iterable[Diagnostic]:
    """Report an activation with weights that has some for each place of a map."""
    learned = [n for n in view.having("activation") if n.operation.weights]
    known = view.layouts if learned else {}
    for node in learned:
        weights = [prod(w.shape) for w in node.operation.weights]
        if argument(node, "shared_axes"):
            continue
        output = node.flat_outputs[0]
        layout = known.get(node.inputs[0].node)
        channels = _known(output.shape[1 if layout == "first" else -1])
        if output.rank < 3 or not channels or weights[0] <= _FEW * channels:
            continue
        axes = [
            n for n in range(1, output.rank) if n != (1 if layout == "first" else output.rank - 1)
        ]
        yield problems.UnsharedSlopes.at(
            at(node),
            f"{weights[0]:,} weights for {spell_shape(output.shape)}, and {channels} if the places share them",
            layer=node.kind,
            places=weights[0] // channels,
            related=uses(node),
            help=f"write `{node.kind}(shared_axes={axes})`",
            fix=with_argument(
                node.operation.call, "shared_axes", str(axes), "share them over the places: "
            ),
        )


def near_sighted(view: View) -> Iterable[Diagnostic]:
    """Report a classifier whose last maps see less than a third of the image before they are averaged."""
    if not _is_classifier(view):
        return
    pools = view.having("global_pooling")
    fields = view.once(_fields) if pools else {}
    if any(node.inputs[0].node not in fields for node in pools):
        return
    seen = [(node, fields[node.inputs[0].node]) for node in pools]
    seen = [(node, field) for node, field in seen if len(field.of) > 1]
    if not seen or not _all_pass(view, pools):
        return
    near = all(
        _known(reach) < _NEAR * _known(size)
        for _, field in seen
        for reach, size in zip(field.sizes, field.of, strict=True)
    )
    if near:
        node, field = seen[-1]
        yield problems.NearSighted.at(
            at(node),
            f"each sees {shows(field.sizes)} of {shows(field.of)}",
            related=uses(node),
            help="add layers, strides, pooling or dilation before it",
        )


def _fields(view: View) -> dict[int, Field]:
    """Give the receptive field of each map of places whose input has known sizes."""
    from netdsl.analyse.receptive import receptive_fields  # what has no windows needs none

    return {
        number: field
        for number, field in receptive_fields(view.graph).items()
        if _is_fixed(field.of) and field.axes is not None and field.of
    }


def _is_classifier(view: View) -> bool:
    ends = [(end_of(view.graph, ref), view.spec(ref)) for ref in view.graph.outputs.values()]
    return (
        len(view.graph.inputs) == 1
        and bool(ends)
        and all(
            end.activation in ("softmax", "sigmoid") and end.node.is_a("dense") and spec.rank == 2
            for end, spec in ends
        )
    )


def _all_pass(view: View, pools: list[Node]) -> bool:
    """Tell whether nothing but global pooling takes the places of a map together."""
    return bool(pools) and not view.having("reordering")


def far_sighted(view: View) -> Iterable[Diagnostic]:
    """Report the first convolution that sees a multiple of the input on its shortest path."""
    for node, axes in _sliding(view, SLIDING_KERNELS):
        field = None if all(axis.window == 1 for axis in axes) else view.once(_fields).get(node.id)
        if field is None:
            continue
        shortest = [int(reach or 0) for reach in field.shortest]
        if all(_FAR * _known(size) < reach for reach, size in zip(shortest, field.of, strict=True)):
            yield problems.FarSighted.at(
                at(node),
                f"each place looks at {shows(shortest)} of an input of {shows(field.of)}",
                layer=node.kind,
                related=(*_input_labels(view), *uses(node)),
                help="take strides or poolings out before it, or give it larger inputs",
            )
            return


def _input_labels(view: View) -> Iterator[Label]:
    for number in view.graph.inputs[:1]:
        yield Label(view.graph.nodes[number].origin.span, "the input")


def no_data(view: View) -> Iterable[Diagnostic]:
    """Report where the first tensor without a number comes from: an input, or a layer that makes it so."""
    for node in view.nodes:
        empty = next((spec for spec in node.flat_outputs if 0 in spec.shape[1:]), None)
        if empty is None or any(0 in view.spec(ref).shape[1:] for ref in node.inputs):
            continue
        yield problems.NoData.at(
            at(node),
            f"a size is 0 in {spell_shape(empty.shape)}",
            layer=node.name if node.operation.family == "input" else node.kind,
            related=uses(node),
            help="give every axis a size of 1 or more",
        )


RULES: tuple[Rule, ...] = (
    no_data,
    dense_on_map,
    idle_kernel,
    even_kernel,
    skipped_input,
    dropped_border,
    checkerboard,
    wide_flatten,
    unshared_slopes,
    near_sighted,
    far_sighted,
)
