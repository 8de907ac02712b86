"""Writes tensor types in tests as people do: `tensor("?, H, W // 2, 3")`."""

from __future__ import annotations

import re

from netdsl.tensor import UNKNOWN, Dim, Sym, TensorSpec


def dims(text: str) -> tuple[Dim, ...]:
    """Read sizes: numbers, `?` for an unknown one, names and arithmetic for symbolic ones."""
    names = {name: Sym.variable(name) for name in re.findall(r"[A-Za-z]\w*", text)}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(UNKNOWN if part == "?" else eval(part, {}, names) for part in parts)


def tensor(text: str, dtype: str = "float32", **facts: bool) -> TensorSpec:
    """Make a tensor type of its sizes, the batch first."""
    return TensorSpec(dims(text), dtype, **facts)
