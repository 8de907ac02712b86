"""Dense, convolutional, pooling, reshaping, merging and normalization layers against Keras itself.

Each draw is a kind, arguments near what is legal and inputs near what fits; the rule must give Keras's verdict
and, where it is yes, Keras's shapes, dtypes, weights and masks. `NETDSL_DRAWS` sets how many draws a kind gets.
"""

from __future__ import annotations

import os
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
    difference,
    maybe_sizes,
    optional,
    pairs,
    per_axis,
    shapes,
    tensors,
)

pytestmark = pytest.mark.keras

small = st.integers(1, 4)
mostly_one = st.sampled_from((1, 1, 1, 2, 3))
flags = st.booleans()
axes = st.integers(-4, 4)
several_axes = st.one_of(axes, st.lists(axes, min_size=1, max_size=2))


def required(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


def both(
    first: st.SearchStrategy[dict[str, Any]], second: st.SearchStrategy[dict[str, Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda a, b: {**a, **b}, first, second)


# -- core ---------------------------------------------------------------------------------------

EQUATIONS = (
    "ab,bc->ac",
    "abc,cd->abd",
    "abc,cd->ad",
    "abc,cde->abde",
    "abc,bd->adc",
    "...b,bc->...c",
    "...bc,cd->...bd",
    "ab...,bc->ac...",
    "abc,cd->abe",
    "ab,cd->ad",
    "abc->ab",
    *["...c,cd->...d"] * 5,
    *["abc,cd->abd"] * 5,
)

einsum = both(
    required(
        equation=st.sampled_from(EQUATIONS),
        output_shape=st.one_of(
            small,
            st.lists(maybe_sizes, min_size=1, max_size=3).map(tuple),
            st.tuples(st.none(), small),
            st.tuples(st.none(), small),
        ),
    ),
    optional(bias_axes=st.sampled_from(("b", "c", "d", "bd", "ac", "x"))),
)

core: Strategies = {
    "Dense": cases(
        "Dense",
        tensors(3, spread=2),
        both(required(units=small), optional(use_bias=flags, lora_rank=small)),
    ),
    "EinsumDense": cases("EinsumDense", tensors(3, spread=2), einsum),
    "Identity": cases("Identity", tensors(3, spread=2, sparse=True)),
    "Masking": cases("Masking", tensors(3, spread=2), optional(mask_value=st.just(-1.0))),
}

# -- convolution --------------------------------------------------------------------------------


def window(rank: int, *paddings: str) -> st.SearchStrategy[dict[str, Any]]:
    return both(
        required(kernel_size=per_axis(rank, small)),
        optional(
            strides=per_axis(rank, mostly_one),
            dilation_rate=per_axis(rank, mostly_one),
            padding=st.sampled_from(("valid", "same", "SAME", *paddings)),
            data_format=data_formats,
            use_bias=flags,
        ),
    )


def convolutions(rank: int) -> Strategies:
    filters = required(filters=st.sampled_from((1, 2, 4, 6)))
    groups = optional(groups=st.sampled_from((1, 2, 3)), lora_rank=small)
    causal = ("causal",) if rank == 1 else ()
    return {
        f"Conv{rank}D": cases(
            f"Conv{rank}D",
            tensors(rank + 2),
            both(both(filters, window(rank, *causal)), groups),
        ),
        f"Conv{rank}DTranspose": cases(
            f"Conv{rank}DTranspose",
            tensors(rank + 2),
            both(
                both(filters, window(rank)),
                optional(output_padding=per_axis(rank, st.integers(0, 2))),
            ),
        ),
    }


def depthwise(rank: int) -> Strategies:
    return {
        f"DepthwiseConv{rank}D": cases(
            f"DepthwiseConv{rank}D",
            tensors(rank + 2),
            both(window(rank), optional(depth_multiplier=small)),
        ),
        f"SeparableConv{rank}D": cases(
            f"SeparableConv{rank}D",
            tensors(rank + 2),
            both(both(required(filters=small), window(rank)), optional(depth_multiplier=small)),
        ),
    }


# -- pooling and reshaping ----------------------------------------------------------------------


def pools(rank: int) -> Strategies:
    sliding = both(
        required(pool_size=per_axis(rank, small)),
        optional(
            strides=per_axis(rank, small),
            padding=st.sampled_from(("valid", "same")),
            data_format=data_formats,
        ),
    )
    whole = optional(data_format=data_formats, keepdims=flags)
    adaptive = both(required(output_size=per_axis(rank, small)), optional(data_format=data_formats))
    return {
        f"{prefix}Pooling{rank}D": cases(f"{prefix}Pooling{rank}D", tensors(rank + 2), arguments)
        for prefix, arguments in (
            ("Max", sliding),
            ("Average", sliding),
            ("GlobalMax", whole),
            ("GlobalAverage", whole),
            ("AdaptiveMax", adaptive),
            ("AdaptiveAverage", adaptive),
        )
    }


def margins(rank: int) -> Strategies:
    amount = st.sampled_from((0, 1, 1, 2, 3))
    drawn = st.one_of(amount, st.tuples(amount, amount)) if rank == 1 else pairs(rank, amount)
    placed = optional(data_format=data_formats)
    size = small if rank == 1 else per_axis(rank, small)
    unplaced = rank == 1
    kinds = {
        f"Cropping{rank}D": both(optional(cropping=drawn), st.just({}) if unplaced else placed),
        f"ZeroPadding{rank}D": both(optional(padding=drawn), placed),
        f"UpSampling{rank}D": both(optional(size=size), st.just({}) if unplaced else placed),
    }
    return {kind: cases(kind, tensors(rank + 2), arguments) for kind, arguments in kinds.items()}


moves: Strategies = {
    "Reshape": cases(
        "Reshape",
        tensors(3, spread=2, sparse=True),
        required(
            target_shape=st.lists(st.sampled_from((-1, 1, 2, 3, 4, 6)), max_size=3).map(tuple)
        ),
    ),
    "Flatten": cases(
        "Flatten", tensors(3, spread=2, sparse=True), optional(data_format=data_formats)
    ),
    "Permute": cases(
        "Permute",
        tensors(3, spread=1, sparse=True),
        required(
            dims=st.sampled_from(((1,), (2, 1), (2, 1), (1, 2), (1, 2), (3, 1, 2), (1, 3), (0, 1)))
        ),
    ),
    "RepeatVector": cases("RepeatVector", tensors(2), required(n=small)),
}

# -- merging ------------------------------------------------------------------------------------


@st.composite
def related(draw: st.DrawFn, most: int = 3) -> tuple[Tensor, ...]:
    """Draw tensors that nearly fit: a shape with sizes changed, dropped or lost here and there."""
    first = draw(shapes(3, 1))
    dtypes = st.sampled_from(("float32", "float32", "int32"))
    found = [Tensor(first, draw(dtypes), draw(st.integers(0, 5)) == 0 and len(first) > 2)]
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, most - 1)))):
        changed = [
            draw(st.sampled_from((size, size, size, size, 1, None, 5))) for size in first[1:]
        ]
        lost = draw(st.sampled_from((0, 0, 0, 0, 1)))
        shape = (None, *changed[lost:])
        found.append(Tensor(shape, draw(dtypes), draw(st.booleans()) and found[0].masked))
    return tuple(found)


