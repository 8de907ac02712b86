"""`training=` where it is given to what takes none: a block, a model, a network of `keras.applications`.

In Python `base(x, training=False)` keeps a network as it is, its normalizations too; in a spec that is
`base(trainable=False)`. What acts otherwise in training is told so layer by layer: `Dropout(0.5)(training=True)`.
"""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.scope.entities import Given, SharedLayer
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import nodes_around

NAME = "training"
_FROZEN = "trainable=False"
_INSIDE = "give it to the layers inside that it is meant for: `Dropout(0.5)(training=True)`"


def way_out(item: Given, frame: Frame) -> tuple[str, Fix | None]:
    """Give the help for `training=…`, and the change that says `trainable=False` where it is `False`."""
    if item.value is not False or item.name_span is None:
        return _INSIDE, None
    help_ = f"write `{_FROZEN}`: it is kept as it is, its normalizations too"
    name = item.name_span
    shared = _where_it_is_made(item, name, frame)
    edits = shared or (Edit(_place(item, name), _text(item, name)),)
    return help_, Fix(edits, text=help_)


def _where_it_is_made(item: Given, name: Span, frame: Frame) -> tuple[Edit, ...]:
    """For `base(training=False)` of `layer base = Base()` give `layer base = Base(trainable=False)`, and `base`."""
    around = nodes_around(frame.unit.module, item.span)
    used = next((n for n in reversed(around) if isinstance(n, tree.Call)), None)
    if used is None or len(used.arguments) != 1 or not isinstance(used.function, tree.Name):
        return ()
    found = frame.lookup(used.function.id)
    if not isinstance(found, SharedLayer):
        return ()
    made = found.node.value
    frozen = with_argument(made, "trainable", "False", "") if _is_call(made) else None
    alone = Span(name.file, used.function.span.end, used.span.end)
    return (*frozen.edits, Edit(alone, "")) if frozen is not None else ()


def _is_call(made: tree.Expr) -> bool:
    return isinstance(made, tree.Call) and not isinstance(made.function, tree.Call)


def _is_second_pair(item: Given, name: Span) -> bool:
    """Tell whether the argument stands alone in a second pair of parentheses: `Encoder()(training=False)`."""
    return name.before.endswith(")(") and item.span.behind.startswith(")")


def _place(item: Given, name: Span) -> Span:
    if _is_second_pair(item, name):
        return Span(name.file, name.start - 2, item.span.end + 1)
    return Span(name.file, name.start, item.span.end)


def _text(item: Given, name: Span) -> str:
    if not _is_second_pair(item, name):
        return _FROZEN
    is_empty = name.before[:-2].rstrip().endswith("(")
    return f"{_FROZEN})" if is_empty else f", {_FROZEN})"
