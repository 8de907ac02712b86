"""The values of the language: what an expression of a spec may come to.

Plain values are Python's own: numbers, texts, lists, tuples, dicts, None. Beside them stand symbolic and unknown
dimensions, and entities: tensors, layers, blocks, models, objects of Keras, and whatever else a name may stand for.
Each kind of entity is a class on the floor that makes it, so that a `match` on a value names the classes it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from typing import Any, TypeAlias

from netdsl.dimension import Sym, Unknown


class Entity:
    """Anything that a name or an expression may stand for, if it is no plain value and no dimension."""

    __slots__ = ()


#: A value that nothing is inside of; `...` and a slice stand between square brackets only.
Single: TypeAlias = bool | int | float | str | Sym | Unknown | EllipsisType | slice | Entity | None

#: A value with others in it. What may be a key is seen when the dict is made.
Container: TypeAlias = list["Value"] | tuple["Value", ...] | dict["Value", "Value"]

#: What an expression may come to.
Value: TypeAlias = Single | Container

#: Arguments by name, each in the form that its declared type gives it (`catalog/argument_table.py`), which a rule knows
#: and a type checker does not.
Arguments: TypeAlias = Mapping[str, Any]

#: What is written as JSON: which names there are, and what each holds, the documentation of the format says.
Document: TypeAlias = dict[str, Any]


def is_number_of(word: str, value: object) -> bool:
    """Tell whether a value is an `int`, a `float` or a `bool` as a parameter declares it: `True` is no number."""
    if word == "bool" or isinstance(value, bool):
        return word == "bool" and isinstance(value, bool)
    return isinstance(value, int if word == "int" else (int, float))
