"""What Keras records of each epoch, by name: what a callback can wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.signature import signature
from netdsl.elaborate.plans.naming import snake_case
from netdsl.elaborate.training import losses, metrics
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.value import Value

if TYPE_CHECKING:
    from netdsl.elaborate.training.plan import TrainPlan


@record
class Logged:
    """A figure that is recorded: its name, and the metric that it is of, None where it is a loss.

    `found` tells whether Keras finds by that name which way it gets better: it asks metrics by their own, without the
    output's before it.
    """

    name: str
    metric: Value = None
    found: bool = True


def logged(plan: TrainPlan, graph: Graph) -> list[Logged]:
    """Give the figures in `History.history`, without those of validation, as Keras 3 names them.

    It is empty where a function of the user's own is among the metrics, whose name is not known here.
    """
    outputs = list(graph.outputs)
    lead = {name: f"{name}_" if len(outputs) > 1 else "" for name in outputs}
    found = [Logged("loss")]
    with_loss = [name for name, loss in losses.loss_of(plan, graph).items() if loss is not None]
    if len(with_loss) > 1:
        found += [Logged(f"{name}_loss", found=False) for name in with_loss]
    for measured in metrics.metrics_of(plan, graph):
        if isinstance(measured.metric, ExternFunction) or _is_ones_own(measured.metric):
            return []
        name = lead[measured.output] + _metric_name(measured.metric)
        found.append(Logged(name, measured.metric, not lead[measured.output]))
    return found


def logged_names(plan: TrainPlan, graph: Graph) -> list[str]:
    """Give the names of those figures."""
    return [figure.name for figure in logged(plan, graph)]


def _is_ones_own(metric: Value) -> bool:
    """Tell a class of the user's own whose name in the figures only it knows: `name=` is none of what was given."""
    return (
        isinstance(metric, ObjectValue) and bool(metric.module) and not metric.arguments.get("name")
    )


def _metric_name(metric: Value) -> str:
    """Name a metric: as it is written where that is a name, else by its `name`, or after its class."""
    if not isinstance(metric, ObjectValue):
        return str(metric)
    if metric.arguments.get("name"):
        return str(metric.arguments["name"])
    found = signature("metric", metric.kind)
    preset = found and next((p.default for p in found.parameters if p.name == "name"), None)
    return preset if isinstance(preset, str) else snake_case(metric.kind)
