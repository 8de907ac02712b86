"""Advice on the axis of the channels: normalizations on another one, chains that change it on the way."""

from __future__ import annotations

from collections.abc import Iterable

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, argument, at, uses
from netdsl.analyse.layout import Layout, own_layout
from netdsl.diagnostics.diagnostic import Diagnostic, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.argument_fixes import with_value
from netdsl.graph import Node
from netdsl.tensor import spell_shape

_FARTHEST = 100  # layers that are gone back to show where the channels were


def other_axis(view: View) -> Iterable[Diagnostic]:
    """Report a normalization by channels over an axis that is not theirs."""
    known = view.layouts
    for node in view.having("batch_normalization", "normalization"):
        if not _by_channel(node) or len(node.inputs) != 1:
            continue
        axis = argument(node, "axis")
        if not isinstance(axis, int):
            continue
        layout, shape = known.get(node.inputs[0].node), view.spec(node.inputs[0]).shape
        wanted = 1 if layout == "first" else len(shape) - 1
        if layout is None or axis % len(shape) == wanted:
            continue
        maker, number = _maker(view, node), axis % len(shape)
        keeps = f"keeps {shape[axis]} means, one for each place along axis {number}"
        if not node.is_a("batch_normalization"):
            keeps = f"puts the {shape[axis]} places along axis {number} into groups"
        yield problems.OtherAxis.at(
            at(node),
            f"of {spell_shape(shape)} it {keeps}, and the {shape[wanted]} channels are on axis {wanted}",
            layer=node.kind,
            related=(
                *((Label(at(maker), f"its channels come {layout}"),) if maker else ()),
                *uses(node),
            ),
            help=f"write `{node.kind}({'axis=1' if layout == 'first' else ''})`",
            fix=_on_axis(node, layout),
        )


def _by_channel(node: Node) -> bool:
    """Tell whether it is a normalization whose `axis` is the one it keeps apart, not those that it takes together."""
    return node.is_a("batch_normalization") or (
        node.is_a("normalization") and "groups" in node.operation.bound
    )


def _on_axis(node: Node, layout: Layout) -> Fix | None:
    axis = "1" if layout == "first" else "-1"
    place = 0 if node.is_a("batch_normalization") else 1
    return with_value(node.operation.call, "axis", axis, place, "normalise by channel")


def _maker(view: View, node: Node) -> Node | None:
    """Give the layer that says where the channels are, which is before a normalization."""
    before = view.only_producer(node)
    for _ in range(_FARTHEST):
        if before is None or own_layout(before) is not None or not before.inputs:
            return before
        before = view.only_producer(before)
    return None


def changed_order(view: View) -> Iterable[Diagnostic]:
    """Report a layer that takes the channels to be at the other end of the map that arrives."""
    known = view.layouts
    for node in view.nodes:
        own = own_layout(node)
        if own is None or len(node.inputs) != 1 or node.is_a("view"):
            continue
        arriving, shape = known.get(node.inputs[0].node), view.spec(node.inputs[0]).shape
        if arriving is None or arriving == own or len(shape) < 3:
            continue
        taken = shape[1] if own == "first" else shape[-1]
        really = shape[1] if arriving == "first" else shape[-1]
        maker = _maker(view, node)
        label = f"has channels {arriving}"
        yield problems.ChangedOrder.at(
            at(node),
            f"of {spell_shape(shape)} it takes {taken} to be the channels, and they are the {really} on axis "
            f"{1 if arriving == 'first' else len(shape) - 1}",
            layer=node.kind,
            own=own,
            arriving=arriving,
            related=(*((Label(at(maker), label),) if maker else ()), *uses(node)),
            help=f'write `{node.kind}(…, data_format="channels_{arriving}")`, or a `defaults` line for all of them',
            fix=with_value(
                node.operation.call,
                "data_format",
                f'"channels_{arriving}"',
                None,
                "keep the channels where they are",
            ),
        )


RULES: tuple[Rule, ...] = (other_axis, changed_order)
