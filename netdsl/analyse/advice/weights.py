"""Advice on biases, initializers and what follows what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.gpu import replicas
from netdsl.analyse.advice.view import (
    CONVOLUTIONS,
    KERNELS,
    View,
    activation,
    argument,
    at,
    channel_axis,
    initializer,
    uses,
)
from netdsl.catalog.kind import ObjectValue, Role
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.written_arguments import argument_at, value_place
from netdsl.graph import Node
from netdsl.syntax import tree

#: From how many rectified layers on the loss of variance is told of: 2^-10 is about a thousandth.
_DEEP = 10

#: Up to this batch the statistics are those of few samples; over so many numbers they serve all the same, as the maps
#: of a volume do.
_SMALL, _ENOUGH = 4, 2_000

_CONSTANT = frozenset({"Zeros", "Ones", "Constant"})
_LECUN = frozenset({"LecunNormal", "LecunUniform"})
_GLOROT = frozenset({"GlorotNormal", "GlorotUniform"})
_THROUGH: tuple[Role, ...] = (
    "dropout", "batch_normalization", "activation", "identity", "scaling", "view",
)  # fmt: skip


def lost_bias(view: View) -> Iterable[Diagnostic]:
    """Report a bias right before a BatchNormalization over the same channels."""
    for node in view.having("batch_normalization"):
        if not node.operation.trainable:
            continue
        before = view.only_producer(node)
        if before is None or not before.is_a(*KERNELS) or not argument(before, "use_bias"):
            continue
        rank = node.flat_outputs[0].rank
        same_axis = argument(node, "axis", -1) % rank == channel_axis(before) % rank
        if (
            activation(before) != "linear"
            or view.only_consumer(before) is not node
            or not same_axis
        ):
            continue
        size = before.flat_outputs[0].shape[channel_axis(before)]
        yield problems.LostBias.at(
            at(before),
            f"`BatchNormalization` takes away the mean of each of its {size} channels, and these {size} weights with "
            "it",
            layer=before.kind,
            related=(Label(at(node), "subtracted here"), *uses(before)),
            help=f"write `{before.kind}(…, use_bias=False)`",
            fix=with_argument(before.operation.call, "use_bias", "False", "leave the bias out: "),
        )


def alike_units(view: View) -> Iterable[Diagnostic]:
    """Report a trained kernel that starts constant, but for the last layer of a branch or model."""
    for node in view.having("dense", "einsum", *CONVOLUTIONS):
        kind = initializer(node)
        if kind not in _CONSTANT or not node.operation.trainable:
            continue
        units = node.flat_outputs[0].shape[channel_axis(node)]
        if units == 1 or _ends_a_branch(view, node) or _is_read_in(node) or _is_chosen(node):
            continue
        dead = kind == "Zeros" and activation(node) in ("relu", "relu6")
        yield problems.AlikeUnits.at(
            at(node),
            f"all {units} start with the same kernel"
            + (", and `relu` of 0 has no gradient" if dead else ""),
            layer=node.kind,
            related=uses(node),
            help="leave the initializer out, or use `glorot_uniform`, or `he_normal` for `relu`",
        )


def _is_read_in(node: Node) -> bool:
    """A constant kernel of several numbers is a filter that somebody chose."""
    return _is_of_numbers(argument(node, "kernel_initializer"))


def _is_chosen(node: Node) -> bool:
    """Zeros with a bias of several numbers give those at first, such as the transformation that changes nothing."""
    return initializer(node) == "Zeros" and _is_of_numbers(argument(node, "bias_initializer"))


def _is_of_numbers(value: object) -> bool:
    return isinstance(value, ObjectValue) and isinstance(
        value.arguments.get("value"), (list, tuple)
    )


def _ends_a_branch(view: View, node: Node) -> bool:
    """Tell whether a layer's output is the model's, or goes into sums and products with other tensors alone.

    So does what leads into a function of `ops` or into code of the user's own, as the parameters of a sampler do.
    """
    pending, seen = [node], {node.id}
    while pending:
        current = pending.pop()
        if current.id in view.output_nodes:
            continue
        for after in view.consumers[current.id]:
            if after.is_a("sum", "difference", "product", "user_code"):
                continue
            if after.operation.family in ("op", "extern") and not _keeps_units(view, after):
                continue
            if not _passes_on(after):
                return False
            if after.id not in seen:
                seen.add(after.id)
                pending.append(after)
    return True


def _keeps_units(view: View, node: Node) -> bool:
    """Tell whether it is a function that works on each number, and so leaves units alike that were: `ops.tanh`."""
    output = node.flat_outputs[0]
    return len(node.inputs) == 1 and view.spec(node.inputs[0]).shape == output.shape


def _passes_on(node: Node) -> bool:
    if node.operation.family == "op":
        return node.kind.rpartition(".")[2] != "relu"
    rectifies = node.is_a("activation") and activation(node) == "relu"
    return node.is_a(*_THROUGH) and not rectifies


def selu_initializer(view: View) -> Iterable[Diagnostic]:
    """Report selu on weights that do not start from LeCun's variance."""
    for node, act in _activated(view):
        kind = initializer(node)
        if act != "selu" or not kind or kind in _LECUN or kind == "VarianceScaling":
            continue
        default = "kernel_initializer" not in node.operation.arguments
        written = "the default, " if default else ""
        yield problems.SeluInitializer.at(
            at(node),
            f"{written}`{_snake(kind)}` does not keep its variance",
            initializer=_snake(kind),
            related=uses(node),
            help="use `kernel_initializer=lecun_normal`",
            fix=_lecun(node.operation.call),
        )


def _snake(kind: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).lstrip("_")


