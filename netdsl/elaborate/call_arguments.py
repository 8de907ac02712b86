"""What the second pair of parentheses may hold: `attention(value=memory, use_causal_mask=True)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netdsl.catalog.argument_types import ArgumentMismatch
from netdsl.catalog.binding import switch_mismatch
from netdsl.catalog.kind import UNRESOLVED, LayerKind
from netdsl.elaborate.entities import Tensor, spell_entity, tensors_in

#: What the rules of recurrent layers look into themselves.
_STATES = frozenset({"initial_state", "states"})


def call_mismatch(definition: LayerKind, name: str, value: Any) -> ArgumentMismatch | None:
    """Say what is wrong with a call-time argument by its kind alone: a switch, a tensor, or a list of tensors."""
    if name in _STATES:
        return None
    if name in definition.tensor_arguments:
        other = next((leaf for leaf in _leaves(value) if not isinstance(leaf, Tensor)), None)
        if other is not None:
            return ArgumentMismatch(f"takes a tensor, this is {spell_entity(other)}")
        if name in definition.list_arguments and isinstance(value, tuple):
            return ArgumentMismatch(
                "takes a list, this is a tuple", help="write it in brackets: `[…]`"
            )
        return None
    if next(tensors_in(value), None) is not None:
        value = spell_entity(next(tensors_in(value)))
    return switch_mismatch(name, value)


def _leaves(value: Any) -> Iterator[Any]:
    """Give what a value is made of, `None` left out."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple)):
            pending.extend(item)
        elif item is not None and item is not UNRESOLVED:
            yield item
