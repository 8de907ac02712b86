"""Keys of values, for what is worked out once for each: equal for values that are the same in every respect."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier, ObjectValue
from netdsl.stack import deep
from netdsl.tensor import Sym

_BY_VALUE = (ExternFunction, Identifier, Sym)


@deep
def value_key(value: object) -> Hashable:
    """Give the key of a value: by its type and what it holds, by identity where it is more than that.

    `1`, `1.0` and `True` are equal in Python, and so are `0.0` and `-0.0`; here they are not.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return (kind, value)
    if kind is float:
        return (kind, repr(value))
    if isinstance(value, (list, tuple)):
        return (kind, tuple(map(value_key, value)))
    if isinstance(value, Mapping):
        return (dict, tuple((value_key(key), value_key(held)) for key, held in value.items()))
    if isinstance(value, ObjectValue):
        return (kind, value.family, value.kind, value_key(value.arguments))
    if isinstance(value, BoundLayer) and value.shared is None:
        arguments = value_key(value.arguments), value_key(value.written)
        return (kind, value.kind, value.module, value.name, *arguments)
    if isinstance(value, _BY_VALUE):
        return (kind, value)
    return (kind, id(value))
