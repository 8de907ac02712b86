"""Advice on sequences: masks, recurrence, causality."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, argument, at, each_step, uses
from netdsl.catalog.kind import BoundLayer
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.remedies.written_arguments import argument_of_node, value_place
from netdsl.graph import Node, Ref, refs_in
from netdsl.source import Span

#: From so many steps on a recurrence is told of.
_MANY = 1000


def mask_lost(view: View) -> Iterable[Diagnostic]:
    """Report each layer that a masked tensor goes into and none comes out of, and that does not use the mask."""
    makers = _mask_makers(view)
    for node in view.nodes:
        masked = [ref for ref in node.inputs if view.spec(ref).masked]
        if not masked or any(spec.masked for spec in node.flat_outputs) or _uses_mask(node):
            continue
        maker = makers.get(masked[0].node)
        yield problems.MaskLost.at(
            at(node),
            _why_lost(view, node),
            layer=node.kind,
            related=(*((Label(at(maker), "the mask is made here"),) if maker else ()), *uses(node)),
            help="use the mask before this, or leave it out where padding does no harm",
        )


def _uses_mask(node: Node) -> bool:
    """Tell whether a layer takes note of the mask itself. What a model or a layer of one's own does is not known."""
    policy = node.operation.definition.mask if node.operation.definition is not None else None
    takes_note = policy == "use" or node.is_a("recurrent", "attention")
    return takes_note or node.operation.family not in ("layer", "op") or node.is_a("user_code")


def _why_lost(view: View, node: Node) -> str:
    bare = [ref for ref in node.inputs if not view.spec(ref).masked]
    if node.operation.family == "layer" and len(node.inputs) > 1 and bare:
        label = f"`{view.producer(bare[0]).name}`, which it is joined with, has no mask"
        alone = "; where the other is masked, this one leaves as it is"
        return label + alone * node.is_a("leaves_out_masked")
    return "it passes no mask on, so padding counts like data from here on"


def _mask_makers(view: View) -> dict[int, Node]:
    """Give, for each node with a masked output, the layer that made the mask."""
    makers: dict[int, Node] = {}
    for node in view.nodes:
        if any(spec.masked for spec in node.flat_outputs):
            before = [ref.node for ref in node.inputs if view.spec(ref).masked]
            makers[node.id] = makers.get(before[0], node) if before else node
    return makers


def no_mask_made(view: View) -> Iterable[Diagnostic]:
    """Report a layer inside a `TimeDistributed` that makes a mask, which ends with it."""
    for node in view.having("step_by_step"):
        inner = each_step(node)
        maker = _unread_maker(inner) if inner is not None else None
        if maker is None:
            continue
        whole = at(node)
        given, call = argument_of_node(node, "layer"), node.operation.call
        written = None if given is None else value_place(given)
        alone = call is not None and len(call.arguments) == 1 and maker is inner
        yield problems.NoMaskMade.at(
            whole,
            f"the mask of `{maker.kind}` ends inside, and padding counts like data from here on",
            layer=node.kind,
            related=uses(node),
            help=f"apply `{maker.kind}` by itself: it takes any rank",
            fix=Fix((Edit(whole, written.text),), text=f"apply it by itself: `{written.text}`")
            if alone and written is not None
            else None,
        )


def _unread_maker(inner: BoundLayer) -> BoundLayer | None:
    """Give the layer that makes a mask which none behind it reads, of one or of a chain."""
    chain = inner.arguments.get("layers") if inner.kind == "Sequential" else [inner]
    found: BoundLayer | None = None
    for layer in chain if isinstance(chain, (list, tuple)) else ():
        if not isinstance(layer, BoundLayer) or layer.definition is None:
            continue
        definition = layer.definition
        if definition.mask == "make" or (
            definition.is_a("embedding") and layer.arguments.get("mask_zero")
        ):
            found = layer
        elif definition.mask in ("use", "drop") or definition.is_a("recurrent", "attention"):
            found = None
    return found


