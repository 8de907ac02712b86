"""Where what arrives at a call goes: `_` as an argument says it, as in `scores -> ops.where(mask, _, -1e9)`.

Without one, what arrives is the first argument.
"""

from __future__ import annotations

from dataclasses import replace

from netdsl.syntax import tree
from netdsl.syntax.walk import reads_arriving


def says_where(call: tree.Call) -> bool:
    """Tell whether `_` is an argument of a function, by itself or in a list."""
    return any(_holds_place(a.value) for a in call.arguments if a.star != "**")


def gets_nothing_else(call: tree.Call, *, starts: bool) -> bool:
    """Tell whether a function of `ops` gets its arguments alone, though something arrives at it.

    `_` says where that goes, and in parentheses of its own so does an expression with `_`; there a function that a
    branch of a fork `starts` with is a source.
    """
    return says_where(call) or (call.alone and (starts or reads_arriving(call)))


def first_in_place(call: tree.Call, *, one_by_one: bool) -> tuple[tree.Argument, tree.Call] | None:
    """Give what goes in first where `_` stands among the tensors of a layer's call, and the call without it.

    By name, `value=_`, what arrives is given once more beside its own place. So it is by a `_` alone where a layer
    takes its tensors `one_by_one` and can do nothing with one: `MultiHeadAttention(8, 64)(_)` attends to itself.
    """
    by_position = [a for a in call.arguments if a.name is None and a.star != "**"]
    if one_by_one and len(by_position) == 1 and isinstance(by_position[0].value, tree.Arriving):
        return None
    if not any(_holds_place(a.value) for a in by_position) or call.arguments[0].star:
        return None
    first, *rest = call.arguments
    return (first, replace(call, arguments=tuple(rest))) if first.name is None else None


def _holds_place(value: tree.Expr) -> bool:
    match value:
        case tree.Arriving():
            return True
        case tree.Starred(value=inner):
            return _holds_place(inner)
        case tree.ListExpr(items=items) | tree.TupleExpr(items=items):
            return any(_holds_place(item) for item in items)
    return False
