"""Embedding and ReversibleEmbedding: rows of a table by their number, and back."""

from __future__ import annotations

from dataclasses import replace

from netdsl.catalog.cost_rules import matrix_macs
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Weight
from netdsl.catalog.shape_rules import numeric
from netdsl.catalog.weight_rules import filled_weight
from netdsl.diagnostics.problems.shapes import (
    ConflictingArguments,
    IncompatibleShape,
    WrongRank,
)
from netdsl.tensor import TensorSpec, equal, spell_shape


def embedding(call: Call) -> Inference:
    """Look a row up for each number. (None, 100), input_dim=5000, output_dim=64 -> (None, 100, 64)"""
    numeric(call)
    x = call.one()
    return Inference(_rows(call, x), _table(call))


def _rows(call: Call, x: TensorSpec) -> TensorSpec:
    return replace(
        x, shape=(*x.shape, call.output_dim), dtype=call.compute_dtype, sparse=False, masked=False
    )


def _table(call: Call) -> tuple[Weight, ...]:
    """The table, as it is stored: plain, quantised by the dtype policy, or frozen beside a thin product."""
    mode = quantisation(call)
    if mode:
        return _quantised(call, "embeddings", (call.input_dim, call.output_dim), mode, axis=1)
    rank = call.arguments.get("lora_rank")
    weight = filled_weight(call, "embeddings", (call.input_dim, call.output_dim))
    if not rank:
        return (weight,)
    if call.embeddings_constraint is not None:
        raise Refusal(
            ConflictingArguments,
            f"`lora_rank={rank}` freezes the table, and `embeddings_constraint` would change it",
            blames="lora_rank",
            help="leave one of the two out",
        )
    return (
        replace(weight, trainable=False),
        Weight("lora_embeddings_a", (call.input_dim, rank), dtype="float32"),
        Weight("lora_embeddings_b", (rank, call.output_dim), dtype="float32"),
    )


def quantisation(call: Call) -> str:
    """Give the quantisation that the dtype policy names: "int8_from_mixed_bfloat16" -> "int8"."""
    mode, separator, _ = str(call.arguments.get("dtype")).partition("_from_")
    return mode if separator and mode in ("int4", "int8") else ""


def _quantised(
    call: Call, name: str, shape: tuple[int, int], mode: str, axis: int
) -> tuple[Weight, ...]:
    """A table of small integers and a scale for each row or column; two 4-bit ones share a byte."""
    packed = [*shape]
    if mode == "int4":
        packed[axis] = (packed[axis] + 1) // 2
    return (
        Weight(name, (packed[0], packed[1]), trainable=False, dtype="int8"),
        call.weight(f"{name}_scale", (shape[1 - axis],), trainable=False),
    )


def reversible_embedding(call: Call) -> Inference:
    """Look rows up, or with `(reverse=True)` score each row of the table.

    (None, 100) -> (None, 100, 64); reverse: (None, 100, 64) -> (None, 100, 5000)
    """
    numeric(call)
    x = call.one()
    weights = (*_table(call), *_reverse_table(call))
    if not call.call_arguments.get("reverse"):
        return Inference(_rows(call, x), weights)
    if x.rank < 2:
        raise Refusal(
            WrongRank, f"scores rows of {call.output_dim}, {spell_shape(x.shape)} arrives"
        )
    if not call.holds(equal(x.shape[-1], call.output_dim)):
        raise Refusal(
            IncompatibleShape,
            f"rows of {x.shape[-1]} arrive, and those of the table have {call.output_dim}",
            blames=("input", 0),
        )
    output = TensorSpec((*x.shape[:-1], call.input_dim), call.compute_dtype)
    macs = matrix_macs(x.shape[1:-1], call.output_dim, call.input_dim)
    return Inference(output, weights, macs, _other_dtype(call))


def _reverse_table(call: Call) -> tuple[Weight, ...]:
    if call.tie_weights:
        return ()
    shape = (call.output_dim, call.input_dim)
    mode = quantisation(call)
    if mode:
        return _quantised(call, "reverse_embeddings", shape, mode, axis=0)
    return (filled_weight(call, "reverse_embeddings", shape, initializer="embeddings_initializer"),)


def _other_dtype(call: Call) -> tuple[str, ...]:
    if call.reverse_dtype in (None, call.compute_dtype):
        return ()
    return (f"Keras announces {call.compute_dtype}, and the scores come in {call.reverse_dtype}",)


def _makes_mask(call: Call) -> bool:
    return bool(call.mask_zero)


KINDS = (
    LayerKind(
        "Embedding",
        embedding,
        mask=_makes_mask,
        roles=("embedding",),
        bounded_by="input_dim",
        unit_axes={"embeddings_constraint": ((1,), 2)},
        group="core",
        shape_rule="(batch, …) → (batch, …, output_dim)",
        use_for="words, items and other categories that are numbered from 0",
        watch_for="numbers from input_dim up are out of range; with mask_zero the number 0 stands for padding",
        example="int32[100] -> Embedding(5000, 64)",
    ),
    LayerKind(
        "ReversibleEmbedding",
        reversible_embedding,
        mask="drop",
        bounded_by="input_dim",
        unit_axes={"embeddings_constraint": ((1,), 2)},
        group="core",
        shape_rule="(batch, …) → (batch, …, output_dim); reverse: (batch, …, output_dim) → (batch, …, input_dim)",
        use_for="language models that score tokens with the table they read them from",
        watch_for="make it once with `layer` and use it twice, the second time with `(reverse=True)`",
        example="int32[100] -> ReversibleEmbedding(5000, 64)",
    ),
)
