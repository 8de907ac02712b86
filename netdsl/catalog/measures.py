"""What losses and metrics are for: the labels that a loss takes, the question that a metric answers.

With the table of `training_fits.py` this says which metric fits an output, and which answers the same question there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.signature import facts, identifiers, signature
from netdsl.catalog.spell import one_of, spell
from netdsl.catalog.training_fits import (
    LABELS,
    LOSS_WORDS,
    METRIC_WORDS,
    Column,
    row_of,
    verdict_on,
)
from netdsl.value import Arguments, Value

_NUMBERS = ("numbers", "numbers_in_rows")
_BINARY = ("binary", "binary_flat")
_VALUES = ("values", "values_flat")

#: What labels are, as sentences name them.
LABEL_WORDS: Mapping[str, str] = {
    "numbers": "numbers of classes",
    "numbers_in_rows": "numbers of classes",
    "one_hot": "rows with a 1 at the class",
    "binary": "0 or 1",
    "binary_flat": "0 or 1",
    "values": "values",
    "values_flat": "values",
}


def in_words(labels: Iterable[str]) -> str:
    """Name labels in words; where they may be 0 or 1, values between the two are not named beside them."""
    named = list(labels)
    if any(one in _BINARY for one in named):
        named = [one for one in named if one not in _VALUES]
    words = list(dict.fromkeys(LABEL_WORDS[one] for one in named))
    return one_of(words) if words else ""


#: The labels that each loss is for; those after the first few only where the output leaves no others.
LOSS_LABELS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"), (_NUMBERS,)),
    **dict.fromkeys(
        ("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "CategoricalHinge"), (("one_hot",),)
    ),
    # Of what is true of each unit, or of how much of it: pixels of an image are probabilities as well.
    **dict.fromkeys(
        ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky"), ((*_BINARY, "one_hot", *_VALUES),)
    ),
    **dict.fromkeys(("Hinge", "SquaredHinge"), (_BINARY,)),
    **dict.fromkeys(
        (
            "CosineSimilarity", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError", "MeanAbsolutePercentageError",
            "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson",
        ),
        (_VALUES, ("one_hot", *_BINARY)),
    ),
    **dict.fromkeys(LOSS_WORDS, ((*_NUMBERS, "one_hot", *_BINARY),)),
}  # fmt: skip

#: Losses of values that are 0 or more: of those below Keras computes something else without a word.
NOT_BELOW_0 = frozenset({"Poisson", "KLDivergence", "MeanSquaredLogarithmicError"})

#: Losses that compare scores: what is squashed, or its margin. Others compare the numbers themselves.
OF_SCORES = frozenset(
    {
        "SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
        "BinaryCrossentropy", "BinaryFocalCrossentropy", "Hinge", "SquaredHinge", "CategoricalHinge", *LOSS_WORDS,
    }
)  # fmt: skip

#: Metrics by the question that they answer, the likeliest first.
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("accuracy", "SparseCategoricalAccuracy", "CategoricalAccuracy", "BinaryAccuracy", "Accuracy"),
    ("SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy"),
    ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"),
    ("MeanIoU", "OneHotMeanIoU", "BinaryIoU"),
    ("IoU", "OneHotIoU", "BinaryIoU"),
    ("Hinge",), ("SquaredHinge",), ("CategoricalHinge",),
    ("AUC",), ("PearsonCorrelation",), ("ConcordanceCorrelation",),
)  # fmt: skip

#: Metrics of how far values are apart; the others ask which class, or whether.
OF_VALUES = frozenset(
    {
        "MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError", "LogCoshError", "CosineSimilarity", "KLDivergence", "Poisson", "R2Score",
        "PearsonCorrelation", "ConcordanceCorrelation", "Mean", "Sum",
    }
)  # fmt: skip

#: Metrics that look for the largest number along the last axis: of one number for each sample that is the batch.
OF_LARGEST = frozenset(
    {
        "accuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
    }
)  # fmt: skip

#: Metrics of margins, which are of scores.
OF_MARGINS = frozenset({"Hinge", "SquaredHinge", "CategoricalHinge"})

#: Arguments with which a metric reads scores as what they are.
_FOR_SCORES: Mapping[str, Value] = {"from_logits": True, "threshold": 0.0, "thresholds": 0.0}
_THRESHOLDS = ("threshold", "thresholds")


def metric_kind(metric: Value) -> str:
    """Give a metric's class, or the word for which `compile` picks one: `acc` is accuracy, `mae` MeanAbsoluteError."""
    if isinstance(metric, ObjectValue):
        return metric.kind
    if str(metric).lower() in METRIC_WORDS:
        return "accuracy"
    return identifiers("metric").get(str(metric), str(metric))


def better(metric: Value) -> str | None:
    """Say which way a metric gets better, "up" or "down"; None where Keras does not know."""
    kind = metric_kind(metric)
    entry = facts()["metric"].get("BinaryAccuracy" if kind == "accuracy" else kind, {})
    return cast("str | None", entry.get("better"))


