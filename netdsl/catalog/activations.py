"""What is known of each activation: its formula and range, where it belongs, what to watch for.

`netdsl layers relu` prints these with a plot, and advice reads the traits. Each has a numeric form (plain floats, at
Keras's default arguments), which a test holds to Keras on a grid; those that work along an axis take a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Literal

from netdsl.catalog.activation_functions import (
    SELU_ALPHA,
    SELU_SCALE,
    elu,
    exponential,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    soft_shrink,
    softmax,
    softplus,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
)
from netdsl.record import record

INFINITY = math.inf


@record
class Range:
    """The values that can come out: `Range(0, 1, "(]")` is above 0, up to and with 1."""

    low: float
    high: float
    ends: Literal["()", "[)", "(]", "[]"] = "()"

    def __str__(self) -> str:
        return f"{self.ends[0]}{_bound(self.low)}, {_bound(self.high)}{self.ends[1]}"


def _bound(value: float) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.4g}"


@record
class ActivationFacts:
    """One activation. `probabilities` says whether what comes out can be read as such, unit by unit or by row."""

    name: str
    formula: str
    range: Range
    belongs: str
    watch_for: str
    value: Callable[[float], float] | None = None
    row: Callable[[Sequence[float]], list[float]] | None = None
    saturates: bool = False  # flat on both sides, so that gradients vanish in depth
    probabilities: Literal["each", "row"] | None = None
    initializer: str | None = None  # the one that keeps variance through it
    layer: str | None = None  # the Keras layer that is this activation
    aliases: tuple[str, ...] = field(default=())

    def at(self, x: float) -> float:
        """Give the value at `x`; for one that works on a row, at the first unit of the row (x, 0)."""
        if self.value is not None:
            return self.value(x)
        assert self.row is not None
        return self.row([x, 0.0])[0]


ACTIVATIONS: tuple[ActivationFacts, ...] = (
    ActivationFacts(
        "relu",
        "max(0, x)",
        Range(0, INFINITY, "[)"),
        "hidden layers; the usual choice in convolutional nets",
        "a unit that gets only negative input has no gradient and stays dead; nothing bounds it above",
        relu,
        initializer="he_normal",
        layer="ReLU",
    ),
    ActivationFacts(
        "leaky_relu",
        "x if x > 0 else negative_slope·x, slope 0.2",
        Range(-INFINITY, INFINITY),
        "hidden layers where relu loses units; discriminators and critics",
        "one more number to choose; the layer `LeakyReLU` starts from a slope of 0.3",
        lambda x: x if x > 0 else 0.2 * x,
        initializer="he_normal",
        layer="LeakyReLU",
    ),
    ActivationFacts(
        "prelu",
        "x if x > 0 else α·x, α learned",
        Range(-INFINITY, INFINITY),
        "convolutional nets that can afford a slope to each unit",
        "only the layer `PReLU` exists, with α = 0 at first; share α over the image with `shared_axes=[1, 2]`, "
        "or there are as many of it as pixels",
        relu,
        initializer="he_normal",
        layer="PReLU",
    ),
    ActivationFacts(
        "relu6",
        "min(max(0, x), 6)",
        Range(0, 6, "[]"),
        "nets for phones, and nets that will be quantised",
        "what lies above 6 is lost",
        relu6,
        initializer="he_normal",
    ),
    ActivationFacts(
        "elu",
        "x if x > 0 else α(e^x - 1), α = 1",
        Range(-1, INFINITY),
        "deep nets without normalization that lose units to relu",
        "costs an exponential wherever the input is negative",
        elu,
        initializer="he_normal",
        layer="ELU",
    ),
    ActivationFacts(
        "celu",
        "max(0, x) + min(0, α(e^(x/α) - 1)), α = 1",
        Range(-1, INFINITY),
        "as elu, with a slope that stays smooth for every α",
        "at α = 1 it is elu",
        elu,
        initializer="he_normal",
    ),
    ActivationFacts(
        "selu",
        "1.0507·(x if x > 0 else 1.6733·(e^x - 1))",
        Range(-SELU_SCALE * SELU_ALPHA, INFINITY),
        "self-normalising nets of Dense layers, with `lecun_normal` and `AlphaDropout`",
        "with another initializer, with plain Dropout or with skip connections it normalises nothing",
        selu,
        initializer="lecun_normal",
    ),
    ActivationFacts(
        "gelu",
        "x·Φ(x), Φ the normal distribution function",
        Range(-0.16998, INFINITY, "[)"),
        "transformers",
        "the form with tanh (`approximate=True`) differs in the fourth digit: use the one that weights were "
        "trained with",
        gelu,
        initializer="he_normal",
    ),
    ActivationFacts(
        "silu",
        "x·sigmoid(x)",
        Range(-0.27847, INFINITY, "[)"),
        "EfficientNet, detectors and other deep convolutional nets",
        "costs more than relu, on small devices much more: see hard_silu",
        lambda x: x * sigmoid(x),
        initializer="he_normal",
        aliases=("swish",),
    ),
    ActivationFacts(
        "hard_silu",
        "x·relu6(x + 3)/6",
        Range(-0.375, INFINITY, "[)"),
        "MobileNetV3 and other nets for small devices",
        "stands in for silu: weights trained with one do not fit the other",
        lambda x: x * hard_sigmoid(x),
        initializer="he_normal",
        aliases=("hard_swish",),
    ),
    ActivationFacts(
        "mish",
        "x·tanh(softplus(x))",
        Range(-0.30885, INFINITY, "[)"),
        "detectors and other deep nets",
        "the dearest of its kind: an exponential, a logarithm and a tanh",
        mish,
        initializer="he_normal",
    ),
    ActivationFacts(
        "softplus",
        "ln(1 + e^x)",
        Range(0, INFINITY),
        "outputs that must be positive: a scale, a rate, a variance",
        "costs an exponential and a logarithm; rarely better than relu in hidden layers",
        softplus,
    ),
    ActivationFacts(
        "squareplus",
        "(x + √(x² + b))/2, b = 4",
        Range(0, INFINITY),
        "as softplus, without an exponential",
        "approaches its limits more slowly than softplus",
        squareplus,
    ),
    ActivationFacts(
        "sparse_plus",
        "0 if x ≤ -1, (x + 1)²/4 between, x if x ≥ 1",
        Range(0, INFINITY, "[)"),
        "outputs that should be exactly zero at times",
        "no gradient below -1",
        sparse_plus,
    ),
    ActivationFacts(
        "exponential",
        "e^x",
        Range(0, INFINITY),
        "growth and rates, such as the mean of counts",
        "overflows early: at 11 in float16, at 89 in float32",
        exponential,
    ),
    ActivationFacts(
        "sigmoid",
        "1/(1 + e^-x)",
        Range(0, 1),
        "outputs with two classes or several labels; gates",
        "flat on both sides, so gradients vanish in a stack of them; never negative, so not centred",
        sigmoid,
        saturates=True,
        probabilities="each",
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "hard_sigmoid",
        "relu6(x + 3)/6",
        Range(0, 1, "[]"),
        "cheap gates, small devices",
        "straight pieces: no gradient at all outside [-3, 3]",
        hard_sigmoid,
        saturates=True,
        probabilities="each",
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "sparse_sigmoid",
        "0 if x ≤ -1, (x + 1)/2 between, 1 if x ≥ 1",
        Range(0, 1, "[]"),
        "gates that should close and open fully",
        "no gradient outside [-1, 1]",
        sparse_sigmoid,
        saturates=True,
        probabilities="each",
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "log_sigmoid",
        "-ln(1 + e^-x)",
        Range(-INFINITY, 0),
        "likelihoods that are added up",
        "Keras's crossentropies take probabilities or logits, not this",
        lambda x: -softplus(-x),
    ),
    ActivationFacts(
        "tanh",
        "(e^x - e^-x)/(e^x + e^-x)",
        Range(-1, 1),
        "recurrent cells; hidden layers that should be centred; images scaled to [-1, 1]",
        "flat on both sides, so gradients vanish in depth; LSTM and GRU run on cuDNN only with it",
        math.tanh,
        saturates=True,
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "hard_tanh",
        "min(max(-1, x), 1)",
        Range(-1, 1, "[]"),
        "as tanh, on small devices",
        "no gradient outside [-1, 1]",
        lambda x: min(max(-1.0, x), 1.0),
        saturates=True,
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "softsign",
        "x/(1 + |x|)",
        Range(-1, 1),
        "hidden layers where tanh goes flat too early",
        "its tails are polynomial: it nears 1 slowly",
        lambda x: x / (1.0 + abs(x)),
        saturates=True,
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "tanh_shrink",
        "x - tanh(x)",
        Range(-INFINITY, INFINITY),
        "sparse coding: small values go to almost nothing",
        "the slope at 0 is 0, so small inputs barely learn",
        lambda x: x - math.tanh(x),
    ),
    ActivationFacts(
        "hard_shrink",
        "x if |x| > 0.5 else 0",
        Range(-INFINITY, INFINITY),
        "sparse coding and denoising",
        "jumps at ±0.5, and has no gradient between",
        hard_shrink,
    ),
    ActivationFacts(
        "soft_shrink",
        "x - 0.5 if x > 0.5, x + 0.5 if x < -0.5, else 0",
        Range(-INFINITY, INFINITY),
        "sparse coding and denoising",
        "pulls every value towards 0 by the threshold; no gradient between ±0.5",
        soft_shrink,
    ),
    ActivationFacts(
        "threshold",
        "x if x > threshold else default_value",
        Range(-INFINITY, INFINITY),
        "a function of your own that needs a floor",
        "needs both of its arguments, so it has no use as a bare name",
    ),
    ActivationFacts(
        "linear",
        "x",
        Range(-INFINITY, INFINITY),
        "regression outputs, and logits for a loss with `from_logits=True`",
        "linear layers in a row are one linear layer",
        lambda x: x,
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "softmax",
        "e^x / Σ e^x along an axis",
        Range(0, 1),
        "outputs with one class out of many; attention",
        "on a single unit it is always 1; adding the same to every unit changes nothing",
        row=softmax,
        probabilities="row",
        initializer="glorot_uniform",
        layer="Softmax",
    ),
    ActivationFacts(
        "log_softmax",
        "x - ln Σ e^x along an axis",
        Range(-INFINITY, 0),
        "outputs that are trained on a log-likelihood of one's own",
        "Keras's crossentropies take probabilities or logits, not this",
        row=log_softmax,
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "sparsemax",
        "the nearest point to x that sums to 1 with nothing negative",
        Range(0, 1, "[]"),
        "attention and outputs where most classes should get exactly 0",
        "a class at 0 makes a crossentropy infinite; Keras 3.15 on TensorFlow miscounts the threshold where several "
        "classes share the mass, so that what comes out need not sum to 1",
        row=sparsemax,
        probabilities="row",
        initializer="glorot_uniform",
    ),
    ActivationFacts(
        "glu",
        "a·sigmoid(b), a and b the halves of x along an axis",
        Range(-INFINITY, INFINITY),
        "gated convolutions and transformers",
        "halves the axis: as `activation=` the shape that Keras infers is then twice too wide",
        row=glu,
    ),
)  # fmt: skip

BY_NAME = {name: facts for facts in ACTIVATIONS for name in (facts.name, *facts.aliases)}


def activation_facts(name: str) -> ActivationFacts | None:
    """Look an activation up by name or alias, `swish` for `silu`; None where there is none."""
    return BY_NAME.get(name)
