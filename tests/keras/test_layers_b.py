"""Recurrent, attention, wrapper, embedding, preprocessing, image and audio layers against Keras itself.

As `test_layers_a.py`: each draw is a kind, arguments near what is legal and inputs near what fits.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.keras.layer_harness import (
    Case,
    Strategies,
    Tensor,
    cases,
    data_formats,
    maybe_sizes,
    optional,
    per_axis,
    policies,
    shapes,
    sizes,
    tensors,
)
from tests.keras.nesting import Inner, difference

pytestmark = pytest.mark.keras

Drawn = st.SearchStrategy[dict[str, Any]]

small = st.integers(1, 4)
flags = st.booleans()
fractions = st.sampled_from((0.0, 0.1, 0.5))


def required(**strategies: st.SearchStrategy[Any]) -> Drawn:
    return st.fixed_dictionaries(strategies)


def both(*parts: Drawn) -> Drawn:
    return st.builds(lambda *ds: {k: v for d in ds for k, v in d.items()}, *parts)


# -- recurrent ----------------------------------------------------------------------------------

over_time = optional(
    return_sequences=flags, return_state=flags, go_backwards=flags, unroll=flags, use_bias=flags,
    dropout=fractions, recurrent_dropout=fractions, stateful=st.sampled_from((False,) * 9 + (True,)),
    recurrent_initializer=st.sampled_from(("orthogonal", "identity", "zeros")),
    bias_initializer=st.sampled_from(("zeros", "orthogonal", "identity", "ones")),
)  # fmt: skip
gru = both(over_time, optional(reset_after=flags))
units = required(units=small)
CELL_KINDS = ("SimpleRNNCell", "GRUCell", "LSTMCell")


def cell(depth: int = 1) -> st.SearchStrategy[Inner]:
    plain = st.builds(
        lambda kind, n, bias: Inner(kind, {"units": n, "use_bias": bias}),
        st.sampled_from(CELL_KINDS), small, flags,
    )  # fmt: skip
    if not depth:
        return plain
    stack = st.lists(cell(depth - 1), min_size=1, max_size=3)
    stacked = stack.map(lambda cells: Inner("StackedRNNCells", {"cells": cells}))
    return st.one_of(plain, plain, plain, stacked)


cells = st.one_of(
    cell(), st.lists(cell(), min_size=1, max_size=3), st.just(Inner("Dense", {"units": 2}))
)
rnn_flags = optional(
    return_sequences=flags, return_state=flags, go_backwards=flags, unroll=flags,
    zero_output_for_mask=flags,
)  # fmt: skip

recurrent: Strategies = {
    "SimpleRNN": cases("SimpleRNN", tensors(3), both(units, over_time)),
    "GRU": cases("GRU", tensors(3), both(units, gru)),
    "LSTM": cases("LSTM", tensors(3), both(units, over_time, optional(unit_forget_bias=flags))),
    "RNN": cases("RNN", tensors(3), both(required(cell=cells), rnn_flags)),
}


def _states_of(kind: str, n: int, batch: int | None) -> list[Tensor]:
    return [Tensor((batch, n))] * (2 if kind == "LSTM" else 1)


def with_states(kind: str) -> st.SearchStrategy[Case]:
    """Draw layers that start from states of their own sizes."""

    def case(x: Tensor, n: int, drawn: dict[str, Any]) -> Case:
        batch = x.shape[0] if x.shape else None
        called = {"initial_state": _states_of(kind, n, batch)}
        return Case(kind, {"units": n, **drawn}, (x,), call_arguments=called)

    return st.builds(case, tensors(3), small, optional(return_state=flags, return_sequences=flags))


def cell_steps(kind: str) -> st.SearchStrategy[Case]:
    """Draw single steps of a cell, with its states in a list."""

    def case(x: Tensor, n: int, drawn: dict[str, Any], policy: dict[str, Any]) -> Case:
        called = {"states": _states_of(kind.removesuffix("Cell"), n, None)}
        return Case(kind, {"units": n, **drawn, **policy}, (x,), call_arguments=called)

    rows = st.builds(lambda n: Tensor((None, n)), maybe_sizes)
    plain = optional(dtype=st.sampled_from(("float32", "mixed_float16", "float64")))
    return st.builds(case, rows, small, optional(use_bias=flags, dropout=fractions), plain)


states: Strategies = {
    "SimpleRNN from a state": with_states("SimpleRNN"),
    "GRU from a state": with_states("GRU"),
    "LSTM from states": with_states("LSTM"),
    **{kind: cell_steps(kind) for kind in CELL_KINDS},
}


def conv_lstm(rank: int) -> Strategies:
    inputs = st.builds(
        lambda t, space, c, first: Tensor((None, t, c, *space) if first else (None, t, *space, c)),
        small, st.tuples(*([st.integers(1, 9)] * rank)), small, flags,
    )  # fmt: skip
    arguments = both(
        required(filters=small, kernel_size=per_axis(rank, st.integers(1, 4))),
        optional(
            strides=per_axis(rank, st.sampled_from((1, 1, 2))), data_format=data_formats,
            dilation_rate=per_axis(rank, st.sampled_from((1, 1, 2))), use_bias=flags,
            padding=st.sampled_from(("valid", "same", "SAME")),
            return_sequences=flags, return_state=flags, go_backwards=flags,
        ),
    )  # fmt: skip
    kind = f"ConvLSTM{rank}D"
    return {kind: cases(kind, st.one_of(inputs, inputs, inputs, tensors(rank + 3)), arguments)}


# -- wrappers -----------------------------------------------------------------------------------


def layer_over_time() -> st.SearchStrategy[Inner]:
    plain = st.builds(
        lambda kind, n, drawn: Inner(kind, {"units": n, **drawn}),
        st.sampled_from(("SimpleRNN", "GRU", "LSTM")), small,
        optional(return_sequences=flags, return_state=flags,
                 go_backwards=st.sampled_from((False, False, False, True))),
    )  # fmt: skip
    led = st.builds(lambda c, drawn: Inner("RNN", {"cell": c, **drawn}), cell(), rnn_flags)
    return st.one_of(plain, plain, led, st.just(Inner("Dense", {"units": 2})))


def opposite(forward: Inner, n: int) -> Inner:
    """Give the layer of the other direction, of `n` units where they have units."""
    turned = {**forward.arguments, "go_backwards": not forward.arguments.get("go_backwards", False)}
    return Inner(forward.kind, turned | ({"units": n} if "units" in turned else {}))


def bidirectional() -> st.SearchStrategy[Case]:
    def case(
        x: Tensor, inner: Inner, drawn: dict[str, Any], back: int, policy: dict[str, Any]
    ) -> Case:
        more = {"backward_layer": opposite(inner, back)} if back > 2 else {}
        return Case("Bidirectional", {"layer": inner, **drawn, **more, **policy}, (x,))

    modes = optional(merge_mode=st.sampled_from(("concat", "sum", "mul", "ave", None)))
    return st.builds(case, tensors(3), layer_over_time(), modes, st.integers(0, 4), policies)


one_step = st.one_of(
    st.builds(lambda n: Inner("Dense", {"units": n}), small),
    st.builds(lambda n, p: Inner("Conv1D", {"filters": n, "kernel_size": 2, "padding": p}),
              small, st.sampled_from(("valid", "same"))),
    st.builds(lambda n: Inner("Conv2D", {"filters": n, "kernel_size": 2}), small),
    st.builds(lambda n, s: Inner("LSTM", {"units": n, "return_state": s}), small, flags),
    st.builds(lambda n: Inner("Embedding", {"input_dim": 7, "output_dim": n}), small),
    st.sampled_from((
        Inner("Flatten"), Inner("BatchNormalization"), Inner("GlobalAveragePooling1D"), Inner("ReLU"),
        Inner("LSTMCell", {"units": 2}), Inner("Add"), Inner("Pipeline", {"layers": []}),
        Inner("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}), Inner("LayerNormalization"),
        Inner("RandomFlip"), Inner("Dense", {"units": 3, "trainable": False}),
        Inner("TimeDistributed", {"layer": Inner("Dense", {"units": 3})}),
        Inner("Bidirectional", {"layer": Inner("GRU", {"units": 3})}),
    )),
)  # fmt: skip
with_kernel = st.one_of(
    st.builds(lambda n, b: Inner("Dense", {"units": n, "use_bias": b}), small, flags),
    st.builds(lambda n: Inner("Conv2D", {"filters": n, "kernel_size": 2}), small),
    st.builds(lambda n: Inner("Conv1DTranspose", {"filters": n, "kernel_size": 2}), small),
    st.builds(lambda n: Inner("DepthwiseConv2D", {"kernel_size": 2, "depth_multiplier": n}), small),
    st.builds(lambda n: Inner("Embedding", {"input_dim": 7, "output_dim": n}), small),
    st.sampled_from((
        Inner("SeparableConv2D", {"filters": 2, "kernel_size": 2}), Inner("BatchNormalization"),
        Inner("LSTM", {"units": 2}), Inner("SpectralNormalization", {"layer": Inner("Dense", {"units": 2})}),
        Inner("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 3], "bias_axes": "d"}),
        Inner("TimeDistributed", {"layer": Inner("Dense", {"units": 2})}),
    )),
)  # fmt: skip
some_rank = st.integers(1, 5).flatmap(lambda rank: tensors(rank, spread=0))
wrappers: Strategies = {
    "Bidirectional": bidirectional(),
    "TimeDistributed": cases("TimeDistributed", some_rank, required(layer=one_step)),
    "SpectralNormalization": cases("SpectralNormalization", some_rank, required(layer=with_kernel)),
}

# -- attention ----------------------------------------------------------------------------------

names_of_flags = optional(return_attention_scores=flags, use_causal_mask=flags)


@st.composite
def queries(draw: st.DrawFn, ranks: st.SearchStrategy[int]) -> tuple[Tensor, ...]:
    """Draw query, value and now and then a key, that fit more often than not."""
    rank, width, rows = draw(ranks), draw(maybe_sizes), draw(maybe_sizes)
    middle = draw(st.tuples(*([sizes] * max(rank - 3, 0))))
    far = draw(st.integers(0, 5)) == 0
    masked = draw(st.integers(0, 5)) == 0 and rank > 1 and width is not None

    def tensor(length: int | None, depth: int | None, mask: bool = False) -> Tensor:
        return Tensor(
            (None, *middle, length, depth)[-rank:] if rank > 2 else (None, depth)[:rank],
            masked=mask,
        )

    query = tensor(draw(maybe_sizes), width, masked)
    value = tensor(rows, draw(sizes) if far else width)
    key = tensor(draw(maybe_sizes) if draw(st.integers(0, 9)) == 0 else rows, width)
    return (query, value, key) if draw(flags) else (query, value)


def attention(kind: str, ranks: st.SearchStrategy[int], arguments: Drawn) -> Strategies:
    def case(
        xs: tuple[Tensor, ...], drawn: dict[str, Any], called: dict[str, Any], policy: Any
    ) -> Case:
        return Case(kind, {**drawn, **policy}, xs, True, called)

    return {kind: st.builds(case, queries(ranks), arguments, names_of_flags, policies)}


heads = both(
    required(num_heads=small, key_dim=small),
    optional(value_dim=small, use_bias=flags, use_gate=flags, dropout=fractions,
             output_shape=st.one_of(small, st.tuples(small, small)),
             attention_axes=st.sampled_from((None, 1, (1,), (1, 2), -1, (2,), 9)),
             kernel_initializer=st.sampled_from(("orthogonal", "glorot_uniform"))),
)  # fmt: skip
groups = both(
    required(head_dim=small, num_query_heads=st.sampled_from((1, 2, 4)),
             num_key_value_heads=st.sampled_from((1, 1, 2, 3))),
    optional(use_bias=flags, use_gate=flags, dropout=fractions),
)  # fmt: skip
attentions: Strategies = {
    **attention("Attention", st.sampled_from((1, 2, 3, 3, 3, 4)),
                optional(use_scale=flags, score_mode=st.sampled_from(("dot", "concat")))),
    **attention("AdditiveAttention", st.sampled_from((1, 2, 3, 3, 3, 4)), optional(use_scale=flags)),
    **attention("MultiHeadAttention", st.sampled_from((1, 2, 3, 3, 3, 4, 5)), heads),
    **attention("GroupQueryAttention", st.sampled_from((1, 2, 3, 3, 3, 3)), groups),
}  # fmt: skip

# -- embedding, preprocessing -------------------------------------------------------------------

any_rank = st.integers(1, 4).flatmap(lambda rank: tensors(rank, spread=0))
strings = st.builds(
    lambda s: Tensor(s, "string"), st.integers(1, 4).flatmap(lambda r: shapes(r, 0))
)
integers = st.builds(
    lambda s: Tensor(s, "int64"), st.integers(1, 4).flatmap(lambda r: shapes(r, 0))
)
table = required(input_dim=sizes, output_dim=sizes)
words = st.lists(st.sampled_from(("a", "b", "c", "[UNK]", "[M]", "")), min_size=1, max_size=4)
numbers = st.lists(st.integers(-1, 4), min_size=1, max_size=4)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


def lookup(vocabulary: st.SearchStrategy[Any], masks: st.SearchStrategy[Any]) -> Drawn:
    return optional(
        vocabulary=vocabulary, mask_token=masks, num_oov_indices=st.sampled_from((0, 1, 1, 2)),
        output_mode=st.sampled_from(MODES), max_tokens=st.sampled_from((None, 4, 8)),
        pad_to_max_tokens=flags, invert=st.sampled_from((False, False, False, True)), sparse=flags,
    )  # fmt: skip


def weighted(drawn: dict[str, Any]) -> dict[str, Any]:
    """Give the weights that "tf_idf" needs, one too few now and then."""
    if drawn.get("output_mode") != "tf_idf" or drawn.get("vocabulary") is None:
        return drawn
    return {**drawn, "idf_weights": [0.5] * max(len(drawn["vocabulary"]) - len(drawn) % 4 // 3, 1)}


def _keys(x: Tensor, drawn: dict[str, Any]) -> Tensor:
    return Tensor(x.shape, "int64") if drawn.get("invert") else x


preprocessing: Strategies = {
    "Embedding": cases(
        "Embedding", any_rank,
        both(table, optional(mask_zero=flags, lora_rank=small,
                             embeddings_initializer=st.sampled_from(("uniform", "orthogonal")))),
    ),
    "ReversibleEmbedding": cases(
        "ReversibleEmbedding", any_rank, both(table, optional(tie_weights=flags))
    ),
    "CategoryEncoding": cases(
        "CategoryEncoding", any_rank,
        both(required(num_tokens=small),
             optional(sparse=flags, output_mode=st.sampled_from(("one_hot", "multi_hot", "count", "binary")))),
    ),
    "Discretization": cases(
        "Discretization", any_rank,
        optional(bin_boundaries=st.just([0.0, 1.0]), num_bins=small, sparse=flags,
                 output_mode=st.sampled_from(MODES[:-1])),
    ),
    "Hashing": cases(
        "Hashing", st.one_of(any_rank, strings),
        both(required(num_bins=small),
             optional(output_mode=st.sampled_from(MODES[:-1]), salt=st.sampled_from((3, [1, 2])),
                      sparse=flags)),
    ),
    "HashedCrossing": cases(
        "HashedCrossing", st.tuples(st.one_of(integers, strings), integers),
        both(required(num_bins=small), optional(output_mode=st.sampled_from(("int", "one_hot")))),
        is_list=True,
    ),
    "StringLookup": st.builds(
        lambda x, drawn: Case("StringLookup", weighted(drawn), (_keys(x, drawn),)),
        strings, lookup(words, st.sampled_from((None, "[M]", ""))),
    ),
    "IntegerLookup": st.builds(
        lambda x, drawn: Case("IntegerLookup", weighted(drawn), (x,)),
        integers, lookup(numbers, st.sampled_from((None, 0))),
    ),
    "TextVectorization": st.builds(
        lambda x, drawn: Case("TextVectorization", weighted(drawn), (x,)),
        strings,
        optional(
            vocabulary=words, output_mode=st.sampled_from(MODES), max_tokens=st.sampled_from((None, 4, 8)),
            pad_to_max_tokens=flags, output_sequence_length=small, ngrams=small,
            split=st.sampled_from(("whitespace", "character", None)), sparse=flags,
        ),
    ),
    "Normalization": cases(
        "Normalization", any_rank,
        optional(axis=st.one_of(st.none(), st.integers(-3, 3), st.lists(st.integers(-3, 3), max_size=2)),
                 invert=flags),
    ),
    "Normalization by numbers": cases(
        "Normalization", any_rank,
        st.builds(lambda n, axis: {"mean": n, "variance": n, "axis": axis},
                  st.sampled_from((0.5, [1.0, 2.0], [1.0], [[1.0, 2.0]])),
                  st.one_of(st.integers(-2, 2), st.lists(st.integers(-2, 2), max_size=2, unique=True))),
    ),
    "Rescaling": cases("Rescaling", any_rank, required(scale=st.just(0.5))),
}  # fmt: skip

# -- images, sound ------------------------------------------------------------------------------

images = st.one_of(tensors(4), tensors(4), some_rank)
share = st.sampled_from((0.0, 0.2, 1.0, (0.1, 0.4), -0.5, 1.5, (0.5, 2.0)))
size = st.sampled_from((1, 3, 6, 12, 0, None))
formats = optional(data_format=data_formats)
ARGUMENTS: Mapping[str, Drawn] = {
    "Resizing": both(required(height=size, width=size), formats),
    "CenterCrop": both(required(height=size, width=size), formats),
    "RandomCrop": both(required(height=size, width=size), formats),
    "RandomFlip": optional(mode=st.sampled_from(("horizontal", "vertical"))),
    "RandomTranslation": required(height_factor=share, width_factor=share),
    "RandomRotation": both(
        required(factor=share),
        optional(fill_mode=st.sampled_from(("reflect", "wrap", "mirror")),
                 interpolation=st.sampled_from(("nearest", "bilinear", "bicubic"))),
    ),
    "RandomZoom": both(required(height_factor=st.one_of(share, st.just(-1.0))), optional(width_factor=share)),
    "RandomShear": optional(x_factor=share, y_factor=share),
    "RandomPerspective": optional(factor=share, scale=st.sampled_from((0.0, 0.5, 1.5))),
    "RandomElasticTransform": optional(factor=share, scale=share,
                                       fill_mode=st.sampled_from(("reflect", "mirror"))),
    "RandomErasing": optional(factor=share, scale=share),
    "RandomContrast": required(factor=share),
    "RandomBrightness": both(required(factor=share), optional(value_range=st.just((0, 1)))),
    "RandomHue": required(factor=share),
    "RandomSaturation": required(factor=share),
    "RandomColorDegeneration": both(required(factor=share), formats),
    "RandomColorJitter": optional(brightness_factor=share, contrast_factor=share, hue_factor=share),
    "RandomSharpness": required(factor=share),
    "RandomGaussianBlur": optional(factor=share, kernel_size=st.sampled_from((3, 4, (3, 5))), sigma=share),
    "RandomGrayscale": optional(factor=st.sampled_from((0.0, 0.5, 1.5, -0.1))),
    "RandomInvert": optional(factor=share),
    "RandomPosterization": required(factor=st.sampled_from((1, 4, 8, 9, 0, (2, 6), 3.5))),
    "Solarization": optional(addition_factor=share, threshold_factor=share),
    "AutoContrast": optional(value_range=st.just((0, 1))),
    "Equalization": optional(bins=st.just(64)),
    "ContrastLimitedAdaptiveHistogramEqualization": optional(clip_limit=st.just(2.0)),
    "RandAugment": optional(num_ops=small, factor=share),
    "AugMix": optional(num_chains=small, factor=share),
    "MixUp": optional(alpha=st.just(0.4)),
    "CutMix": optional(factor=share),
    "MaxNumBoundingBoxes": required(max_number=small),
}  # fmt: skip
augmentation: Strategies = {kind: cases(kind, images, drawn) for kind, drawn in ARGUMENTS.items()}

waves = st.builds(
    lambda n, rank: Tensor((None, n, 3)[:rank]), st.sampled_from((300, 1000, None)), small
)
audio: Strategies = {
    "MelSpectrogram": cases(
        "MelSpectrogram", waves,
        optional(fft_length=st.sampled_from((64, 256)), sequence_length=st.sampled_from((None, 64, 128)),
                 sequence_stride=st.sampled_from((1, 32, 100)), num_mel_bins=st.sampled_from((8, 20))),
    ),
    "STFTSpectrogram": cases(
        "STFTSpectrogram",
        st.one_of(
            tensors(3),
            st.builds(lambda n, c: Tensor((None, n, c)), st.sampled_from((300, None)), small),
        ),
        optional(frame_length=st.sampled_from((1, 8, 64, 301)), frame_step=st.sampled_from((None, 3, 65)),
                 fft_length=st.sampled_from((None, 32, 512)), expand_dims=flags, data_format=data_formats,
                 mode=st.sampled_from(("log", "real", "imag", "stft", "psd")),
                 padding=st.sampled_from(("valid", "same")), scaling=st.sampled_from((None, "spectrum"))),
    ),
}  # fmt: skip

KINDS: Strategies = {
    **recurrent,
    **states,
    **conv_lstm(1),
    **conv_lstm(2),
    **conv_lstm(3),
    **wrappers,
    **attentions,
    **preprocessing,
    **augmentation,
    **audio,
}


def refused_with_care(case: Case) -> bool:
    """Tell cases that Keras builds though the layer can never run, and which netdsl refuses."""
    ranks = [len(x.shape) for x in case.inputs]
    match case.kind:
        case "Attention" | "AdditiveAttention" if min(ranks) > 2:
            query, value, key = case.inputs[0].shape, case.inputs[1].shape, case.inputs[-1].shape
            return _differ(query[-1], key[-1]) or _differ(value[-2], key[-2])
        case "GroupQueryAttention":
            return set(ranks) != {3}
        case "Normalization":
            axis = case.arguments.get("axis")
            return isinstance(axis, list) and len({a % ranks[0] for a in axis}) < len(axis)
        case "TimeDistributed":  # the rank inside is looked at only when it runs
            inner = case.arguments["layer"].kind
            if inner == "GlobalAveragePooling1D":
                return ranks[0] != 4
            return inner in ("LSTM", "Bidirectional") and ranks[0] > 4
        case "SpectralNormalization":
            return case.arguments["layer"].kind == "Conv1DTranspose" and ranks[0] != 3
    return False


def _differ(left: int | None, right: int | None) -> bool:
    return left is not None and right is not None and left != right


@pytest.mark.parametrize("kind", KINDS)
def test_rule_agrees_with_keras(kind: str) -> None:
    if kind == "STFTSpectrogram":  # Keras draws its windows with SciPy
        pytest.importorskip("scipy")

    @settings(
        max_examples=int(os.environ.get("NETDSL_DRAWS", "15")),
        deadline=None,
        database=None,
        derandomize="NETDSL_DRAWS" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind])
    def agrees(case: Case) -> None:
        assume(not refused_with_care(case))
        problem = difference(case)
        assert problem is None, problem

    agrees()
