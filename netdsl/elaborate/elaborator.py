"""Elaboration of a file: each of its models at its hyperparameters, as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from functools import partial

from netdsl.catalog.versions import Releases
from netdsl.diagnostics.problems import structure as problems
from netdsl.diagnostics.sink import Diagnostics
from netdsl.elaborate.chains import assertions, models
from netdsl.elaborate.chains.unreached import check_unreached
from netdsl.elaborate.files.linking import Symbol, Unit
from netdsl.elaborate.interpreter import INTERPRETER
from netdsl.elaborate.plans.ordering import in_order
from netdsl.elaborate.scope.entities import Given, ModelRef, is_poisoned
from netdsl.elaborate.scope.frame import Frame, Session
from netdsl.elaborate.scope.hyperparameters import Hyperparameters, Settings, own_symbols
from netdsl.elaborate.scope.limits import MAX_STEPS, THREAD_STEPS, LimitReached, NeverEnds
from netdsl.elaborate.scope.untold import require_all_told, require_told
from netdsl.elaborate.training import engines, losses, metrics, plan, sources, together
from netdsl.graph import Graph
from netdsl.record import mutable
from netdsl.source import Span
from netdsl.stack import charged
from netdsl.syntax import tree
from netdsl.value import Value


@mutable
class Elaboration:
    """What came of a file: a graph for each model that could be made, in file order."""

    unit: Unit
    graphs: dict[str, Graph] = field(default_factory=dict)
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    training: list[plan.TrainPlan] = field(default_factory=list)
    steps: int = 0  # of work, as the budget counts it


def elaborate(
    unit: Unit,
    diagnostics: Diagnostics,
    settings: Settings,
    sizes: Mapping[str, int] | None = None,
    releases: Releases | None = None,
) -> Elaboration:
    """Elaborate every model of a file; mistakes are reported and the rest goes on."""
    place = Span(unit.file, 0, 0)
    session = Session(diagnostics, INTERPRETER, releases, sizes=dict(sizes or {}), place=place)
    result = Elaboration(unit, hyperparameters=session.hyperparameters)
    toll = partial(session.budget.step, THREAD_STEPS)
    with charged(toll), _limits(session):
        root = session.root(unit)
        for constant in in_order(constants_of(unit)):
            session.place = constant.span
            require_told(root.lookup(constant.name), constant.span, root)
        for symbol in own_symbols(unit):
            _elaborate_model(symbol, settings, session, result)
        for statement in unit.module.statements:
            if isinstance(statement, tree.Assert):
                session.place = statement.span
                assertions.check_top_level(statement, root, result.graphs, models.graph_of_use)
        if any(isinstance(statement, tree.Train) for statement in unit.module.statements):
            _read_training(unit, root, settings, result)
        if not diagnostics.has_errors:  # first things first
            check_unreached(unit, session)
        require_all_told(own_symbols(unit), result.graphs, session)
    result.steps = MAX_STEPS - session.budget.steps
    return result


def _read_training(unit: Unit, root: Frame, settings: Settings, result: Elaboration) -> None:
    graph_of = partial(_trained_graph, root=root, settings=settings)
    statements = unit.module.statements
    result.training = plan.read_training(root, statements, result.graphs, graph_of, settings)
    together.check_names(statements, root)
    for training in result.training:
        together.check_together(training, root)
        graph = training.graph
        if graph is not None and graph.complete:
            losses.check_losses(training, graph, root)
            losses.check_weights(training, graph, root)
            metrics.check_metrics(training, graph, root)
            metrics.check_class_weight(training, graph, root)
            sources.check_sources(training, graph, root)
            engines.check_engine(training, graph, root)
            together.check_augment(training, graph, root)


def constants_of(unit: Unit) -> list[tree.Let]:
    """Give the constants that a file itself declares."""
    return [s for s in unit.module.statements if isinstance(s, tree.Let)]


def _elaborate_model(
    symbol: Symbol, settings: Settings, session: Session, result: Elaboration
) -> None:
    session.place = symbol.node.name_span
    found = models.top_level(symbol.name, symbol, settings, session)
    if found is None:
        return
    base, bound = found
    instance = models.instance_of(base, bound, session, (), symbol.name)
    result.graphs[symbol.name] = instance.graph


def _trained_graph(
    statement: tree.Train, given: Mapping[str, Value], *, root: Frame, settings: Settings
) -> Graph | None:
    """Give the graph of a block's model at the hyperparameters that the block passes on."""
    target = root.lookup(statement.model)
    if not isinstance(target, ModelRef) or is_poisoned(list(given.values())):
        return None
    root.session.place = statement.model_span
    handed_on = {
        p.name: Given(p.name, given[p.name], p.default.span if p.default is not None else p.span)
        for p in statement.parameters
    }
    return models.trained(statement.model, target.symbol, handed_on, settings, root.session)


@contextmanager
def _limits(session: Session) -> Iterator[None]:
    """Turn a passed limit into one diagnostic at what was being elaborated, and end there."""
    try:
        yield
    except RecursionError:
        if session.place is not None:
            text = "values need one another in a line too long to follow"
            session.diagnostics.report(problems.TooLarge.at(session.place, text))
    except NeverEnds as endless:
        if session.place is not None:
            _report_endless(endless, session.place, session)
    except LimitReached as limit:
        if session.place is not None:
            session.diagnostics.report(
                problems.TooLarge.at(session.place, limit.text, help=limit.help)
            )


def _report_endless(endless: NeverEnds, place: Span, session: Session) -> None:
    """Report what calls itself without an end, and forget what went wrong in turns that should never have been."""
    name = endless.name
    session.diagnostics.forget(lambda d: bool(d.in_turns_of & endless.on_the_way))
    help_ = "let it end: `if n > 1 { … }` around the use of itself"
    if name in _models_without_parameters(session):
        help_ = "a model is no part of itself: leave this use out"
    session.diagnostics.report(
        problems.EndlessRecursion.at(place, endless.text, name=name, help=help_)
    )


def _models_without_parameters(session: Session) -> Iterator[str]:
    """Give the models that nothing could make end, were they a part of themselves."""
    for root in session.roots.values():
        for statement in root.unit.module.statements:
            if isinstance(statement, tree.Model) and not statement.parameters:
                yield statement.name
