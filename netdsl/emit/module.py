"""The module while it is written: which declarations are reached, what they are called, what they need.

A declaration is written when something first refers to it, so only what the file's models reach is there, imported
blocks included. Each has one name in the module; where two files use the same one, the second is respelled.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import assert_never

from netdsl.catalog.versions import Releases
from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.scope.hyperparameters import Hyperparameters
from netdsl.emit.bodies import function_over_values
from netdsl.emit.declarations import Written
from netdsl.emit.functions import write_block, write_model
from netdsl.emit.interpreter import INTERPRETER
from netdsl.emit.kinds import TENSOR, VALUE, Inlined, Kind, LayerFactory, Piece
from netdsl.emit.layers import is_layer_chain, makes_layer
from netdsl.emit.names import Locals
from netdsl.emit.python import code
from netdsl.emit.python.layout_statements import names_in
from netdsl.emit.python.spelling import unique
from netdsl.emit.reach import Reach
from netdsl.emit.variants import write_variant
from netdsl.emit.writer import Module, Writer
from netdsl.graph import Graph
from netdsl.record import mutable
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names


@mutable
class Constant:
    """A top-level `let` that is reached."""

    piece: Piece
    statement: ast.stmt | None = None


class ModuleWriter(Module):
    """Writes the declarations of a module on demand."""

    def __init__(
        self,
        unit: Unit,
        models: Mapping[str, Graph],
        hyperparameters: Hyperparameters,
        in_less: Iterable[str] = (),
        releases: Releases | None = None,
    ) -> None:
        super().__init__(unit, models, hyperparameters, in_less)
        self.releases = releases
        self.interpreter = INTERPRETER
        self._functions: dict[Hashable, tuple[Symbol, Written]] = {}
        self._written_blocks: set[int] = set()
        self._constants: dict[int, tuple[Symbol, Constant]] = {}
        self._helpers: dict[int, tuple[Symbol, ast.stmt]] = {}
        self._imports: dict[int, Symbol] = {}
        self._reach = Reach(unit)

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
            case tree.ExternLayer() | tree.ExternObject():
                self._imports[id(symbol.node)] = symbol
                if getattr(symbol.node, "family", "") != "callback":  # which no model is saved with
                    self.classes.add(spelled)
            case tree.Block() | tree.Model() | tree.SpecialisedModel():
                pass  # written where a stage uses them
            case other:
                assert_never(other)
        return Piece(code.name(spelled), VALUE)

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
                code.put_above(statement, self.comment_above(symbol.unit, node))
                constant = Constant(Piece(code.name(spelled), piece.kind), statement)
            self._constants[id(node)] = (symbol, constant)
        return self._constants[id(node)][1]

    def _function(self, symbol: Symbol, spelled: str) -> None:
        node = symbol.node
        assert isinstance(node, tree.Function)
        if id(node) not in self._helpers:
            self._helpers[id(node)] = (symbol, ast.Pass())
            written = function_over_values(self._writer(symbol.unit), node, spelled)
            code.put_above(written, self.comment_above(symbol.unit, node))
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
            written = Written(spelled, takes_trainable=frozen, makes=shared)
            self._functions[key] = (symbol, written)
            self._written_blocks.add(id(node))
            write_block(self, symbol, kinds, written)
            self._put_comment_above(symbol, written)
            self._join_alike(symbol, written)
        return self._functions[key][1]

    def _put_comment_above(self, symbol: Symbol, written: Written) -> None:
        if written.statement is not None:
            code.put_above(written.statement, self.comment_above(symbol.unit, symbol.node))

    def _join_alike(self, symbol: Symbol, written: Written) -> None:
        """Write a block once where it came out alike for tensors of other kinds."""
        others = [w for s, w in self._functions.values() if s.node is symbol.node]
        for other in others:
            if other is written or other.statement is None or written.statement is None:
                continue
            spelled = ast.dump(written.statement).replace(
                f"'{written.identifier}'", f"'{other.identifier}'"
            )
            if spelled == ast.dump(other.statement) and not self._is_called(written.identifier):
                self._taken.discard(written.identifier)
                written.identifier, written.statement = other.identifier, None
                return

    def reads_by_name(self, outputs: Sequence[str | None]) -> bool:
        """Tell whether one of these outputs of a block is read by its name somewhere."""
        is_named = None not in outputs and len(set(outputs)) == len(outputs)
        return is_named and not self._reach.read.isdisjoint(outputs)

    def is_gone_through(self, function: tree.Function) -> bool:
        """Tell whether all that is asked of what a function gives is to be gone through."""
        has_models = any(isinstance(s.node, tree.Model) for s in self.unit.names.values())
        return has_models and id(function) not in self._reach.kept

    def _is_called(self, identifier: str) -> bool:
        """Tell whether another function than itself calls it already, as one of a circle of blocks does."""
        others = (w for _, w in self._functions.values() if w.identifier != identifier)
        return any(identifier in names_in([w.statement]) for w in others if w.statement is not None)

    def model(self, symbol: Symbol) -> Written:
        """Give a model's function, writing it at the first use."""
        key = (id(symbol.node),)
        if key not in self._functions:
            written = Written(self._spell(symbol, symbol.node.name))
            self._functions[key] = (symbol, written)
            if isinstance(symbol.node, tree.SpecialisedModel):
                write_variant(self, symbol, written)
            else:
                write_model(self, symbol, written)
            self._put_comment_above(symbol, written)
        return self._functions[key][1]

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
            assert isinstance(node, (tree.ExternFn, tree.ExternLayer, tree.ExternObject))
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
