"""Numbers out of data: text, lookups, hashes, buckets, one-hot codes, and the scaling of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netdsl.catalog.argument_types import (
    ANY,
    INTEGER,
    NUMBER,
    ArgumentType,
    choice,
    either,
    optional,
)
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight, policy_dtypes
from netdsl.catalog.learned import (
    bins_of,
    has_no_boundaries,
    has_no_mean,
    has_no_vocabulary,
    ranges_of,
    settled_text,
    settled_width,
    tokens_of,
    tokens_of_text,
)
from netdsl.catalog.shape_rules import axis_of, check_beside, elementwise, numeric
from netdsl.catalog.vocabulary import MODE_ALIASES, text_tokens, token_count
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    TooFewInputs,
    UnequalInputs,
    UnknownDimension,
    WrongAxis,
    WrongDtype,
    WrongRank,
    WrongValue,
)
from netdsl.tensor import UNKNOWN, Dim, Shape, TensorSpec, equal, spell_shape
from netdsl.value import Value

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")


def mode_of(call: Call) -> str:
    """Give `output_mode` in today's spelling."""
    return MODE_ALIASES.get(call.output_mode) or str(call.output_mode)


def _dtype_of(call: Call, allowed: Sequence[str], help: str) -> TensorSpec:
    """Give the only input; refuse a dtype that the layer cannot look up."""
    x = call.one()
    if x.dtype not in allowed:
        raise Refusal(
            WrongDtype, f"takes {allowed[0]}, and {x} arrives", blames=("input", 0), help=help
        )
    return x


def _encoded(shape: Shape, depth: Dim, mode: str) -> Shape:
    """Put a code of `depth` in place of the last axis, or behind it for one-hot codes of several."""
    if mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1):
        return (*shape, depth)
    return (*shape[:-1], depth)


def _dense_only(call: Call, mode: str) -> None:
    if call.sparse and mode == "int":
        raise Refusal(
            ConflictingArguments,
            'numbers are not sparse: `sparse=True` goes with "one_hot", "multi_hot" and "count"',
            blames="sparse",
        )


def string_lookup(call: Call) -> Inference:
    """Number strings by their place in a vocabulary. (None, 3) -> (None, 3), one_hot: (None, 3, tokens)"""
    allowed = INTEGERS[2:4] if call.invert else ("string",)
    x = _dtype_of(call, allowed, "declare the input as `string[…]`, or use `IntegerLookup`")
    return _looked_up(call, x.shape)


def integer_lookup(call: Call) -> Inference:
    """Number integers by their place in a vocabulary. (None, 3) -> (None, 3), one_hot: (None, 3, tokens)"""
    numeric(call)
    return _looked_up(call, call.one().shape)


def _looked_up(call: Call, shape: Shape) -> Inference:
    mode = mode_of(call)
    _check_lookup(call, mode)
    _dense_only(call, mode)
    if mode == "int":
        token_count(call, mode)
        return call.gives(shape, dtype="int64")
    return call.gives(_encoded(shape, token_count(call, mode), mode), dtype="float32")


def _check_lookup(call: Call, mode: str) -> None:
    if call.pad_to_max_tokens and call.max_tokens is None:
        raise Refusal(
            ConflictingArguments,
            "`pad_to_max_tokens=True` pads to `max_tokens`, which is not given",
            blames="pad_to_max_tokens",
            help="give `max_tokens`",
        )
    if call.arguments.get("invert") and mode != "int":
        raise Refusal(
            ConflictingArguments,
            f'`invert=True` goes from numbers to tokens, and `output_mode` is "{mode}"',
            blames="output_mode",
        )
    salted = call.arguments.get("salt") is not None
    if salted and call.arguments.get("oov_method", "farmhash") != "farmhash":
        raise Refusal(
            ConflictingArguments,
            '`salt` goes with `oov_method="farmhash"`',
            blames="salt",
        )


def text_vectorization(call: Call) -> Inference:
    """Split text into tokens and number them. (None, 1) -> (None, output_sequence_length)"""
    x = _dtype_of(call, ("string",), "declare the input as `string[1]`")
    mode = mode_of(call)
    _check_text(call, mode)
    _check_lookup(call, mode)
    depth = token_count(text_tokens(call), mode)
    caveats = _one_text(call, x)
    if mode == "int":
        _dense_only(call, mode)
        length = UNKNOWN if call.output_sequence_length is None else call.output_sequence_length
        return Inference(TensorSpec((x.shape[0], length), "int64"), caveats=caveats)
    shape = (*x.shape, UNKNOWN) if call.split is not None else x.shape
    if call.split is None and x.rank == 1:
        shape = (*x.shape, 1)
    return Inference(TensorSpec(_encoded(shape, depth, mode), "float32"), caveats=caveats)


