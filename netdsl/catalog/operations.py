"""Rules of the functions of `keras.ops`: what a call gives, as a pure function of types and values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from netdsl.catalog.kind import Inference
from netdsl.tensor import Demand


@dataclass(frozen=True)
class OpCall:
    """One call of a function: tensors among the arguments are `TensorSpec`s, lists of them tuples."""

    function: str
    positional: tuple[Any, ...]
    named: Mapping[str, Any]
    demands: list[Demand] = field(default_factory=list)


OpRule: TypeAlias = Callable[[OpCall], Inference]

RULES: dict[str, OpRule] = {}


def operation_rule(function: str) -> OpRule | None:
    """Give the rule of a function of `keras.ops`; None where there is none."""
    return RULES.get(function)


def operation_names() -> list[str]:
    """Give the functions that have a rule."""
    return list(RULES)
