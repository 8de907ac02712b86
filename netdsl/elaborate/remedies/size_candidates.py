"""Changes that may mend a size at the layer that made it: other units or filters, other strides, no axis.

Where two tensors differ, one of the layers between was given the size, or the factor, of which they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.provenance import Change
from netdsl.elaborate.remedies.written_arguments import place_of_argument
from netdsl.syntax import tree
from netdsl.tensor import Dim

_WIDTHS = ("units", "filters", "output_dim")
_FACTORS = ("strides", "size")


def other_width(way: Iterable[Change], wanted: Dim, fitting: str) -> Iterator[Fix | None]:
    """Give the last layer that has units or filters as many as the other tensor has, whose name is `fitting`."""
    made = next(((c, name) for c in way if (name := _width(c)) is not None), None)
    if made is None or not isinstance(wanted, int):
        return
    change, name = made
    place = place_of_argument(change.node, name)
    if place is None or change.axis != change.rank - 1:
        return
    values = [str(wanted)]
    if fitting and not place.text.replace("_", "").isdigit():
        values.insert(0, f"{fitting}.shape[-1]")  # a number would hold for one use of a block alone
    for value in values:
        yield Fix(
            (Edit(place, value),),
            text=f"make both as wide: `{name}={value}` in `{change.node.kind}`",
        )


def _width(change: Change) -> str | None:
    """Name the argument that made the size of a layer's last axis."""
    bound = change.node.operation.bound
    return next((w for w in _WIDTHS if bound.get(w) == change.after), None)


def other_factor(change: Change, wanted: Dim) -> Fix | None:
    """Give a layer the strides, or the factor, that lead to the size of the other tensor."""
    call, before = change.node.operation.call, change.before
    if call is None or not isinstance(before, int) or not isinstance(wanted, int) or wanted < 1:
        return None
    name = next((f for f in _FACTORS if f in change.node.operation.bound), None)
    grows = isinstance(change.after, int) and change.after > before
    larger, smaller = (wanted, before) if grows else (before, wanted)
    if name is None or larger < smaller or (grows and larger % smaller):
        return None
    factor, place = -(-larger // smaller), place_of_argument(change.node, name)
    if place is None and len(call.arguments) > 2 and all(a.name is None for a in call.arguments):
        return None
    if place is not None:
        if not set(place.text) <= set("0123456789(), "):
            return None  # it is worked out from elsewhere
        edit = Edit(place, str(factor))
    else:
        added = with_argument(call, name, str(factor), "")
        if added is None:
            return None
        (edit,) = added.edits
    text = f"lead both to {wanted}: `{name}={factor}` in `{change.node.kind}`"
    return Fix((edit,), text=text)


def axis_left_out(call: tree.Expr) -> Fix | None:
    """Leave out the axis of a `Concatenate`: `axis=1` joins rows of pictures, and no axis means the channels."""
    if not isinstance(call, tree.Call) or len(call.arguments) != 1:
        return None
    if call.arguments[0].name not in ("axis", None):
        return None
    name = call.function.span.text
    text = f"join the channels, which is the last axis: `{name}()`"
    return Fix((Edit(call.span, f"{name}()"),), text=text)