def merge(kind: str, arguments: Any = None) -> st.SearchStrategy[Case]:
    lone = cases(kind, tensors(3), arguments)
    listed = cases(kind, related(), arguments, is_list=True)
    return st.one_of(lone, *[listed] * 9)


merges: Strategies = {
    kind: merge(kind) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
} | {
    "Concatenate": merge("Concatenate", optional(axis=axes)),
    "Dot": merge("Dot", required(axes=st.one_of(axes, st.tuples(axes, axes)))),
}

# -- normalization, regularization, activation --------------------------------------------------

affine = optional(center=flags, scale=flags)

normalizations: Strategies = {
    "BatchNormalization": cases(
        "BatchNormalization",
        tensors(3, spread=2, masks=False),
        both(affine, optional(axis=axes, renorm=flags)),
    ),
    "LayerNormalization": cases(
        "LayerNormalization", tensors(3, spread=2), both(affine, optional(axis=several_axes))
    ),
    "RMSNormalization": cases(
        "RMSNormalization", tensors(3, spread=2), optional(axis=several_axes)
    ),
    "GroupNormalization": cases(
        "GroupNormalization",
        tensors(3, spread=2),
        both(
            affine, both(required(groups=st.sampled_from((-1, 1, 2, 3, 32))), optional(axis=axes))
        ),
    ),
    "UnitNormalization": cases(
        "UnitNormalization", tensors(3, spread=2), optional(axis=several_axes)
    ),
}

