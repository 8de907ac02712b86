"""The declarations of a module: what they are called, what they take, what was found out and set of them.

Nothing is written here: see `module.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from netdsl.analyse.advice.structure import TOO_DEEP
from netdsl.catalog.signature import dtype_aliases
from netdsl.elaborate.files.linking import Symbol, Unit, declared
from netdsl.elaborate.files.operation_names import operation_names
from netdsl.elaborate.plans.naming import NamePlan, plan_names
from netdsl.elaborate.scope.frame import defaults_by_kind
from netdsl.elaborate.scope.functions import CONSTANTS, FUNCTIONS
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.emit.comments import Comments
from netdsl.emit.elaborated import Elaborated
from netdsl.emit.facts import described
from netdsl.emit.kinds import TENSOR, Kind
from netdsl.emit.names import DefaultSet, Scope
from netdsl.emit.presets import Preset, presets_of
from netdsl.emit.python import code
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import FIXED, kept_name, unique
from netdsl.graph import Graph
from netdsl.record import mutable
from netdsl.syntax import tree
from netdsl.value import Value

#: From this depth on, Keras's recursion over a graph is helped.
DEEP = TOO_DEEP


def spell_global(identifier: str, taken: set[str]) -> str:
    """Give a declaration a name that no other has."""
    spelled = unique(kept_name(identifier), taken)
    taken.add(spelled)
    return spelled


def global_names(unit: Unit) -> dict[int, str]:
    """Name what a file declares and imports, models first: a model's function has the model's own name."""
    models = (tree.Model, tree.SpecialisedModel)
    taken = set(FIXED)
    ordered = sorted(unit.names.items(), key=lambda entry: not isinstance(entry[1].node, models))
    return {id(symbol.node): spell_global(name, taken) for name, symbol in ordered}


def model_functions(unit: Unit) -> dict[str, str]:
    """Map each model of a file to its function in the emitted module."""
    names = global_names(unit)
    models = (tree.Model, tree.SpecialisedModel)
    return {n: names[id(s.node)] for n, s in unit.names.items() if isinstance(s.node, models)}


@mutable
class Written:
    """A function of the module: what a caller has to know, and its code once it is there."""

    identifier: str
    result: Kind = TENSOR
    takes_name: bool = True
    takes_trainable: bool = False
    makes: bool = False  # it makes layers, and gives the function that applies them
    by_name: bool = False  # its hyperparameters are given by name alone
    statement: ast.FunctionDef | None = None


class Declarations(Elaborated):
    """What a file declares and imports, by the names that the module has for it."""

    def __init__(
        self,
        unit: Unit,
        models: Mapping[str, Graph],
        hyperparameters: Hyperparameters,
        in_less: Iterable[str] = (),
    ) -> None:
        super().__init__(models)
        self.unit = unit
        bases = (self.base_of(unit.names[name]) for name in in_less)
        self._in_less = {id(symbol.node) for symbol in bases}  # trained in less than float32
        self.registered: set[str] = set()
        self.classes: set[str] = set()
        self._hyperparameters = hyperparameters
        self._names: dict[int, str] = global_names(unit)
        self._taken: set[str] = set(FIXED) | set(self._names.values())
        self._roots: dict[int, Scope] = {}
        self._plans: dict[int, NamePlan] = {}
        self._hoisted: dict[str, ast.Assign] = {}
        self._comments: dict[int, Comments] = {}

    def symbol(self, unit: Unit, identifier: str) -> Symbol | None:
        """Give the declaration that a name means at the top level of a file."""
        return unit.names.get(identifier)

    def identifier(self, unit: Unit, name: str) -> str:
        """Give the module's name of a declaration."""
        return self._spell(unit.names[name], name)

    def root(self, unit: Unit) -> Scope:
        """Give the scope of a file's top level, with the `defaults` in force there."""
        if id(unit) not in self._roots:
            scope = self._roots[id(unit)] = Scope()
            found = defaults_by_kind(unit.module.statements)
            if found:
                scope.defaults = (DefaultSet(found, scope),)
        return self._roots[id(unit)]

    def comment_above(self, unit: Unit, node: tree.Node) -> Sequence[str]:
        """Give the lines of the spec's comment above a declaration, statement or stage."""
        if id(unit) not in self._comments:
            self._comments[id(unit)] = Comments(unit.module)
        return self._comments[id(unit)].above(node)

    def plan(self, unit: Unit, node: tree.Block | tree.Model) -> NamePlan:
        """Give the names of the stages of a block or model."""
        if id(node) not in self._plans:
            is_model = isinstance(node, tree.Model)
            operations = operation_names(unit, node) if is_model else frozenset()
            self._plans[id(node)] = plan_names(node, partial(declared, unit), operations)
        return self._plans[id(node)]

    @property
    def taken(self) -> frozenset[str]:
        """Give the names that the module has already, but for those of modules that are kept for the module itself."""
        return frozenset(self._taken) - FIXED

    def hoisted(self, base: str, value: ast.expr) -> ast.expr:
        """Make a constant of a default that is computed: a default that is a call hides when it runs."""
        key = ast.dump(value)
        if key not in self._hoisted:
            spelled = unique(base, self._taken)
            self._taken.add(spelled)
            self._hoisted[key] = code.assign(spelled, value)
        target = self._hoisted[key].targets[0]
        assert isinstance(target, ast.Name)
        return code.name(target.id)

    def base_of(self, symbol: Symbol) -> Symbol:
        """Follow `model A = B(…)` to the model with a body."""
        while isinstance(symbol.node, tree.SpecialisedModel):
            call = symbol.node.value
            assert isinstance(call, tree.Call)
            assert isinstance(call.function, tree.Name)
            symbol = symbol.unit.names[call.function.id]
        return symbol

    def is_in_less_than_float32(self, symbol: Symbol) -> bool:
        """Tell whether it is a model that is trained in a precision which its outputs are to be kept from."""
        return id(symbol.node) in self._in_less

    def open_parameters(self, symbol: Symbol) -> list[tree.Parameter]:
        """Give the parameters that a call may set; a specialised model has those of the model it is made from."""
        node = self.base_of(symbol).node
        assert isinstance(node, (tree.Block, tree.Model))
        return list(node.parameters)

    def presets(self, symbol: Symbol) -> dict[str, Preset]:
        """Give what `model A = B(…)` statements fix on the way."""
        names = [p.name for p in self.open_parameters(symbol)]
        return presets_of(symbol, names, self._hyperparameters)

    def settings_for(self, symbol: Symbol) -> dict[str, Value]:
        """Give what was set of a model's parameters from outside."""
        if symbol.unit is not self.unit or isinstance(symbol.node, tree.Block):
            return {}
        return self._hyperparameters.reached.get(symbol.name, {})

    def graph(self, symbol: Symbol) -> Graph | None:
        return self._models.get(symbol.name) or self._graphs.get(symbol.name)

    def output_names(self, symbol: Symbol) -> list[str | list[str]] | None:
        graph = self.graph(symbol)
        return graph.names_as_written() if graph is not None and graph.complete else None

    def input_names(self, symbol: Symbol) -> list[str]:
        """Give the names of a model's inputs, as a call gives them."""
        node = self.base_of(symbol).node
        assert isinstance(node, tree.Model)
        inputs = [s for s in node.body.statements if isinstance(s, (tree.Input, tree.Inputs))]
        graph = self.graph(symbol)
        if graph is not None and len(graph.inputs) >= len(inputs):
            return [graph.nodes[i].name for i in graph.inputs]
        return [i.name for i in inputs]

    def model_maker(self, symbol: Symbol) -> ast.expr:
        """Give what makes the model: `keras.Model`, or its helper for a very deep one."""
        graph = self.graph(symbol)
        if graph is not None and graph.deepest > DEEP:
            return code.name(marked("deep_model"))
        return code.dotted("keras.Model")

    def model_docstring(self, symbol: Symbol, text: str | None) -> str:
        """Give a model's docstring: the spec's own, and what the compiler worked out."""
        graph = self._models.get(symbol.name) if symbol.unit is self.unit else None
        return described(text, graph, bool(self.open_parameters(symbol)))

    def dtype(self, written: tree.TensorType) -> str:
        name = written.dtype or "float32"
        return dtype_aliases().get(name, name)

    def is_value(self, unit: Unit, identifier: str) -> bool:
        """Tell whether a name that no scope binds is a value all the same."""
        return identifier in unit.names or identifier in FUNCTIONS or identifier in CONSTANTS

    def _spell(self, symbol: Symbol, identifier: str) -> str:
        if id(symbol.node) not in self._names:
            self._names[id(symbol.node)] = spell_global(identifier, self._taken)
        return self._names[id(symbol.node)]
