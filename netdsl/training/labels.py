"""What labels a loss takes, by the catalogue: numbers of classes, rows with a 1, 0 or 1, or values."""

from __future__ import annotations

from typing import Literal

from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.measures import LOSS_LABELS, OF_SCORES
from netdsl.elaborate.training.experiment import Experiment, Port
from netdsl.elaborate.training.losses import loss_kind
from netdsl.foreign import Plain
from netdsl.source import Span

Form = Literal["numbers", "one_hot", "binary", "margin", "either", "values", "any"]

#: What each form is called in a sentence.
WORDS: dict[Form, str] = {
    "numbers": "the number of a class for each sample",
    "one_hot": "rows with a 1 at the class",
    "binary": "0 or 1",
    "margin": "-1 or 1",
    "either": "numbers of classes, or rows with a 1",
    "values": "values",
    "any": "values",
}


def kind_of(port: Port) -> str:
    """Give the class of an output's loss, nothing where it has none of Keras's."""
    if port.loss is None or isinstance(port.loss, ExternFunction):
        return ""
    return loss_kind(port.loss, port.spec)


def form_of(port: Port) -> Form:
    """Say what labels the loss of an output takes."""
    kind = kind_of(port)
    taken = {label for group in LOSS_LABELS.get(kind, ())[:1] for label in group}
    if not taken:
        return "any"
    if taken <= {"numbers", "numbers_in_rows"}:
        return "numbers"
    if taken == {"one_hot"}:
        return "one_hot"
    if taken <= {"binary", "binary_flat"}:
        return "margin"
    if "numbers" in taken:
        return "either"
    return "binary" if kind in OF_SCORES or "binary" in taken else "values"


def ignored(port: Port) -> Plain:
    """Give the class that a loss leaves out, None where it leaves out none."""
    return port.loss.arguments.get("ignore_class") if isinstance(port.loss, ObjectValue) else None


def classes_of(port: Port) -> int | None:
    """Give how many classes an output tells apart, None where that is no fixed number."""
    return port.shape[-1] if len(port.shape) > 1 else None


def loss_place(experiment: Experiment) -> Span:
    """Give the place of the loss, or of the block where it sets none."""
    setting = experiment.settings.get("loss")
    return experiment.span if setting is None else setting.span
