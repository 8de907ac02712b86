"""Shared layers that nothing uses: the generated code makes them all the same, so they are checked too."""

from __future__ import annotations

from netdsl.catalog.kind import Identifier
from netdsl.elaborate import evaluate as ev
from netdsl.elaborate.layers import applying as layers
from netdsl.elaborate.plans.ordering import Arrangement
from netdsl.elaborate.remedies import no_stage
from netdsl.elaborate.scope.entities import KindRef, SharedLayer
from netdsl.elaborate.scope.frame import Frame
from netdsl.syntax import tree

#: Modules whose functions are stages; what is wrong with one shows where it is used.
_FUNCTIONS = ("ops.", "applications.")


def check_unused(arranged: Arrangement, frame: Frame) -> None:
    """Check the names and arguments of the layers that a body makes and nothing in it has used."""
    for step in arranged.steps:
        if isinstance(step.statement, tree.LayerDecl):
            made = frame.variables.get(step.statement.name)
            if isinstance(made, SharedLayer) and not made.operations:
                _check(made.node.value, frame)


def _check(value: tree.Expr, frame: Frame) -> None:
    frame.session.place = value.span
    for stage in value.stages if isinstance(value, tree.Pipe) else (value,):
        if not isinstance(stage, tree.Call) or isinstance(stage.function, tree.Call):
            continue
        target = ev.evaluate(stage.function, frame)
        if isinstance(target, KindRef):
            layers.prepare(stage, target, frame)
        elif isinstance(target, Identifier) and not target.name.startswith(_FUNCTIONS):
            no_stage.unknown_call(stage, target, frame)
