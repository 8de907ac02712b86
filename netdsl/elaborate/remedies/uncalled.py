"""Layers and blocks written without parentheses: how the call is written, in a chain and inside a wrapper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netdsl.catalog.kind import Identifier
from netdsl.catalog.signature import Signature, signature
from netdsl.diagnostics.diagnostic import Edit, Fix, first_that_helps
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.remedies import held_places
from netdsl.elaborate.scope.entities import (
    MAKERS,
    POISON,
    BlockRef,
    ExternLayerRef,
    ExternObjectRef,
    Given,
    KindRef,
    ModelRef,
    makers_in,
    short,
    spell_entity,
)
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import nodes_around, walk
from netdsl.value import Value


def example_call(name: str, target: object) -> str:
    """Spell the shortest call: `Dense(units=…)`, `encoder(width=…, heads=…)`, `Flatten()`."""
    needed: Iterable[str] = ()
    if isinstance(target, KindRef) and (found := signature("layer", target.name)) is not None:
        needed = (p.name for p in found.parameters if p.required)
    elif isinstance(target, (BlockRef, ModelRef, ExternLayerRef, ExternObjectRef)) and isinstance(
        target.symbol.node, (tree.Block, tree.Model, tree.ExternLayer, tree.ExternObject)
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


def not_made(written: tree.Name, target: ExternObjectRef, frame: Frame) -> Value:
    """Report a class of the user's own where an object of it is taken: `kernel_regularizer=Mine`."""
    end = Span(written.span.file, written.span.end, written.span.end)
    frame.report(
        problems.MissingParentheses.at(
            written.span,
            "an object is made by parentheses",
            name=written.id,
            help=f"write `{example_call(written.id, target)}`",
            fix=Fix((Edit(end, "()"),), safe=True),
        )
    )
    return POISON


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
            fix=first_that_helps(
                [
                    held_places.without_parentheses(call, name, target, frame),
                    _with_the_rest(call, item, found),
                    _alone(item),
                ]
            )
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


_CALLED_BY_NAME = (*MAKERS, Identifier)


def refused_as_value(function: tree.Expr, target: Value, frame: Frame) -> bool:
    """Report a call of a value that holds a layer class or a block; tells whether it is one.

    Only its own name may call such a thing: of `let k = Dense` and `x -> k(8)` the Python that follows the spec could
    not tell how the value is applied, nor what the layer's name is.
    """
    if not isinstance(target, _CALLED_BY_NAME) or isinstance(function, tree.Attribute):
        return False
    if isinstance(function, tree.Name) and not frame.holds_value(function.id):
        return False
    is_of_keras = isinstance(target, Identifier)
    what = "a name of Keras" if is_of_keras else spell_entity(target)
    choice = "; choose between two with `if … { … } else { … }`" * (not is_of_keras)
    frame.report(
        problems.WrongUse.at(
            function.span,
            f"this holds {what}, which is called by its own name alone",
            name=short(function.span.text),
            help=f"write the name itself{choice}",
        )
    )
    return True


def not_applied(span: Span, frame: Frame, help: str = "", ways: Iterable[Fix] = ()) -> Value:
    """Report a layer that stands where a tensor is needed; where one input is all there is, offer it."""
    text = short(span.text)
    source = _only_input(frame)
    call = "()" if isinstance(frame.lookup(span.text), (KindRef, BlockRef, ModelRef)) else ""
    written = f"write the tensor before it: `{source or 'x'} -> {text}{call}`"
    fixes: list[Fix | None] = [_shared_later(span, frame), *ways]
    if frame.arriving is not MISSING:
        written = f"apply it to what arrives: `(_ -> {text}{call})`"
        fixes.append(Fix((Edit(span, f"(_ -> {span.text}{call})"),)))
    elif frame.body is not None and not frame.body.graph.inputs and not frame.body.via:
        written = f"declare an input, `input x: [8]`, and write `x -> {text}{call}`"
    chain = f"{source} -> {span.text}{call}"
    if source:
        fixes.append(Fix((Edit(span, chain),)))
        fixes.append(Fix((Edit(span, f"({chain})"),), text=f"write `({chain})`"))
    frame.report(
        problems.NotApplied.at(
            span,
            "no tensor reaches this layer",
            name=text,
            help=help or written,
            fix=first_that_helps(fixes),
        )
    )
    return POISON


def _shared_later(span: Span, frame: Frame) -> Fix | None:
    """`encode = Dense(32)` that is used behind arrows is `layer encode = Dense(32)`."""
    module = frame.unit.module
    around = nodes_around(module, span)
    bound = next((n for n in around if isinstance(n, tree.Bind) and n.value.span == span), None)
    if bound is None or not isinstance(bound.target, tree.NamePattern) or not frame.may_search():
        return None
    name, place = bound.target.id, bound.span.start
    pipes = (node for node in walk(module) if isinstance(node, tree.Pipe))
    if not any(_stage_named(stage) == name for pipe in pipes for stage in pipe.stages[1:]):
        return None
    help_ = f"a layer that is used by its name: `layer {name} = …`"
    return Fix((Edit(Span(span.file, place, place), "layer "),), safe=True, text=help_)


def _stage_named(stage: tree.Expr) -> str:
    """Give the name that a stage is written with: `enc` of `enc`, `enc()` and `enc as code`."""
    while isinstance(stage, (tree.As, tree.Call)):
        stage = stage.stage if isinstance(stage, tree.As) else stage.function
    return stage.id if isinstance(stage, tree.Name) else ""


def _only_input(frame: Frame) -> str | None:
    """Give the input of the model under construction, where it has exactly one."""
    body = frame.body
    if body is None or body.via or len(body.graph.inputs) != 1:
        return None
    return body.graph.nodes[body.graph.inputs[0]].name
