"""Attention and AdditiveAttention, which take a list, and what attention with heads shares with them."""

from __future__ import annotations

from collections.abc import Sequence

from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.shape_rules import check_beside, numeric
from netdsl.diagnostics.problems.shapes import (
    TooFewInputs,
    UnequalInputs,
    WrongRank,
    WrongValue,
)
from netdsl.record import record
from netdsl.tensor import Dim, TensorSpec, equal, product, spell_shape

ROLES = ("query", "value", "key")


@record
class Arrived:
    """The three tensors of attention; `key` is `value` where none was given."""

    query: TensorSpec
    value: TensorSpec
    key: TensorSpec

    @property
    def each(self) -> tuple[tuple[str, TensorSpec], ...]:
        return (("query", self.query), ("value", self.value), ("key", self.key))


def check_widths(
    call: Call, left: TensorSpec, right: TensorSpec, arrived: Arrived, roles: str
) -> None:
    """Refuse last axes that are not equal."""
    width = right.shape[-1]
    help_ = f"bring one to the size of the other, for example with `Dense({width})`"
    _agree(call, "last axes", left.shape[-1], width, arrived, roles, help_)


def check_lengths(call: Call, arrived: Arrived) -> None:
    """Refuse rows of value and key that do not go together."""
    left, right = arrived.value.shape[-2], arrived.key.shape[-2]
    help_ = "each key goes with a value: give both the same number of them"
    _agree(call, "lengths", left, right, arrived, "value and key", help_)


def _agree(
    call: Call, what: str, left: Dim, right: Dim, arrived: Arrived, roles: str, help_: str
) -> None:
    """Refuse two sizes that must be equal."""
    if not call.holds(equal(left, right)):
        shapes = ", ".join(f"{role} {spell_shape(x.shape)}" for role, x in arrived.each)
        raise Refusal(
            UnequalInputs,
            f"the {what} of {roles} must be equal, and are {left} and {right}: {shapes}",
            help=help_,
        )


def dot_attention(call: Call) -> Inference:
    """Weigh the rows of value by how their keys fit each query.

    [(None, 4, 8), (None, 6, 8)] -> (None, 4, 8)
    """
    arrived, caveats = _listed(call)
    weights = []
    if call.use_scale:
        weights.append(call.weight("scale", ()))
    if call.score_mode == "concat":
        weights.append(call.weight("concat_score_weight", ()))
    return _weighted_sum(call, arrived, weights, caveats, 1)


def additive_attention(call: Call) -> Inference:
    """Weigh the rows of value by the sum of tanh(query + key). [(None, 4, 8), (None, 6, 8)] -> (None, 4, 8)"""
    arrived, caveats = _listed(call)
    weights = []
    if call.use_scale:
        depth = call.known(arrived.query.shape[-1], arrived.query.rank - 1, "the scale")
        weights.append(call.weight("scale", (depth,)))
    # Each pair has the sum of query and key too.
    return _weighted_sum(call, arrived, weights, caveats, 1 + arrived.query.shape[-1])


def _listed(call: Call) -> tuple[Arrived, tuple[str, ...]]:
    """Give the list that arrived as query, value and key, and check that they fit."""
    numeric(call)
    if not 2 <= len(call.inputs) <= 3:
        raise Refusal(
            TooFewInputs,
            f"takes a list of query and value, and a key if you like; {len(call.inputs)} arrive",
            help=f"`[query, value] -> {call.kind.name}()`; for self-attention, the same tensor twice",
        )
    _check_mask_list(call)
    arrived = Arrived(
        call.inputs[0], call.inputs[1], call.inputs[-1 if len(call.inputs) == 3 else 1]
    )
    for mask, (role, x) in zip(
        call.call_arguments.get("mask") or (), arrived.each[:2], strict=False
    ):
        if x.rank == 3:
            check_beside(call, "mask", mask, x.shape[:-1], f"each row of the {role}")
    shallow = [f"{role} {spell_shape(x.shape)}" for role, x in arrived.each if x.rank < 3]
    if shallow:
        if call.call_arguments.get("return_attention_scores") and arrived.key.rank < 2:
            raise Refusal(WrongRank, f"scores need a row of keys, and the key is {arrived.key}")
        return arrived, (f"attention goes over rows of one sample, and {shallow[0]} has none",)
    check_widths(call, arrived.query, arrived.key, arrived, "query and key")
    check_lengths(call, arrived)
    return arrived, ()


def _check_mask_list(call: Call) -> None:
    mask = call.call_arguments.get("mask")
    if mask is None or (isinstance(mask, tuple | list) and 2 <= len(mask) <= 3):
        return
    raise Refusal(
        WrongValue,
        "the masks are a list, of the query's and the value's",
        blames="mask",
        help="`(mask=[query_mask, value_mask])`; `None` stands for no mask",
    )


def _weighted_sum(
    call: Call, arrived: Arrived, weights: Sequence[Weight], caveats: tuple[str, ...], of_pair: Dim
) -> Inference:
    """Weigh the rows; `of_pair` counts what is kept of each pair of a query and a key, its score among it."""
    query, value, key = arrived.query, arrived.value, arrived.key
    output = TensorSpec((*query.shape[:-1], value.shape[-1]), call.compute_dtype)
    pairs: Dim = 0 if caveats else product(query.shape[1:-1]) * key.shape[-2]
    macs = pairs * (query.shape[-1] + value.shape[-1])
    if not call.call_arguments.get("return_attention_scores"):
        return Inference(output, tuple(weights), macs, caveats, kept=pairs * of_pair)
    scores = TensorSpec((*query.shape[:-1], key.shape[-2]), call.compute_dtype)
    kept = pairs * (of_pair - 1)  # the scores leave as an output
    return Inference((output, scores), tuple(weights), macs, caveats, kept=kept)


def query_masked(call: Call) -> bool | tuple[bool, ...]:
    """Tell which outputs keep the query's mask: the first does, the scores have none."""
    return (call.x.masked,)


KINDS = (
    LayerKind(
        "Attention",
        dot_attention,
        takes="list",
        mask=query_masked,
        roles=("attention",),
        group="attention",
        shape_rule="[(batch, queries, d), (batch, rows, e)] → (batch, queries, e)",
        use_for="attention without weights of its own, between encoder and decoder",
        watch_for="takes a list, and the order is query, value, key; query and key are equally wide",
        example="[[4, 8], [6, 8]] -> Attention()",
        tensor_arguments=frozenset({"mask"}),
        list_arguments=frozenset({"inputs", "mask"}),
    ),
    LayerKind(
        "AdditiveAttention",
        additive_attention,
        takes="list",
        mask=query_masked,
        roles=("attention",),
        group="attention",
        shape_rule="[(batch, queries, d), (batch, rows, e)] → (batch, queries, e)",
        use_for="attention after Bahdanau, with a learned scale for each feature",
        watch_for="makes a tensor of queries × rows × d on the way",
        example="[[4, 8], [6, 8]] -> AdditiveAttention()",
        tensor_arguments=frozenset({"mask"}),
        list_arguments=frozenset({"inputs", "mask"}),
    ),
)
