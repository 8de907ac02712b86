"""Advice on seeds: what draws from the same seed draws the same, in each layer that a loop or a block makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, at, uses
from netdsl.catalog.initial_values import draws
from netdsl.catalog.kind import BoundLayer, ObjectValue
from netdsl.diagnostics.diagnostic import Diagnostic, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.graph import Graph, Node, Operation
from netdsl.record import record
from netdsl.value import Arguments, Value

#: What draws alike: the layer's kind, where in it, with which seed, and the shape of what is drawn.
Drawn = tuple[str, str, str, tuple[Value, ...]]


@record
class Found:
    """The first layer that draws so, another of them if it stands elsewhere, and how many there are."""

    first: Node
    other: Node | None
    count: int
    seed: int


def same_seeds(view: View) -> Iterable[Diagnostic]:
    """Report layers of one shape that a fixed seed starts alike, or lets drop the same units at each step."""
    for (_, where, _, _), found in _found(view.graph, {}).items():
        if found.count < 2:
            continue
        alike = (
            "drop the same units at each step"
            if where == "seed"
            else f"start with the same `{where}`"
        )
        other = found.other
        yield problems.SameSeed.at(
            at(found.first),
            f"{found.count} layers of this shape {alike}, as each draws from seed {found.seed}",
            layer=found.first.kind,
            related=(*((Label(at(other), "and this one"),) if other else ()), *uses(found.first)),
            help="leave `seed=` out (the `seed` of a `train` block makes a run repeatable), or give each its own: "
            "`for i in range(n) { … seed=i … }`",
        )


def _found(graph: Graph, known: dict[int, dict[Drawn, Found]]) -> dict[Drawn, Found]:
    """Count what draws alike in a graph, and over the models inside it, as often as they are used."""
    if id(graph) in known:
        return known[id(graph)]
    result = known[id(graph)] = {}
    seen: set[int] = set()
    for node in graph.nodes:
        operation = node.operation
        if id(operation) in seen or not operation.trainable:
            continue
        seen.add(id(operation))
        inside = dict(_drawn(node)) if operation.graph is None else _found(operation.graph, known)
        for key, found in list(inside.items()):
            if found.count == 1:  # else it is told of in that model
                result[key] = _joined(result.get(key), found)
    return result


def _joined(before: Found | None, found: Found) -> Found:
    if before is None:
        return found
    other = before.other
    if other is None and at(found.first) != at(before.first):
        other = found.first
    return Found(before.first, other, before.count + found.count, before.seed)


def _drawn(node: Node) -> Iterator[tuple[Drawn, Found]]:
    operation = node.operation
    for where, value in _initializers(operation.bound):
        seed = value.arguments.get("seed")
        if isinstance(seed, int):
            weights = tuple(weight.shape for weight in operation.weights)
            yield (node.kind, where, str(value), weights), Found(node, None, 1, seed)
    seed = operation.bound.get("seed")
    if node.is_a("dropout") and isinstance(seed, int) and operation.bound.get("rate"):
        shape = tuple(str(size) for size in _arriving(node, operation))
        yield (node.kind, "seed", str(seed), shape), Found(node, None, 1, seed)


def _arriving(node: Node, operation: Operation) -> tuple[Value, ...]:
    return (*node.flat_outputs[0].shape, operation.bound.get("rate"))


_MAY_DRAW = (ObjectValue, BoundLayer, list, tuple)


def _initializers(arguments: Arguments) -> Iterator[tuple[str, ObjectValue]]:
    """Give the initializers of a layer that draw, those of layers inside it too, by the weight that they fill."""
    pending = [item for item in arguments.items() if isinstance(item[1], _MAY_DRAW)]
    while pending:
        name, value = pending.pop()
        if draws(value):
            yield name.removesuffix("_initializer"), value
        elif isinstance(value, BoundLayer):
            pending += value.arguments.items()
        elif isinstance(value, (list, tuple)):
            pending += ((name, item) for item in value)


RULES: tuple[Rule, ...] = (same_seeds,)
