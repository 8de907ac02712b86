"""Which argument counts, and where it goes: one rule for what is evaluated and for what is written as Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def first_of_each(found: Iterable[tuple[str, T]], given: Iterable[str]) -> dict[str, T]:
    """Give what `defaults` add to a call: of each argument the first, and none that the call gives itself."""
    taken = set(given)
    added: dict[str, T] = {}
    for name, value in found:
        if name not in taken:
            added.setdefault(name, value)
    return added


def placed(names: Sequence[str], by_name: Mapping[str, T], others: Iterable[T]) -> dict[str, T]:
    """Give each input its tensor: what is given by name, and in the places that are left the others in order."""
    rest = iter(others)
    return {name: by_name[name] if name in by_name else next(rest) for name in names}
