"""Arrays of `keras.ops` that are given no tensor: which have to be made part of the graph, and which stay as they are.

Keras computes `ops.arange(50)` at once. What functions make of such an array, and joining it to a tensor, needs nothing
more. A layer that is applied to it would not belong to the model, and an output has to come from the inputs: such an
array is tied to one of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from netdsl.graph import Graph, Node, Ref, refs_in
from netdsl.source import Span
from netdsl.tensor import TensorSpec
from netdsl.value import Value

#: A file's name and two offsets.
Place: TypeAlias = tuple[str, int, int]


def place_of(span: Span) -> Place:
    return (span.file.name, span.start, span.end)


def written(node: Node) -> Span:
    """Give where a call or operator is written, which may be in a shared layer that is used elsewhere."""
    return node.written or node.origin.span


class Arrays:
    """What of some graphs, by the place where it is written, is computed of arrays alone."""

    def __init__(self, graphs: Iterable[Graph]) -> None:
        graphs = list(graphs)
        self.tied: set[Place] = set()
        self._plain: dict[Place, bool] = {}
        self._led: set[Place] = set()
        for graph in graphs:
            self.tied |= {place_of(written(n)) for n in _to_be_tied(graph)}
        for graph in graphs:
            self._note_operators(graph)

    def is_tied(self, node: Node) -> bool:
        """Tell whether an array is made part of the graph: there, or where it is written for another use."""
        return node.tied_to is not None and place_of(written(node)) in self.tied

    def takes_function(self, span: Span) -> bool:
        """Tell whether an operator is to be a function of `keras.ops`: an array's own would not do as Keras's does."""
        place = place_of(span)
        return place in self._led and not self._plain[place]

    def is_operator(self, node: Node) -> bool:
        """Tell whether a function may be written as an operator, since what it is given has those of Keras."""
        return node.tied_to is None and not self.takes_function(written(node))

    def _note_operators(self, graph: Graph) -> None:
        arrays = _arrays(graph, self.tied)
        for node in graph.nodes:
            first = node.positional[0] if node.positional else None
            if node.operation.family != "op":
                continue
            if node.id not in arrays and not _is_array(first, arrays):
                continue  # Keras's operators join a tensor and an array, in that order
            place = place_of(written(node))
            self._led.add(place)
            is_plain = _is_plain(graph, node, arrays)
            self._plain[place] = is_plain and self._plain.get(place, True)


def _arrays(graph: Graph, tied: set[Place]) -> set[int]:
    """Give the nodes that are computed of arrays alone, which are not tied."""
    found: set[int] = set()
    for node in graph.nodes:
        if node.operation.family != "op":
            continue
        given = [ref.node for ref in _given(node)]
        is_made = node.tied_to is not None and place_of(written(node)) not in tied
        if is_made or (given and all(number in found for number in given)):
            found.add(node.id)
    return found


def _given(node: Node) -> list[Ref]:
    """Give the tensors that a call gets, without that which an array is tied to."""
    return [*refs_in((node.positional, node.keywords))]


def _to_be_tied(graph: Graph) -> list[Node]:
    """Give the arrays that a layer is applied to, or that leave the graph, as they are or changed by functions."""
    arrays = _arrays(graph, set())
    needed = {ref.node for ref in graph.outputs.values()}
    for node in reversed(graph.nodes):
        if node.operation.family != "op" or node.id in needed & arrays:
            needed |= {ref.node for ref in _given(node)}
    return [node for node in graph.nodes if node.id in needed & arrays and node.tied_to is not None]


def _is_array(value: Value, arrays: set[int]) -> bool:
    return isinstance(value, Ref) and value.node in arrays


def _is_plain(graph: Graph, node: Node, arrays: set[int]) -> bool:
    """Tell whether arrays add, subtract and multiply as Keras does: they are of one dtype, or one is a number of it."""
    if node.kind not in ("ops.add", "ops.subtract", "ops.multiply") or len(node.positional) != 2:
        return False
    dtypes: set[str] = set()
    has_fraction = False
    for value in node.positional:
        if _is_array(value, arrays):
            assert isinstance(value, Ref)
            spec = graph.spec(value)
            dtypes.add(spec.dtype if isinstance(spec, TensorSpec) else "")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            has_fraction |= isinstance(value, float)
        else:
            return False
    return len(dtypes) == 1 and (not has_fraction or dtypes.pop().startswith("float"))
