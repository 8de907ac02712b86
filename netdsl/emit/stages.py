"""Chains in Python: what arrives passes through stage after stage, in one variable that flows.

`write_stage` writes one stage: it gets the piece that arrives and gives the piece that leaves, an expression that
nobody has assigned yet. The variable `flow` takes a result when the next stage needs it; the last one is the caller's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from itertools import zip_longest
from typing import assert_never

from netdsl.catalog import layer_kind
from netdsl.catalog.signature import signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.emit import applications, uses
from netdsl.emit.calls import applied, call_time, ops_call
from netdsl.emit.catalogue_names import unbound_path
from netdsl.emit.conditions import choose_source, conditional_stage, if_stage
from netdsl.emit.forks import fork_stage, source_list
from netdsl.emit.kinds import TENSOR, VALUE, LayerFactory, LayerObject, Piece, ways_in
from netdsl.emit.layers import extern_layer, freezing, frozen_too, layer_call
from netdsl.emit.loops import carried_by, comprehension, fork_loop, loop_stage
from netdsl.emit.named import put_named
from netdsl.emit.parameters import CALLED
from netdsl.emit.pieces import is_application, listed, spread
from netdsl.emit.python import code
from netdsl.emit.python.layout import flat
from netdsl.emit.python.own_names import is_marked
from netdsl.emit.several import own_variables, picked, repeatable, taken_apart
from netdsl.emit.shared import holds_network
from netdsl.emit.temporaries import word_for
from netdsl.emit.uses import apply_object, then_frozen
from netdsl.emit.writer import Writer
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.places import first_in_place
from netdsl.syntax.walk import free_names, is_of_ops, names_a_source, reads_arriving, walk


def write_flowing(w: Writer, expr: tree.Expr, flow: str) -> Piece:
    """Give an expression whose chain, if it is one, flows through a variable."""
    match expr:
        case tree.Pipe():
            return chain(w, expr, flow)
        case tree.Stage() if not names_a_source(expr) and (
            (arriving := w.scope.arriving) is not None
        ):
            return w.run(expr, arriving, flow)
        case tree.If():
            return choose_source(w, expr, flow)
        case tree.Repeat() | tree.For():
            return loop_stage(w, expr, None, flow)
        case tree.Statements():
            return w.module.interpreter.braces(w, expr, None, flow)
        case tree.As():
            naming = replace(expr, stage=tree.Arriving(expr.span))
            return chain(w, tree.Pipe(expr.span, (expr.stage, naming)), flow)
        case (
            tree.Literal() | tree.FString() | tree.Name() | tree.Arriving() | tree.ListExpr() | tree.TupleExpr()
            | tree.DictExpr() | tree.Starred() | tree.Slice() | tree.Comprehension() | tree.DictComprehension()
            | tree.Unary() | tree.Binary() | tree.Compare() | tree.Conditional() | tree.Attribute()
            | tree.Subscript() | tree.Call()
        ):  # fmt: skip
            return _into_variable(w, expr, flow, whole=True)
        case _:
            assert_never(expr)


def _into_variable(w: Writer, expr: tree.Expr, flow: str, *, whole: bool = False) -> Piece:
    """Give an expression whose partial sums may use the variable that it will be put in, unless it reads that."""
    read = [w.scope.lookup(name) for name in free_names(expr)]
    if reads_arriving(expr):
        read.append(w.scope.arriving)
    is_read = any(piece is not None and code.is_name(piece.code, flow) for piece in read)
    if whole and not is_read:
        match expr:
            case tree.Comprehension():
                return comprehension(w, expr, flow)
            case tree.ListExpr(_, (tree.For() as loop,)):
                return fork_loop(w, loop, None, flow)
            case tree.ListExpr(_, items) if own_variables(w, None, len(items), flow):
                return source_list(w, expr, flow)
    w.hint, w.whole = (None, None) if is_read else (flow, expr if whole else None)
    piece = w.expression(expr)
    w.hint, w.whole = None, None
    return piece


def chain(w: Writer, pipe: tree.Pipe, flow: str) -> Piece:
    """Write a chain that starts from a tensor; the last stage's result is left to the caller."""
    first, *rest = pipe.stages
    with w.within(w.scope.inner()):
        if isinstance(first, tree.ListExpr):
            return _through(w, rest, source_list(w, first, flow), flow)
        current = _into_variable(w, first, flow)
        is_head = w.promised.flow == flow and code.is_name(current.code, w.promised.head)
        if is_head and len(rest) > 1:  # what is chosen there goes on, into the chain's own variable
            current = w.run(rest.pop(0), current, w.promised.head)
        return _through(w, rest, current, flow)


