"""What an argument comes to where it is left to Keras, which then writes it into the configuration of the layer.

A layer that is given such a value is the same layer as one that is given none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from netdsl.dimension import Dim
from netdsl.value import Value

#: What arrives at a layer, as far as it is known.
Arriving = Sequence[Dim | None] | None


def in_force(
    name: str, value: Value, arguments: Mapping[str, Value], arriving: Arriving = None
) -> Value:
    """Give what an argument comes to; a layer that is left to Keras stays as it is where that is not known."""
    if value is None and name.endswith("activation"):
        return "linear"
    rule = _RULES.get(name)
    found = value if rule is None else rule(value, arguments, arriving)
    if name in _AXES and isinstance(found, (list, tuple)) and len(found) == 1:
        return found[0]
    return found


def is_worked_out(
    name: str, value: Value, arguments: Mapping[str, Value], arriving: Arriving = None
) -> bool:
    """Tell whether a value is what Keras makes of an argument that is left out."""
    if name not in _RULES or value is None:
        return False
    made = in_force(name, None, arguments, arriving)
    return made is not None and _one(in_force(name, value, arguments, arriving)) == _one(made)


def _one(value: Value) -> Value:
    """Give the one number of a window that is as large along each axis, however it was written."""
    if isinstance(value, (list, tuple)) and len(set(value)) == 1:
        return value[0]
    return tuple(value) if isinstance(value, list) else value


#: Arguments that take an axis, or several.
_AXES = ("axis", "axes", "attention_axes")


def _strides(value: Value, arguments: Mapping[str, Value], arriving: Arriving) -> Value:
    return arguments.get("pool_size") if value is None else value


def _value_dim(value: Value, arguments: Mapping[str, Value], arriving: Arriving) -> Value:
    return arguments.get("key_dim") if value is None else value


def _dtype(value: Value, arguments: Mapping[str, Value], arriving: Arriving) -> Value:
    """Layers that give numbers of categories are int64 unless they are told otherwise."""
    return "int64" if value is None and arguments.get("output_mode") == "int" else value


def _attention_axes(value: Value, arguments: Mapping[str, Value], arriving: Arriving) -> Value:
    """`MultiHeadAttention` attends over all axes but the batch and the features."""
    return value if value is not None or arriving is None else tuple(range(1, len(arriving) - 1))


def _groups(value: Value, arguments: Mapping[str, Value], arriving: Arriving) -> Value:
    """`GroupNormalization` counts -1 groups as one for each channel."""
    axis = arguments.get("axis", -1)
    if value != -1 or arriving is None or not isinstance(axis, int):
        return value
    size = arriving[axis] if -len(arriving) <= axis < len(arriving) else None
    return size if isinstance(size, int) else value


_RULES: Mapping[str, Callable[[Value, Mapping[str, Value], Arriving], Value]] = {
    "strides": _strides,
    "value_dim": _value_dim,
    "dtype": _dtype,
    "attention_axes": _attention_axes,
    "groups": _groups,
}
