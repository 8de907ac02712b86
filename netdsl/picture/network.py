"""A model laid flat: every application of a layer, those of models inside it too, and the tensors between them.

    Graph -> Network

A model that is used as a layer is opened: its inputs are the tensors that it gets, its outputs those that it gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from itertools import islice

from netdsl.catalog.kind import Structure
from netdsl.graph import Graph, Node, Ref, Step, Use, refs_in
from netdsl.record import mutable, record
from netdsl.tensor import TensorSpec
from netdsl.value import Value

#: So many layers of models inside are shown; one that would lead beyond stays closed.
MOST_INSIDE = 5_000


@record(eq=False)
class Place:
    """A step on the way to an atom, as it is met once: a model that is used twice has two places for each step."""

    step: Step
    around: Place | None


@record(eq=False)
class Atom:
    """One application. `place` is the innermost around it; tensors are numbers into `Network.tensors`."""

    number: int
    node: Node
    place: Place | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@record(eq=False)
class Tensor:
    """What an atom gives: its output `index`, with its type."""

    atom: int
    index: int
    spec: TensorSpec


@mutable
class Network:
    """A model laid flat."""

    name: str
    atoms: list[Atom] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    called: dict[int, str] = field(default_factory=dict)  # what the spec calls a tensor


@mutable
class _Opened:
    """A model that is being laid out: which tensors its references stand for, and what is left of its nodes."""

    graph: Graph
    left: Iterator[Node]
    around: Place | None = None
    use: Node | None = None  # in the model around it
    known: dict[Ref, int] = field(default_factory=dict)
    places: dict[Step, Place] = field(default_factory=dict)

    def place(self, step: Step | None) -> Place | None:
        """Give the place of a step of this model, making those around it that are new."""
        new: list[Step] = []
        while step is not None and step not in self.places:
            new.append(step)
            step = step.around
        found = self.around if step is None else self.places[step]
        for inner in reversed(new):
            found = self.places[inner] = Place(inner, found)
        return found


def lay_flat(graph: Graph) -> Network:
    """Lay a model flat, without recursing."""
    network = Network(graph.name)
    whole = _Opened(graph, iter(graph.counted()))
    stack, room = [whole], MOST_INSIDE
    while stack:
        opened = stack[-1]
        node = next(opened.left, None)
        if node is None:
            stack.pop()
            if opened.use is not None:
                _give(opened, opened.use, stack[-1], network)
        elif node.operation.graph is not None and len(node.operation.graph.nodes) <= room:
            room -= len(node.operation.graph.nodes)
            stack.append(_open(node, node.operation.graph, opened))
        elif opened.use is None or node.operation.family != "input":
            _add(node, opened, network)
    known = ((name, whole.known.get(ref)) for name, ref in graph.outputs.items())
    network.outputs = [(name, tensor) for name, tensor in known if tensor is not None]
    return network


def _add(node: Node, opened: _Opened, network: Network) -> None:
    number = len(network.atoms)
    received = refs_in((node.positional, tuple(node.keywords.values())))
    inputs = tuple(opened.known[ref] for ref in received if ref in opened.known)
    outputs: list[int] = []
    for path, spec in _outputs(node.outputs):
        ref = Ref(node.id, path)
        opened.known[ref] = len(network.tensors)
        if ref in opened.graph.called:
            network.called[len(network.tensors)] = opened.graph.called[ref][1]
        outputs.append(len(network.tensors))
        network.tensors.append(Tensor(number, len(outputs) - 1, spec))
    place = opened.place(node.within)
    network.atoms.append(Atom(number, node, place, inputs, tuple(outputs)))


def _open(node: Node, graph: Graph, around: _Opened) -> _Opened:
    """Begin with a model inside: what it gets are its inputs, in order."""
    use = Use(node.kind, node.name, _given(node), node.origin.span)
    place = Place(use, around.place(node.within))
    opened = _Opened(graph, iter(graph.counted()), place, node)
    for given, ref in zip(graph.inputs, refs_in(node.positional), strict=False):
        if ref in around.known:
            opened.known[Ref(given)] = around.known[ref]
    return opened


def _give(opened: _Opened, use: Node, around: _Opened, network: Network) -> None:
    """End with a model inside: what it gives are the outputs of its use."""
    given = opened.graph.outputs.values()
    for (path, _), inner in zip(_outputs(use.outputs), given, strict=False):
        if inner in opened.known:
            ref = Ref(use.id, path)
            around.known[ref] = opened.known[inner]
            if ref in around.graph.called:
                network.called[opened.known[inner]] = around.graph.called[ref][1]


def _given(node: Node) -> tuple[tuple[str, Value], ...]:
    """Give the hyperparameters that the use of a model gives."""
    call, values = node.operation.call, node.operation.arguments
    if call is None:
        return ()
    named = [a.name for a in call.arguments if a.name is not None and a.name in values]
    count = sum(a.name is None for a in call.arguments)
    by_position = [("", value) for value in islice(values.values(), count)]
    return (*by_position, *((name, values[name]) for name in named))


def _outputs(structure: Structure) -> list[tuple[tuple[int, ...], TensorSpec]]:
    """Give each tensor of a node with its path."""
    found: list[tuple[tuple[int, ...], TensorSpec]] = []
    pending: list[tuple[tuple[int, ...], Structure]] = [((), structure)]
    while pending:
        path, part = pending.pop()
        if isinstance(part, TensorSpec):
            found.append((path, part))
        else:
            pending += reversed([((*path, i), inner) for i, inner in enumerate(part)])
    return found
