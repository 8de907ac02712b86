"""Layers and blocks written without parentheses: how the call is written, in a chain and inside a wrapper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.catalog.signature import Signature, signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.entities import (
    BlockRef,
    ExternLayerRef,
    KindRef,
    ModelRef,
    makers_in,
    spell_entity,
)
from netdsl.elaborate.frame import Frame
from netdsl.elaborate.parameters import Given
from netdsl.source import Span
from netdsl.syntax import tree


def example_call(name: str, target: object) -> str:
    """Spell the shortest call: `Dense(units=…)`, `encoder(width=…, heads=…)`, `Flatten()`."""
    needed: Iterable[str] = ()
    if isinstance(target, KindRef) and (found := signature("layer", target.name)) is not None:
        needed = (p.name for p in found.parameters if p.required)
    elif isinstance(target, (BlockRef, ModelRef, ExternLayerRef)) and isinstance(
        target.symbol.node, (tree.Block, tree.Model, tree.ExternLayer)
    ):
        needed = (p.name for p in target.symbol.node.parameters if p.default is None)
    return f"{name}({', '.join(f'{n}=…' for n in needed)})"


def missing_parentheses(stage: tree.Expr, name: str, target: object, frame: Frame) -> None:
    """Report `x -> Flatten`."""
    end = Span(stage.span.file, stage.span.end, stage.span.end)
    frame.report(
        problems.MissingParentheses.at(
            stage.span,
            "a new layer takes parentheses",
            name=name,
            help=f"write `{example_call(name, target)}`",
            fix=Fix((Edit(end, "()"),), safe=True),
        )
    )


def classes_among(call: tree.Call, given: Sequence[Given], found: Signature, frame: Frame) -> bool:
    """Report a class where a layer is taken: `TimeDistributed(Dense, 3)`; tell whether there was one."""
    item = next((g for g in given if next(makers_in(g.value), None) is not None), None)
    if item is None:
        return False
    target = next(makers_in(item.value))
    is_alone = target is item.value
    name = item.span.text if is_alone else str(target)
    example = example_call(name, target)
    what = "this is" if is_alone else f"`{name}` is"
    shown = f"{found.name}({example})" if is_alone else example
    frame.report(
        problems.WrongUse.at(
            item.span,
            f"{what} {spell_entity(target)}, a value is needed",
            name=name,
            help=f"a layer takes its own arguments, in parentheses: `{shown}`",
            fix=first_that_helps([_with_the_rest(call, item, found), _alone(item)])
            if is_alone
            else None,
        )
    )
    return True


def _alone(item: Given) -> Fix:
    text = f"{item.span.text}()"
    return Fix((Edit(item.span, text),), text=f"write it with parentheses: `{text}`")


def _with_the_rest(call: tree.Call, item: Given, found: Signature) -> Fix | None:
    """`Bidirectional(LSTM, 64, merge_mode="sum")` -> `Bidirectional(LSTM(64), merge_mode="sum")`."""
    spans = [a.value.span for a in call.arguments]
    if item.span not in spans or any(a.star for a in call.arguments):
        return None
    place = spans.index(item.span)
    behind = call.arguments[place + 1 :]
    inner = [a for a in behind if a.name is None or found.parameter(a.name) is None]
    if not inner:
        return None
    outer = [a.span.text for a in behind if a not in inner]
    layer = f"{item.span.text}({', '.join(a.span.text for a in inner)})"
    whole = Span(item.span.file, item.span.start, call.arguments[-1].span.end)
    text = ", ".join([layer, *outer])
    return Fix((Edit(whole, text),), text=f"give the layer its arguments: `{layer}`")