rates = st.sampled_from((0.0, 0.1, 0.5, 0.9))

regularizers: Strategies = {
    **{
        kind: cases(kind, tensors(3, spread=2), required(rate=rates))
        for kind in ("Dropout", "AlphaDropout", "GaussianDropout")
    },
    "GaussianNoise": cases(
        "GaussianNoise",
        tensors(3, spread=2),
        required(stddev=st.sampled_from((0.0, 0.5, 1.0, 1.5))),
    ),
    "ActivityRegularization": cases(
        "ActivityRegularization", tensors(3, spread=2), optional(l1=rates, l2=rates)
    ),
    **{
        f"SpatialDropout{rank}D": cases(
            f"SpatialDropout{rank}D", tensors(rank + 2), required(rate=rates)
        )
        for rank in (1, 2, 3)
    },
}

slopes = st.sampled_from((-0.1, 0.0, 0.2, 1.0))

activations: Strategies = {
    "Activation": cases(
        "Activation",
        tensors(3, spread=2),
        required(activation=st.sampled_from(("relu", "gelu", "softmax", "linear"))),
    ),
    "ReLU": cases(
        "ReLU",
        tensors(3, spread=2),
        optional(
            max_value=st.sampled_from((None, 6, -1.0)), negative_slope=slopes, threshold=slopes
        ),
    ),
    "LeakyReLU": cases("LeakyReLU", tensors(3, spread=2), optional(negative_slope=slopes)),
    "ELU": cases("ELU", tensors(3, spread=2), optional(alpha=slopes)),
    "PReLU": cases(
        "PReLU",
        tensors(3, spread=2),
        optional(shared_axes=st.one_of(axes, st.lists(st.integers(1, 3), max_size=2))),
    ),
    "Softmax": cases("Softmax", tensors(3, spread=2), optional(axis=several_axes)),
}

KINDS: Strategies = {
    **core,
    **convolutions(1),
    **convolutions(2),
    **convolutions(3),
    **depthwise(1),
    **depthwise(2),
    **pools(1),
    **pools(2),
    **pools(3),
    **moves,
    **margins(1),
    **margins(2),
    **margins(3),
    **merges,
    **normalizations,
    **regularizers,
    **activations,
}


def refused_with_care(case: Case) -> bool:
    """Tell cases that Keras builds though the layer can never run, and which netdsl refuses."""
    rank = len(case.inputs[0].shape)
    chosen = case.arguments.get("axis", case.arguments.get("shared_axes", -1))
    named = [chosen] if isinstance(chosen, int) else list(chosen or ())
    counted = [axis % rank for axis in named if rank]
    match case.kind:
        case "Softmax" | "Concatenate":
            return any(not -rank <= axis < rank for axis in named) or len(set(counted)) < len(named)
        case "PReLU":
            return any(axis < 1 for axis in named)
        case "LayerNormalization" | "RMSNormalization" | "UnitNormalization":
            return len(set(counted)) < len(named)
        case "Dot":
            along = case.arguments["axes"]
            first, second = (along, along) if isinstance(along, int) else along
            if len(case.inputs) != 2:
                return False
            ranks = [len(x.shape) for x in case.inputs]
            places = list(zip((first, second), ranks, strict=True))
            return any(axis % rank == 0 or axis < -rank for axis, rank in places)
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_rule_agrees_with_keras(kind: str) -> None:
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
