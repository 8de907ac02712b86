"""MultiHeadAttention and GroupQueryAttention, which take query, value and key one by one, and have weights."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.catalog.cost_rules import matrix_macs
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.layers.attention import ROLES, Arrived, check_widths, query_masked
from netdsl.catalog.shape_rules import check_beside, numeric
from netdsl.catalog.weight_rules import filled_weight
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    TooFewInputs,
    UnequalInputs,
    UnevenSplit,
    WrongAxis,
    WrongRank,
)
from netdsl.record import record
from netdsl.tensor import Dim, Shape, TensorSpec, equal, product, spell_shape


def _one_by_one(call: Call) -> Arrived:
    """Gather query, value and key from the arrow and from the second pair of parentheses."""
    numeric(call)
    given: dict[str, TensorSpec] = dict(zip(ROLES, call.inputs, strict=False))
    for role in ROLES:
        tensor = call.call_arguments.get(role)
        if not isinstance(tensor, TensorSpec):
            continue
        if role in given:
            raise Refusal(TooFewInputs, f"`{role}` arrives through the arrow as well", blames=role)
        given[role] = tensor
    if len(call.inputs) > 3 or not {"query", "value"} <= set(given):
        name = call.kind.name
        raise Refusal(
            TooFewInputs,
            f"takes query and value, and a key if you like; {len(given)} arrive",
            help=f"`[query, value] -> {name}(…)` or `query -> {name}(…)(value=memory)`; "
            "for self-attention, the same tensor twice",
        )
    return Arrived(given["query"], given["value"], given.get("key", given["value"]))


def _check_rows(call: Call, arrived: Arrived) -> None:
    """Refuse value and key that differ but in their last axis, as Keras sees them."""
    value, key = arrived.value.shape[1:-1], arrived.key.shape[1:-1]
    same = len(value) == len(key) and all(
        isinstance(a, int) == isinstance(b, int) and call.holds(equal(a, b))
        for a, b in zip(value, key, strict=True)
    )
    if not same:
        raise Refusal(
            UnequalInputs,
            f"value {spell_shape(arrived.value.shape)} and key {spell_shape(arrived.key.shape)} "
            "may differ in the last axis only",
            help="each key goes with a value: give both the same number of them",
        )


def _check_flash(call: Call) -> None:
    if not call.flash_attention:
        return
    if call.dropout > 0:
        raise Refusal(
            ConflictingArguments,
            f"flash attention has no dropout, and `dropout` is {call.dropout}",
            blames="dropout",
        )
    if call.call_arguments.get("return_attention_scores"):
        raise Refusal(
            ConflictingArguments,
            "flash attention never makes the scores that are to be returned",
            blames="flash_attention",
        )


def _check_masks(call: Call, arrived: Arrived) -> None:
    """Refuse masks that have not an entry for each row, and one of scores that is not as large as these."""
    for role, x in arrived.each[1:]:  # Keras looks at no mask of the query
        if x.rank == 3:
            mask = call.call_arguments.get(f"{role}_mask")
            check_beside(call, f"{role}_mask", mask, x.shape[:-1], f"each row of the {role}")
    _check_attention_mask(call, arrived)


def _check_attention_mask(call: Call, arrived: Arrived) -> None:
    """Refuse a mask whose last two axes are not those of the scores."""
    mask = call.call_arguments.get("attention_mask")
    if not isinstance(mask, TensorSpec) or mask.rank < 2 or arrived.query.rank != 3:
        return
    wanted = (arrived.query.shape[1], arrived.key.shape[1])
    fits = all(
        a == 1 or call.holds(equal(a, b)) for a, b in zip(mask.shape[-2:], wanted, strict=True)
    )
    if not fits:
        raise Refusal(
            UnequalInputs,
            f"the mask is {spell_shape(mask.shape)}, and the scores are "
            f"{wanted[0]} by {wanted[1]} for each sample",
            blames="attention_mask",
        )


def _dense(call: Call, within: str, kernel: Sequence[Dim], bias: Sequence[Dim]) -> list[Weight]:
    """The two weights of one projection."""
    weights = [filled_weight(call, "kernel", kernel, within=within)]
    if call.use_bias:
        weights.append(filled_weight(call, "bias", bias, within=within))
    return weights


def _scored(
    call: Call, output: TensorSpec, scores: Shape, weights: Sequence[Weight], macs: Dim, kept: Kept,
    caveats: tuple[str, ...] = (),
) -> Inference:  # fmt: skip
    made, whole = tuple(weights), kept.projections
    if not call.call_arguments.get("return_attention_scores"):
        if not call.flash_attention:  # which goes over the scores piece by piece
            whole = whole + kept.scores
        return Inference(output, made, macs, caveats, kept=whole)
    outputs = (output, TensorSpec(scores, call.compute_dtype))
    return Inference(outputs, made, macs, caveats, kept=whole)


@record
class Kept:
    """What attention with heads keeps beside its output: a score of each pair; queries, keys, values and their mix."""

    scores: Dim
    projections: Dim


def multi_head_attention(call: Call) -> Inference:
    """Attend with several heads, and project what they give back to the query's width.

    query (None, 4, 16), value (None, 6, 16), num_heads=2, key_dim=8 -> (None, 4, 16)
    """
    arrived = _one_by_one(call)
    _check_flash(call)
    _check_rows(call, arrived)
    _check_masks(call, arrived)
    caveats = _doubtful_axes(call, arrived)
    output = _output_shape(call) or (arrived.query.shape[-1],)
    weights = _head_weights(call, arrived, output)
    query = arrived.query.shape
    length = query[1] if len(query) > 1 else query[0]
    return _scored(
        call,
        TensorSpec((*query[:-1], *output), call.compute_dtype),
        (query[0], call.num_heads, length, length),  # Keras says so; when run the last is the key's
        weights,
        _head_macs(call, arrived, output),
        _head_kept(call, arrived),
        caveats,
    )


def _output_shape(call: Call) -> tuple[int, ...]:
    shape = call.output_shape or ()
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _value_dim(call: Call) -> int:
    return int(call.value_dim or call.key_dim)


def _doubtful_axes(call: Call, arrived: Arrived) -> tuple[str, ...]:
    """Refuse axes that are not there; say what Keras only finds out when it runs."""
    rank = arrived.value.rank
    for axis in _attention_axes(call, rank):
        if not -rank - 1 <= axis <= rank:
            raise Refusal(
                WrongAxis,
                f"axis {axis} of {spell_shape(arrived.value.shape)}",
                blames="attention_axes",
                help=f"attention goes over axes 1 to {rank - 2}",
            )
        if not 1 <= axis <= rank - 2:
            return (f"attention goes over axes 1 to {rank - 2}, not over axis {axis}",)
    shallow = [f"{role} {spell_shape(x.shape)}" for role, x in arrived.each if x.rank < 3]
    if shallow:
        return (f"attention goes over rows of one sample, and {shallow[0]} has none",)
    if arrived.query.rank != rank:
        return (
            f"query {spell_shape(arrived.query.shape)} and value {spell_shape(arrived.value.shape)} "
            "differ in rank",
        )
    return ()


def _attention_axes(call: Call, rank: int) -> tuple[int, ...]:
    axes = call.attention_axes
    if axes is None:
        return tuple(range(1, rank - 1))
    axes = (axes,) if isinstance(axes, int) else tuple(axes)
    return tuple(axis if axis >= 0 else rank + axis for axis in axes)


def _head_weights(call: Call, arrived: Arrived, output: Sequence[Dim]) -> list[Weight]:
    heads, key_dim, value_dim = call.num_heads, call.key_dim, _value_dim(call)
    width = {role: call.known(x.shape[-1], x.rank - 1, f"the {role}'s projection") if x.rank > 1
             else _no_width(role, x) for role, x in arrived.each}  # fmt: skip
    gate = _dense(call, "gate", (width["query"], heads, value_dim), (heads, value_dim))
    return [
        *_dense(call, "query", (width["query"], heads, key_dim), (heads, key_dim)),
        *_dense(call, "key", (width["key"], heads, key_dim), (heads, key_dim)),
        *(gate if call.use_gate else ()),
        *_dense(call, "value", (width["value"], heads, value_dim), (heads, value_dim)),
        *_dense(call, "attention_output", (heads, value_dim, *output), output),
    ]


def _no_width(role: str, x: TensorSpec) -> int:
    raise Refusal(WrongRank, f"the {role} {spell_shape(x.shape)} has no features beside its batch")


def _head_macs(call: Call, arrived: Arrived, output: Sequence[Dim]) -> Dim:
    """Projections, scores and weighted sum; an axis that is not attended over pairs each row with itself."""
    heads, key_dim, value_dim = call.num_heads, call.key_dim, _value_dim(call)
    queries, rows = arrived.query.shape[1:-1], arrived.value.shape[1:-1]
    keys = _attended(call, arrived)
    projected = (
        matrix_macs(queries, arrived.query.shape[-1], heads * key_dim)
        + matrix_macs(rows, arrived.key.shape[-1], heads * key_dim)
        + matrix_macs(rows, arrived.value.shape[-1], heads * value_dim)
        + matrix_macs(queries, heads * value_dim, product(output))
    )
    if call.use_gate:
        projected = projected + matrix_macs(queries, arrived.query.shape[-1], heads * value_dim)
    attended: Dim = product(queries) * keys * heads * (key_dim + value_dim)
    return projected + attended


def _attended(call: Call, arrived: Arrived) -> Dim:
    """Count the rows that each query attends to."""
    axes = {axis - 1 for axis in _attention_axes(call, arrived.value.rank)}
    return product(n for axis, n in enumerate(arrived.value.shape[1:-1]) if axis in axes)


def _head_kept(call: Call, arrived: Arrived) -> Kept:
    heads, key_dim, value_dim = call.num_heads, call.key_dim, _value_dim(call)
    queries, rows = product(arrived.query.shape[1:-1]), product(arrived.value.shape[1:-1])
    each = queries + rows  # a query and its mix, a key and its value
    return Kept(queries * _attended(call, arrived) * heads, each * heads * (key_dim + value_dim))


def group_query_attention(call: Call) -> Inference:
    """Attend with query heads that share fewer key and value heads.

    query (None, 4, 16), value (None, 6, 16), head_dim=8, 4 and 2 heads -> (None, 4, 16)
    """
    arrived = _one_by_one(call)
    _check_groups(call)
    for role, x in arrived.each:
        if x.rank != 3:
            raise Refusal(
                WrongRank,
                f"the {role} is {spell_shape(x.shape)}, of rank {x.rank}, and must be of rank 3",
            )
    query, value, key = arrived.query.shape, arrived.value.shape, arrived.key.shape
    check_widths(call, arrived.query, arrived.value, arrived, "query and value")
    _check_rows(call, arrived)
    _check_masks(call, arrived)
    weights = _group_weights(call, arrived)
    return _scored(
        call,
        TensorSpec(query, call.compute_dtype),
        (query[0], call.num_query_heads, query[1], key[1]),
        weights,
        _group_macs(call, query, value, key),
        _group_kept(call, query, key),
    )


def _check_groups(call: Call) -> None:
    if call.num_query_heads % call.num_key_value_heads:
        raise Refusal(
            UnevenSplit,
            f"{call.num_query_heads} query heads cannot share {call.num_key_value_heads} "
            "key and value heads evenly",
            blames="num_key_value_heads",
        )
    _check_flash(call)


def _group_weights(call: Call, arrived: Arrived) -> list[Weight]:
    many, few, dim = call.num_query_heads, call.num_key_value_heads, call.head_dim
    query, value, key = (
        call.known(x.shape[-1], 2, "the projections")
        for x in (arrived.query, arrived.value, arrived.key)
    )
    gate = _dense(call, "gate", (query, many, dim), (many, dim))
    return [
        *_dense(call, "query", (query, many, dim), (many, dim)),
        *_dense(call, "key", (key, few, dim), (few, dim)),
        *(gate if call.use_gate else ()),
        *_dense(call, "value", (value, few, dim), (few, dim)),
        *_dense(call, "attention_output", (many, dim, query), (query,)),
    ]


def _group_macs(call: Call, query: Shape, value: Shape, key: Shape) -> Dim:
    many, few = call.num_query_heads * call.head_dim, call.num_key_value_heads * call.head_dim
    ends = 3 if call.use_gate else 2  # into the heads, out of them, and the gate
    queries: Dim = query[1] * query[2] * many * ends
    rows: Dim = key[1] * (key[2] + value[2]) * few
    scores: Dim = query[1] * key[1] * many
    return queries + rows + scores * 2


def _group_kept(call: Call, query: Shape, key: Shape) -> Kept:
    many, few = call.num_query_heads, call.num_key_value_heads
    projections = 2 * call.head_dim * (query[1] * many + key[1] * few)
    return Kept(query[1] * key[1] * many, projections)


def output_words(given: frozenset[str], count: int) -> tuple[str, ...]:
    """Name what attention gives where its scores are asked for."""
    return ("attention", "scores")


MASKS = frozenset({"query_mask", "value_mask", "key_mask", "attention_mask"})

KINDS = (
    LayerKind(
        "MultiHeadAttention",
        multi_head_attention,
        takes="positional",
        mask=query_masked,
        roles=("attention",),
        group="attention",
        shape_rule="query (batch, T, d), value (batch, S, e) → (batch, T, d), or (…, *output_shape)",
        use_for="transformers",
        watch_for="the scores are announced as (batch, heads, T, T) and are (batch, heads, T, S) when run",
        output_words=output_words,
        example="[[4, 16], [6, 16]] -> MultiHeadAttention(2, 8)",
        holds_layers=True,
        tensor_arguments=MASKS | {"value", "key"},
        keeps_rank=True,
    ),
    LayerKind(
        "GroupQueryAttention",
        group_query_attention,
        takes="positional",
        mask=query_masked,
        roles=("attention",),
        group="attention",
        shape_rule="query (batch, T, d), value (batch, S, d) → (batch, T, d)",
        use_for="transformers that save memory: several query heads share a key and value head",
        watch_for="query heads are a multiple of key and value heads; rank 3 only",
        output_words=output_words,
        example="[[4, 16], [6, 16]] -> GroupQueryAttention(8, 4, 2)",
        holds_layers=True,
        tensor_arguments=MASKS | {"value", "key"},
    ),
)
