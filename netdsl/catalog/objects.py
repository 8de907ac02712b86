"""What is known of initializers, regularizers and constraints: what they do, where they belong, what to watch for.

`netdsl layers HeNormal` prints these, and advice asks `object_kind` which of them an argument is.
"""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.signature import Family, identifiers
from netdsl.record import record
from netdsl.value import Value


@record
class ObjectFacts:
    """One initializer, regularizer or constraint. `formula` is what it draws, adds to the loss or enforces."""

    name: str
    formula: str
    belongs: str
    watch_for: str
    same_for_all: bool = False  # an initializer that makes all units of a layer alike
    suits: tuple[str, ...] = ()  # activations through which an initializer keeps the variance


RELU_KIND = (
    "relu",
    "leaky_relu",
    "prelu",
    "relu6",
    "elu",
    "celu",
    "gelu",
    "silu",
    "hard_silu",
    "mish",
)
SMOOTH_KIND = ("tanh", "sigmoid", "softsign", "linear", "softmax", "hard_sigmoid", "hard_tanh")

GLOROT = "layers with tanh, sigmoid or no activation (Glorot and Bengio, 2010); Keras's default for kernels"
HE = "layers with relu and its kin (He et al., 2015)"
LECUN = "selu, whose guarantee rests on it (Klambauer et al., 2017)"
TOO_SMALL_FOR_RELU = "relu halves the variance with each layer, so deep relu nets want He instead"
TOO_LARGE = "twice the variance that tanh or a linear layer keeps"
ONE_SCALE = "the spread is the same however wide the layer is: it fits one width only"

INITIALIZERS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "GlorotUniform", "uniform in ±√(6 / (fan_in + fan_out))", GLOROT, TOO_SMALL_FOR_RELU,
        suits=SMOOTH_KIND,
    ),
    ObjectFacts(
        "GlorotNormal", "truncated normal, variance 2 / (fan_in + fan_out)", GLOROT,
        TOO_SMALL_FOR_RELU, suits=SMOOTH_KIND,
    ),
    ObjectFacts("HeUniform", "uniform in ±√(6 / fan_in)", HE, TOO_LARGE, suits=RELU_KIND),
    ObjectFacts(
        "HeNormal", "truncated normal, variance 2 / fan_in", HE, TOO_LARGE, suits=RELU_KIND
    ),
    ObjectFacts(
        "LecunUniform", "uniform in ±√(3 / fan_in)", LECUN, TOO_SMALL_FOR_RELU, suits=("selu",)
    ),
    ObjectFacts(
        "LecunNormal", "truncated normal, variance 1 / fan_in", LECUN, TOO_SMALL_FOR_RELU,
        suits=("selu",),
    ),
    ObjectFacts(
        "VarianceScaling", "variance scale / fan, for fan_in, fan_out or their mean",
        "when none of the named ones has the scale that a paper asks for",
        "`distribution=\"normal\"` is the truncated one; Glorot, He and Lecun are special cases",
    ),
    ObjectFacts(
        "Orthogonal", "a matrix with orthonormal rows or columns, times gain",
        "recurrent kernels, whose products then neither grow nor shrink (Saxe et al., 2013)",
        "needs at least two axes; costs a QR decomposition on large kernels",
    ),
    ObjectFacts(
        "Identity", "1 on the diagonal, 0 elsewhere, times gain",
        "square recurrent kernels that should start as memory",
        "takes a matrix only: on a convolution's kernel Keras refuses",
    ),
    ObjectFacts(
        "RandomNormal", "normal with mean and stddev, 0.05 unless said",
        "embeddings, and heads whose paper names a stddev", ONE_SCALE,
    ),
    ObjectFacts(
        "TruncatedNormal", "normal, drawn again beyond two stddev",
        "transformers, mostly with stddev 0.02", ONE_SCALE,
    ),
    ObjectFacts(
        "RandomUniform", "uniform between minval and maxval, ±0.05 unless said",
        "embeddings, where it is Keras's default", ONE_SCALE,
    ),
    ObjectFacts(
        "Zeros", "0", "biases, and the last scale of a residual branch",
        "on a kernel all units stay alike, and nothing is learned", same_for_all=True,
    ),
    ObjectFacts(
        "Ones", "1", "the scale of a normalization", "on a kernel all units stay alike",
        same_for_all=True,
    ),
    ObjectFacts(
        "Constant", "one value, or an array that fits the shape",
        "biases that should start at a known value, and fixed filters with `trainable=False`",
        "one value on a trained kernel leaves all units alike", same_for_all=True,
    ),
    ObjectFacts(
        "STFT", "the sines or cosines of a short-time Fourier transform",
        "a convolution over sound that should start as a spectrogram",
        "the kernel needs the shape (frame, 1, frequencies); scipy must be installed",
    ),
)  # fmt: skip

REGULARIZERS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "L1", "l1·Σ|w|", "weights of which many should become 0",
        "on a bias or a normalization's scale it mostly does harm",
    ),
    ObjectFacts(
        "L2", "l2·Σw²", "kernels, against overfitting",
        "with Adam it is not weight decay: AdamW's `weight_decay` is; before a BatchNormalization it only changes the "
        "learning rate",
    ),
    ObjectFacts(
        "L1L2", "l1·Σ|w| + l2·Σw²", "sparse weights that stay small as well",
        "both are 0 unless said, and then nothing happens",
    ),
    ObjectFacts(
        "OrthogonalRegularizer", "factor·mean|cosine| between pairs of rows or columns",
        "rows or columns that should not repeat each other",
        "takes a matrix only: on a convolution's kernel Keras refuses",
    ),
)  # fmt: skip

CONSTRAINTS: tuple[ObjectFacts, ...] = (
    ObjectFacts(
        "NonNeg", "w ≥ 0", "weights that are amounts, mixtures or monotone effects",
        "weights at 0 can get stuck there",
    ),
    ObjectFacts(
        "MaxNorm", "‖w‖ ≤ max_value for each unit", "layers before Dropout, with a norm of 2 to 4",
        "the axis is that of the inputs: 0 for Dense, [0, 1, 2] for Conv2D",
    ),
    ObjectFacts(
        "MinMaxNorm", "min_value ≤ ‖w‖ ≤ max_value for each unit, reached at `rate`",
        "units that should neither fade nor explode",
        "the axis is that of the inputs: 0 for Dense, [0, 1, 2] for Conv2D",
    ),
    ObjectFacts(
        "UnitNorm", "‖w‖ = 1 for each unit", "directions: embeddings, cosine similarity",
        "the axis is that of the inputs: 0 for Dense, [0, 1, 2] for Conv2D",
    ),
)  # fmt: skip

OBJECTS: Mapping[Family, Mapping[str, ObjectFacts]] = {
    "initializer": {facts.name: facts for facts in INITIALIZERS},
    "regularizer": {facts.name: facts for facts in REGULARIZERS},
    "constraint": {facts.name: facts for facts in CONSTRAINTS},
}


def object_kind(family: Family, value: Value) -> str | None:
    """Name the class of an argument's canonical value: "he_normal" and `HeNormal(seed=1)` are "HeNormal".

    None for `None` and for a function of the user's own.
    """
    if isinstance(value, ObjectValue):
        return value.kind
    return identifiers(family).get(value) if isinstance(value, str) else None


def object_facts(family: Family, value: Value) -> ObjectFacts | None:
    """Look up what is known of an initializer, a regularizer or a constraint."""
    kind = object_kind(family, value)
    return OBJECTS.get(family, {}).get(kind) if kind else None
