"""Advice on activations through the depth of a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import (
    CONVOLUTIONS,
    KERNELS,
    View,
    activation,
    argument,
    at,
    channel_axis,
    each_step,
    uses,
)
from netdsl.catalog.kind import Role
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.graph import Node
from netdsl.record import record

#: How many hidden layers in a row saturate too often: the slope of sigmoid is at most 1/4, that of tanh 1.
_DEPTHS = {"sigmoid": 4, "hard_sigmoid": 4, "tanh": 8, "softsign": 8}

#: From so many layers on a net without shortcuts is told of; the plain nets that train well have 34 at most.
_PLAIN = 50
_SLOPES = {"sigmoid": 0.25, "hard_sigmoid": 1 / 6}

#: Layers that leave a run of layers as it is: they have neither weights nor an activation of their own.
_NEUTRAL: tuple[Role, ...] = (
    "dropout", "identity", "reordering", "repeating", "padding", "cropping", "pooling", "global_pooling",
)  # fmt: skip


def _is_linear_between(node: Node) -> bool:
    passes = node.is_a(*_NEUTRAL, "batch_normalization", "scaling")
    return passes and not node.is_a("maximum")


@record
class _Run:
    """Layers in a row with one saturating activation."""

    name: str
    count: int
    first: Node
    last: Node


def saturating_stack(view: View) -> Iterable[Diagnostic]:
    """Report a long run of hidden layers with the same saturating activation, at its last layer."""
    runs: dict[int, _Run] = {}
    for node in view.nodes:
        run = _run(view, node, runs)
        if run is not None:
            runs[node.id] = run
    for node in view.nodes:
        run = runs.get(node.id)
        if run is None or run.last is not node:
            continue
        after = [runs[n.id].count for n in view.consumers[node.id] if n.id in runs]
        hidden = run.count - (node.id in view.output_nodes)
        if max(after, default=0) <= run.count and hidden >= _DEPTHS[run.name]:
            yield _saturates(run, hidden)


def _run(view: View, node: Node, runs: dict[int, _Run]) -> _Run | None:
    """Give the run that a node ends or carries on."""
    before = view.only_producer(node)
    if node.is_a(*_NEUTRAL):
        return runs.get(before.id) if before is not None else None
    own = activation(node) if node.operation.family == "layer" else ""
    if own not in _DEPTHS:
        return None
    if node.is_a("activation") and before is not None and before.is_a(*KERNELS):
        before = view.only_producer(before)
    elif not node.is_a(*KERNELS):
        return None
    earlier = runs.get(before.id) if before is not None else None
    if earlier is None or earlier.name != own:
        return _Run(own, 1, node, node)
    return _Run(own, earlier.count + 1, earlier.first, node)


def _saturates(run: _Run, count: int) -> Diagnostic:
    slope = _SLOPES.get(run.name)
    evidence = (
        f"each passes at most {slope:.2g} of the gradient on, all together {slope**count:.1e}"
        if slope is not None
        else "each passes less than all of the gradient on, and nearly none where it saturates"
    )
    return problems.SaturatingStack.at(
        at(run.last),
        evidence,
        count=count,
        activation=run.name,
        related=(*_begins(run.first, run.last), *uses(run.last)),
        help="use `relu` or `gelu`, or put a normalization or a shortcut between",
    )


def _begins(first: Node, last: Node) -> Iterator[Label]:
    if at(first) != at(last):
        yield Label(at(first), "the run begins here")


def two_activations(view: View) -> Iterable[Diagnostic]:
    """Report an activation layer straight after another activation."""
    for node in view.having("activation"):
        if len(node.inputs) != 1:
            continue
        before = view.producer(node.inputs[0])
        if not before.is_a(*KERNELS, "activation") or _is_between_sums(view, before):
            continue
        first, second = activation(before), activation(node)
        if {first, second} & {"linear", ""}:
            continue
        yield problems.TwoActivations.at(
            at(node),
            f"`{second}` of `{first}`" + (" changes nothing" if first == second == "relu" else ""),
            related=(Label(at(before), f"applies `{first}`"), *uses(node)),
            help="leave one of them out",
        )


def _is_between_sums(view: View, node: Node) -> bool:
    """Tell whether an activation stands on the way from one sum to the next, which is another matter."""
    before = view.only_producer(node)
    after = view.consumers[node.id]
    return before is not None and before.is_a("sum") and any(n.is_a("sum") for n in after)


@record
class _Map:
    """Linear layers that nothing non-linear has ended, and the channels that arrive at the first."""

    count: int
    first: Node
    last: Node
    width: int | None


_COUNTED: tuple[Role, ...] = ("dense", *CONVOLUTIONS)


def linear_stack(view: View) -> Iterable[Diagnostic]:
    """Report runs of dense layers or convolutions that are one linear map, at the last of them."""
    open_maps: dict[int, _Map] = {}
    for node in view.nodes:
        before = view.only_producer(node) if node.operation.family == "layer" else None
        alone = before is not None and view.only_consumer(before) is node
        arriving = open_maps.get(before.id) if before is not None and alone else None
        if node.is_a(*_COUNTED) and before is not None:
            run = _joined(view, arriving, node)
            linear = activation(node) == "linear"
            if linear:
                open_maps[node.id] = run
            if run.count > 1 and not (linear and _goes_on(view, node)):
                yield _one_map(run)
        elif _is_linear_between(node) and arriving is not None:
            open_maps[node.id] = arriving


def _joined(view: View, arriving: _Map | None, node: Node) -> _Map:
    """Put a layer to the run that arrives at it, or let it begin a new one."""
    if arriving is None or _is_factored(arriving, node):
        width = view.spec(node.inputs[0]).shape[channel_axis(node)]
        return _Map(1, node, node, width if isinstance(width, int) else None)
    return _Map(arriving.count + 1, arriving.first, node, arriving.width)


def _channels(node: Node) -> int | None:
    size = node.flat_outputs[0].shape[channel_axis(node)]
    return size if isinstance(size, int) else None


def _is_factored(run: _Map, node: Node) -> bool:
    """Tell what saves weights: fewer channels between, a 1x1 that narrows or widens, a long kernel cut in two."""
    before, width = run.last, run.width
    middle, last = _channels(before), _channels(node)
    if middle is None or width is None or last is None or before.operation is node.operation:
        return True
    if middle < min(width, last):
        return True
    one, two = (tuple(argument(n, "kernel_size") or ()) for n in (before, node))
    if not one or not two:
        return bool(two)  # a projection that is laid out as a map, as generators begin
    if before.kind != node.kind:
        return True  # up and then through: a transposed convolution is seldom activated
    if (max(one) == 1) != (max(two) == 1) and middle < max(width, last):
        return True
    return len(set(one)) > 1 or len(set(two)) > 1


def _goes_on(view: View, node: Node) -> bool:
    """Tell whether the only way on from a linear layer is into another that is counted with it."""
    after = view.only_consumer(node)
    while after is not None and _is_linear_between(after):
        after = view.only_consumer(after)
    return after is not None and after.is_a(*_COUNTED)


def _one_map(run: _Map) -> Diagnostic:
    return problems.LinearStack.at(
        at(run.last),
        f"between {run.width} channels and {_channels(run.last)} there is nothing non-linear",
        count=run.count,
        related=(*_begins(run.first, run.last), *uses(run.last)),
        help="give the layers between an `activation`, or write one layer in their place",
    )


def rectified_shortcut(view: View) -> Iterable[Diagnostic]:
    """Report a relu between two sums where the branch of the second begins with an activation of its own."""
    for node in view.having("activation"):
        if activation(node) != "relu":
            continue
        if _is_between_sums(view, node) and any(
            _begins_with_relu(view, n) for n in view.consumers[node.id]
        ):
            yield problems.RectifiedShortcut.at(
                at(node),
                "the shortcut goes through this `relu`, and the branch beside it begins with one",
                related=uses(node),
                help="leave this one out: the branch activates for itself",
            )


def _begins_with_relu(view: View, node: Node) -> bool:
    after: Node | None = node
    while after is not None and after.is_a("batch_normalization"):
        after = view.only_consumer(after)
    return after is not None and after.is_a("activation") and activation(after) == "relu"


def hidden_softmax(view: View) -> Iterable[Diagnostic]:
    """Report a softmax that goes into nothing but the kernels of further layers."""
    for node in view.nodes:
        own = argument(node, "activation") if node.is_a("recurrent") else activation(node)
        if own != "softmax" or not (_has_kernel(node) or node.is_a("activation", "recurrent")):
            continue
        size = node.flat_outputs[0].shape[channel_axis(node)]
        hidden = node.is_a("recurrent") or _goes_into_kernels(view, node)
        if not hidden or not isinstance(size, int) or size < 2 or _weighs(node):
            continue
        yield problems.HiddenSoftmax.at(
            at(node),
            f"its {size} values sum to 1, so each is about {1 / size:.2g}",
            related=uses(node),
            help="use `tanh`, as is the default, there"
            if node.is_a("recurrent")
            else "use `relu` or `gelu` there",
        )


def _has_kernel(node: Node) -> bool:
    """Tell whether it is a layer that multiplies by a kernel, also step by step."""
    inner = each_step(node)
    definition = inner.definition if inner is not None else node.operation.definition
    return definition is not None and definition.is_a(*KERNELS)


def _weighs(node: Node) -> bool:
    """Tell whether it is a softmax over another axis than the units, which weighs places against each other."""
    axis = argument(node, "axis", -1)
    return (
        isinstance(axis, int) and axis % node.flat_outputs[0].rank != node.flat_outputs[0].rank - 1
    )


def _goes_into_kernels(view: View, node: Node) -> bool:
    """Tell whether all that a tensor leads to, straight on, are kernels: not an output, a sum or a product.

    A kernel that is not trained takes a mean by the softmax's weights, or is a net that was trained behind it.
    """
    pending, met = [node], False
    while pending:
        current = pending.pop()
        if current.id in view.output_nodes:
            return False
        for after in view.consumers[current.id]:
            if after.operation.trainable and (_has_kernel(after) or after.is_a("recurrent")):
                met = True
            elif after.is_a(*_NEUTRAL, "batch_normalization"):
                pending.append(after)
            else:
                return False
    return met


def plain_depth(view: View) -> Iterable[Diagnostic]:
    """Report the longest row of layers with weights that nothing leads past, at its last layer."""
    counts: dict[int, int] = {}
    for node in view.nodes:
        before = view.only_producer(node)
        arriving = counts.get(before.id, 0) if before is not None and len(node.inputs) == 1 else 0
        counts[node.id] = arriving + node.is_a(*KERNELS)
        if before is not None and view.only_consumer(before) is not node:
            counts[node.id] = int(node.is_a(*KERNELS))  # something else leads on from before it
    last = max(view.nodes, key=lambda node: counts[node.id] * node.is_a(*KERNELS), default=None)
    if last is not None and counts[last.id] >= _PLAIN and last.is_a(*KERNELS):
        yield problems.PlainDepth.at(
            at(last),
            f"the {counts[last.id]} layers with weights up to here have one way through",
            count=counts[last.id],
            related=uses(last),
            help="lead a shortcut past every few of them: `x -> [_, block()] -> Add()`",
        )


RULES: tuple[Rule, ...] = (
    saturating_stack,
    two_activations,
    linear_stack,
    rectified_shortcut,
    hidden_softmax,
    plain_depth,
)
