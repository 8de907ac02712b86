"""What elaboration found out about the calls and operators of a file, by the place where each is written.

Emission reads syntax; what cannot be read off it is asked here: whether an operator became a layer or a function,
whether a function is given a tensor, what a call gives. A place that no model reached has no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netdsl.catalog.kind import Structure
from netdsl.catalog.signature import Family
from netdsl.emit.arrays import Arrays, Place
from netdsl.emit.arrays import place_of as _place
from netdsl.emit.arrays import written as _written
from netdsl.emit.kinds import TENSOR, Kind, Parts
from netdsl.graph import Graph, Node, inner_graphs
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec


class Elaborated:
    """The facts of a file's graphs, of the models inside them too, at each set of hyperparameters."""

    def __init__(self, models: Mapping[str, Graph]) -> None:
        every = all_graphs(models.values())
        self._models = models
        self._graphs = {graph.name: graph for graph in every} | dict(models)
        self._structures = _structures(every)
        self._decided: dict[Place, set[bool]] = {}
        for graph in every:
            for place, results in graph.decided.items():
                self._decided.setdefault(place, set()).update(results)
        self._drawing: set[Place] = set().union(*(graph.drawing for graph in every))
        self._applied: set[Place] = set().union(*(graph.applied for graph in every))
        self._chains: set[Place] = set().union(*(graph.chains for graph in every))
        self._shaped: set[Place] = set().union(*(graph.shaped for graph in every))
        functions = [n for g in every for n in g.nodes if n.operation.family == "op"]
        self._functions_applied = {_place(_written(node)) for node in functions}
        self._arrays = Arrays(every)

    def result_kind(self, call: tree.Node, default: Kind) -> Kind:
        """Say what a call returned where the models were elaborated: one tensor or several."""
        return self._structures.get(_place(call.span), default)

    def is_tied(self, call: tree.Call) -> bool | None:
        """Tell whether what a function makes of no tensor is tied to the graph; None where no model applies it."""
        place = _place(call.span)
        return place in self._arrays.tied if place in self._functions_applied else None

    def takes_function(self, expr: tree.Expr) -> bool:
        """Tell whether an operator is to be a function of `keras.ops`, since an array's own would not do the same."""
        return self._arrays.takes_function(expr.span)

    def draws(self, argument: tree.Argument, families: Sequence[Family] = ()) -> bool:
        """Tell whether an argument was an initializer that draws, or may be one, where no model was elaborated."""
        if not self._models:
            return "initializer" in families
        return self.draws_at(argument if argument.star else argument.value)

    def draws_at(self, node: tree.Node) -> bool:
        """Tell whether an expression came to an initializer that draws."""
        return _place(node.span) in self._drawing

    def is_function(self, expr: tree.Expr) -> bool:
        """Tell whether an expression became a function of `keras.ops` where a model was elaborated."""
        return _place(expr.span) in self._functions_applied

    def is_merge(self, expr: tree.Binary) -> bool:
        """Tell whether an operator between tensors became a merge layer, as it does where both have a batch."""
        return _place(expr.op_span) in self._structures or not self.is_function(expr)

    def always_merges(self, expr: tree.Binary) -> bool:
        """Tell whether an operator became a merge layer wherever a model was elaborated."""
        return _place(expr.op_span) in self._structures and not self.is_function(expr)

    def is_chain_of_layers(self, pipe: tree.Pipe) -> bool:
        """Tell whether a chain was a layer for an argument that takes one."""
        return _place(pipe.span) in self._chains

    def is_applied(self, parameter: tree.Parameter) -> bool:
        """Tell whether a parameter makes layers that are applied behind an arrow."""
        return _place(parameter.span) in self._applied

    def is_shaped(self, parameter: tree.Parameter) -> bool:
        """Tell whether a parameter is given a layer somewhere that is made for what arrives at it."""
        return _place(parameter.span) in self._shaped

    def decided(self, expr: tree.Compare) -> bool | None:
        """Say what a comparison of symbolic sizes came to, if it came to the same everywhere.

        Python sees None in place of such a size, so it cannot be left to decide.
        """
        results = self._decided.get(_place(expr.span), set())
        return next(iter(results)) if len(results) == 1 else None


def all_graphs(models: Iterable[Graph]) -> list[Graph]:
    """Give every graph, those of models inside models too: one for each set of hyperparameters."""
    pending = list(models)
    seen: dict[int, Graph] = {}
    while pending:
        graph = pending.pop()
        if id(graph) not in seen:
            seen[id(graph)] = graph
            pending += inner_graphs(graph)
    return list(seen.values())


def _structures(graphs: Iterable[Graph]) -> dict[Place, Kind]:
    """Say what each call gives, by its place; a shared layer also by the place of its use."""
    nodes = [node for graph in graphs for node in graph.nodes]
    used = {_place(node.origin.span): _kind_at(node) for node in nodes}
    return used | {_place(_written(node)): _kind_at(node) for node in nodes}


def _kind_at(node: Node) -> Kind:
    kind = _kind_of(node.outputs)
    keys = node.operation.output_keys
    return Parts(kind.items, tuple(keys), True) if keys and isinstance(kind, Parts) else kind


def _kind_of(structure: Structure) -> Kind:
    if isinstance(structure, TensorSpec):
        return TENSOR
    return Parts(tuple(_kind_of(part) for part in structure))