def state_not_kept(view: View) -> Iterable[Diagnostic]:
    """Report a stateful layer that is given its states at each call."""
    for node in view.nodes:
        inner = argument(node, "layer")
        stateful = argument(node, "stateful") or (
            isinstance(inner, BoundLayer) and inner.arguments.get("stateful")
        )
        if node.is_a("recurrent") and stateful and node.keywords.get("initial_state") is not None:
            yield problems.StateNotKept.at(
                at(node),
                "each batch starts from `initial_state`, and the states of the last one are not read",
                related=uses(node),
                help="leave `stateful=True` out, or the `initial_state`",
            )


def fractions_looked_up(view: View) -> Iterable[Diagnostic]:
    """Report numbers that may have fractions and go into a table as row numbers."""
    for node in view.having("embedding"):
        arriving = view.spec(node.inputs[0]) if node.inputs else None
        if arriving is None or "float" not in arriving.dtype:
            continue
        before = view.producer(node.inputs[0])
        is_input = before.operation.family == "input"
        yield problems.FractionsLookedUp.at(
            at(node),
            f"{arriving.dtype} arrives, and each number is cut to a whole one, 0.9 to 0",
            layer=node.kind,
            dtype=arriving.dtype,
            related=(Label(before.origin.span, f"gives {arriving.dtype}"), *uses(node)),
            help=f"declare `input {before.name}: int32[…]`"
            if is_input
            else 'cast them before: `ops.cast("int32")`',
            fix=_whole_numbers(before) if is_input else None,
        )


def _whole_numbers(node: Node) -> Fix | None:
    """Write the dtype of an input that has none, or another."""
    name = node.origin.span
    found = re.compile(r"\s*:\s*(\w*)\[").match(name.file.text, name.end)
    if found is None:
        return None
    text = f"input {node.name}: int32[…]"
    return Fix(
        (Edit(Span(name.file, *found.span(1)), "int32"),), text=f"declare whole numbers: `{text}`"
    )


def many_steps(view: View) -> Iterable[Diagnostic]:
    """Report recurrent layers over very long sequences."""
    for node in view.having("recurrent"):
        steps = view.spec(node.inputs[0]).shape[1]
        if isinstance(steps, int) and steps >= _MANY:
            yield problems.ManySteps.at(
                at(node),
                "no step can begin before the one before it has ended",
                layer=node.kind,
                steps=steps,
                related=uses(node),
                help="shorten the sequence before it with strides or pooling, or use convolutions or attention",
            )


def sees_the_future(view: View) -> Iterable[Diagnostic]:
    """Report a Bidirectional and a causal layer that follow one another along one sequence.

    A sequence goes on through the first tensor of a layer: what attention looks up (`value=`) may be another.
    """
    causal: dict[int, Node] = {}
    both_ways: dict[int, Node] = {}
    for node in view.nodes:
        if node.flat_outputs[0].rank < 3:
            continue
        for ref in _main_inputs(node):
            for table in (causal, both_ways):
                if ref.node in table:
                    table.setdefault(node.id, table[ref.node])
        own_causal, own_both = _is_causal(node), _is_both_ways(node)
        if own_causal and node.id in both_ways:
            yield _future(both_ways[node.id], node)
        if own_both and node.id in causal:
            yield _future(node, causal[node.id])
        if own_causal:
            causal[node.id] = node
        if own_both:
            both_ways[node.id] = node


def _main_inputs(node: Node) -> list[Ref]:
    refs = list(refs_in(node.positional))
    return refs[:1] if node.is_a("attention") else refs


def _is_causal(node: Node) -> bool:
    return argument(node, "padding") == "causal" or node.keywords.get("use_causal_mask") is True


def _is_both_ways(node: Node) -> bool:
    inner = argument(node, "layer")
    return (
        node.is_a("recurrent")
        and isinstance(inner, BoundLayer)
        and bool(inner.arguments.get("return_sequences"))
    )


def _future(both: Node, causal: Node) -> Diagnostic:
    return problems.SeesTheFuture.at(
        at(both),
        "every step it gives knows all later ones",
        related=(Label(at(causal), "this layer looks at earlier steps only"), *uses(both)),
        help="use the recurrent layer by itself, forwards",
    )


RULES: tuple[Rule, ...] = (
    mask_lost,
    no_mask_made,
    many_steps,
    state_not_kept,
    fractions_looked_up,
    sees_the_future,
)
