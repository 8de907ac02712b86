"""Layers that are values, held by a loop's name or a parameter: Python holds one object, and every use is a new layer.

A `let` is written out wherever it is used, and a parameter of the type `layer` is a function that makes one. Anything
else that holds a layer may be used once; what would share weights behind the reader's back is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from netdsl.catalog.kind import BoundLayer
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.scope.entities import POISON, ExternLayerRef, KindRef, SharedLayer, short
from netdsl.elaborate.scope.families import is_in_several
from netdsl.elaborate.scope.frame import Frame
from netdsl.graph import Held
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import children, turns, walk
from netdsl.value import Value

if TYPE_CHECKING:
    from netdsl.elaborate.scope.entities import Given

_HELP = "write the layer itself at each use, or share one on purpose: `layer name = …`"


def holds_layer(value: Value) -> bool:
    """Tell whether a value is, or holds, a layer that is not applied; one that is shared on purpose does not count."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, BoundLayer) and item.shared is None:
            return True
        if isinstance(item, (list, tuple)):
            pending.extend(item)
        elif isinstance(item, dict):
            pending.extend(item.values())
    return False


def with_layers(value: Value, span: Span, frame: Frame, *, takes_network: bool = False) -> Value:
    """Put layers in place of what `layer` statements declared, in a value that is an argument.

    `takes_network` says that what arrives at the layer's call arrives at the layer inside too.
    """
    match value:
        case SharedLayer():
            as_layer = frame.session.interpreter.shared_as_layer
            return as_layer(value, span, frame, takes_network)
        case BoundLayer() if not takes_network and (network := network_in(value)) is not None:
            report_several(network.declared, span, frame)
            return POISON
        case list() | tuple() if any(isinstance(item, _MAY_HOLD) for item in value):
            made = [with_layers(item, span, frame) for item in value]
            return made if isinstance(value, list) else tuple(made)
        case dict() if any(isinstance(item, _MAY_HOLD) for item in value.values()):
            return {key: with_layers(item, span, frame) for key, item in value.items()}
    return value


def given_layers(given: Iterable[Given], frame: Frame, *, takes_network: bool) -> list[Given]:
    """Put layers in place of the names of `layer` statements, among the arguments of a layer."""
    return [
        replace(g, value=with_layers(g.value, g.span, frame, takes_network=takes_network))
        for g in given
    ]


_MAY_HOLD = (SharedLayer, BoundLayer, list, tuple, dict)


def beside_each_other(
    written: Sequence[tree.Expr], held: Sequence[Value], frame: Frame
) -> list[Value]:
    """Call the layers that are written out beside each other after their kinds; equal kinds are numbered."""
    bases = [_kind_written(w, layer, frame) for w, layer in zip(written, held, strict=True)]
    counts, seen = Counter(bases), Counter[str]()
    found: list[Value] = []
    for base, layer in zip(bases, held, strict=True):
        seen[base] += 1
        separator = "_" if base[-1:].isdigit() else ""
        numbered = f"{base}{separator}{seen[base]}" if counts[base] > 1 else base
        if base and isinstance(layer, BoundLayer):
            layer = replace(layer, called=numbered)
        found.append(layer)
    return found


def _kind_written(written: tree.Expr, held: Value, frame: Frame) -> str:
    """Give the kind of a layer that is written out as a call, in snake case; empty for any other."""
    target = written.function if isinstance(written, tree.Call) else None
    if not isinstance(held, BoundLayer) or held.shared is not None:
        return ""
    if not isinstance(target, tree.Name):
        return ""
    is_class = isinstance(frame.lookup(target.id), (KindRef, ExternLayerRef))
    return snake_case(target.id) if is_class else ""


def have_names(written: Sequence[tree.Expr], chain: Sequence[BoundLayer], frame: Frame) -> bool:
    """Report a layer of a chain that is called as one before it: a `Sequential` takes no two of a name."""
    seen: set[str] = set()
    for stage, held in zip(written, chain, strict=True):
        name = held.shared.name if held.shared is not None else held.name
        name = name or held.called or snake_case(held.kind)
        if name in seen:
            label = "a chain that is one layer, a `Sequential`, takes no two of a name"
            help_ = "write the layers of the chain out, each with its arguments; they have names of their own then"
            frame.report(problems.DuplicateLayerName.at(stage.span, label, name=name, help=help_))
            return False
        seen.add(name)
    return True


def network_in(value: Value) -> Held | None:
    """Give the network inside a layer that is made for what arrives there; None where there is none."""
    if isinstance(value, BoundLayer):
        if value.shared is not None and value.shared.form == "network":
            return value.shared
        return network_in(list(value.arguments.values()))
    if isinstance(value, (list, tuple)):
        return next((found for item in value if (found := network_in(item)) is not None), None)
    return None


def report_several(name: str, span: Span, frame: Frame) -> None:
    """Report that several shared layers stand where Keras takes one, and says nothing of what arrives inside it."""
    frame.report(
        problems.WrongUse.at(
            span,
            f"`{name}` stands for several layers, and Keras takes one here",
            name=short(span.text),
            help=f"write `TimeDistributed({name})` by itself, or make it one layer: "
            f"a `model` of these stages, and `layer {name} = TheModel()`",
        )
    )


def holds_shared(value: Value) -> bool:
    """Tell whether a value is, or holds, a layer of a `layer` statement."""
    if isinstance(value, BoundLayer):
        return value.shared is not None or any(map(holds_shared, value.arguments.values()))
    if isinstance(value, dict):
        return any(map(holds_shared, value.values()))
    return isinstance(value, (list, tuple)) and any(map(holds_shared, value))