def _check_text(call: Call, mode: str) -> None:
    if mode != "int" and call.output_sequence_length is not None:
        raise Refusal(
            ConflictingArguments,
            f'`output_sequence_length` is for "int", and `output_mode` is "{mode}"',
            blames="output_sequence_length",
        )
    if mode != "int" and call.ragged:
        raise Refusal(
            ConflictingArguments,
            f'`ragged=True` is for "int", and `output_mode` is "{mode}"',
            blames="ragged",
        )


def _one_text(call: Call, x: TensorSpec) -> tuple[str, ...]:
    if call.split is None or x.rank == 1 or (x.rank == 2 and x.shape[-1] == 1):
        return ()
    return (f"splits one text for each sample, (batch, 1), and {spell_shape(x.shape)} arrives",)


def category_encoding(call: Call) -> Inference:
    """Write categories as codes. (None, 3), num_tokens=6 -> (None, 6); one_hot: (None, 3, 6)"""
    numeric(call)
    if call.num_tokens is None:
        raise Refusal(
            WrongValue,
            "`num_tokens` is how long the codes are, and it is not given",
            blames="num_tokens",
            help="give it, or use `IntegerLookup(vocabulary=[…])`, which counts",
        )
    x = call.one()
    mode = mode_of(call)
    if call.call_arguments.get("count_weights") is not None and mode != "count":
        raise Refusal(
            ConflictingArguments,
            f'`count_weights` are for "count", and `output_mode` is "{mode}"',
            blames="count_weights",
        )
    check_beside(
        call, "count_weights", call.call_arguments.get("count_weights"), x.shape, "what is counted"
    )
    result = TensorSpec(_encoded(x.shape, call.num_tokens, mode), call.compute_dtype)
    return Inference(replace(result, sparse=bool(call.sparse)))


def discretization(call: Call) -> Inference:
    """Number values by the bin they fall in. (None, 3) -> (None, 3); multi_hot: (None, bins)"""
    numeric(call)
    _dense_only(call, call.output_mode)
    if (call.num_bins is None) == (call.bin_boundaries is None):
        both = call.num_bins is not None
        raise Refusal(
            ConflictingArguments,
            f"{'both' if both else 'neither'} of `num_bins` and `bin_boundaries` "
            f"{'are' if both else 'is'} given",
            blames="num_bins" if both else None,
            help="give `bin_boundaries`, or `num_bins` and learn them with `adapt`",
        )
    x = call.one()
    if call.output_mode == "int":
        return call.gives(x.shape, dtype="int32")
    bins = call.num_bins if call.bin_boundaries is None else len(call.bin_boundaries) + 1
    if call.output_mode == "one_hot":
        return call.gives(_encoded(x.shape, bins, "one_hot"))
    return call.gives((x.shape[0], *x.shape[2:], bins) if x.rank > 1 else (bins,))


def hashing(call: Call) -> Inference:
    """Number anything by its hash. (None, 3) -> (None, 3); one_hot: (None, num_bins)"""
    x = call.one()
    mode = call.output_mode
    default = "int64" if mode == "int" else "float32"
    written = call.arguments.get("dtype")
    dtype = default if written is None else policy_dtypes(written)[1]
    if mode == "int" and dtype not in ("int32", "int64"):
        raise Refusal(
            WrongDtype,
            f'bins are numbered, and `dtype` is "{written}"',
            blames="dtype",
            help='leave it out, or give "int32" or "int64"',
        )
    _dense_only(call, mode)
    return call.gives(x.shape if mode == "int" else (*x.shape[:-1], call.num_bins), dtype=dtype)


def hashed_crossing(call: Call) -> Inference:
    """Number pairs of features by their hash. [(None, 1), (None, 1)] -> (None, 1); one_hot: (None, num_bins)"""
    if len(call.inputs) != 2:
        raise Refusal(
            TooFewInputs,
            f"crosses two features, {len(call.inputs)} arrive",
            help="`[city, day] -> HashedCrossing(1000)`",
        )
    first, second = call.inputs
    _check_crossed(call, first, second)
    dtype = call.compute_dtype
    if call.arguments.get("dtype") is None and call.output_mode == "int":
        dtype = "int64"
    shape = first.shape
    if call.output_mode == "one_hot":
        shape = (*(shape[:-1] if shape[-1] == 1 else shape), call.num_bins)
    return Inference(TensorSpec(shape, dtype), caveats=_uncrossable(call))


