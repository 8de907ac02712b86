"""Changes that may mend a size at the layer that made it: other units or filters, other strides, no axis.

Where two tensors differ, one of the layers between was given the size, or the factor, of which they differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netdsl.catalog import names_a
from netdsl.catalog.kind import Role
from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.provenance import Change
from netdsl.graph import Node
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax.tokens import tokenize
from netdsl.tensor import Dim

_WIDTHS = ("units", "filters", "output_dim")
_FACTORS = ("strides", "size")


@record
class Written:
    """An argument as it stands in the text of a call."""

    name: str | None
    value: Span


def arguments_in(call: Span) -> list[Written]:
    """Read the arguments of a call from its text: `Conv2D(8, 3, strides=2)` has three."""
    tokens = tokenize(call.file, call.start, call.end)
    kinds = tokens.kinds[:-1]
    if "(" not in kinds or kinds[-1] != ")":
        return []
    found: list[Written] = []
    first, depth = kinds.index("(") + 1, 0
    for index in range(first, len(kinds)):
        kind = kinds[index]
        depth += (kind in ("(", "[", "{")) - (kind in (")", "]", "}"))
        if (kind == "," and depth == 0) or depth < 0:
            if index > first:
                named = index > first + 2 and kinds[first + 1] == "="
                begin = first + 2 if named else first
                span = Span(call.file, tokens.starts[begin], tokens.ends[index - 1])
                found.append(Written(tokens.text(first) if named else None, span))
            first = index + 1
        if depth < 0:
            break
    return found


def items_in(written: Span) -> list[Span]:
    """Read the items of a list from its text, `[h, c]`; an expression that is no list is its own one item."""
    if not written.text.startswith("["):
        return [written]
    tokens = tokenize(written.file, written.start, written.end)
    kinds = tokens.kinds[:-1]
    found: list[Span] = []
    first, depth = 1, 0
    for index in range(1, len(kinds)):
        kind = kinds[index]
        depth += (kind in ("(", "[", "{")) - (kind in (")", "]", "}"))
        if (kind == "," and depth == 0) or depth < 0:
            if index > first:
                found.append(Span(written.file, tokens.starts[first], tokens.ends[index - 1]))
            first = index + 1
    return found


def call_of(kind: str, within: Span) -> Span | None:
    """Find the first call of a layer in a text: `Rescaling(1 / 255)` in a chain of several."""
    tokens = tokenize(within.file, within.start, within.end)
    kinds = tokens.kinds[:-1]
    for first in range(len(kinds) - 1):
        if tokens.text(first) != kind or kinds[first + 1] != "(":
            continue
        depth = 0
        for index in range(first + 1, len(kinds)):
            depth += (kinds[index] in ("(", "[", "{")) - (kinds[index] in (")", "]", "}"))
            if depth == 0:
                return Span(within.file, tokens.starts[first], tokens.ends[index])
    return None


def argument(node: Node, name: str) -> Span | None:
    """Find where an argument of a layer was written, by its name or by its place."""
    call = node.operation.span
    return None if call is None else argument_in(call, node.kind, name)


def argument_in(call: Span, kind: str, name: str) -> Span | None:
    """Find where an argument stands in the text of a call of a layer."""
    found = signature("layer", kind)
    if found is None:
        return None
    written = arguments_in(call)
    places = [p.name for p in found.positional]
    for place, item in enumerate(written):
        if (item.name or (places[place] if place < len(places) else None)) == name:
            return item.value
    return None


def other_width(way: Iterable[Change], wanted: Dim, fitting: str) -> Iterator[Fix | None]:
    """Give the last layer with units or filters those of the other tensor; `fitting` names that, if it has a name."""
    made = next(((c, name) for c in way if (name := _width(c)) is not None), None)
    if made is None or not isinstance(wanted, int):
        return
    change, name = made
    place = argument(change.node, name)
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
    call, before = change.node.operation.span, change.before
    if call is None or not isinstance(before, int) or not isinstance(wanted, int) or wanted < 1:
        return None
    name = next((f for f in _FACTORS if f in change.node.operation.bound), None)
    grows = isinstance(change.after, int) and change.after > before
    larger, smaller = (wanted, before) if grows else (before, wanted)
    if name is None or larger < smaller or (grows and larger % smaller):
        return None
    factor, place = -(-larger // smaller), argument(change.node, name)
    if place is None and "=" not in call.text and len(arguments_in(call)) > 2:
        return None
    if place is not None:
        if not set(place.text) <= set("0123456789(), "):
            return None  # it is worked out from elsewhere
        edit = Edit(place, str(factor))
    else:
        from netdsl.elaborate.remedies.argument_fixes import with_argument

        added = with_argument(call, name, str(factor), "")
        if added is None:
            return None
        (edit,) = added.edits
    text = f"lead both to {wanted}: `{name}={factor}` in `{change.node.kind}`"
    return Fix((edit,), text=text)


def calls_a(call: Span, *roles: Role) -> bool:
    """Tell whether a call, or an operator that stands for a merge layer, makes a layer with one of these roles."""
    written = re.match(r"\w+|[-+*]", call.text)
    return written is not None and names_a(written.group(), *roles)


def with_value(call: Span, name: str, value: str, place: int, why: str) -> Fix | None:
    """Give an argument of a call a value, in place of the one that it has by its name or place."""
    from netdsl.elaborate.remedies.argument_fixes import with_argument

    for number, item in enumerate(arguments_in(call)):
        if item.name == name or (item.name is None and number == place):
            shown = f"{call.text[: item.value.start - call.start]}{value}{call.text[item.value.end - call.start :]}"
            return Fix((Edit(item.value, value),), text=f"{why}: `{' '.join(shown.split())}`")
    return with_argument(call, name, value, f"{why}: ")


def axis_left_out(call: Span) -> Fix | None:
    """`Concatenate(axis=1)` of pictures joins rows; without an axis, channels."""
    written = arguments_in(call)
    if len(written) != 1 or written[0].name not in ("axis", None):
        return None
    name = call.text[: call.text.index("(")]
    text = f"join the channels, which is the last axis: `{name}()`"
    return Fix((Edit(call, f"{name}()"),), text=text)