def _through(w: Writer, stages: Iterable[tree.Expr], current: Piece, flow: str) -> Piece:
    stages = [*stages]
    for stage, following in zip_longest(stages, stages[1:]):
        if isinstance(current.code, ast.ListComp):
            current = w.assign(w.temporary("branches"), current)
        elif _needs_line(w, stage, current):
            apart = taken_apart(w, stage, current, flow) or picked(w, stage, current, flow)
            current = apart or w.passed_on(current, flow)
        w.joined_by = _kind(following)
        with w.commented(stage):
            current = w.run(stage, current, flow)
    return current


def _kind(stage: tree.Expr | None) -> str:
    """Give the class of a stage that makes a layer and says no more of it."""
    match stage:
        case tree.Call(function=tree.Name(id=kind)):
            return kind
    return ""


#: An operator of this length at most stands where the next layer is applied to it.
_SHORT = 24


def _needs_line(w: Writer, stage: tree.Expr, current: Piece) -> bool:
    """Tell whether what arrives at a stage has a line of its own: an application has, a short operator has not."""
    if not is_application(current.code) or carried_by(w, stage, current) is not None:
        return False
    if _nests_in(stage, current.code):
        return False
    is_operator = isinstance(current.code, (ast.BinOp, ast.UnaryOp))
    applies = any(isinstance(node, ast.Call) for node in ast.walk(current.code))
    is_short = is_operator and not applies and len(flat(current.code)) <= _SHORT
    return not is_short or not isinstance(stage, tree.Call)


def _nests_in(stage: tree.Expr, arriving: ast.expr) -> bool:
    """Tell whether a short function stands in the one behind it: `ops.log1p(ops.relu(x))`."""
    if not isinstance(arriving, ast.Call) or not isinstance(arriving.func, ast.Attribute):
        return False
    if not is_marked(arriving.func.value, "ops") or len(flat(arriving)) > _SHORT:
        return False
    holds = any(isinstance(node, ast.Call) for part in arriving.args for node in ast.walk(part))
    is_function = isinstance(stage, tree.Call) and is_of_ops(stage.function)
    return is_function and not holds and not reads_arriving(stage)


@deep
def write_stage(w: Writer, stage: tree.Expr, current: Piece, flow: str) -> Piece:
    """Write one stage, by its type."""
    match stage:
        case tree.Call():
            return _call(w, stage, current, flow)
        case tree.Name():
            return _name(w, stage, current, flow)
        case tree.ListExpr():
            return fork_stage(w, stage, current, flow)
        case tree.Arriving():
            return current
        case tree.Pipe():
            return _through(w, stage.stages, current, flow)
        case tree.Repeat() | tree.For():
            return loop_stage(w, stage, current, flow)
        case tree.If():
            return if_stage(w, stage, current, flow)
        case tree.Conditional():
            return conditional_stage(w, stage, current, flow)
        case tree.As():
            return put_named(w, stage, w.run(stage.stage, current, flow), flow)
        case tree.Statements():
            return w.module.interpreter.braces(w, stage, current, flow)
        case (
            tree.Literal() | tree.FString() | tree.TupleExpr() | tree.DictExpr() | tree.Starred() | tree.Slice()
            | tree.Comprehension() | tree.DictComprehension() | tree.Unary() | tree.Binary()
            | tree.Compare() | tree.Attribute() | tree.Subscript()
        ):  # fmt: skip
            w.scope.arriving = repeatable(w, current, flow)
            return w.expression(stage)
        case _:
            assert_never(stage)