def _lecun(call: tree.Call | None) -> Fix | None:
    """Write the initializer into the call, or in the place of one that is a single name."""
    given = None if call is None else argument_at(call, "kernel_initializer", None)
    if given is None:
        return with_argument(call, "kernel_initializer", "lecun_normal", "keep the variance: ")
    if not value_place(given).text.strip("\"'").isidentifier():
        return None
    edit = Edit(value_place(given), "lecun_normal")
    return Fix((edit,), text="keep the variance: `kernel_initializer=lecun_normal`")


def _activated(view: View) -> Iterator[tuple[Node, str]]:
    """Give each layer with a kernel and the activation on it, which may be a layer of its own."""
    for node in view.having(*KERNELS):
        own, after = activation(node), view.only_consumer(node)
        if own == "linear" and after is not None and after.is_a("activation"):
            own = activation(after)
        yield node, own


def glorot_in_depth(view: View) -> Iterable[Diagnostic]:
    """Report many rectified layers after one another that start from Glorot weights."""
    runs: dict[int, tuple[int, Node]] = {}
    activations = {node.id: act for node, act in _activated(view)}
    for node in view.nodes:
        before = view.only_producer(node)
        arriving = runs.get(before.id) if before is not None else None
        if node.id in activations:
            count = (arriving[0] if arriving else 0) + 1
            if (
                activations[node.id] == "relu"
                and initializer(node) in _GLOROT
                and not node.is_a("separable")
            ):
                runs[node.id] = (count, node)
        elif arriving is not None and not node.is_a("normalization"):
            runs[node.id] = arriving
    ends = [run for run in runs.values() if run[0] >= _DEEP]
    if ends:
        count, last = max(ends, key=lambda run: run[0])
        yield problems.GlorotInDepth.at(
            at(last),
            f"about {2.0**-count:.0e} of the variance is left here",
            count=count,
            related=uses(last),
            help="use `kernel_initializer=he_normal`, as a `defaults` line for all of them",
        )


def alpha_dropout_alone(view: View) -> Iterable[Diagnostic]:
    """Report AlphaDropout on what is not known to come from selu."""
    for node in view.having("self_normalizing"):
        before = view.only_producer(node)
        if before is None:
            continue
        while before.is_a("view") and len(before.inputs) == 1:
            before = view.producer(before.inputs[0])
        if before.operation.family == "layer" and activation(before) not in ("selu", ""):
            own = activation(before)
            yield problems.AlphaDropoutAlone.at(
                at(node),
                f"`{own}` comes before it"
                if own != "linear"
                else f"`{before.kind}` comes before it",
                related=uses(node),
                help="use `Dropout`, or `selu` with `lecun_normal` in the layer before",
            )


def variance_shift(view: View) -> Iterable[Diagnostic]:
    """Report a BatchNormalization straight after dropout."""
    for node in view.having("batch_normalization"):
        before = view.only_producer(node)
        if before is None or not before.is_a("zeroing"):
            continue
        rate = argument(before, "rate")
        if rate and rate < 1:
            yield problems.VarianceShift.at(
                at(node),
                f"it learns a second moment {1 / (1 - rate):.3g} times as large as that at inference",
                related=(
                    Label(at(before), f"drops {rate:g} of the units while training"),
                    *uses(node),
                ),
                help="put the dropout after the normalization",
            )


def small_batch(view: View) -> Iterable[Diagnostic]:
    """Report BatchNormalizations that train on the statistics of a few samples, at the one with the fewest numbers."""
    norms = [node for node in view.having("batch_normalization") if node.operation.trainable]
    batch = _batch(view, norms)
    counts = {node.id: _numbers(view, node, batch) for node in norms} if batch is not None else {}
    few = [node for node in norms if counts.get(node.id, _ENOUGH) < _ENOUGH]
    if batch is None or batch > _SMALL or not few:
        return
    least = min(few, key=lambda node: counts[node.id])
    several = f", and so are those of {len(few) - 1} more" if len(few) > 1 else ""
    plan = view.training
    said = plan.spans.get("batch_size") if plan is not None else None
    yield problems.SmallBatch.at(
        at(least),
        f"each mean is taken over {counts[least.id]:,} numbers of {batch} sample{'s' * (batch > 1)}{several}",
        batch=batch,
        related=(*((Label(said, "the batch"),) if said else ()), *uses(least)),
        help="use `GroupNormalization` or `LayerNormalization`, which look at one sample, or larger batches",
    )


def _numbers(view: View, node: Node, batch: int) -> int:
    """Count the numbers that a normalization takes a mean over; a map of unknown size has enough."""
    shape = view.spec(node.inputs[0]).shape
    axis = argument(node, "axis", -1) % len(shape)
    places = [n for i, n in enumerate(shape) if i not in (0, axis)]
    if not all(isinstance(n, int) for n in places):
        return _ENOUGH
    return batch * prod(n for n in places if isinstance(n, int))


def _batch(view: View, norms: list[Node]) -> int | None:
    """Give how many samples a normalization sees at once in training; None where nothing says it."""
    if not norms:
        return None
    whole = view.setting("batch_size")
    if not isinstance(whole, int):
        sizes = [view.graph.nodes[n].flat_outputs[0].shape[:1] for n in view.graph.inputs]
        known = [size[0] for size in sizes if size and isinstance(size[0], int)]
        return known[0] if known else None
    together = all(argument(node, "synchronized") for node in norms)
    return whole if together else max(1, whole // (replicas(view.setting("distribute")) or 1))


RULES: tuple[Rule, ...] = (
    lost_bias,
    alike_units,
    selu_initializer,
    glorot_in_depth,
    alpha_dropout_alone,
    variance_shift,
    small_batch,
)
