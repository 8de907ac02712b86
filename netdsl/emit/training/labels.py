"""What the labels of an output are, as far as its loss tells: class numbers, rows with a 1, yes or no, values."""

from __future__ import annotations

from typing import Literal

from netdsl.catalog.kind import ExternFunction
from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.elaborate.training.losses import loss_kind

Labels = Literal["numbers", "one_hot", "binary", "values"]

_BY_LOSS: dict[str, Labels] = {
    "SparseCategoricalCrossentropy": "numbers",
    "CategoricalGeneralizedCrossEntropy": "numbers",
    "CategoricalCrossentropy": "one_hot",
    "CategoricalFocalCrossentropy": "one_hot",
    "CategoricalHinge": "one_hot",
    "BinaryCrossentropy": "binary",
    "BinaryFocalCrossentropy": "binary",
    "Hinge": "binary",
    "SquaredHinge": "binary",
}


def labelled(experiment: Experiment) -> list[Port]:
    """Give the outputs that need labels: those with a loss, all where none has one."""
    return [port for port in experiment.outputs if port.loss is not None] or [*experiment.outputs]


def labels_of(port: Port) -> Labels:
    """Tell the labels of an output."""
    if port.loss is None or isinstance(port.loss, ExternFunction):
        return "values"
    found = _BY_LOSS.get(loss_kind(port.loss, port.spec), "values")
    alone = len(port.shape) == 2 and (found != "binary" or port.shape[-1] == 1)
    return found if alone else "values"


def sorted_by_class(experiment: Experiment) -> Port | None:
    """Give the output whose classes every part of a split has alike: the first that has classes."""
    return next((port for port in labelled(experiment) if labels_of(port) != "values"), None)
