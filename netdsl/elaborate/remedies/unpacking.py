"""A way out where the names of a pattern are more or fewer than what they are for: `seq, h, c = x -> GRU(8, …)`."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies import unbound
from netdsl.elaborate.scope.entities import Tensor
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, nodes_around, pattern_names
from netdsl.value import Value


def change_names(pattern: tree.TuplePattern, value: Value) -> Fix | None:
    """Give the fix that makes the names of a pattern as many as what comes."""
    if isinstance(value, Tensor):
        return _with_as_many_names(pattern, 1)
    if isinstance(value, (list, tuple)) and value:
        return _with_as_many_names(pattern, len(value))
    return None


def more_names(pattern: tree.TuplePattern, value: Value, frame: Frame) -> Fix | None:
    """Give the fix that adds the names which a loop reads and nothing binds.

    `for (width, depth) in [(64, 2, 1), …]` leaves one out, where the braces read a `strides`.
    """
    missing = len(value) - len(pattern.parts) if isinstance(value, (list, tuple)) else 0
    around = nodes_around(frame.unit.module, pattern.span)
    loop = next((n for n in reversed(around) if isinstance(n, tree.For)), None)
    if missing < 1 or loop is None:
        return None
    bound = set(pattern_names(pattern))
    unknown = [w for w in free_names(loop.body) if w not in bound and frame.lookup(w) is MISSING]
    unknown = [w for w in unknown if not unbound.keras_has_name(w)]
    if len(unknown) != missing:
        return None
    end = Span(pattern.span.file, pattern.parts[-1].span.end, pattern.parts[-1].span.end)
    names = ", ".join([*(p.span.text for p in pattern.parts), *unknown])
    return Fix(
        (Edit(end, "".join(f", {w}" for w in unknown)),), text=f"name all of them: `({names})`"
    )


def _with_as_many_names(pattern: tree.TuplePattern, count: int) -> Fix | None:
    """Write as many names as there are tensors, `_` for one that is not needed."""
    if count > 2 * len(pattern.parts) + 2:
        return None
    names = [part.span.text for part in pattern.parts][:count]
    names += ["_"] * (count - len(names))
    text = ", ".join(names)
    what = "one name" if count == 1 else f"{count} names"
    return Fix((Edit(pattern.span, text),), text=f"write {what}: `{text} = …`")