def gives_several(metric: Value) -> bool:
    """Tell whether a metric gives a figure for each class, or for each threshold."""
    kind, arguments = metric_kind(metric), metric_arguments(metric)
    if kind in ("F1Score", "FBetaScore"):
        return arguments.get("average") is None
    if kind == "R2Score":
        return "class_aggregation" in arguments and arguments["class_aggregation"] is None
    listed = arguments.get("thresholds")
    return kind != "AUC" and isinstance(listed, (list, tuple)) and len(listed) > 1


def metric_arguments(metric: Value) -> Arguments:
    return metric.arguments if isinstance(metric, ObjectValue) else {}


def metric_verdict(metric: Value, column: Column) -> str | None:
    """Say what a metric makes of an output and its labels; a threshold that was given is meant for what it meets."""
    kind, arguments = metric_kind(metric), metric_arguments(metric)
    found = verdict_on("metric", row_of(kind, arguments), column)
    if found is not None and "squashed" in found:
        reads_scores = kind in OF_MARGINS or set(_THRESHOLDS) & set(arguments)
        found = "fits" if reads_scores else found
    if found == "fits" and column.layout == "flat" and kind in OF_LARGEST:
        return "blind"
    is_of_values = LABELS[column.labels][0] == "values"
    if found == "fits" and is_of_values and kind not in OF_VALUES and "Crossentropy" not in kind:
        return "blind"  # it asks which class, of what has none
    return found


def loss_labels(kind: str, arguments: Arguments, form: Column) -> tuple[str, ...]:
    """List the labels that a loss can be given with an output; `form` says what the output is."""
    row = row_of(kind, arguments)
    for labels in _for_form(kind, form):
        taken = tuple(
            one
            for one in labels
            if verdict_on("loss", row, Column(form.activation, form.layout, one))
            in ("fits", "squashed", "fits, no jit", "squashed, no jit")
        )
        if taken:
            return taken
    return ()


def _for_form(kind: str, form: Column) -> tuple[tuple[str, ...], ...]:
    """Give what a loss is for; of numbers that nothing squashes, and that it does not squash, only values are."""
    groups = LOSS_LABELS.get(kind, ())
    squashed = form.activation in ("softmax", "sigmoid") or kind in OF_SCORES
    return groups if squashed or groups[:1] != (_VALUES,) else groups[:1]


def instead(metric: Value, columns: tuple[Column, ...], classes: int) -> str | None:
    """Spell the metric that answers the same question where this one does not fit; None where there is none."""
    kind = metric_kind(metric)
    scores = any(column.activation not in ("sigmoid", "softmax") for column in columns)
    for other in _candidates(metric, kind, classes, scores):
        verdicts = [metric_verdict(other, column) for column in columns]
        if "fits" in verdicts and other != metric:
            return other if isinstance(other, str) else _spelled(other, metric)
    return None


def _candidates(
    metric: Value, kind: str, classes: int, scores: bool
) -> Iterator[str | ObjectValue]:
    """Give the metric set to read scores, then those that ask the same, each as it is mostly configured."""
    arguments = metric_arguments(metric)
    same = "BinaryAccuracy" if kind == "accuracy" else kind
    if scores or kind in ("F1Score", "FBetaScore"):
        yield from _for_scores(same, arguments)
    if kind in ("PearsonCorrelation", "ConcordanceCorrelation"):
        yield ObjectValue("metric", kind, {**arguments, "axis": 0})
    asked = next((group for group in QUESTIONS if kind in group), ())
    for other in asked:
        if other == "accuracy":
            yield other
            continue
        found = signature("metric", other)
        assert found is not None
        kept = {k: v for k, v in arguments.items() if k in found.names and k not in _SET}
        if "num_classes" in found.names:
            kept["num_classes"] = classes
        if other in ("MeanIoU", "IoU"):
            kept["sparse_y_pred"] = False
        yield ObjectValue("metric", other, kept)
        yield from _for_scores(other, kept)


#: Arguments that a candidate is given anew.
_SET = ("num_classes", "sparse_y_true", "sparse_y_pred", *_THRESHOLDS)


def _for_scores(kind: str, arguments: Arguments) -> Iterator[ObjectValue]:
    found = signature("metric", kind)
    for name, value in _FOR_SCORES.items():
        if found is None or name not in found.names or name in arguments:
            continue
        if kind in (
            "F1Score",
            "FBetaScore",
        ):  # whose threshold is above 0, and a must with one unit
            yield ObjectValue("metric", kind, {**arguments, name: 0.5})
        else:
            yield ObjectValue("metric", kind, {**arguments, name: value})


def _spelled(other: ObjectValue, metric: Value) -> str:
    """Spell a metric as the one in whose place it stands: by its name in small letters, or made with arguments."""
    if isinstance(metric, str) and not other.arguments:
        by_name = [n for n, kind in identifiers("metric").items() if kind == other.kind]
        small = [n for n in by_name if n == n.lower() and len(n) > 3]
        if small:
            return min(small, key=len)
    return spell(other)


def in_general(columns: tuple[Column, ...]) -> str:
    """Name the metric that people take for such an output first."""
    if all(LABELS[column.labels][0] == "values" for column in columns):
        return "mae"
    return "BinaryAccuracy()" if columns[0].layout == "flat" else "accuracy"