def _check_crossed(call: Call, first: TensorSpec, second: TensorSpec) -> None:
    left, right = first.shape[-1], second.shape[-1]
    if isinstance(left, int) != isinstance(right, int) or not call.holds(equal(left, right)):
        raise Refusal(
            UnequalInputs,
            f"{spell_shape(first.shape)} and {spell_shape(second.shape)} cannot be paired",
            blames=("input", 1),
        )


def _uncrossable(call: Call) -> tuple[str, ...]:
    if call.num_bins < 1:
        return (f"`num_bins={call.num_bins}` leaves no bin",)
    for x in call.inputs:
        if x.rank > 2 or (x.rank == 2 and x.shape[-1] != 1):
            return (
                f"crosses one value for each sample, (batch, 1), and {spell_shape(x.shape)} arrives",
            )
        if x.dtype != "string" and x.dtype not in INTEGERS:
            return (f"crosses integers and strings, and {x.dtype} arrives",)
        if x.sparse:
            return (f"crosses dense tensors, and a sparse {spell_shape(x.shape)} arrives",)
    return ()


def normalization(call: Call) -> Inference:
    """Bring features to mean 0 and variance 1, learned by `adapt` or given. The shape stays."""
    numeric(call)
    x = call.one()
    axes = _kept_axes(call, x)
    sizes = tuple(_known_size(x, axis) for axis in axes)
    if call.mean is None and call.variance is None:
        weights = (
            call.weight("mean", sizes, trainable=False),
            call.weight("variance", sizes, trainable=False),
            Weight("count", (), trainable=False, dtype="int64"),
        )
        return call.gives(x.shape, weights=weights)
    _check_given(call, sizes)
    return call.gives(x.shape)


def _kept_axes(call: Call, x: TensorSpec) -> tuple[int, ...]:
    """Give the axes that have a mean each, in order."""
    written = () if call.axis is None else (call.axis,) if isinstance(call.axis, int) else call.axis
    axes = sorted(axis_of(call, axis, x.shape) for axis in written)
    if len(set(axes)) < len(axes):
        raise Refusal(WrongAxis, f"`axis` names one axis twice: {call.axis}", blames="axis")
    return tuple(axes)


def _known_size(x: TensorSpec, axis: int) -> int:
    size = x.shape[axis]
    if isinstance(size, int):
        return size
    raise Refusal(
        UnknownDimension,
        f"axis {axis} of {spell_shape(x.shape)} is {size}, and a mean for each place needs a number",
        blames="axis",
    )


def _check_given(call: Call, sizes: tuple[int, ...]) -> None:
    """Refuse a mean and a variance that do not go with each other, or with the axes."""
    if call.mean is None or call.variance is None:
        missing = "mean" if call.mean is None else "variance"
        raise Refusal(
            ConflictingArguments,
            f"`{missing}` is not given, and the other is",
            blames="variance" if missing == "mean" else "mean",
            help="give both, or neither and learn them with `adapt`",
        )
    mean, variance = shape_of(call.mean), shape_of(call.variance)
    if mean != variance:
        raise Refusal(
            ConflictingArguments,
            f"the mean has shape {spell_shape(mean)} and the variance {spell_shape(variance)}",
            blames="variance",
        )
    tail = sizes[len(sizes) - len(mean) :] if len(mean) <= len(sizes) else None
    if tail is None or any(a not in (1, b) for a, b in zip(mean, tail, strict=True)):
        raise Refusal(
            WrongRank,
            f"a mean of shape {spell_shape(mean)} does not fit the axes it is for, {spell_shape(sizes)}",
            blames="mean",
        )


def shape_of(value: Value) -> tuple[int, ...]:
    """Measure a nested list of numbers: 0.5 -> (); [[1, 2, 3]] -> (1, 3)."""
    if not isinstance(value, list | tuple):
        return ()
    return (len(value), *(shape_of(value[0]) if value else ()))


MODES = ("int", "one_hot", "multi_hot", "count", "binary", "tf_idf", "tf-idf")
NESTED_NUMBERS: ArgumentType = optional(either(NUMBER, ANY))
LOOKUP_SHAPE = '(batch, …) → the same in int64; "multi_hot", "count" and "tf_idf" put the tokens on the last axis'

