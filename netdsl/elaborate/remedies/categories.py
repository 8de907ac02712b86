"""Numbers that stand for categories, followed through a graph: how many there are where they arrive.

A lookup numbers its tokens, a hash its bins, `ops.arange` its steps. A table of vectors must have a row for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from netdsl.catalog.kind import BoundLayer, LayerKind, Role
from netdsl.catalog.operations import own_name
from netdsl.catalog.operations.numbers import COUNTING, PASSING
from netdsl.catalog.signature import signature
from netdsl.graph import Graph, Node, Ref, refs_in
from netdsl.record import mutable, record
from netdsl.stack import deep
from netdsl.tensor import Dim
from netdsl.value import Value

#: Layers that move, copy, drop or join numbers and change none.
_PASSING: tuple[Role, ...] = (
    "view", "reordering", "repeating", "identity", "cropping", "padding", "concatenation", "zeroing",
)  # fmt: skip


@record
class Categories:
    """Numbers from 0 to below `count`, which is unknown before they are learned, and the node that made them."""

    count: Dim
    maker: Node

    @property
    def are_names(self) -> bool:
        """Whether the numbers say which, and not how much: those of a lookup or a hash, not of ranges or places."""
        return self.maker.is_a("lookup")


Arriving = Mapping[int, Categories]


@mutable
class Followed:
    """The categories in a model and in the models within it, each looked through once for what arrives at it."""

    known: dict[tuple[int, tuple[tuple[int, Categories], ...]], dict[int, Categories]] = field(
        default_factory=dict
    )

    @deep
    def through(self, graph: Graph, given: Arriving) -> dict[int, Categories]:
        """Give the categories that nodes give, by the node; `given` are those of the inputs, by their place."""
        key = (id(graph), tuple(sorted(given.items(), key=lambda item: item[0])))
        if key not in self.known:
            found = self.known[key] = {
                node: given[place] for place, node in enumerate(graph.inputs) if place in given
            }
            for node in graph.nodes:
                made = None if node.id in found else self._made(node, graph, found)
                if made is not None:
                    found[node.id] = made
        return self.known[key]

    def _made(self, node: Node, graph: Graph, found: Mapping[int, Categories]) -> Categories | None:
        definition, bound = _definition(node)
        inner = node.operation.graph
        if inner is not None:
            within = self.through(inner, arriving_at(node, found))
            only = next(iter(inner.outputs.values())) if len(inner.outputs) == 1 else None
            return within.get(only.node) if only is not None and not only.path else None
        if node.operation.family == "op":
            return _by_function(node, graph, found)
        if definition is None:
            return None
        if definition.categories is not None:
            count = definition.categories(bound)
            return None if count is None else Categories(count, node)
        return _most(node, found) if definition.is_a(*_PASSING) else None

    def meetings(
        self, graph: Graph, arriving: Arriving | None = None
    ) -> Iterator[tuple[Node, Categories]]:
        """Give each node of a graph, and of the models in it, that numbers of categories arrive at.

        `arriving` are those of the inputs, by their place.
        """
        pending: list[tuple[Graph, dict[int, Categories]]] = [(graph, dict(arriving or {}))]
        seen: set[int] = set()
        while pending:
            inside, given = pending.pop()
            found = self.through(inside, given)
            if id(found) in seen:
                continue
            seen.add(id(found))
            for node in inside.nodes:
                here = arriving_at(node, found)
                if here and node.operation.graph is not None:
                    pending.append((node.operation.graph, here))
                elif here:
                    yield from ((node, one) for one in dict.fromkeys(here.values()))


def _definition(node: Node) -> tuple[LayerKind | None, Mapping[str, Value]]:
    """Give what a node's layer is, or the layer that it applies to each step, and its arguments."""
    inside = node.operation.bound.get("layer") if node.is_a("step_by_step") else None
    if isinstance(inside, BoundLayer):
        return inside.definition, inside.arguments
    return node.operation.definition, node.operation.bound


def _by_function(node: Node, graph: Graph, found: Mapping[int, Categories]) -> Categories | None:
    name = own_name(node.kind.removeprefix("ops."))
    if name in PASSING:
        return _most(node, found)
    facts = signature("op", name)
    if name not in COUNTING or facts is None:
        return None
    defaults = {p.name: p.default for p in facts.parameters}
    written = dict(zip(facts.names, node.positional, strict=False)) | dict(node.keywords)
    known = {k: graph.spec(v) if isinstance(v, Ref) else v for k, v in written.items()}
    count = COUNTING[name](defaults | known)
    return None if count is None else Categories(count, node)


def _most(node: Node, found: Mapping[int, Categories]) -> Categories | None:
    """Of what is joined, give the one with the most categories."""
    arriving = [found[ref.node] for ref in refs_in(node.positional) if ref.node in found]
    return max(arriving, key=lambda c: c.count if isinstance(c.count, int) else 0, default=None)


def arriving_at(node: Node, found: Mapping[int, Categories]) -> dict[int, Categories]:
    """Give the categories that arrive at a node, by the place of its input."""
    return {place: found[r.node] for place, r in enumerate(node.inputs) if r.node in found}


def count_at(graph: Graph, ref: Ref) -> int | None:
    """Give how many categories the numbers of a tensor stand for, None where that is not known."""
    made = Followed().through(graph, {}).get(ref.node)
    return made.count if made is not None and isinstance(made.count, int) else None


def bound_of(node: Node) -> int | None:
    """Give how many categories a node's layer has room for: the rows of an `Embedding`."""
    definition, bound = _definition(node)
    if definition is None or not definition.bounded_by or node.keywords.get("reverse"):
        return None
    most = bound.get(definition.bounded_by)
    return most if isinstance(most, int) else None
