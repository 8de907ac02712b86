"""Which losses and metrics go with which outputs and labels, as recorded from the installed Keras.

`training.json` holds a string for each loss and metric, a letter for each column. A column is a form of output, by what
is applied last and how it is laid out, and a form of labels; a letter is a verdict. `refresh_training.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, combinations
from pathlib import Path
from typing import Any, Literal

from netdsl.record import record
from netdsl.tensor import Shape
from netdsl.value import Arguments

#: Words for which `compile` picks a class by the shapes of labels and predictions.
LOSS_WORDS = ("crossentropy", "ce")
METRIC_WORDS = ("accuracy", "acc")

FITS = Path(__file__).with_name("training.json")

#: What the numbers of an output are: probabilities that add up to 1 or each by itself, scores that the loss squashes,
#: any numbers, numbers from 0 on.
Activation = Literal["softmax", "sigmoid", "logits", "linear", "positive"]

#: How they are laid out, without the batch: one for a sample or several, and the same for each step and each place.
Layout = Literal["one", "several", "steps_of_one", "steps", "map_of_one", "map"]
LAYOUTS: Mapping[str, tuple[int, ...]] = {
    "one": (1,),
    "several": (4,),
    "steps_of_one": (5, 1),
    "steps": (5, 4),
    "map_of_one": (3, 2, 1),
    "map": (3, 2, 4),
    "flat": (),  # a number for each sample, without an axis of its own
}

#: What labels say, and whether they lack the last axis of the output.
LABELS: Mapping[str, tuple[str, bool]] = {
    "numbers": ("classes", True),  # of classes, (batch,) for (batch, 4)
    "numbers_in_rows": ("classes", False),  # (batch, 1) for (batch, 4)
    "one_hot": ("classes", False),
    "binary": ("binary", False),  # 0 or 1 for each unit
    "binary_flat": ("binary", True),  # (batch,) for (batch, 1)
    "values": ("values", False),
    "values_flat": ("values", True),
}

#: Arguments that change what a class takes, with a value that does.
_ONE_CLASS = {"class_id": 1}
_OF_CLASSES = {"class_id": 1, "top_k": 2}
_AVERAGED = {"average": "macro", "threshold": 0.5}
_NUMBERS = {"sparse_y_true": False, "sparse_y_pred": False}
_OVER_BATCH = {"axis": 0}
_ROWS = {"sparse_y_pred": True}
_LOGITS = {"from_logits": True}
SWITCHES: Mapping[str, Mapping[str, object]] = {
    "AUC": {"multi_label": True, "from_logits": True},
    "Precision": _OF_CLASSES,
    "Recall": _OF_CLASSES,
    "PrecisionAtRecall": _ONE_CLASS,
    "RecallAtPrecision": _ONE_CLASS,
    "SensitivityAtSpecificity": _ONE_CLASS,
    "SpecificityAtSensitivity": _ONE_CLASS,
    "F1Score": _AVERAGED,
    "FBetaScore": _AVERAGED,
    "PearsonCorrelation": _OVER_BATCH,
    "ConcordanceCorrelation": _OVER_BATCH,
    "R2Score": {"num_regressors": 2},
    "IoU": _NUMBERS,
    "MeanIoU": _NUMBERS,
    "OneHotIoU": _ROWS,
    "OneHotMeanIoU": _ROWS,
    "BinaryCrossentropy": _LOGITS,
    "BinaryFocalCrossentropy": _LOGITS,
    "CategoricalCrossentropy": _LOGITS,
    "CategoricalFocalCrossentropy": _LOGITS,
    "SparseCategoricalCrossentropy": _LOGITS,
}

#: A verdict and its letter. "blind" says the same of right and wrong predictions, "backwards" is a loss that is lower
#: for wrong ones, "squashed" takes scores for probabilities. "asserts" fails where XLA does not compile it, for that
#: leaves assertions out; "no jit" fails where it does.
VERDICTS: Mapping[str, str] = {
    "fits": "+",
    "fails": "-",
    "blind": "0",
    "backwards": "<",
    "squashed": "p",
    "asserts, fits": "a",
    "asserts, blind": "b",
    "asserts, squashed": "q",
    "fits, no jit": "J",
    "blind, no jit": "K",
    "squashed, no jit": "P",
    "backwards, no jit": "L",
    "asserts, backwards": "c",
}


@record
class Column:
    """A form of output and a form of labels."""

    activation: str
    layout: str
    labels: str

    def __str__(self) -> str:
        return f"{self.activation} {self.layout} {self.labels}"


@cache
def columns() -> tuple[Column, ...]:
    """Give every form of output with every form of labels that makes sense of it."""
    return tuple(_columns())


@cache
def labels_with(activation: str, layout: str) -> tuple[str, ...]:
    """List the forms of labels that make sense of a form of output."""
    return tuple(c.labels for c in columns() if (c.activation, c.layout) == (activation, layout))


def _columns() -> Iterator[Column]:
    for activation in ("softmax", "sigmoid", "logits", "linear", "positive"):
        for layout, shape in LAYOUTS.items():
            if activation != "softmax" or (shape and shape[-1] > 1):
                for labels in _labels(activation, shape):
                    yield Column(activation, layout, labels)


def _labels(activation: str, shape: tuple[int, ...]) -> Iterator[str]:
    several, alone = bool(shape) and shape[-1] > 1, bool(shape) and shape[-1] == 1
    if several:
        yield from ("numbers", "numbers_in_rows", "one_hot")
    if activation != "softmax":
        yield "binary"
        if alone:
            yield "binary_flat"
    if activation not in ("softmax", "logits"):
        yield "values"
        if alone:
            yield "values_flat"


def switched(name: str) -> Iterator[tuple[str, ...]]:
    """Give every combination of the switches of a class: (), ("multi_label",), …"""
    own = tuple(SWITCHES.get(name, ()))
    return chain.from_iterable(combinations(own, n) for n in range(len(own) + 1))


def row_name(name: str, on: tuple[str, ...]) -> str:
    """Name the row of a class with some of its switches on: `AUC`, `AUC(multi_label)`."""
    return f"{name}({', '.join(on)})" if on else name


@cache
def _recorded() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(FITS.read_text(encoding="utf-8"))
    return found


@cache
def _places() -> Mapping[str, int]:
    return {name: place for place, name in enumerate(_recorded()["columns"])}


_BY_LETTER = {letter: verdict for verdict, letter in VERDICTS.items()}


def rows_of(family: str) -> tuple[str, ...]:
    """Give the losses, or the metrics, that were tried, those with switches among them."""
    return tuple(_recorded()[family])


def verdict_on(family: str, row: str, column: Column) -> str | None:
    """Give what was seen of a loss or metric; None where it was not tried on this."""
    place, letters = _places().get(str(column)), _recorded()[family].get(row)
    return None if place is None or letters is None else _BY_LETTER[letters[place]]


def row_of(kind: str, arguments: Arguments) -> str:
    """Name the row of a class as it was configured: `AUC(multi_label=True)` is that of `AUC(multi_label)`."""
    on = tuple(
        name
        for name, other in SWITCHES.get(kind, {}).items()
        if name in arguments and _is_switched(arguments[name], other)
    )
    return row_name(kind, on)


def _is_switched(value: object, other: object) -> bool:
    """Tell whether an argument is set; of truths, whether it is the one that is not the default."""
    return value is other if isinstance(other, bool) else value is not None


def layout_of(shape: Shape) -> str | None:
    """Name how an output is laid out, from its shape with the batch; None where it was not tried."""
    if len(shape) == 1:
        return "flat"
    if not shape or not isinstance(shape[-1], int) or shape[-1] < 1:
        return None
    alone, several = (("one", "several"), ("steps_of_one", "steps"), ("map_of_one", "map"))[
        min(len(shape), 4) - 2
    ]
    return alone if shape[-1] == 1 else several


#: Activations by what their numbers are; those of scores are "linear" until the loss is known.
_FORMS: Mapping[str, str] = {
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "sigmoid",
    "linear": "linear",
    **dict.fromkeys(("relu", "relu6", "softplus", "exponential"), "positive"),
}


def form_of(activation: str) -> str:
    """Say what numbers an activation gives; "" where that was not tried."""
    return _FORMS.get(activation, "")


def is_bad(verdict: str | None) -> bool:
    """Tell whether a verdict is that it fails in the first batch, with XLA or without."""
    return verdict is not None and ("fails" in verdict or "asserts" in verdict)
