"""How a use of a block is called in tables and pictures: `bottleneck(64, strides=2)`, with the values that it gives."""

from __future__ import annotations

from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier
from netdsl.catalog.object_value import ObjectValue
from netdsl.catalog.spell import spell
from netdsl.dimension import Sym
from netdsl.elaborate.scope.entities import Tensor, is_tensorial
from netdsl.graph import Use
from netdsl.value import Entity, Value

#: How long the text of one argument, and of a whole call, may be.
LONGEST_ARGUMENT = 40
LONGEST_CALL = 80

#: With more characters a number is rounded: nobody wrote it so.
LONGEST_NUMBER = 8

_TOLD = (BoundLayer, ExternFunction, Identifier, ObjectValue, Sym)


def spell_use(use: Use, limit: int = LONGEST_CALL) -> str:
    """Write a use as the spec does, its arguments evaluated: `stage(64, 3, strides=1)`."""
    if use.is_shared:
        return use.block
    return f"{use.block}({', '.join(spell_arguments(use, limit - len(use.block) - 2))})"


def spell_arguments(use: Use, limit: int = LONGEST_CALL) -> list[str]:
    """Write each argument that a use gives; tensors are left out, and what goes beyond `limit` is `…`."""
    texts: list[str] = []
    for name, value in use.arguments:
        if isinstance(value, Tensor) or (isinstance(value, (list, tuple)) and is_tensorial(value)):
            continue
        text = _spelled(value)
        text = f"{name}={text}" if name else text
        if limit < len(text):
            return [*texts, "…"]
        texts.append(text)
        limit -= len(text) + 2
    return texts


def _spelled(value: Value) -> str:
    if isinstance(value, Entity) and not isinstance(value, _TOLD):
        return "…"
    text = spell(_rounded(value))
    if len(text) <= LONGEST_ARGUMENT:
        return text
    is_table = isinstance(value, (list, tuple)) and isinstance(value[0], (list, tuple))
    return f"{text[0]}…{text[-1]}" if is_table else text[: LONGEST_ARGUMENT - 1] + "…"


def _rounded(value: Value) -> Value:
    """Give a number that was worked out as a person would say it: 0.00363636363636 -> 0.003636."""
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    if not isinstance(value, float) or len(repr(value)) <= LONGEST_NUMBER:
        return value
    return float(f"{value:.4g}")
