"""What releases of Keras do in another way under the same names, and the way round what one of them lacks.

Found by building the cases of Keras's own tests on each release; a `Change` says which layers it is about. That a name
or an argument came later is not here: `versions.json` records it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from netdsl.catalog.kind import BoundLayer
from netdsl.catalog.signature import Family
from netdsl.catalog.versions import Release
from netdsl.record import record
from netdsl.tensor import Dim, TensorSpec
from netdsl.value import Arguments, Value

#: How to do without a name or an argument, as it follows "write".
WAYS: Mapping[tuple[Family, str, str], str] = {
    ("layer", "RMSNormalization", ""): (
        "normalize by hand: `x * ops.rsqrt(ops.mean(x ** 2, axis=-1, keepdims=True) + 1e-6)`"
    ),
    ("layer", "Pipeline", ""): "write its layers one after the other",
    ("layer", "ReversibleEmbedding", ""): (
        "`Embedding` looks up, and a `weight` with `ops.matmul` goes back"
    ),
    (
        "layer",
        "AdaptiveAveragePooling1D",
        "",
    ): "`AveragePooling1D` with the `pool_size` that gives that size",
    (
        "layer",
        "AdaptiveAveragePooling2D",
        "",
    ): "`AveragePooling2D` with the `pool_size` that gives that size",
    (
        "layer",
        "AdaptiveAveragePooling3D",
        "",
    ): "`AveragePooling3D` with the `pool_size` that gives that size",
    (
        "layer",
        "AdaptiveMaxPooling1D",
        "",
    ): "`MaxPooling1D` with the `pool_size` that gives that size",
    (
        "layer",
        "AdaptiveMaxPooling2D",
        "",
    ): "`MaxPooling2D` with the `pool_size` that gives that size",
    (
        "layer",
        "AdaptiveMaxPooling3D",
        "",
    ): "`MaxPooling3D` with the `pool_size` that gives that size",
    (
        "activation",
        "glu",
        "",
    ): "split by hand: `a, b = ops.split(x, 2, axis=-1)` and `a * ops.sigmoid(b)`",
    ("activation", "hard_tanh", ""): "`ops.clip(x, -1, 1)` is the same",
    ("activation", "log_sigmoid", ""): "`ops.log_sigmoid(x)` is the same",
    ("activation", "tanh_shrink", ""): "`x - ops.tanh(x)` is the same",
    ("activation", "celu", ""): "`elu` is the same at its default",
    ("activation", "threshold", ""): "`ops.where(x > threshold, x, value)` is the same",
    ("op", "rms_normalization", ""): (
        "normalize by hand: `x * ops.rsqrt(ops.mean(x ** 2, axis=-1, keepdims=True) + 1e-6)`"
    ),
    ("op", "dot_product_attention", ""): "`Attention` and `MultiHeadAttention` do it",
    ("op", "unfold", ""): "`ops.image.extract_patches` does it for pictures",
    ("op", "rearrange", ""): "`ops.reshape` and `ops.transpose` do it",
    ("op", "glu", ""): "split by hand: `a, b = ops.split(x, 2, axis=-1)` and `a * ops.sigmoid(b)`",
    ("op", "hard_tanh", ""): "`ops.clip(x, -1, 1)` is the same",
    ("op", "tanh_shrink", ""): "`x - ops.tanh(x)` is the same",
    ("optimizer", "Lamb", ""): "`AdamW` is the nearest",
    ("optimizer", "Muon", ""): "`AdamW` is the nearest",
    ("optimizer", "ScheduleFreeAdamW", ""): "`AdamW` with a schedule is the nearest",
}


def way_round(family: Family, name: str, argument: str = "") -> str:
    """Say how to do without a name, or an argument of it; empty where nothing is known."""
    return WAYS.get((family, name, argument), "")


#: What arrives at a layer, by the names of its call.
Arriving: TypeAlias = Mapping[str, TensorSpec]


@record
class Change:
    """What a layer does otherwise before a release. `holds` tells it of the layer's arguments and what arrives.

    Of a layer inside another nobody sees what arrives, and nothing is handed on. It makes no difference where only
    functions called `settled_by` read what the layer gives. `each` says that what it holds in a row may be held one by
    one.
    """

    kinds: tuple[str, ...]
    since: Release
    holds: Callable[[Arguments, Arriving], bool]
    before: str  # what it does, after "before Keras 3.4"
    help: str = ""
    settled_by: str = ""
    each: bool = False


def _always(arguments: Arguments, arriving: Arriving) -> bool:
    return True


def _width(arriving: Arriving, name: str) -> Dim | None:
    return arriving[name].shape[-1] if name in arriving else None


def _has_two_widths(arguments: Arguments, arriving: Arriving) -> bool:
    widths = [_width(arriving, name) for name in ("query", "value")]
    return None not in widths and widths[0] != widths[1]


def _values_are_not_as_wide(arguments: Arguments, arriving: Arriving) -> bool:
    widths = [spec.shape[-1] for spec in arriving.values()]
    return len(widths) > 1 and widths[0] != widths[1]


def _holds_row(arguments: Arguments, arriving: Arriving) -> bool:
    """Tell a wrapper of several layers in a row, or of a model."""
    inner = arguments.get("layer")
    return isinstance(inner, BoundLayer) and inner.definition is None and not inner.module


def _holds_embedding(arguments: Arguments, arriving: Arriving) -> bool:
    inner = arguments.get("layer")
    return isinstance(inner, BoundLayer) and inner.kind == "Embedding"


def _has(argument: str, *values: Value) -> Callable[[Arguments, Arriving], bool]:
    """Tell a layer by the value of an argument."""
    return lambda arguments, arriving: arguments.get(argument) in values


def _looks_rows_up(arguments: Arguments, arriving: Arriving) -> bool:
    spec = next(iter(arriving.values()), None)
    is_row = spec is not None and spec.rank > 1 and spec.shape[-1] != 1
    return arguments.get("output_mode") == "one_hot" and is_row


def _is_bilinear(arguments: Arguments, arriving: Arriving) -> bool:
    first = arguments.get("data_format") == "channels_first"
    return first and arguments.get("interpolation") != "nearest"


CHANGES: tuple[Change, ...] = (
    Change(
        ("Attention", "AdditiveAttention"),
        (3, 1),
        _values_are_not_as_wide,
        "it tells a wrong shape where query and value are not equally wide",
        "make both equally wide, with a `Dense` in front of one",
    ),
    Change(
        ("UpSampling2D",),
        (3, 2),
        _is_bilinear,
        "it interpolates along the wrong axes where channels come first",
        "put the channels last, with `Permute`",
    ),
    Change(
        ("TimeDistributed",),
        (3, 4),
        _holds_row,
        "it takes one layer, no row of them",
        "wrap each by itself: `TimeDistributed(Conv2D(8, 3)) -> TimeDistributed(Flatten())`",
        each=True,
    ),
    Change(
        ("SpectralNormalization",),
        (3, 4),
        _holds_embedding,
        "it gives other numbers around an `Embedding`",
    ),
    Change(
        ("Resizing",),
        (3, 6),
        _has("crop_to_aspect_ratio", True),
        "it crops to other pixels",
        "crop with `CenterCrop` first, and resize without it",
    ),
    Change(
        ("MultiHeadAttention",),
        (3, 7),
        _has_two_widths,
        "it takes a query and a value of one width",
        "make both equally wide, with a `Dense` in front of one",
    ),
    Change(
        ("RandomCrop",),
        (3, 8),
        _always,
        "it takes other pixels where nothing is trained",
        "crop in the input pipeline, or with `CenterCrop`",
    ),
    Change(
        ("Discretization",),
        (3, 12),
        _has("output_mode", "int"),
        "it gives int64, and int32 since",
        'cast what it gives: `-> ops.cast("int32")`',
        settled_by="ops.cast",
    ),
    Change(
        ("Discretization",),
        (3, 14),
        _has("output_mode", "one_hot", "multi_hot", "count"),
        "it tells the shape of what arrives for its own",
        "let it give numbers, and `CategoryEncoding` encode them",
    ),
    Change(
        ("IntegerLookup", "StringLookup"),
        (3, 14),
        _looks_rows_up,
        "it tells a shape without the axis of what arrives",
        "let it give numbers, and `CategoryEncoding` encode them",
    ),
    Change(
        ("TextVectorization",),
        (3, 14),
        _has("output_mode", "multi_hot", "count", "tf_idf"),
        "it tells a shape without the axis of size 1",
    ),
)


def changes_of(kind: str) -> Iterator[Change]:
    """Give what changed of a layer."""
    return (change for change in CHANGES if kind in change.kinds)
