"""`layer name = …` in Python: an object made once, or several with a function that applies them.

A single layer is an object. A chain of layers is objects, and a local function that applies them. Where the chain
holds blocks, loops or conditions, a `SharedLayers` stands in for `keras.layers` and makes each layer once by its name,
so that calling the function again meets the same layers. Functions are written when a use asks for them: what they are
like depends on whether one tensor arrives or several.

Inside another layer an object is itself, a chain of objects a `keras.Sequential` of them, and any other function the
`keras.Model` that `as_layer` makes of it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeAlias

from netdsl.catalog import layer_kind
from netdsl.catalog.signature import signature
from netdsl.elaborate.chains.sharing import shaped_kind
from netdsl.elaborate.files.linking import Symbol
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.plans.ordering import arrange
from netdsl.emit import applications
from netdsl.emit.kinds import TENSOR, VALUE, Kind, LayerFactory, LayerObject, Piece, ways_in
from netdsl.emit.layers import extern_layer, freezing, layer_call
from netdsl.emit.named import declare_named
from netdsl.emit.pieces import is_application
from netdsl.emit.python import code, texts
from netdsl.emit.python.code import Later
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.spelling import python_name, unique
from netdsl.emit.uses import apply_object, block_call, freeze, join_inputs, model_call
from netdsl.emit.writer import Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import free_names, makes_weight, walk

#: A function and what it returns.
Function: TypeAlias = tuple[str, Kind]


def is_plain_layer(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether a stage is one layer (or model) that can be made as an object."""
    if not isinstance(expr, tree.Call):
        return False
    if shaped_kind(expr) is not None:
        return True
    if not isinstance(expr.function, tree.Name) or w.scope.lookup(expr.function.id) is not None:
        return False
    if any(holds_network(w, argument.value) for argument in expr.arguments):
        return False
    symbol = w.module.symbol(w.unit, expr.function.id)
    if symbol is None:
        return signature("layer", expr.function.id) is not None
    return isinstance(symbol.node, (tree.Model, tree.SpecialisedModel, tree.ExternLayer))


