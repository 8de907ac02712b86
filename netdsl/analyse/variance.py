"""How initial weights carry the size of numbers through a net: the mean square that leaves each layer.

With weights of mean 0 a unit that adds up n inputs has n times their mean square times the variance of the weights,
and an activation of normal numbers of that variance has a mean square that can be worked out (He et al., 2015,
arXiv:1502.01852). What arrives at the first layer of a run counts as 1. A normalization begins anew, and so does
whatever is not understood: nothing is claimed of it. Layers that start as Keras starts them, from Glorot weights, are
taken as they are.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from math import prod

from netdsl.analyse.advice.view import View, activation, argument, initializer
from netdsl.catalog.activations import ACTIVATIONS
from netdsl.catalog.kind import ObjectValue, Role
from netdsl.catalog.signature import signature
from netdsl.graph import Node
from netdsl.record import record
from netdsl.value import Arguments

#: Layers that leave a mean square as it is, near enough.
_NEUTRAL: tuple[Role, ...] = (
    "dropout", "identity", "reordering", "repeating", "padding", "cropping", "pooling", "global_pooling",
)  # fmt: skip

_GLOROT = frozenset({"GlorotNormal", "GlorotUniform"})
_TRUNCATED = 0.7737413  # the variance of normal numbers that are drawn again beyond two deviations
_GRID = [i / 25 for i in range(-200, 201)]
_DENSITY = [math.exp(-x * x / 2) / math.sqrt(2 * math.pi) / 25 for x in _GRID]
_VALUES = {facts.name: facts.value for facts in ACTIVATIONS if facts.value is not None}


@record
class Carried:
    """What a run of layers made of a mean square of 1.

    `before` and `after` are the mean squares on both sides of the last layer's activation, `count` the layers that were
    given their initial weights, `first` and `last` the outermost of them.
    """

    before: float
    after: float
    count: int
    first: Node
    last: Node


def carried(view: View) -> dict[int, Carried]:
    """Follow the mean square through a net, for each node that a run leads to."""
    runs: dict[int, Carried] = {}
    for node in view.nodes:
        before = view.only_producer(node)
        if before is None:
            continue
        run = _next(node, runs.get(before.id))
        if run is not None:
            runs[node.id] = run
    return runs


def _next(node: Node, arriving: Carried | None) -> Carried | None:
    if node.is_a("dense", "convolution", "transposed", "depthwise"):
        return _through_kernel(node, arriving)
    if arriving is None:
        return None
    if node.is_a("activation"):
        after = mean_square(activation(node), arriving.after)
        return None if after is None else replace(arriving, before=arriving.after, after=after)
    return arriving if node.is_a(*_NEUTRAL) else None


def _through_kernel(node: Node, arriving: Carried | None) -> Carried | None:
    """Multiply by the kernel and activate; a layer that was not given its weights leaves all as it is."""
    name = _initializer_argument(node)
    if name not in node.operation.arguments or initializer(node, name) in _GLOROT:
        return arriving
    gain = kernel_gain(node)
    if gain is None or not node.operation.trainable:
        return None
    before = (arriving.after if arriving else 1.0) * gain
    after = mean_square(activation(node), before)
    if after is None or not math.isfinite(after):
        return None
    count, first = (arriving.count, arriving.first) if arriving else (0, node)
    return Carried(before, after, count + 1, first, node)


def _initializer_argument(node: Node) -> str:
    return "depthwise_initializer" if node.is_a("depthwise") else "kernel_initializer"


def kernel_gain(node: Node) -> float | None:
    """Give how many inputs a unit adds up, times the variance of their weights; None where that is not known."""
    kernel = next((w.shape for w in node.operation.weights if w.name == "kernel"), None)
    variance = _variance(node, kernel) if kernel is not None else None
    if kernel is None or variance is None:
        return None
    window = prod(kernel[:-2])
    if node.is_a("depthwise"):
        return window * variance
    if node.is_a(
        "transposed"
    ):  # its last axis is what goes in, and strides leave gaps between the places
        gaps: int = prod(argument(node, "strides"))
        return window * kernel[-1] / gaps * variance
    return window * kernel[-2] * variance


def _variance(node: Node, kernel: tuple[int, ...]) -> float | None:
    """Give the variance of weights of mean 0; None where another mean, or what fills them, is not understood."""
    name = _initializer_argument(node)
    kind, value = initializer(node, name), argument(node, name)
    found = signature("initializer", kind)
    if found is None:
        return None
    given = {p.name: p.default for p in found.parameters}
    if isinstance(value, ObjectValue):
        given |= value.arguments
    try:
        return _variance_of(kind, given, kernel)
    except (TypeError, ZeroDivisionError, OverflowError):
        return None


def _variance_of(kind: str, given: Arguments, kernel: tuple[int, ...]) -> float | None:
    fan_in, fan_out = _fans(kernel)
    match kind:
        case "RandomNormal" if given["mean"] == 0:
            return float(given["stddev"]) ** 2
        case "TruncatedNormal" if given["mean"] == 0:
            return _TRUNCATED * float(given["stddev"]) ** 2
        case "RandomUniform" if given["minval"] == -given["maxval"]:
            return float(given["maxval"]) ** 2 / 3
        case "Orthogonal":
            return float(given["gain"]) ** 2 / max(prod(kernel[:-1]), kernel[-1])
        case "VarianceScaling":
            fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
            return float(given["scale"]) / fans[given["mode"]] if given["mode"] in fans else None
        case "HeNormal" | "HeUniform":
            return 2.0 / fan_in
        case "LecunNormal" | "LecunUniform":
            return 1.0 / fan_in
    return None


def _fans(kernel: tuple[int, ...]) -> tuple[int, int]:
    """Count what goes into a unit and out of one, as Keras does: the window times the last two axes."""
    window = prod(kernel[:-2])
    return window * kernel[-2], window * kernel[-1]


def mean_square(name: str, variance: float) -> float | None:
    """Give the mean square of an activation of normal numbers of mean 0; None for one whose values are not known."""
    if name == "linear":
        return variance
    if name == "relu":
        return variance / 2
    return _integral(name, float(f"{variance:.4g}"))


@lru_cache(maxsize=1024)
def _integral(name: str, variance: float) -> float | None:
    value = _VALUES.get(name)
    if value is None:
        return None
    deviation = math.sqrt(variance)
    try:
        return math.fsum(
            value(deviation * x) ** 2 * density for x, density in zip(_GRID, _DENSITY, strict=True)
        )
    except OverflowError:
        return None


def share_beyond(limit: float, variance: float) -> float:
    """Give the share of normal numbers of mean 0 that is farther from 0 than a limit."""
    return math.erfc(limit / math.sqrt(2 * variance)) if variance > 0 else 0.0
