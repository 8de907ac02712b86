"""Stages that no use of a file's declarations runs: branches not taken, loops without a turn, blocks that nothing uses.

The generated Python has them all the same, so what is wrong with them whatever their values is told: names that
nothing binds, arguments that no layer takes. Every name of the declaration is unknown here, and so is what arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import TypeAlias, cast

from netdsl.catalog.kind import BoundLayer
from netdsl.diagnostics.problems import arguments, names, structure
from netdsl.diagnostics.sink import Diagnostics
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.chains import stages
from netdsl.elaborate.files.linking import Unit
from netdsl.elaborate.layers.weights import check_weight
from netdsl.elaborate.remedies import no_stage, rebinding
from netdsl.elaborate.scope.entities import POISON, KindRef, Poison
from netdsl.elaborate.scope.frame import MISSING, Body, Frame, Session
from netdsl.elaborate.scope.limits import LimitReached
from netdsl.graph import Graph
from netdsl.stack import deep
from netdsl.syntax import tree
from netdsl.syntax.walk import (
    arms,
    arriving_in,
    asked,
    bodies_in,
    children,
    free_names,
    turns,
    walk,
)
from netdsl.value import Value

#: What is wrong whatever the values are. Of what follows from values nothing is known.
_CERTAIN = frozenset(
    problem.code
    for problem in (
        names.UnknownName, names.UnknownStage, names.UnknownMember, names.UnsupportedKind,
        arguments.UnknownArgument, arguments.RepeatedArgument, arguments.TooManyArguments,
        arguments.MissingArgument, arguments.WrongArgument, arguments.ArgumentOutOfRange, arguments.UnknownChoice,
        arguments.UnknownIdentifier,
        structure.NotApplied, structure.MissingParentheses, structure.NotAStage, structure.NotATensor,
        structure.WrongUse, structure.WrongInputs, structure.Cycle, names.NameBoundTwice, structure.WrongWeight,
    )
)  # fmt: skip

#: A stage that was not run, what arrives at it (a tensor of which nothing is known, or none), and whether it is the
#: first of a chain or branch, which may be a source.
Missed: TypeAlias = tuple[tree.Expr, Value, bool]

_NAMED = (
    *(tree.Parameter, tree.Let, tree.Function, tree.LayerDecl, tree.WeightDecl),
    *(tree.Input, tree.As),
)


def check_unreached(unit: Unit, session: Session) -> None:
    """Report mistakes in the stages of a file's blocks and models that elaboration did not come to."""
    for imported in [frame.unit for frame in session.roots.values()]:
        if not imported.is_library:
            _check(imported, session, used_only=imported is not unit)


def _check(unit: Unit, session: Session, *, used_only: bool) -> None:
    """Check one file; of another that it imports, what it uses of that is its concern."""
    for statement in unit.module.statements:
        if isinstance(statement, tree.Function) and not used_only:
            _report(session, partial(_check_functions, [statement], unit, session))
        if not isinstance(statement, (tree.Block, tree.Model)):
            continue
        if used_only and not _is_used(statement, session):
            continue
        functions = list(_functions(statement))
        if functions:
            _report(session, partial(_check_functions, functions, unit, session))
        for body in bodies_in(statement.body):
            if id(body) not in session.arrangements:
                _report(session, partial(_check_order, statement, body, unit, session))
                weights = [s for s in body.statements if isinstance(s, tree.WeightDecl)]
                if weights:
                    _report(session, partial(_check_weights, statement, weights, unit, session))
        missed = list(_missed(statement, session))
        if missed:
            _report(session, partial(_check_stages, statement, missed, unit, session))


def _report(session: Session, check: Callable[[], None]) -> None:
    """Have something checked of which no value is known, and report what is certain all the same."""
    told, session.diagnostics = session.diagnostics, Diagnostics()
    try:
        with suppress(LimitReached):  # what is too much when it runs is not run here
            check()
        found = [d for d in session.diagnostics if d.code in _CERTAIN]
    finally:
        session.diagnostics = told
    for diagnostic in found:
        session.diagnostics.report(diagnostic)


def _is_used(node: tree.Block | tree.Model, session: Session) -> bool:
    return id(node.body) in session.reached or id(node.body) in session.arrangements


def _check_weights(
    node: tree.Block | tree.Model, found: list[tree.WeightDecl], unit: Unit, session: Session
) -> None:
    frame = _unknowing(node, unit, session)
    for statement in found:
        session.place = statement.span
        check_weight(statement, frame)


def _unknowing(node: tree.Block | tree.Model, unit: Unit, session: Session) -> Frame:
    """Open the scope of a declaration of whose names nothing is known."""
    known: dict[str, Value] = dict.fromkeys(_bound_in(node), POISON)
    body = Body(Graph(node.name), session.plan(node, unit), runs=False)
    return Frame(session, unit, session.root(unit), known, body)


def _check_stages(
    node: tree.Block | tree.Model, missed: list[Missed], unit: Unit, session: Session
) -> None:
    frame = _unknowing(node, unit, session)
    for found in missed:
        _visit(found, frame)