def holds_network(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether an argument names what is a network inside another layer: it is made for what arrives there."""
    names = (w.scope.lookup(n.id) for n in walk(expr) if isinstance(n, tree.Name))
    kinds = (found.kind for found in names if found is not None)
    return any(map(_is_network, kinds))


def _is_network(kind: Kind) -> bool:
    if isinstance(kind, LayerObject):
        return kind.stages is not None and kind.stages.is_network
    return isinstance(kind, LayerFactory) and kind.shaped


def plain_stages(w: Writer, expr: tree.Expr) -> list[tree.Call] | None:
    """Give the layers of a chain where each stage is one; None where it takes more than that."""
    stages = expr.stages if isinstance(expr, tree.Pipe) else (expr,)
    if all(is_plain_layer(w, stage) for stage in stages):
        return [stage for stage in stages if isinstance(stage, tree.Call)]
    return None


def write_layer(w: Writer, declared: tree.LayerDecl) -> None:
    """Write a `layer` statement."""
    binding = w.scope.lookup(declared.name)
    assert binding is not None
    assert isinstance(binding.code, ast.Name)
    spelled = binding.code.id
    plain = plain_stages(w, declared.value)
    if plain is not None and len(plain) == 1:
        made = w.assign(spelled, _object(w, plain[0], spelled))
        assert isinstance(made.kind, LayerObject)
        if made.kind.trainable is not None:
            applying = SharedRow(w, declared, w.names.take(f"{spelled}_frozen"), [made])
            made = Piece(made.code, replace(made.kind, as_value=applying))
        w.scope.learn(declared.name, made.kind)
        return
    w.scope.learn(declared.name, LayerObject(stages=_stages(w, declared, spelled, plain)))


def _stages(
    w: Writer, declared: tree.LayerDecl, spelled: str, plain: list[tree.Call] | None
) -> SharedStages:
    if plain is not None:
        return SharedRow(w, declared, spelled, _objects(w, spelled, plain))
    call = declared.value
    if isinstance(call, tree.Call) and isinstance(call.function, tree.Name):
        local = w.scope.lookup(call.function.id)
        symbol = w.module.symbol(w.unit, call.function.id) if local is None else None
        if symbol is not None and isinstance(symbol.node, tree.Block):
            return SharedBlock(w, declared, spelled, call, symbol)
    return SharedStages(w, declared, spelled)


def _objects(w: Writer, spelled: str, plain: list[tree.Call]) -> list[Piece]:
    """Make the layers of a chain, each in a variable of its own."""
    separator = "_" if spelled[-1:].isdigit() else ""
    made: list[Piece] = []
    for number, stage in enumerate(plain, 1):
        variable = w.names.take(f"{spelled}{separator}{number}")
        made.append(w.assign(variable, _object(w, stage, variable)))
    return made


def _object(w: Writer, call: tree.Call, variable: str) -> Piece:
    """Make one layer; a frozen model is told so."""
    network = shaped_kind(call)
    if network is not None:
        made = applications.network_call(w, call, network, code.constant(None))
        result = w.module.result_kind(call, TENSOR)
        return Piece(freeze(w, call, made, variable, named=True), LayerObject(False, result))
    assert isinstance(call.function, tree.Name)
    identifier = call.function.id
    symbol = w.module.symbol(w.unit, identifier)
    if symbol is None:
        kind = layer_kind(identifier)
        spreads, only = ways_in(kind)
        name = w.stage_name(call, snake_case(identifier))
        made = layer_call(w, identifier, call.arguments, name)
        trainable = freezing(w, identifier, call.arguments)
        result = w.module.result_kind(call, TENSOR)
        return Piece(made, LayerObject(spreads, result, trainable, only))
    if isinstance(symbol.node, tree.ExternLayer):
        name = w.stage_name(call, snake_case(identifier))
        result = w.module.result_kind(call, TENSOR)
        return Piece(extern_layer(w, call, name), LayerObject(False, result))
    model, _, result = model_call(w, call)
    frozen = freeze(w, call, model, variable, named=True)
    return Piece(frozen, LayerObject(False, result, model=symbol))


class SharedStages:
    """The stages of a `layer` statement, where they are more than one object."""

    is_network = True

    def __init__(self, w: Writer, declared: tree.LayerDecl, spelled: str) -> None:
        self.w = w
        self.declared = declared
        self._spelled = spelled
        self._scope = w.scope
        self._around = (w.layers, w.shares)  # what makes layers where it stands
        self._later = Later()
        self._stand_in = ""
        self._functions: dict[tuple[Kind, ...], Function] = {}
        self._tensors = ["x" if "x" not in w.names else unique("inputs", w.names)]
        w.emit(self._later)

    def applied(self, current: Piece, written: Sequence[tree.Argument]) -> Piece:
        """Spell the call for what arrives; only a block has inputs that are given by name."""
        identifier, result = self.function([current.kind])
        return Piece(code.call(identifier, [current.code]), result)

    def value(self) -> Piece:
        """Spell what its name stands for as a value: one layer for another to hold, else a function."""
        if self.w.holding:
            return Piece(self.held(), VALUE)
        identifier, result = self.function([TENSOR])
        return Piece(code.name(identifier), LayerObject(result=result))

    def held(self) -> ast.expr:
        """Spell it as one layer, for another to hold; what that one gets step by step has a shape of its own."""
        identifier, _ = self.function([TENSOR])
        made = [code.name(identifier), *self.w.step()]
        return code.call(marked("as_layer"), made, [("name", self._name())])

    def _name(self) -> ast.expr:
        own = code.constant(self.declared.name)
        if not self.w.in_block:
            return own
        self.w.uses_name = True
        return texts.joined([code.name(marked("name")), code.constant("_"), own])

    def function(self, kinds: Sequence[Kind]) -> Function:
        """Give the function that applies it to tensors of these kinds."""
        key = tuple(kinds)
        if key not in self._functions:
            w = self.w
            spelled = w.names.take(self._spelled) if self._functions else self._spelled
            tensors = [
                Piece(code.name(name), kinds[number] if number < len(kinds) else TENSOR)
                for number, name in enumerate(self._tensors)
            ]
            with w.aside(self._scope.inner()), w.making(*self._around), w.block() as body:
                result = self._through(tensors)
                body.append(code.returns(result.code))
            parameters = [(name, None) for name in self._tensors]
            self._later.statements.append(code.function(spelled, parameters, body))
            self._functions[key] = (spelled, result.kind)
        return self._functions[key]

    def _through(self, tensors: list[Piece]) -> Piece:
        """Write the stages that a tensor goes through, and give what leaves them."""
        (arriving,) = tensors
        flow = self._tensors[0]
        if arriving.kind == TENSOR:
            self.w.anchor = flow
        if makes_weight(self.declared.value):  # they are called on what arrives
            flow = unique("hidden", {*self._tensors, *self.w.scope.bindings})
        self.w.scope.outermost = True
        variables = declare_named(self.w, self.declared.value)
        with self._made_once():
            self.w.scope.arriving = arriving
            result = self.w.branch(self.declared.value, arriving, flow)
        self.w.names.release(*variables)
        return result

    def _made_once(self) -> AbstractContextManager[None]:
        """Make layers by what makes each of them once."""
        w = self.w
        if not self._stand_in:
            self._stand_in = w.names.take(f"{self._spelled}_layers")
            made: ast.expr = code.call(marked("SharedLayers"))
            layers, shares = self._around
            if shares:  # the block itself may be part of what is shared
                is_shared = code.call("isinstance", [layers, code.name(marked("SharedLayers"))])
                made = ast.IfExp(is_shared, layers, made)
            self._later.statements.insert(0, code.assign(self._stand_in, made))
        return w.making(code.name(self._stand_in), shares=True)


class SharedRow(SharedStages):
    """Plain layers one after the other."""

    is_network = False

    def __init__(
        self, w: Writer, declared: tree.LayerDecl, spelled: str, objects: list[Piece]
    ) -> None:
        self._objects = objects
        super().__init__(w, declared, spelled)

    def held(self) -> ast.expr:
        """Spell it as one layer, for another to hold."""
        made = code.list_of(piece.code for piece in self._objects)
        return code.call("keras.Sequential", [made], [("name", self._name())])

    def _through(self, tensors: list[Piece]) -> Piece:
        (current,) = tensors
        flow = self._tensors[0]
        for layer in self._objects:
            if is_application(current.code):
                current = self.w.passed_on(current, flow)
            current = apply_object(self.w, layer, (), current, flow)
        return current


class SharedBlock(SharedStages):
    """One use of a block, whose inputs the function has too."""

    def __init__(
        self, w: Writer, declared: tree.LayerDecl, spelled: str, call: tree.Call, symbol: Symbol
    ) -> None:
        super().__init__(w, declared, spelled)
        self._call = call
        self._symbol = symbol
        node = symbol.node
        assert isinstance(node, tree.Block)
        if isinstance(node.body, tree.Body):
            own = [python_name(i.name) for i in arrange(node.body).inputs]
            read = (w.scope.lookup(name) for name in free_names(call))
            taken = {p.code.id for p in read if p is not None and isinstance(p.code, ast.Name)}
            self._tensors = [unique(name, taken, ("_",)) for name in own]

    def applied(self, current: Piece, written: Sequence[tree.Argument]) -> Piece:
        """Spell the call for what arrives and what is given by name."""
        tensors = join_inputs(self.w, self._symbol, current, written)
        identifier, result = self.function([piece.kind for piece in tensors])
        given = [piece.code for piece in tensors if piece.code is not None]
        return Piece(code.call(identifier, given), result)

    def _through(self, tensors: list[Piece]) -> Piece:
        with self._made_once():
            return block_call(self.w, self._call, self._symbol, tensors)