def _name(w: Writer, stage: tree.Name, current: Piece, flow: str) -> Piece:
    local = w.scope.lookup(stage.id)
    if local is not None and isinstance(local.kind, LayerObject):
        return apply_object(w, local, (), current, flow, stage)
    if local is not None and isinstance(local.kind, LayerFactory) and local.kind.applied:
        return _made_here(w, local.code, stage, current)
    return w.expression(stage)


def _made_here(w: Writer, maker: ast.expr, stage: tree.Name, current: Piece) -> Piece:
    """Apply a new layer of a parameter that makes them, under the name of the stage."""
    name = w.stage_name(stage, snake_case(stage.id))
    variable = w.variable_for(stage, snake_case(stage.id))
    made = w.made(code.call(maker, (), [(CALLED, name)]), variable, named_by=CALLED)
    if w.frozen:
        layer = _in_variable(w, made, f"{snake_case(stage.id)}_layer")
        w.emit(code.freezes(layer, frozen_too(w, ())))
        made = code.name(layer)
    return Piece(code.call(made, [current.code]), w.module.result_kind(stage, TENSOR))


def _in_variable(w: Writer, made: ast.expr, *candidates: str) -> str:
    """Put a layer in a variable, unless it is in one, and give that."""
    if isinstance(made, ast.Name):
        return made.id
    layer = w.temporary(*candidates)
    w.emit(code.assign(layer, made))
    return layer


def _call(w: Writer, stage: tree.Call, current: Piece, flow: str) -> Piece:
    """`Kind(…)`, `Kind(…)(…)`, `shared(…)`, `ops.f(…)`."""
    maker, second = stage, None
    if isinstance(stage.function, tree.Call):
        maker, second = stage.function, stage
    if _mentions_arriving(stage):
        current = repeatable(w, current, flow)
    w.scope.arriving = current
    target = maker.function
    if isinstance(target, tree.Attribute):
        return _dotted_stage(w, maker, second, current, flow)
    if not isinstance(target, tree.Name):
        return w.expression(stage)
    local = w.scope.lookup(target.id)
    symbol = None if local is not None else w.module.symbol(w.unit, target.id)
    if second is not None:
        kind = layer_kind(target.id) if local is None and symbol is None else None
        current, second = _in_place(w, second, current, one_by_one=ways_in(kind)[0])
    if local is not None:
        if isinstance(local.kind, LayerObject):
            if second is None:
                one_by_one = local.kind.positional
                current, maker = _in_place(w, maker, current, one_by_one=one_by_one)
            return apply_object(w, local, maker.arguments, current, flow, maker)
        return w.expression(stage)
    if symbol is None:
        if signature("layer", target.id) is None:
            return w.expression(stage)
        return _layer(w, maker, second, target.id, current, flow)
    match symbol.node:
        case tree.Block():
            return uses.block(w, maker, _second(second), current)
        case tree.Model() | tree.SpecialisedModel():
            return uses.model(w, maker, _second(second), current)
        case tree.ExternLayer():
            return _extern(w, maker, second, current)
        case tree.Let() | tree.Function() | tree.ExternFn() | tree.ExternObject():
            return w.expression(stage)
        case other:
            assert_never(other)


def _in_place(
    w: Writer, call: tree.Call, current: Piece, *, one_by_one: bool
) -> tuple[Piece, tree.Call]:
    """Give what goes first into the call of a layer, and the call without it."""
    placed = first_in_place(call, one_by_one=one_by_one)
    if placed is None:
        return current, call
    first, rest = placed
    return applied(w, first.value, word_for(first.value)), rest


def _mentions_arriving(stage: tree.Call) -> bool:
    return any(isinstance(node, tree.Arriving) for node in walk(stage))


