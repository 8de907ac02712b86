"""Run a kind's rule on plain Python arguments, without a spec around it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from netdsl.catalog import layers
from netdsl.catalog.kind import Call, Inference, LayerKind, Structure
from netdsl.catalog.signature import signature
from netdsl.tensor import TensorSpec


@cache
def kinds() -> Mapping[str, LayerKind]:
    """Collect the declarations of all family files."""
    names = [module.name for module in pkgutil.iter_modules(layers.__path__)]
    modules = [importlib.import_module(f"netdsl.catalog.layers.{name}") for name in names]
    return {kind.name: kind for module in modules for kind in getattr(module, "KINDS", ())}


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
    kind = kinds()[name]
    bound = _bind(kind, arguments)
    call = Call(kind, bound, inputs, is_list, call_arguments or {}, frozenset(arguments))
    return call, kind.rule(call)


def _bind(kind: LayerKind, arguments: Mapping[str, Any]) -> dict[str, Any]:
    known = signature("layer", kind.name)
    assert known is not None
    defaults = {p.name: p.default for p in known.parameters}
    bound = {**defaults, **arguments}
    digits = re.findall(r"(\d)D", kind.name)
    rank = int(digits[0]) if digits else 0
    for argument in ("kernel_size", "strides", "dilation_rate", "pool_size", "output_size"):
        if isinstance(bound.get(argument), int):
            bound[argument] = (bound[argument],) * rank
    if "data_format" in bound:
        bound["data_format"] = bound["data_format"] or "channels_last"
    return bound