def _bound_in(node: tree.Node) -> Iterator[str]:
    """Give every name that is bound anywhere inside a declaration."""
    for inner in walk(node):
        if isinstance(inner, _NAMED):
            yield inner.name
        elif isinstance(inner, tree.NamePattern):
            yield inner.id
        elif isinstance(inner, tree.TensorType):  # its sizes may be symbols
            yield from free_names(inner)


def _check_order(
    node: tree.Block | tree.Model,
    body: tree.Body | tree.Statements,
    unit: Unit,
    session: Session,
) -> None:
    """Report what gets no value in any order in a body that nothing has run."""
    arranged = session.arranged(body)
    if arranged.twice or arranged.cycles or arranged.mixed:
        plan = session.plan(node, unit)
        known = Body(Graph(node.name), plan, runs=False)
        rebinding.report_order(arranged, Frame(session, unit, session.root(unit), {}, known))


def _functions(node: tree.Block | tree.Model) -> Iterator[tree.Function]:
    for body in bodies_in(node.body):
        yield from (s for s in body.statements if isinstance(s, tree.Function))


def _check_functions(functions: list[tree.Function], unit: Unit, session: Session) -> None:
    """Report stages in functions, and what arrives at them, which nothing calls: a function is over values."""
    for function in functions:
        known: dict[str, Value] = dict.fromkeys(_bound_in(function), POISON)
        frame = Frame(session, unit, session.root(unit), known, None)
        pending: list[tree.Node] = [function.value]
        while pending:
            node = pending.pop()
            match node:
                case tree.Arriving():
                    ev.evaluate(node, frame)
                case tree.Stage():
                    no_stage.outside_bodies(node.span, frame)
                case tree.Pipe(_, (first, second, *_)) if not _begins_with_layer(first, frame):
                    no_stage.outside_bodies(second.span, frame)
                case _:
                    pending.extend(children(node))


def _begins_with_layer(first: tree.Expr, frame: Frame) -> bool:
    """Tell whether it is a chain that is itself a layer, for an argument that takes one."""
    return isinstance(ev.evaluate(first, frame), (BoundLayer, KindRef, Poison))


def _missed(node: tree.Block | tree.Model, session: Session) -> Iterator[Missed]:
    """Give the stages that were not run, the outermost of them."""
    if not isinstance(node.body, tree.Body):
        yield from _in_stages([(node.body, POISON, True)], session)
        return
    statements = node.body.statements
    has_inputs = any(isinstance(statement, tree.Input) for statement in statements)
    arriving = MISSING if isinstance(node, tree.Model) or not has_inputs else POISON
    for statement in statements:
        if arriving is MISSING:
            yield from ((found, MISSING, True) for found in arriving_in(statement))
        if isinstance(statement, (tree.Bind, tree.Output)):
            yield from _in_value(statement.value, arriving, session)


def _in_value(value: tree.Expr, arriving: Value, session: Session) -> Iterator[Missed]:
    """Look at the chains inside an expression that stands for tensors or values."""
    pending: list[tree.Node] = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, tree.Pipe):
            pending.append(node.stages[0])
            yield from _in_stages([(s, POISON, False) for s in node.stages[1:]], session)
        elif isinstance(node, tree.ListExpr):  # a loop among its items is run item by item
            pending += [i.body if isinstance(i, tree.For) else i for i in node.items]
        elif isinstance(node, tree.Stage):
            yield from _in_stages([(cast("tree.Expr", node), arriving, True)], session)
        elif not isinstance(node, tree.Call):  # a chain among arguments is a layer
            pending.extend(children(node))


def _in_stages(found: Iterable[Missed], session: Session) -> Iterator[Missed]:
    pending = list(found)
    while pending:
        missed = pending.pop()
        if id(missed[0]) not in session.reached:
            yield missed
        else:
            pending.extend(_inside(missed, session))


def _inside(missed: Missed, session: Session) -> list[Missed]:
    """Give the stages that a stage is made of, each with what arrives at it."""
    stage, arriving, starts = missed
    match stage:
        case tree.Statements(_, statements):
            values = [s.value for s in statements if isinstance(s, (tree.Bind, tree.Output))]
            return [found for value in values for found in _in_value(value, arriving, session)]
        case tree.Pipe(_, (first, *rest)):
            return [(first, arriving, starts), *((later, POISON, False) for later in rest)]
        case tree.ListExpr(_, items):
            return [
                (item.body if isinstance(item, tree.For) else item, arriving, True)
                for item in items
                if not isinstance(item, tree.Starred)
            ]
    starts = arriving is MISSING if turns(stage) else starts
    return [(arm, arriving, starts) for arm in arms(stage)]


@deep
def _visit(missed: Missed, frame: Frame) -> None:
    """Check a stage that nothing has run, with all branches and bodies inside it.

    It is run on what `missed` says arrives: a tensor of which nothing is known, or nothing.
    """
    stage, arriving, starts = missed
    if starts:
        stages.note_starts(stage, frame)
    frame.session.place = stage.span
    frame.arriving = arriving
    for part in asked(stage):
        decided = ev.value_of(part, frame)
        skips = isinstance(stage, tree.If) and stage.otherwise is None and decided is False
        if skips and arriving is MISSING:
            no_stage.nothing_comes(stage, frame)
    inside = _inside(missed, frame.session)
    for inner in inside:
        _visit(inner, frame)
    if not inside:
        stages.run(stage, arriving, frame)
