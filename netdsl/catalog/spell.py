"""Writes a value as a person would write it in a `.net` file, short enough for a message."""

from __future__ import annotations

import json
from collections.abc import Iterable

from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier, ObjectValue
from netdsl.tensor import UNKNOWN

LONGEST_TEXT = 60
MOST_ITEMS = 8
DEEPEST = 4


def spell(value: object, depth: int = 0) -> str:
    """Write a value in the language's own syntax: `"same"`, `(3, 3)`, `HeNormal(seed=1)`."""
    if isinstance(value, str):
        return _quoted(value)
    if value is UNKNOWN:
        return "?"
    if isinstance(value, int) and value.bit_length() > 200:
        return "<a number of more than 60 digits>"
    if isinstance(value, list | tuple | dict | ObjectValue) and depth >= DEEPEST:
        return "…"
    if isinstance(value, list):
        return f"[{_items((spell(x, depth + 1) for x in value), len(value))}]"
    if isinstance(value, tuple):
        inside = _items((spell(x, depth + 1) for x in value), len(value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, dict):
        pairs = (f"{spell(k, depth + 1)}: {spell(v, depth + 1)}" for k, v in value.items())
        return "{" + _items(pairs, len(value)) + "}"
    if isinstance(value, ObjectValue):
        named = (f"{k}={spell(v, depth + 1)}" for k, v in value.arguments.items())
        return f"{value.name}({_items(named, len(value.arguments))})"
    if isinstance(value, BoundLayer) and value.shared is not None:
        return value.shared.declared
    if isinstance(value, BoundLayer):
        return f"{value.kind}({'…' if value.written else ''})"
    if isinstance(value, ExternFunction | Identifier):
        return value.name
    return str(value)


def _quoted(text: str) -> str:
    cut = text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
    return json.dumps(cut, ensure_ascii=False)


def _items(items: Iterable[str], count: int) -> str:
    shown = [item for item, _ in zip(items, range(MOST_ITEMS), strict=False)]
    return ", ".join(shown + (["…"] if count > MOST_ITEMS else []))


def one_of(words: Iterable[str]) -> str:
    """Join alternatives as a sentence does: `a`, `b` or `c`."""
    listed = list(words)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"
