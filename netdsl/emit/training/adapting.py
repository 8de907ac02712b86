"""The layers that learn from training data before fitting, and how each is given what arrives there."""

from __future__ import annotations

from netdsl.elaborate.training.experiment import Experiment
from netdsl.graph import Node
from netdsl.record import record


@record
class Adapted:
    """A layer that learns: its name, and the call where it stands right behind an input."""

    name: str
    code: str = ""


def adapted(experiment: Experiment) -> list[Adapted]:
    """Give the layers to adapt: those that the block names, or all that have something to learn.

    What a layer has learned as weights comes with those that training starts from, and the layers behind it expect
    just that; a vocabulary does not.
    """
    wanted, starts = experiment.value("adapt"), experiment.value("start_from") is not None
    found = [
        node
        for node in experiment.graph.needed_nodes()
        if (
            node.name in wanted
            if isinstance(wanted, list)
            else _learns(node) and not (starts and node.operation.weights)
        )
    ]
    return [_adapted(node, experiment) for node in {node.name: node for node in found}.values()]


def _learns(node: Node) -> bool:
    definition = node.operation.definition
    learns = definition.learns if definition is not None else None
    return learns is not None and learns(node.operation.bound)


def _adapted(node: Node, experiment: Experiment) -> Adapted:
    (before,) = [experiment.graph.nodes[ref.node] for ref in node.inputs][:1]
    if before.operation.family != "input":
        return Adapted(node.name)
    arriving = "features"
    if len(experiment.inputs) > 1:
        arriving = f"features.map(lambda features: features[{before.name!r}])"
    return Adapted(node.name, f"model.get_layer({node.name!r}).adapt({arriving})")
