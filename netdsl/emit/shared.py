"""`layer name = …` in Python: an object made once, a chain of them with a function, or blocks that share.

A single layer is an object; a chain of layers is objects and a local function that applies them. Where the chain
holds blocks, loops or conditions, a `SharedLayers` stands in for `keras.layers` and makes each layer once by its name,
so that calling the function again meets the same layers.
"""

from __future__ import annotations

import ast

from netdsl.catalog import layer_kind
from netdsl.catalog.signature import signature
from netdsl.elaborate.naming import snake_case
from netdsl.emit import applications, code
from netdsl.emit.kinds import TENSOR, LayerObject, Piece, ways_in
from netdsl.emit.layers import extern_layer, freezing, layer_call
from netdsl.emit.spelling import python_name
from netdsl.emit.writer import Writer
from netdsl.syntax import tree
from netdsl.syntax.walk import names_after_as


def is_plain_layer(w: Writer, expr: tree.Expr) -> bool:
    """Tell whether a stage is one layer (or model) that can be made as an object."""
    if not isinstance(expr, tree.Call):
        return False
    if applications.shaped_kind(expr) is not None:
        return True
    if not isinstance(expr.function, tree.Name) or w.scope.lookup(expr.function.id) is not None:
        return False
    symbol = w.module.symbol(w.unit, expr.function.id)
    if symbol is None:
        return signature("layer", expr.function.id) is not None
    return isinstance(symbol.node, (tree.Model, tree.SpecialisedModel, tree.ExternLayer))


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
    stages = plain_stages(w, declared.value)
    if stages is not None and len(stages) == 1:
        made = _object(w, stages[0], spelled)
        w.assign(spelled, made)
        w.scope.learn(declared.name, made.kind)
        return
    if stages is not None:
        w.emit(_applying(w, stages, spelled))
    else:
        w.emit(_sharing(w, declared, spelled))
    w.scope.learn(declared.name, LayerObject())


def _object(w: Writer, call: tree.Call, variable: str) -> Piece:
    """Make one layer; a frozen model is told so."""
    from netdsl.emit.stages import freeze, model_call

    network = applications.shaped_kind(call)
    if network is not None:
        made = applications.made(w, call, network, code.constant(None))
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
        return Piece(extern_layer(w, call, name), LayerObject())
    model, _, result = model_call(w, call)
    frozen = freeze(w, call, model, variable, named=True)
    return Piece(frozen, LayerObject(False, result))


def _applying(w: Writer, stages: list[tree.Call], spelled: str) -> ast.FunctionDef:
    """Write the layers of a chain as objects, and give the function that applies them."""
    body: list[ast.stmt] = []
    separator = "_" if spelled[-1:].isdigit() else ""
    arriving = code.name("x")
    for number, stage in enumerate(stages, 1):
        variable = w.names.take(f"{spelled}{separator}{number}")
        made = _object(w, stage, variable)
        w.assign(variable, made)
        applied = code.call(code.name(variable), [arriving])
        assert isinstance(made.kind, LayerObject)
        if number == len(stages) and made.kind.trainable is None:
            body.append(code.returns(applied))
            break
        body.append(code.assign("x", applied))
        if made.kind.trainable is not None:
            body.append(code.freezes(variable, made.kind.trainable))
    else:
        body.append(code.returns(code.name("x")))
    return code.function(spelled, [("x", None)], body)


def _sharing(w: Writer, declared: tree.LayerDecl, spelled: str) -> ast.FunctionDef:
    """Give a function whose layers are made once, by name."""
    from netdsl.emit.stages import branch

    w.module.needs_shared_layers = True
    stand_in = w.names.take(f"{spelled}_layers")
    w.emit(code.assign(stand_in, code.call("SharedLayers")))
    outer, w.layers = w.layers, code.name(stand_in)
    outer_shares, w.shares = w.shares, True
    flow = w.names.take("x") if "x" not in w.names else w.names.take("inputs")
    named = {n: w.names.take(python_name(n)) for n in names_after_as(declared.value) if n != "_"}
    bindings = {name: Piece(code.name(spelled), TENSOR) for name, spelled in named.items()}
    with w.within(w.scope.inner(bindings)), w.own_temporaries(), w.block() as body:
        arriving = Piece(code.name(flow), TENSOR)
        w.scope.arriving = arriving
        result = branch(w, declared.value, arriving, flow)
        body.append(code.returns(result.code))
    w.names.release(flow, *named.values())
    w.layers, w.shares = outer, outer_shares
    return code.function(spelled, [(flow, None)], body)
