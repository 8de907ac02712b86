"""Where the layers of a network stand: each with what it is and what reaches it, models inside it gone into.

Two versions are paired by it. A layer that is passed over leaves no trace: where those with weights are compared, a
Dropout that was added changes what reaches no other layer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from operator import attrgetter

from netdsl.graph import Graph, Hold, Node, Operation, Ref, refs_in
from netdsl.record import mutable, record
from netdsl.stack import deep

#: What a layer is, as far as it is compared, beginning with its kind; None for one that is passed over.
Key = Callable[[Operation], tuple[str, Hashable] | None]

#: What a layer is called, in its model.
Label = Callable[[Node], str]


@record(eq=False)
class Place:
    """A layer that is compared, or a point where several tensors meet; `inputs` are earlier places."""

    name: str  # of the layer, "" where tensors meet
    key: Hashable
    inputs: tuple[int, ...]

    @property
    def kind(self) -> Hashable:
        """What a layer keeps when it is changed."""
        return self.key[0] if isinstance(self.key, tuple) else self.key


@mutable
class Layout:
    """The places of a network in order, the inputs first, and how the name of each layer holds."""

    inputs: tuple[str, ...]
    places: list[Place] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)  # the places that they come from
    holds: dict[str, Hold] = field(default_factory=dict)

    @property
    def layers(self) -> list[Place]:
        return [place for place in self.places if place.name]

    def add(self, name: str, key: Hashable, *inputs: int) -> int:
        self.places.append(Place(name, key, inputs))
        return len(self.places) - 1

    def join(self, inputs: tuple[int, ...]) -> int:
        """Give the place where tensors meet; a single one goes on from where it is."""
        return inputs[0] if len(inputs) == 1 else self.add("", "join", *inputs)


def layout_of(graph: Graph, key: Key, label: Label = attrgetter("name")) -> Layout:
    """Lay a network out; `key` says of each layer what it is, `label` what it is called."""
    layout = Layout(tuple(graph.nodes[number].name for number in graph.inputs))
    inputs = [layout.add("", ("input", name)) for name in layout.inputs]
    outputs = _Writer(layout, key, label).write(graph, inputs, "")
    layout.outputs = dict(zip(graph.outputs, outputs, strict=True))
    return layout


@mutable
class _Writer:
    """Adds models to a layout, those inside others too where they are passed over as layers."""

    layout: Layout
    key: Key
    label: Label

    @deep
    def write(self, graph: Graph, inputs: Sequence[int], prefix: str) -> list[int]:
        """Add the layers of a model, and give the places of its outputs."""
        places: dict[int, int | list[int]] = dict(zip(graph.inputs, inputs, strict=True))
        made: dict[int, int | list[int]] = {}  # by operation: what its first use gave
        for node in graph.needed_nodes():
            if node.id not in places:
                reaching = tuple(self._place(ref, places) for ref in refs_in(_call(node)))
                places[node.id] = self._apply(node, graph, reaching, prefix, made)
        return [self._place(ref, places) for ref in graph.outputs.values()]

    def _apply(
        self,
        node: Node,
        graph: Graph,
        reaching: tuple[int, ...],
        prefix: str,
        made: dict[int, int | list[int]],
    ) -> int | list[int]:
        """Add one use of an operation."""
        operation, add = node.operation, self.layout.add
        what = self.key(operation)
        before = made.get(id(operation))
        if isinstance(before, list):
            return [add("", "again", place, *reaching) for place in before]
        if before is not None:
            return add("", "again", before, *reaching)
        name = f"{prefix}{self.label(node)}"
        if what is not None:
            place: int | list[int] = add(name, what, *reaching)
            self.layout.holds[name] = graph.holds.get(operation.name, "place")
        elif operation.graph is not None:
            place = self.write(operation.graph, reaching, f"{name}/")
        else:
            return self.layout.join(reaching)
        made[id(operation)] = place
        return place

    def _place(self, ref: Ref, places: Mapping[int, int | list[int]]) -> int:
        """Give the place that a tensor comes from."""
        found = places[ref.node]
        if isinstance(found, list):
            return found[ref.path[0] if ref.path else 0]
        return self.layout.add("", ref.path, found) if ref.path else found


def _call(node: Node) -> tuple[object, ...]:
    return (node.positional, [value for _, value in sorted(node.keywords.items())])
