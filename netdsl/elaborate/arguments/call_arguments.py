"""What the second pair of parentheses may hold: `attention(value=memory, use_causal_mask=True)`."""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.catalog.argument_types import ArgumentMismatch
from netdsl.catalog.binding import switch_mismatch
from netdsl.catalog.kind import UNRESOLVED, LayerKind
from netdsl.catalog.signature import Signature
from netdsl.diagnostics.diagnostic import Fix
from netdsl.diagnostics.problems import arguments as argument_problems
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.elaborate.arguments.parameters import unknown_call_argument
from netdsl.elaborate.remedies.in_their_places import by_position
from netdsl.elaborate.scope.entities import Given, Tensor, spell_entity, tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree
from netdsl.value import Value


def call_values(
    definition: LayerKind,
    found: Signature,
    arriving: Value,
    extra: list[Given],
    whole: tree.Call,
    frame: Frame,
) -> tuple[list[Value] | None, dict[str, Value]]:
    """Lay the call out as Keras gets it: positional values and keywords, tensors still among them."""
    spreads = definition.takes == "positional"
    positional: list[Value] = [arriving]
    if spreads and isinstance(arriving, (list, tuple)):
        positional = list(arriving)
    keywords: dict[str, Value] = {}
    if len(positional) == 1 and not extra:
        return positional, keywords
    names, anything = _names_of(found)
    for item in extra:
        name = item.name or (names[len(positional)] if len(positional) < len(names) else "")
        if refusal := call_mismatch(definition, name, item.value):
            label, help_ = f"`{name}` {refusal.label}", refusal.help or "leave it out"
            frame.report(
                refusal.problem.at(
                    item.span, label, help=help_, layer=definition.name, argument=name
                )
            )
            return None, {}
        if item.name is None:
            positional.append(item.value)
        elif item.name in keywords or item.name in names[: len(positional)]:
            _report_repeated(item, definition, frame, by_position(extra, names))
            return None, {}
        elif not has_call_arguments(definition, found, [item], frame):
            return None, {}
        else:
            keywords[item.name] = item.value
    if len(positional) > max(len(names), 1) and not anything:
        frame.report(
            shape_problems.TooFewInputs.at(
                whole.span,
                f"takes at most {len(names)} tensors, {len(positional)} arrive",
                layer=definition.name,
            )
        )
        return None, {}
    return positional, keywords


def _names_of(found: Signature) -> tuple[list[str], bool]:
    """Give the names of what a layer is called with, and whether it takes any other name too."""
    names = [p.name for p in found.call_parameters if p.kind in ("positional", "keyword")]
    return names, any(p.kind == "any_name" for p in found.call_parameters) or not names


def has_call_arguments(
    definition: LayerKind, found: Signature, extra: list[Given], frame: Frame
) -> bool:
    """Tell whether a layer takes what it is called with by name, whatever that is; reports the first it does not."""
    names, anything = _names_of(found)
    known = (None, "training", *names)
    item = next((item for item in extra if item.name not in known), None)
    if item is None or anything:
        return True
    unknown_call_argument(item, names[1:], definition, frame)
    return False


def _report_repeated(item: Given, definition: LayerKind, frame: Frame, fix: Fix | None) -> None:
    frame.report(
        argument_problems.RepeatedArgument.at(
            item.name_span or item.span,
            f"`{item.name}` is given twice",
            layer=definition.name,
            argument=item.name,
            help=fix.text if fix else "",
            fix=fix,
        )
    )


#: What the rules of recurrent layers look into themselves.
_STATES = frozenset({"initial_state", "states"})


def call_mismatch(definition: LayerKind, name: str, value: Value) -> ArgumentMismatch | None:
    """Say what is wrong with a call-time argument by its kind alone: a switch, a tensor, or a list of tensors."""
    if name in _STATES:
        return None
    if name in definition.tensor_arguments:
        other = next((leaf for leaf in _leaves(value) if not isinstance(leaf, Tensor)), None)
        if other is not None:
            return ArgumentMismatch(f"takes a tensor, this is {spell_entity(other)}")
        if name in definition.list_arguments and isinstance(value, tuple):
            return ArgumentMismatch(
                "takes a list, this is a tuple", help="write it in brackets: `[…]`"
            )
        return None
    if next(tensors_in(value), None) is not None:
        value = spell_entity(next(tensors_in(value)))
    return switch_mismatch(name, value)


def _leaves(value: Value) -> Iterator[Value]:
    """Give what a value is made of, `None` left out."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, (list, tuple)):
            pending.extend(item)
        elif item is not None and item is not UNRESOLVED:
            yield item
