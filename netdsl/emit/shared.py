"""`layer name = …` in Python: an object made once, or several with a function that applies them.

A single layer is an object. A chain of layers is objects, and a local function that applies them. A block is what its
function gives, which makes its layers; any other chain a local function that applies layers made before it. Functions
are written when a use asks for them: what they are like depends on whether one tensor arrives or several.

Inside another layer an object is itself, a chain of objects a `keras.Sequential` of them, and any other function the
`keras.Model` that `as_layer` makes of it. Behind an arrow a `Sequential` would be one layer of the model, where a spec
has those of its chain.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
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
from netdsl.emit.making import Making
from netdsl.emit.named import declare_named
from netdsl.emit.pieces import is_application
from netdsl.emit.python import code, texts
from netdsl.emit.python.code import Later
from netdsl.emit.python.layout_statements import bound_in, names_in
from netdsl.emit.python.own_names import marked
from netdsl.emit.python.returning import in_arms
from netdsl.emit.python.spelling import kept_name, unique
from netdsl.emit.uses import apply_object, block_arguments, freeze, join_inputs, model_call
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
        made = _kept(w, _object(w, plain[0], spelled), spelled)
        assert isinstance(made.kind, LayerObject)
        if made.kind.trainable is not None:
            applying = SharedRow(w, declared, w.names.take_new(f"{spelled}_frozen"), [made])
            made = Piece(made.code, replace(made.kind, as_value=applying))
        w.scope.learn(declared.name, made.kind)
        return
    if plain is not None and (listed := _listed(w, declared, spelled, plain)) is not None:
        w.scope.learn(declared.name, LayerObject(stages=listed))
        return
    w.scope.learn(declared.name, LayerObject(stages=_stages(w, declared, spelled, plain)))


#: So many layers that are only applied one after the other are a list.
_ROW = 4


def _listed(
    w: Writer, declared: tree.LayerDecl, spelled: str, plain: list[tree.Call]
) -> SharedList | None:
    """Make a long row of layers as a list, where each is simply applied to one tensor."""
    if len(plain) < _ROW or w.making is not None or not all(_is_simple(w, c) for c in plain):
        return None
    variable = w.names.take_new(f"{spelled}_layers")
    w.emit(code.assign(variable, code.list_of(_object(w, c, variable).code for c in plain)))
    return SharedList(w, declared, spelled, variable)


def _is_simple(w: Writer, call: tree.Call) -> bool:
    """Tell whether a layer is one of Keras that takes one tensor, gives one, and is not frozen when it is called."""
    if not isinstance(call.function, tree.Name):
        return False
    identifier = call.function.id
    if w.module.symbol(w.unit, identifier) is not None:
        return False
    is_frozen = freezing(w, identifier, call.arguments) is not None
    gives_one = w.module.result_kind(call, TENSOR) == TENSOR
    return not any(ways_in(layer_kind(identifier))) and gives_one and not is_frozen


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
    made: list[Piece] = []
    for stage in plain:
        variable = w.names.take_new(w.variable_for(stage, spelled), ("_layer",))
        made.append(_kept(w, _object(w, stage, variable), variable))
    return made


def _kept(w: Writer, made: Piece, variable: str) -> Piece:
    """Put a layer in its variable, unless it is there; only in that is it applied."""
    w.assign(variable, made)
    return Piece(code.layer_name(variable), made.kind)


def _object(w: Writer, call: tree.Call, variable: str) -> Piece:
    """Make one layer; a frozen model is told so."""
    network = shaped_kind(call)
    if network is not None:
        made = applications.network_call(w, call, network, code.constant(None), None, variable)
        result = w.module.result_kind(call, TENSOR)
        return Piece(freeze(w, call, made, variable, named=True), LayerObject(False, result))
    assert isinstance(call.function, tree.Name)
    identifier = call.function.id
    symbol = w.module.symbol(w.unit, identifier)
    if symbol is None:
        kind = layer_kind(identifier)
        spreads, only = ways_in(kind)
        name = w.stage_name(call, snake_case(identifier))
        made = w.made(layer_call(w, identifier, call.arguments, name), variable, is_taken=True)
        trainable = freezing(w, identifier, call.arguments)
        result = w.module.result_kind(call, TENSOR)
        return Piece(made, LayerObject(spreads, result, trainable, only))
    if isinstance(symbol.node, tree.ExternLayer):
        name = w.stage_name(call, snake_case(identifier))
        result = w.module.result_kind(call, TENSOR)
        made = w.made(extern_layer(w, call, name), variable, is_taken=True)
        return Piece(made, LayerObject(False, result))
    model, _, result = model_call(w, call, variable)
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
        self._later = Later()
        #: Where its layers are made: before its function, or before the one that holds that, if this is called again.
        self._making = w.making or Making(self._later.statements, w.names.all(), w.names)
        self._is_steady = w.making is None or w.making.is_steady(w.out)
        self._functions: dict[tuple[Kind, ...], Function] = {}
        read = (w.scope.lookup(name) for name in free_names(declared.value))
        taken = {p.code.id for p in read if p is not None and isinstance(p.code, ast.Name)}
        self._tensors = ["x" if "x" not in taken else unique("inputs", w.names)]
        w.emit(self._later)

    def applied(self, current: Piece, written: Sequence[tree.Argument]) -> Piece:
        """Spell the call for what arrives; only a block has inputs that are given by name."""
        identifier, result = self.function([current.kind])
        return Piece(code.call(code.layer_name(identifier), [current.code]), result)

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
            spelled = w.names.take_new(self._spelled) if self._functions else self._spelled
            tensors = [
                Piece(code.name(name), kinds[number] if number < len(kinds) else TENSOR)
                for number, name in enumerate(self._tensors)
            ]
            was_free = [name for name in self._tensors if w.names.reserve(name)]
            with w.aside(self._scope.inner()), w.block() as body:
                with w.made_before(self._making, body if self._is_steady else None):
                    result = self._through(tensors)
                body.append(code.returns(result.code))
            w.names.release(*was_free)
            parameters = [(name, None) for name in self._tensors]
            self._place(code.function(spelled, parameters, in_arms(body)))
            self._functions[key] = (spelled, result.kind)
        return self._functions[key]

    def _place(self, function: ast.FunctionDef) -> None:
        """Put the function where its layers are made, or where it was declared, if it needs what is known there."""
        making, own = self.w.making, bound_in(function) | {function.name}
        if making is not None and self._is_steady and making.is_known(names_in([function]) - own):
            making.stand_before(function, function.name)
        else:
            self._later.statements.append(function)

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
        self.w.scope.arriving = arriving
        result = self.w.branch(self.declared.value, arriving, flow)
        self.w.names.release(*variables)
        return result


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


class SharedList(SharedStages):
    """Plain layers one after the other, in a list."""

    is_network = False

    def __init__(self, w: Writer, declared: tree.LayerDecl, spelled: str, variable: str) -> None:
        self._variable = variable
        super().__init__(w, declared, spelled)

    def held(self) -> ast.expr:
        """Spell it as one layer, for another to hold."""
        return code.call("keras.Sequential", [code.name(self._variable)], [("name", self._name())])

    def _through(self, tensors: list[Piece]) -> Piece:
        w, flow = self.w, self._tensors[0]
        layer = w.names.take("layer", ())
        turn = code.assign(flow, code.call(layer, [code.name(flow)]))
        w.emit(ast.For(code.name(layer), code.name(self._variable), [turn], []))
        w.names.release(layer)
        return Piece(code.name(flow), TENSOR)


class SharedBlock(SharedStages):
    """One use of a block, whose inputs the function has too."""

    def __init__(
        self, w: Writer, declared: tree.LayerDecl, spelled: str, call: tree.Call, symbol: Symbol
    ) -> None:
        super().__init__(w, declared, spelled)
        self._call = call
        self._symbol = symbol
        self._is_held = w.making is not None  # the function that it stands in may be called again
        self._blocks: list[str] = []
        node = symbol.node
        assert isinstance(node, tree.Block)
        if isinstance(node.body, tree.Body):
            own = [kept_name(i.name) for i in arrange(node.body).inputs]
            read = (w.scope.lookup(name) for name in free_names(call))
            taken = {p.code.id for p in read if p is not None and isinstance(p.code, ast.Name)}
            self._tensors = [unique(name, taken, ("_",)) for name in own]

    def applied(self, current: Piece, written: Sequence[tree.Argument]) -> Piece:
        """Spell the call for what arrives and what is given by name."""
        tensors = join_inputs(self.w, self._symbol, current, written)
        identifier, result = self.function([piece.kind for piece in tensors])
        given = [piece.code for piece in tensors if piece.code is not None]
        return Piece(code.call(code.layer_name(identifier), given), result)

    def function(self, kinds: Sequence[Kind]) -> Function:
        """Give what applies its layers, for tensors of these kinds."""
        key = tuple(kinds)
        if key not in self._functions:
            self._functions[key] = self._made(kinds)
        return self._functions[key]

    def _made(self, kinds: Sequence[Kind]) -> Function:
        w = self.w
        written = w.module.block(self._symbol, kinds)
        for (spelled, _), made in zip(self._functions.values(), self._blocks, strict=True):
            if made == written.identifier:  # the same function for tensors of another kind
                self._blocks.append(made)
                return spelled, written.result
        spelled = w.names.take_new(self._spelled) if self._functions else self._spelled
        with (
            w.aside(self._scope.inner()),
            w.block() as body,
            w.made_before(self._making, body if self._is_steady else None),
        ):
            args, keywords = block_arguments(w, self._call, self._symbol, written)
            layer = code.call(written.identifier, args, keywords)
            if self._is_held and written.takes_name:
                w.assign(spelled, Piece(w.made(layer, spelled, is_taken=True), VALUE))
            else:
                w.emit(code.assign(spelled, layer))
        self._later.statements += body
        self._blocks.append(written.identifier)
        return spelled, written.result