def _second(second: tree.Call | None) -> tuple[tree.Argument, ...]:
    return second.arguments if second is not None else ()


def _layer(
    w: Writer, maker: tree.Call, second: tree.Call | None, kind: str, current: Piece, flow: str
) -> Piece:
    definition = layer_kind(kind)
    args, keywords = call_time(w, _second(second))
    if _needs_arriving(w, kind, maker.arguments):
        current = w.reusable(current, flow)
    shape, dtype = (code.attribute(current.code, name) for name in ("shape", "dtype"))
    with w.arriving((shape, dtype, 1)):
        name = w.stage_name(maker, snake_case(kind))
        made = w.made(
            layer_call(w, kind, maker.arguments, name), w.variable_for(maker, snake_case(kind))
        )
    spreads, only = ways_in(definition)
    first = spread(current) if spreads else [listed(current, only=only).code]
    trainable = freezing(w, kind, maker.arguments)
    layer = ""
    if trainable is not None:
        layer = _in_variable(w, made, snake_case(kind), f"{snake_case(kind)}_layer")
        made = code.name(layer)
    called = code.call(made, [*first, *args], keywords)
    applied = Piece(called, w.module.result_kind(second or maker, TENSOR))
    return applied if trainable is None else then_frozen(w, applied, layer, trainable, flow)


def _needs_arriving(w: Writer, kind: str, written: tuple[tree.Argument, ...]) -> bool:
    """Tell whether an argument is a network that is made for what arrives."""
    if any(holds_network(w, argument.value) for argument in written):
        return True
    for defaults in w.scope.defaults:
        with w.within(defaults.scope):
            if any(holds_network(w, a.value) for a in defaults.arguments.get(kind, ())):
                return True
    return False


def _extern(w: Writer, maker: tree.Call, second: tree.Call | None, current: Piece) -> Piece:
    assert isinstance(maker.function, tree.Name)
    args, keywords = call_time(w, _second(second))
    kind = snake_case(maker.function.id)
    layer = extern_layer(w, maker, w.stage_name(maker, kind))
    made = w.made(layer, w.variable_for(maker, kind))
    applied = code.call(made, [listed(current).code, *args], keywords)
    return Piece(applied, w.module.result_kind(maker, TENSOR))


def _dotted_stage(
    w: Writer, maker: tree.Call, second: tree.Call | None, current: Piece, flow: str
) -> Piece:
    target = maker.function
    assert isinstance(target, tree.Attribute)
    root, _, rest = (unbound_path(w, target) or "").partition(".")
    if root == "ops":
        return ops_call(w, maker, f"ops.{rest}", None if w.is_source(maker) else current)
    if root == "applications":
        return _application(w, maker, second, rest, w.reusable(current, flow))
    return w.expression(maker)


def _application(
    w: Writer, maker: tree.Call, second: tree.Call | None, kind: str, current: Piece
) -> Piece:
    cuts = next((w.value(a.value) for a in _second(second) if a.name == "outputs"), None)
    shape = code.subscript(code.attribute(current.code, "shape"), ast.Slice(code.constant(1)))
    made = applications.network_call(w, maker, kind, shape, cuts)
    result = w.module.result_kind(second or maker, TENSOR)
    # Within a shared layer a network that gives its maps is made by statements, and what stands here is its name.
    keywords = made.keywords if isinstance(made, ast.Call) else []
    name = next((k.value for k in keywords if k.arg == "name"), None)
    own = name.value if isinstance(name, ast.Constant) and str(name.value).isidentifier() else ""
    words = [word for word in (str(own), snake_case(kind), f"{snake_case(kind)}_model") if word]
    if cuts is None or w.making is not None:
        target = uses.freeze(w, maker, made, *words)
        return Piece(code.call(target, [current.code]), result)
    variable = w.temporary(*words)
    target = uses.freeze(w, maker, made, variable, named=True)
    if target is made:
        target = w.assign(variable, Piece(made, VALUE)).code
    return Piece(code.call(target, [current.code]), result)