def no_shared_layers(
    bound: Mapping[str, Value], call: tree.Call, frame: Frame, why: str, help: str
) -> bool:
    """Report a shared layer that is given to what makes layers of its own; gives True where there is none."""
    name = next((name for name, value in bound.items() if holds_shared(value)), None)
    if name is None:
        return True
    given = next((a.value for a in call.arguments if a.name == name), call)
    if given is call and call.arguments:
        given = call.arguments[0].value
    frame.report(problems.WrongUse.at(given.span, why, name=name, help=help))
    return False


def check_turn(loop: tree.For, bound: Mapping[str, Value], frame: Frame) -> None:
    """Report a layer that a loop goes over and that its body uses again."""
    for name, value in bound.items():
        if holds_layer(value) and (again := _used_again(name, [loop.body])) is not None:
            _report(name, again, frame)


def check_parameters(
    node: tree.Block | tree.Model | tree.Function, bound: Mapping[str, Value], frame: Frame
) -> bool:
    """Report each layer that is given for a parameter without the type `layer` and used again inside."""
    inside = node.value if isinstance(node, tree.Function) else node.body
    fine = True
    for parameter in node.parameters:
        value = bound.get(parameter.name)
        if not holds_layer(value) or _makes_layers(node, parameter):
            continue
        if (again := _used_again(parameter.name, [inside])) is not None:
            single = isinstance(value, BoundLayer) and not isinstance(node, tree.Function)
            _report(parameter.name, again, frame, typed(parameter) if single else None)
            fine = False
    return fine


def check_defaults(node: tree.Block | tree.Model | tree.Function, frame: Frame) -> None:
    """Report a layer that is a default without the type `layer`: Python would make it once for all calls."""
    for parameter in node.parameters:
        if parameter.default is None or _makes_layers(node, parameter):
            continue
        if isinstance(parameter.default, tree.Call) and _is_object(parameter.default, frame):
            continue
        if any(_is_layer_call(part, frame) for part in walk(parameter.default)):
            label = "made once for all calls: Python would share its weights"
            fix = None if isinstance(node, tree.Function) else typed(parameter)
            _report(parameter.name, (parameter.default.span, label), frame, fix)


def multiplied(expr: tree.Binary, left: Value, right: Value, frame: Frame) -> bool:
    """Report a list of layers taken several times, `[LSTMCell(8)] * 2`: in Python it holds the same layers again."""
    pairs = ((expr.left, left, expr.right), (expr.right, right, expr.left))
    for side, value, times in pairs if expr.op == "*" else ():
        if isinstance(value, (list, tuple)) and holds_layer(value):
            item, fix = side.span.text, None
            if isinstance(side, tree.ListExpr) and len(side.items) == 1:
                text = f"[{side.items[0].span.text} for _ in range({times.span.text})]"
                fix = Fix((Edit(expr.span, text),), text=f"make each of them: `{text}`")
            label = "the same layers again: Python would share their weights"
            help_ = fix.text if fix is not None else _HELP
            frame.report(problems.WrongUse.at(expr.span, label, name=item, help=help_, fix=fix))
            return True
    return False


def _is_layer_call(part: tree.Node, frame: Frame) -> bool:
    if not isinstance(part, tree.Call) or not isinstance(part.function, tree.Name):
        return False
    return isinstance(frame.lookup(part.function.id), (KindRef, ExternLayerRef))


def _is_object(call: tree.Call, frame: Frame) -> bool:
    """Tell a call whose name is that of an object too, such as `Identity()`; as a layer it has nothing to share."""
    found = frame.lookup(call.function.id) if isinstance(call.function, tree.Name) else None
    return isinstance(found, KindRef) and is_in_several(found.name)


def _makes_layers(node: tree.Node, parameter: tree.Parameter) -> bool:
    """Tell whether it is a parameter that is a function which makes a layer."""
    return parameter.type == "layer" and not isinstance(node, tree.Function)


def typed(parameter: tree.Parameter) -> Fix:
    """Give a parameter the type `layer`: `block b(inner)` becomes `block b(inner: layer)`."""
    name = parameter.name_span
    place = parameter.type_span or Span(name.file, name.end, name.end)
    text = "layer" if parameter.type_span is not None else ": layer"
    return Fix((Edit(place, text),), text=f"give it the type of a layer: `{name.text}: layer`")


def _used_again(name: str, nodes: Iterable[tree.Node]) -> tuple[Span, str] | None:
    """Give the place of a second use, or of one that is carried out several times."""
    for number, (use, is_repeated) in enumerate(_uses(name, nodes)):
        if is_repeated:
            return use.span, "used at each turn: Python would share its weights"
        if number == 1:
            return use.span, "used again: Python would share its weights"
    return None


def _uses(name: str, nodes: Iterable[tree.Node]) -> Iterator[tuple[tree.Name, bool]]:
    pending = [(node, False) for node in reversed(list(nodes))]
    while pending:
        node, is_repeated = pending.pop()
        if isinstance(node, tree.Name):
            if node.id == name:
                yield node, is_repeated
            continue
        inner = turns(node)
        parts = [(c, is_repeated or any(c is part for part in inner)) for c in children(node)]
        pending.extend(reversed(parts))


def _report(name: str, place: tuple[Span, str], frame: Frame, fix: Fix | None = None) -> None:
    span, label = place
    frame.report(problems.WrongUse.at(span, label, name=name, help=_HELP, fix=fix))
