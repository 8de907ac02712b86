"""Run a kind's rule on plain Python arguments, without a spec around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netdsl.catalog import layer_kinds
from netdsl.catalog.binding import bind_arguments
from netdsl.catalog.kind import Call, Inference, LayerKind, Refusal, Structure
from netdsl.catalog.signature import signature
from netdsl.tensor import TensorSpec


def flatten(structure: Structure) -> list[TensorSpec]:
    """Give the tensors of a structure in order."""
    if isinstance(structure, TensorSpec):
        return [structure]
    return [x for part in structure for x in flatten(part)]


def apply_rule(
    name: str,
    arguments: Mapping[str, Any],
    inputs: tuple[TensorSpec, ...],
    is_list: bool = False,
    call_arguments: Mapping[str, Any] | None = None,
) -> tuple[Call, Inference]:
    """Bind the arguments, run the rule and give the call with what it inferred."""
    kind = layer_kinds()[name]
    bound = _bind(kind, arguments)
    call = Call(kind, bound, inputs, is_list, call_arguments or {}, frozenset(arguments))
    return call, kind.rule(call)


def _bind(kind: LayerKind, written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Bind arguments that are plain Python values; the first thing wrong is a refusal."""
    facts = signature("layer", kind.name)
    assert facts is not None
    bound = bind_arguments(facts, kind.arguments, (), written)
    for problem in bound.problems:
        raise Refusal(problem.problem, problem.label, blames=problem.argument, help=problem.help)
    return bound.arguments
