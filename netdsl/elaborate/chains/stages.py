"""Chains: what arrives passes through stage after stage.

`run` takes one stage and what arrives and gives what leaves it. A chain is run in a loop, so that its length costs
no stack. The arriving value is a tensor, a list of them, or MISSING at the start of a source chain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from netdsl.catalog.kind import BoundLayer, ExternFunction, Identifier
from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.arguments import arriving_tensors
from netdsl.elaborate.arguments.held_layers import beside_each_other, have_names, with_layers
from netdsl.elaborate.chains import bodies, loops, sharing, uses
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.layers import extern, wrapped
from netdsl.elaborate.remedies import no_stage, unbound, uncalled
from netdsl.elaborate.scope import values
from netdsl.elaborate.scope.entities import (
    APPLIED_BY_NAME,
    MAKERS,
    POISON,
    BlockRef,
    ExternLayerRef,
    KindRef,
    ModelRef,
    NotTaken,
    SharedLayer,
    is_poisoned,
    is_tensorial,
    short,
    spell_entity,
)
from netdsl.elaborate.scope.families import layer_of
from netdsl.elaborate.scope.frame import MISSING, Frame
from netdsl.elaborate.scope.limits import check_items
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.places import first_in_place
from netdsl.syntax.walk import begins_with, walk
from netdsl.value import Value


def run_source_chain(expr: tree.Pipe, frame: Frame) -> Value:
    """Run a chain that stands where a value or tensor is expected: its first stage is the source.

    A chain that starts with a layer is itself a layer, for an argument that takes one.
    """
    first = expr.stages[0]
    current = layer_of(ev.evaluate(first, frame))
    if isinstance(current, (BoundLayer, KindRef, SharedLayer)):
        return _chain_of_layers(expr, current, frame)
    current = arriving_tensors.check_source(first, current, frame)
    if frame.body is None:
        if is_poisoned(current):
            return POISON
        return no_stage.outside_bodies(expr.stages[1].span, frame)
    return run_rest(expr, 1, current, frame)


def _chain_of_layers(expr: tree.Pipe, first: Value, frame: Frame) -> Value:
    found: list[Value] = [first]
    found.extend(layer_of(ev.evaluate(stage, frame)) for stage in expr.stages[1:])
    found = [with_layers(v, s.span, frame) for s, v in zip(expr.stages, found, strict=True)]
    chain: list[BoundLayer] = []
    for stage, value in zip(expr.stages, found, strict=True):
        if isinstance(value, KindRef):
            return _missing_parentheses(stage, value.name, value, frame)
        if not isinstance(value, BoundLayer):
            if not is_poisoned(value):
                frame.report(
                    problems.NotAStage.at(
                        stage.span,
                        "a chain that is itself a layer holds plain layers only",
                        help="write the layers out, one after the other, or start the chain from a tensor",
                    )
                )
            return POISON
        chain.append(value)
    frame.session.chains.add((expr.span.file.name, expr.span.start, expr.span.end))
    named = beside_each_other(expr.stages, chain, frame)
    chain = [layer for layer in named if isinstance(layer, BoundLayer)]
    return wrapped.layer_chain(chain) if have_names(expr.stages, chain, frame) else POISON


def run_rest(expr: tree.Pipe, start: int, current: Value, frame: Frame) -> Value:
    """Run the stages of a chain from number `start` on."""
    for stage in expr.stages[start:]:
        current = run(stage, current, frame)
    return current


@deep
def run(stage: tree.Expr, arriving: Value, frame: Frame) -> Value:
    """Pass what arrives through one stage."""
    frame.session.budget.step()
    frame.session.place = stage.span
    frame.session.reached.add(id(stage))
    outer, frame.arriving = frame.arriving, arriving
    result = _run_node(stage, arriving, frame)
    frame.arriving = outer
    if isinstance(result, (list, tuple)):
        frame.session.budget.hold(result)
    return result


def _run_node(stage: tree.Expr, arriving: Value, frame: Frame) -> Value:
    """Pass what arrives through a stage by its type."""
    match stage:
        case tree.Call():
            return _call(stage, arriving, frame)
        case tree.Name():
            return _name(stage, arriving, frame)
        case tree.ListExpr():
            return _fork(stage, arriving, frame)
        case tree.Arriving():
            return _arriving(stage, arriving, frame)
        case tree.Repeat():
            return _repeat(stage, arriving, frame)
        case tree.For():
            return _for(stage, arriving, frame)
        case tree.If():
            return _if(stage, arriving, frame)
        case tree.As():
            return _as(stage, arriving, frame)
        case tree.Statements():
            return bodies.run_braces(stage, arriving, frame)
        case tree.Pipe():
            return _pipe(stage, arriving, frame)
        case tree.Conditional():
            return _conditional(stage, arriving, frame)
        case tree.DictExpr():
            return _not_a_stage(stage, {}, frame)
        case (
            tree.Literal() | tree.FString() | tree.TupleExpr() | tree.Starred() | tree.Slice()
            | tree.Comprehension() | tree.DictComprehension() | tree.Unary() | tree.Binary()
            | tree.Compare() | tree.Attribute() | tree.Subscript()
        ):  # fmt: skip
            return _value(stage, arriving, frame)
        case _:
            assert_never(stage)


def _arriving(stage: tree.Arriving, arriving: Value, frame: Frame) -> Value:
    return ev.evaluate(stage, frame)


def _pipe(stage: tree.Pipe, arriving: Value, frame: Frame) -> Value:
    return run_rest(stage, 0, arriving, frame)


def _name(stage: tree.Name, arriving: Value, frame: Frame) -> Value:
    found = frame.lookup(stage.id)
    if isinstance(found, NotTaken):
        return unbound.not_taken(stage, found, frame)
    if isinstance(found, SharedLayer):
        if not sharing.is_called_alike(found, stage, False, arriving, frame):
            return POISON
        return sharing.apply_shared(found, None, stage.span, arriving, frame)
    if is_tensorial(found):
        return _start(stage, found, arriving, frame)
    if isinstance(found, MAKERS):
        return _missing_parentheses(stage, stage.id, found, frame)
    if found is MISSING:
        return no_stage.unknown_stage(stage.span, stage.id, frame)
    if isinstance(found, BoundLayer) and wrapped.can_be_applied(found, stage, arriving, frame):
        return wrapped.apply_bound(found, stage, arriving, frame)
    return _not_a_stage(stage, found, frame)


def _not_a_stage(stage: tree.Expr, value: Value, frame: Frame) -> Value:
    return no_stage.not_a_stage(stage, value, frame)


def _start(stage: tree.Expr, tensor: Value, arriving: Value, frame: Frame) -> Value:
    """A named tensor starts a branch of a fork; after any other arrow, what arrives would be lost."""
    if arriving is MISSING or id(stage) in frame.session.branch_starts or is_poisoned(tensor):
        return tensor
    return no_stage.tensor_as_stage(stage, frame)


def note_starts(item: tree.Expr, frame: Frame) -> None:
    """Remember the expressions that a branch, or a source, may begin with."""
    frame.session.branch_starts.update(id(node) for node in begins_with(item))


def _missing_parentheses(stage: tree.Expr, name: str, target: Value, frame: Frame) -> Value:
    uncalled.missing_parentheses(stage, name, target, frame)
    return POISON


def _call(stage: tree.Call, arriving: Value, frame: Frame) -> Value:
    """`Kind(…)`, `Kind(…)(…)`, `shared(…)`, `ops.f(…)`."""
    maker, second = stage, None
    if isinstance(stage.function, tree.Call):
        maker, second = stage.function, stage
    target = _target(maker.function, frame)
    if uncalled.refused_as_value(maker.function, target, frame):
        return POISON
    if isinstance(target, APPLIED_BY_NAME) and arriving is not MISSING:
        if second is not None:
            arriving, second = _in_place(second, target, arriving, frame)
        elif isinstance(target, SharedLayer):
            arriving, maker = _in_place(maker, target, arriving, frame)
    match target:
        case KindRef() if arriving is MISSING:
            return uncalled.not_applied(stage.span, frame)
        case KindRef():
            return layers.apply_layer(maker, second, target, arriving, frame)
        case BlockRef():
            return uses.apply_block(maker, second, target, arriving, frame)
        case ModelRef():
            return uses.apply_model(maker, second, target, arriving, frame)
        case ExternLayerRef():
            return extern.apply_extern(maker, second, target, arriving, frame)
        case SharedLayer() if second is None:
            by_name = bool(maker.arguments)
            if not sharing.is_called_alike(target, maker.function, by_name, arriving, frame):
                return POISON
            return sharing.apply_shared(target, maker, maker.span, arriving, frame)
        case Identifier():
            return _call_identifier(maker, second, target, arriving, frame)
    return _value(stage, arriving, frame)


def _in_place(
    call: tree.Call, target: Value, arriving: Value, frame: Frame
) -> tuple[Value, tree.Call]:
    """Give what goes first into the call of a layer, which is not what arrives where `_` says so, and the rest."""
    placed = first_in_place(call, one_by_one=sharing.takes_one_by_one(target))
    if placed is None:
        return arriving, call
    first, rest = placed
    given, fine = layers.call_time_arguments(replace(call, arguments=(first,)), frame)
    return given[0].value if fine else POISON, rest


def _target(function: tree.Expr, frame: Frame) -> Value:
    return ev.target_of(function, frame)


def _call_identifier(
    maker: tree.Call, second: tree.Call | None, target: Identifier, arriving: Value, frame: Frame
) -> Value:
    root, _, rest = target.name.partition(".")
    if root == "ops" and rest and second is None:
        from netdsl.elaborate.layers import operations

        return operations.call_op(maker, rest, arriving, frame)
    if root == "applications" and rest:
        from netdsl.elaborate.layers import applications

        return applications.apply_application(maker, second, rest, arriving, frame)
    return no_stage.unknown_call(maker, target, frame)


def source_operation(call: tree.Call, name: str, frame: Frame) -> Value:
    """Run a call such as `ops.arange(50)` without an arrow before it, which is a source of tensors."""
    root, _, rest = name.partition(".")
    if root == "ops" and frame.body is not None:
        from netdsl.elaborate.layers import operations

        return operations.call_op(call, rest, MISSING, frame)
    return uncalled.not_applied(call.span, frame)


def _fork(stage: tree.ListExpr, arriving: Value, frame: Frame) -> Value:
    branches: list[Value] = []
    for item in stage.items:
        if isinstance(item, tree.Starred):
            branches.extend(
                arriving_tensors.check_source(item, value, frame)
                for value in ev.spread(item, frame)
            )
        elif isinstance(item, tree.For):
            branches.extend(fork_loop(item, arriving, frame))
        else:
            branches.append(_branch(item, arriving, frame))
    if not branches:
        label = "a fork without branches gives no tensor"
        if not is_poisoned(arriving):
            frame.report(problems.NotATensor.at(stage.span, label))
        return POISON
    return branches


def _branch(item: tree.Expr, arriving: Value, frame: Frame) -> Value:
    note_starts(item, frame)
    result = run(item, arriving, frame)
    return nothing_comes(item, frame) if result is MISSING else result


def nothing_comes(stage: tree.Expr, frame: Frame) -> Value:
    """Report a branch or a loop at which nothing arrives and that makes no tensor itself."""
    return no_stage.nothing_comes(stage, frame)


def fork_loop(loop: tree.For, arriving: Value, frame: Frame) -> list[Value]:
    """Make a branch of a fork for each value: `[for pattern in values { chain }]`."""
    unnamed = loops.predefine(loop, frame)
    branches: list[Value] = []
    for index, item in enumerate(loops.iterable(loop.iterable, frame)):
        turn = loops.turn(loop, index, item, unnamed, frame)
        if arriving is MISSING:
            branches.append(
                arriving_tensors.check_source(loop.body, ev.evaluate(loop.body, turn), turn)
            )
        else:
            branches.append(_branch(loop.body, arriving, turn))
    return branches


def _how_often(count: Value, written: str) -> str:
    """Say how to get the count of a `repeat` from what was given."""
    match count:
        case int():
            return "write `max(0, …)` where it may go below"
        case float():
            return "round it: `int(…)`, or divide with `//`"
        case list() | tuple():
            return f"go through it with `for item in {short(written)} {{ … }}`, or repeat `len(…)` times"
    return "write a number: `repeat 3 { … }`"


def _repeat(stage: tree.Repeat, arriving: Value, frame: Frame) -> Value:
    unnamed = loops.predefine(stage, frame)
    count = ev.value_of(stage.count, frame)
    if is_poisoned(count):
        return POISON
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        shown = count if isinstance(count, (int, float)) else spell_entity(count)
        if values.is_dim(count):
            ev.report_value_problem(
                values.ValueProblem("`repeat` needs a number", count), stage.count.span, frame
            )
        else:
            frame.report(
                problems.Uncomputable.at(
                    stage.count.span,
                    f"`repeat` takes a whole number from 0, this is {shown}",
                    help=_how_often(count, stage.count.span.text),
                )
            )
        return POISON
    check_items(count)
    for index in range(count):
        arriving = run(stage.body, arriving, frame.turn(stage, index, dict(unnamed)))
        if is_poisoned(arriving):
            return POISON
    return arriving


def _for(stage: tree.For, arriving: Value, frame: Frame) -> Value:
    unnamed = loops.predefine(stage, frame)
    items = loops.iterable(stage.iterable, frame)
    for index, item in enumerate(items):
        turn = loops.turn(stage, index, item, unnamed, frame)
        arriving = run(stage.body, arriving, turn)
    return arriving


def _if(stage: tree.If, arriving: Value, frame: Frame) -> Value:
    current: tree.Expr | None = stage
    while isinstance(current, tree.If):
        decided = ev.condition(current.condition, frame)
        if decided is None:
            return POISON
        if decided:
            return run(current.then, arriving, frame)
        current = current.otherwise
    return arriving if current is None else run(current, arriving, frame)


def _as(stage: tree.As, arriving: Value, frame: Frame) -> Value:
    return keep(stage, run(stage.stage, arriving, frame), frame)


def keep(stage: tree.As, result: Value, frame: Frame) -> Value:
    """Bind what a stage gave to the name that stands after its `as`."""
    if stage.name == "_":
        return result
    for scope, is_repeated in frame.scopes():
        if stage.gathers and not scope.is_outermost:
            continue
        collected = scope.variables.get(stage.name)
        if not is_repeated and not stage.gathers:
            scope.variables[stage.name] = result
        elif isinstance(collected, list):  # begun when the loop, or the body, was
            collected.append(result)
    return result


def _conditional(stage: tree.Conditional, arriving: Value, frame: Frame) -> Value:
    decided = ev.condition(stage.condition, frame)
    if decided is None:
        return POISON
    return run(stage.then if decided else stage.otherwise, arriving, frame)


def _value(stage: tree.Expr, arriving: Value, frame: Frame) -> Value:
    """A tensor by itself starts a branch; any other value cannot follow an arrow."""
    value = ev.evaluate(stage, frame)
    if is_tensorial(value):
        uses_it = any(isinstance(node, tree.Arriving) for node in walk(stage))
        return value if uses_it else _start(stage, value, arriving, frame)
    if isinstance(value, ExternFunction):
        label, help_ = f"this is {spell_entity(value)}", "use `Lambda(…)` for a function of Python"
        frame.report(problems.NotAStage.at(stage.span, label, help=help_))
        return POISON
    return _not_a_stage(stage, value, frame)
