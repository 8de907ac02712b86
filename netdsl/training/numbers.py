"""What losses and metrics come to: a number, or of some metrics one for each class."""

from __future__ import annotations

from typing import TypeAlias

from netdsl.extras import needed
from netdsl.foreign import Foreign

Number: TypeAlias = "float | list[float]"


def number(value: Foreign) -> Number:
    """Give as plain numbers what Keras holds in an array or a tensor."""
    found = needed("keras").ops.convert_to_numpy(value).tolist()
    return found if isinstance(found, list) else float(found)


def spell_number(value: Number, form: str) -> str:
    """Spell a number, or several beside one another."""
    return " ".join(format(v, form) for v in (value if isinstance(value, list) else [value]))
