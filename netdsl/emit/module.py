"""The module while it is written: which declarations are reached, what they are called, what they need.

A declaration is written when something first refers to it, so only what the file's models reach is there, imported
blocks included. Each has one name in the module; where two files use the same one, the second is respelled.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import assert_never

from netdsl.analyse.advice.structure import TOO_DEEP
from netdsl.catalog.signature import dtype_aliases
from netdsl.elaborate.files.linking import Symbol, Unit, declared
from netdsl.elaborate.plans.naming import NamePlan, plan_names
from netdsl.elaborate.scope.frame import defaults_by_kind
from netdsl.elaborate.scope.functions import CONSTANTS, FUNCTIONS
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.emit.bodies import function_over_values
from netdsl.emit.elaborated import Elaborated
from netdsl.emit.facts import describe
from netdsl.emit.functions import Written, write_block, write_model, write_specialised
from netdsl.emit.interpreter import INTERPRETER
from netdsl.emit.kinds import TENSOR, VALUE, Inlined, Kind, LayerFactory, Piece
from netdsl.emit.layers import is_layer_chain, makes_layer
from netdsl.emit.names import DefaultSet, Locals, Scope
from netdsl.emit.presets import Preset, presets_of
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import dedented
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import FIXED, kept_name, unique
from netdsl.emit.reach import Reach
from netdsl.emit.writer import Writer
from netdsl.graph import Graph
from netdsl.record import mutable
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names
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
class Constant:
    """A top-level `let` that is reached."""

    piece: Piece
    statement: ast.stmt | None = None


class ModuleWriter(Elaborated):
    """Writes the declarations of a module on demand."""

    def __init__(
        self,
        unit: Unit,
        models: Mapping[str, Graph],
        hyperparameters: Hyperparameters,
        in_less: Iterable[str] = (),
    ) -> None:
        super().__init__(models)
        self.interpreter = INTERPRETER
        self.unit = unit
        bases = (self.base_of(unit.names[name]) for name in in_less)
        self._in_less = {id(symbol.node) for symbol in bases}  # trained in less than float32
        self.registered: set[str] = set()
        self.classes: set[str] = set()
        self._hyperparameters = hyperparameters
        self._names: dict[int, str] = global_names(unit)
        self._taken: set[str] = set(FIXED)
        self._roots: dict[int, Scope] = {}
        self._plans: dict[int, NamePlan] = {}
        self._functions: dict[Hashable, tuple[Symbol, Written]] = {}
        self._written_blocks: set[int] = set()
        self._constants: dict[int, tuple[Symbol, Constant]] = {}
        self._helpers: dict[int, tuple[Symbol, ast.stmt]] = {}
        self._hoisted: dict[str, ast.Assign] = {}
        self._imports: dict[int, Symbol] = {}
        self._reach = Reach(unit)
        self._taken.update(self._names.values())

    def _spell(self, symbol: Symbol, identifier: str) -> str:
        if id(symbol.node) not in self._names:
            self._names[id(symbol.node)] = spell_global(identifier, self._taken)
        return self._names[id(symbol.node)]

    def symbol(self, unit: Unit, identifier: str) -> Symbol | None:
        """Give the declaration that a name means at the top level of a file."""
        return unit.names.get(identifier)

    def identifier(self, unit: Unit, name: str) -> str:
        """Give the module's name of a declaration."""
        return self._spell(unit.names[name], name)

    def global_name(self, unit: Unit, name: str) -> Piece | None:
        """Refer to a declaration by name, which writes it; None where the file declares no such name."""
        symbol = unit.names.get(name)
        if symbol is None:
            return None
        spelled = self._spell(symbol, name)
        match symbol.node:
            case tree.Let():
                return self._constant(symbol, spelled).piece
            case tree.Function():
                self._function(symbol, spelled)
            case tree.ExternFn():
                self._imports[id(symbol.node)] = symbol
                self.registered.add(spelled)
            case tree.ExternLayer():
                self._imports[id(symbol.node)] = symbol
                self.classes.add(spelled)
            case tree.Block() | tree.Model() | tree.SpecialisedModel():
                pass  # written where a stage uses them
            case other:
                assert_never(other)
        return Piece(code.name(spelled), VALUE)

    def root(self, unit: Unit) -> Scope:
        """Give the scope of a file's top level, with the `defaults` in force there."""
        if id(unit) not in self._roots:
            scope = self._roots[id(unit)] = Scope()
            found = defaults_by_kind(unit.module.statements)
            if found:
                scope.defaults = (DefaultSet(found, scope),)
        return self._roots[id(unit)]

    def plan(self, unit: Unit, body: tree.Body | tree.Expr, *, in_model: bool) -> NamePlan:
        """Give the names of a body's stages."""

        if id(body) not in self._plans:
            names = partial(declared, unit)
            self._plans[id(body)] = plan_names(body, names, in_model=in_model)
        return self._plans[id(body)]

    @property
    def taken(self) -> frozenset[str]:
        """Give the names that the module has already, but for those of modules that are kept for the module itself."""
        return frozenset(self._taken) - FIXED

    def _writer(self, unit: Unit) -> Writer:
        return Writer(self, unit, self.root(unit), Locals(()))

    def _constant(self, symbol: Symbol, spelled: str) -> Constant:
        node = symbol.node
        assert isinstance(node, tree.Let)
        if id(node) not in self._constants:
            w = self._writer(symbol.unit)
            if self.is_layer(w, node.value):
                constant = Constant(Piece(code.name(spelled), Inlined(node.value)))
            else:
                piece = w.expression(node.value)
                statement = code.assign(spelled, piece.code)
                constant = Constant(Piece(code.name(spelled), piece.kind), statement)
            self._constants[id(node)] = (symbol, constant)
        return self._constants[id(node)][1]

    def _function(self, symbol: Symbol, spelled: str) -> None:
        node = symbol.node
        assert isinstance(node, tree.Function)
        if id(node) not in self._helpers:
            self._helpers[id(node)] = (symbol, ast.Pass())
            written = function_over_values(self._writer(symbol.unit), node, spelled)
            self._helpers[id(node)] = (symbol, written)

    def block(self, symbol: Symbol, kinds: Sequence[Kind]) -> Written:
        """Give a block's function for tensors of these kinds, writing it at the first use."""
        node = symbol.node
        assert isinstance(node, tree.Block)
        key = (id(node), tuple(kinds))
        if key not in self._functions:
            spelled = self._spell(symbol, node.name)
            if id(node) in self._written_blocks:
                spelled = unique(spelled, self._taken)
                self._taken.add(spelled)
            frozen = id(node) in self._reach.frozen
            shared = id(node) in self._reach.shared
            written = Written(spelled, takes_trainable=frozen, takes_layers=shared)
            self._functions[key] = (symbol, written)
            self._written_blocks.add(id(node))
            write_block(self, symbol, kinds, written)
        return self._functions[key][1]

    def model(self, symbol: Symbol) -> Written:
        """Give a model's function, writing it at the first use."""
        key = (id(symbol.node),)
        if key not in self._functions:
            written = Written(self._spell(symbol, symbol.node.name))
            self._functions[key] = (symbol, written)
            if isinstance(symbol.node, tree.SpecialisedModel):
                write_specialised(self, symbol, written)
            else:
                write_model(self, symbol, written)
        return self._functions[key][1]

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
        inputs = [s for s in node.body.statements if isinstance(s, tree.Input)]
        graph = self.graph(symbol)
        if graph is not None and len(graph.inputs) == len(inputs):
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
        facts = "" if graph is None else describe(graph, bool(self.open_parameters(symbol)))
        own = "\n".join(dedented(text or ""))
        return f"{own}\n\n{facts}" if own and facts else own or facts

    def dtype(self, written: tree.TensorType) -> str:
        name = written.dtype or "float32"
        return dtype_aliases().get(name, name)

    def is_value(self, unit: Unit, identifier: str) -> bool:
        """Tell whether a name that no scope binds is a value all the same."""
        return identifier in unit.names or identifier in FUNCTIONS or identifier in CONSTANTS

    @deep
    def is_layer(self, w: Writer, expr: tree.Expr) -> bool:
        """Tell whether a `let` names layers: each is made anew wherever the name is used."""
        match expr:
            case tree.ListExpr(_, items) | tree.TupleExpr(_, items):
                return any(self.is_layer(w, item) for item in items)
            case tree.DictExpr(_, items):
                return any(self.is_layer(w, item) for _, item in items)
            case tree.Comprehension(_, element):
                return self.is_layer(w, element)
            case tree.Conditional(_, _, then, otherwise):
                return self.is_layer(w, then) or self.is_layer(w, otherwise)
            case tree.Binary(_, _, left, right):
                return self.is_layer(w, left) or self.is_layer(w, right)
            case tree.Subscript(_, value):
                return self.is_layer(w, value)
            case tree.Name(_, identifier) if (found := w.scope.lookup(identifier)) is not None:
                return isinstance(found.kind, (Inlined, LayerFactory))
            case tree.Name(_, identifier):
                symbol = self.symbol(w.unit, identifier)
                if symbol is None or not isinstance(symbol.node, tree.Let):
                    return False
                named = self.global_name(w.unit, identifier)
                return named is not None and isinstance(named.kind, Inlined)
            case tree.Pipe():
                return is_layer_chain(w, expr)
        return makes_layer(w, expr)

    def write_all(self) -> None:
        """Write what the file's models reach; a file without a model gives all of its blocks and functions."""
        own = [s for s in self.unit.names.values() if s.unit is self.unit]
        models = [s for s in own if isinstance(s.node, (tree.Model, tree.SpecialisedModel))]
        for symbol in models:
            self.model(symbol)
        if not models:
            for symbol in own:
                if isinstance(symbol.node, tree.Block):
                    self._block_by_itself(symbol)
                else:
                    self.global_name(self.unit, symbol.name)

    def _block_by_itself(self, symbol: Symbol) -> None:
        node = symbol.node
        assert isinstance(node, tree.Block)
        if id(node) in self._written_blocks:
            return
        count = 1
        if isinstance(node.body, tree.Body):
            count = sum(isinstance(s, tree.Input) for s in node.body.statements)
        self.block(symbol, [TENSOR] * count)

    def imports(self) -> list[tuple[str, str, str]]:
        """Give (module, name there, name here) of what the file imports from Python."""
        found = []
        for symbol in self._imports.values():
            node = symbol.node
            assert isinstance(node, (tree.ExternFn, tree.ExternLayer))
            found.append((node.module, node.name, self._names[id(node)]))
        return sorted(set(found))

    def constants(self) -> list[ast.stmt]:
        """Give the module's constants, and the functions that they call, in an order that runs."""
        found: list[ast.stmt] = []
        done: set[int] = set()
        for _, (symbol, constant) in sorted(
            self._constants.items(), key=lambda entry: self._order(entry[1][0])
        ):
            self._add_constant(symbol, constant, found, done)
        for assignment in self._hoisted.values():
            self._add_helpers(assignment, found, done)
            found.append(assignment)
        return found

    def _add_helpers(self, statement: ast.stmt, found: list[ast.stmt], done: set[int]) -> None:
        used = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
        for symbol, helper in self._helpers.values():
            if self._names[id(symbol.node)] in used and id(symbol.node) not in done:
                done.add(id(symbol.node))
                self._add_needed(symbol, found, done)
                found.append(helper)

    def _add_constant(
        self, symbol: Symbol, constant: Constant, found: list[ast.stmt], done: set[int]
    ) -> None:
        if id(symbol.node) in done:
            return
        done.add(id(symbol.node))
        self._add_needed(symbol, found, done)
        if constant.statement is not None:
            found.append(constant.statement)

    def _add_needed(self, symbol: Symbol, found: list[ast.stmt], done: set[int]) -> None:
        for name in free_names(symbol.node):
            other = symbol.unit.names.get(name)
            if other is None:
                continue
            if id(other.node) in self._constants:
                self._add_constant(*self._constants[id(other.node)], found, done)
            elif id(other.node) in self._helpers and id(other.node) not in done:
                done.add(id(other.node))
                self._add_needed(other, found, done)
                found.append(self._helpers[id(other.node)][1])

    def functions(self) -> list[ast.stmt]:
        """Give the module's functions: imported ones first, each file's in the order it has them."""
        early = {id(s) for s in self.constants()}
        helpers = [
            (symbol, statement)
            for symbol, statement in self._helpers.values()
            if id(statement) not in early
        ]
        written = [(s, w.statement) for s, w in self._functions.values() if w.statement is not None]
        everything = [*helpers, *written]
        everything.sort(key=lambda item: self._order(item[0]))
        return [statement for _, statement in everything]

    def _order(self, symbol: Symbol) -> tuple[bool, str, int]:
        unit = symbol.unit
        return (unit is self.unit, unit.file.name, symbol.node.span.start)