KINDS = (
    LayerKind(
        "StringLookup",
        string_lookup,
        mask="drop",
        arguments={"output_mode": choice(*MODES)},
        roles=("lookup",),
        categories=tokens_of,
        learns=has_no_vocabulary,
        settling=settled_width,
        group="preprocessing",
        shape_rule=LOOKUP_SHAPE,
        use_for="categories that are words",
        watch_for="without a vocabulary it must learn one with `adapt`; with invert=True Keras announces "
        "int64 and gives strings",
        example='string[1] -> StringLookup(vocabulary=["cat", "dog"])',
    ),
    LayerKind(
        "IntegerLookup",
        integer_lookup,
        mask="drop",
        arguments={"output_mode": choice(*MODES), "vocabulary_dtype": choice("int64")},
        roles=("lookup",),
        categories=tokens_of,
        learns=has_no_vocabulary,
        settling=settled_width,
        group="preprocessing",
        shape_rule=LOOKUP_SHAPE,
        use_for="categories that are numbers, but not 0, 1, 2, …",
        watch_for="without a vocabulary it must learn one with `adapt`",
        example="int64[1] -> IntegerLookup(vocabulary=[10, 20, 30])",
    ),
    LayerKind(
        "TextVectorization",
        text_vectorization,
        mask="drop",
        arguments={"output_mode": choice(*MODES)},
        roles=("lookup",),
        categories=tokens_of_text,
        learns=has_no_vocabulary,
        settling=settled_text,
        group="preprocessing",
        shape_rule="(batch, 1) → (batch, output_sequence_length)",
        use_for="text as it was typed",
        watch_for='"multi_hot", "count" and "tf_idf" are announced as (batch, 1, tokens) and are (batch, tokens) '
        "when run; strings go through TensorFlow only",
        example='string[1] -> TextVectorization(vocabulary=["a", "b"], output_sequence_length=20)',
    ),
    LayerKind(
        "CategoryEncoding",
        category_encoding,
        mask="drop",
        arguments={"output_mode": choice("count", "one_hot", "multi_hot", "binary")},
        bounded_by="num_tokens",
        group="preprocessing",
        shape_rule='(batch, n) → (batch, num_tokens); "one_hot" of n > 1: (batch, n, num_tokens)',
        use_for="one-hot and multi-hot codes of categories numbered from 0",
        watch_for="num_tokens is not optional; a number outside it fails when run",
        example='int32[1] -> CategoryEncoding(10, output_mode="one_hot")',
        tensor_arguments=frozenset({"count_weights"}),
    ),
    LayerKind(
        "Discretization",
        discretization,
        mask="drop",
        categories=ranges_of,
        learns=has_no_boundaries,
        group="preprocessing",
        shape_rule='(batch, n) → the same in int32; "one_hot" adds an axis of bins',
        use_for="ages, prices and other quantities as categories",
        watch_for="bins are learned with `adapt` unless bin_boundaries are given",
        example="[1] -> Discretization(bin_boundaries=[0.0, 1.0, 2.0])",
    ),
    LayerKind(
        "Hashing",
        hashing,
        mask="drop",
        roles=("lookup",),
        categories=bins_of,
        group="preprocessing",
        shape_rule="(batch, n) → the same in int64; other modes: (batch, num_bins)",
        use_for="categories without a vocabulary",
        watch_for="different values share a bin; a one-hot code of several is announced without their axis",
        example="string[1] -> Hashing(num_bins=100)",
    ),
    LayerKind(
        "HashedCrossing",
        hashed_crossing,
        takes="list",
        mask="drop",
        arguments={"num_bins": INTEGER},
        roles=("lookup",),
        categories=bins_of,
        group="preprocessing",
        shape_rule='[(batch, 1), (batch, 1)] → (batch, 1); "one_hot": (batch, num_bins)',
        use_for="two categories that mean something together",
        watch_for="takes two tensors of one value for each sample, integers or strings",
        example="[int64[1], int64[1]] -> HashedCrossing(1000)",
    ),
    LayerKind(
        "Normalization",
        normalization,
        arguments={"mean": NESTED_NUMBERS, "variance": NESTED_NUMBERS},
        roles=("normalization", "each_place"),
        learns=has_no_mean,
        group="preprocessing",
        shape_rule="unchanged",
        use_for="features of different scales; learned with `adapt` before training",
        watch_for="without `adapt` or mean and variance it changes nothing; its weights are not trained",
        example="[8] -> Normalization()",
    ),
    LayerKind(
        "Rescaling",
        elementwise,
        roles=("scaling", "each_place"),
        group="preprocessing",
        shape_rule="unchanged",
        use_for="pixels from 0…255 to 0…1: Rescaling(1 / 255)",
        watch_for="networks of keras.applications may scale by themselves",
        example="uint8[32, 32, 3] -> Rescaling(1 / 255)",
    ),
)
