"""A way out where the names of a pattern are more or fewer than what they are for: `seq, h, c = x -> GRU(8, …)`."""

from __future__ import annotations

from typing import Any

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.entities import Tensor
from netdsl.syntax import tree


def change_names(pattern: tree.TuplePattern, value: Any) -> Fix | None:
    """Give the change that makes the names fit what comes, in the words of a fix."""
    if isinstance(value, Tensor):
        return _to(pattern, 1)
    if isinstance(value, (list, tuple)) and value:
        return _to(pattern, len(value))
    return None


def _to(pattern: tree.TuplePattern, count: int) -> Fix | None:
    """Write as many names as there are tensors, `_` for one that is not needed."""
    if count > 2 * len(pattern.parts) + 2:
        return None
    names = [part.span.text for part in pattern.parts][:count]
    names += ["_"] * (count - len(names))
    text = ", ".join(names)
    what = "one name" if count == 1 else f"{count} names"
    return Fix((Edit(pattern.span, text),), text=f"write {what}: `{text} = …`")
