"""Metrics and losses of a `train` block, held against the outputs: what fails, what means nothing, what fits."""

from __future__ import annotations

import pytest

import netdsl
from netdsl.catalog.measures import LOSS_LABELS, QUESTIONS, instead, metric_verdict
from netdsl.catalog.signature import names, signature
from netdsl.catalog.training_fits import (
    LABELS,
    LAYOUTS,
    SWITCHES,
    Column,
    columns,
    row_name,
    rows_of,
    switched,
    verdict_on,
)
from netdsl.diagnostics.diagnostic import Diagnostic

SOFTMAX, SIGMOID = "Dense(4, activation=softmax)", "Dense(1, activation=sigmoid)"
MAP, MASK = "Conv2D(4, 1, activation=softmax)", "Conv2D(1, 1, activation=sigmoid)"
FLAT = "Dense(1) -> ops.squeeze(-1)"
STEPS = "LSTM(8, return_sequences=True) -> Dense(4, activation=softmax)"
SPARSE, ROWS, BINARY = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)


def found(
    output: str, loss: str, metrics: str, rest: str = "", start: str = ""
) -> tuple[Diagnostic, ...]:
    arrives = "[8, 8, 3]" if "Conv" in output else "[9, 8]" if "LSTM" in output else "[8]"
    spec = (
        f"{start}model M {{ input x: {arrives} output y = x -> {output} }}\n"
        f"train M {{ optimizer = adam loss = {loss} metrics = [{metrics}] {rest} }}"
    )
    return tuple(d for d in netdsl.compile_text(spec).diagnostics if d.code in CODES)


CODES = ("N0810", "N0611", "N0612", "N0613")

#: An output, a loss, a metric, what is told of it, and the metric that is offered.
TOLD = [
    # numbers of classes
    (SOFTMAX, SPARSE, "F1Score()", "N0810", None),
    (SOFTMAX, SPARSE, "AUC()", "N0810", None),
    (SOFTMAX, SPARSE, "Precision()", "N0810", None),
    (SOFTMAX, SPARSE, "TruePositives()", "N0810", None),
    (SOFTMAX, SPARSE, "PrecisionAtRecall(0.5)", "N0810", None),
    (SOFTMAX, SPARSE, "mse", "N0810", None),
    (SOFTMAX, SPARSE, "R2Score()", "N0810", None),
    (SOFTMAX, SPARSE, "hinge", "N0810", None),
    (SOFTMAX, SPARSE, "Mean()", "N0810", None),
    (SOFTMAX, SPARSE, "BinaryAccuracy()", "N0810", "accuracy"),
    (SOFTMAX, SPARSE, "Accuracy()", "N0810", "accuracy"),
    (SOFTMAX, SPARSE, "categorical_accuracy", "N0611", "accuracy"),
    (SOFTMAX, SPARSE, "CategoricalAccuracy()", "N0611", "accuracy"),
    (SOFTMAX, SPARSE, "TopKCategoricalAccuracy(k=2)", "N0810", "SparseTopKCategoricalAccuracy(k=2)"),
    (SOFTMAX, SPARSE, "CategoricalCrossentropy()", "N0810", "SparseCategoricalCrossentropy()"),
    (SOFTMAX, SPARSE, "MeanIoU(num_classes=4)", "N0810", "MeanIoU(num_classes=4, sparse_y_pred=False)"),
    (SOFTMAX, SPARSE, "OneHotMeanIoU(num_classes=4)", "N0611", "MeanIoU(num_classes=4, sparse_y_pred=False)"),
    (MAP, SPARSE, "F1Score()", "N0810", None),
    (MAP, SPARSE, "MeanIoU(num_classes=4)", "N0810", "MeanIoU(num_classes=4, sparse_y_pred=False)"),
    (STEPS, SPARSE, "CategoricalAccuracy()", "N0810", "accuracy"),
    # rows with a 1
    (SOFTMAX, ROWS, "SparseCategoricalAccuracy()", "N0810", "accuracy"),
    (SOFTMAX, ROWS, "sparse_top_k_categorical_accuracy", "N0810", "top_k_categorical_accuracy"),
    (SOFTMAX, ROWS, "MeanIoU(num_classes=4)", "N0611", "OneHotMeanIoU(num_classes=4)"),
    (MAP, ROWS, "F1Score()", "N0810", None),
    # 0 or 1
    (SIGMOID, BINARY, "CategoricalAccuracy()", "N0611", "accuracy"),
    (SIGMOID, BINARY, "SparseCategoricalAccuracy()", "N0611", "accuracy"),
    (SIGMOID, BINARY, "MeanIoU(num_classes=2)", "N0611", "BinaryIoU()"),
    (SIGMOID, BINARY, "F1Score()", "N0810", "F1Score(threshold=0.5)"),
    (MASK, BINARY, "MeanIoU(num_classes=2)", "N0611", "BinaryIoU()"),
    # scores
    ("Dense(1)", "BinaryCrossentropy(from_logits=True)", "accuracy", "N0612", "BinaryAccuracy(threshold=0.0)"),
    ("Dense(1)", "BinaryCrossentropy(from_logits=True)", "AUC()", "N0612", "AUC(from_logits=True)"),
    ("Dense(1)", "BinaryCrossentropy(from_logits=True)", "Recall()", "N0612", "Recall(thresholds=0.0)"),
    ("Dense(4)", "CategoricalCrossentropy(from_logits=True)", "CategoricalCrossentropy()", "N0612",
     "CategoricalCrossentropy(from_logits=True)"),
    # values
    ("Dense(1)", "mse", "accuracy", "N0611", None),
    ("Dense(1)", "mae", "AUC()", "N0611", None),
    ("Dense(3)", "mse", "accuracy", "N0611", None),
    ("Dense(1)", "mse", "PearsonCorrelation()", "N0611", "PearsonCorrelation(axis=0)"),
    ("Dense(1)", "mse", "R2Score(num_regressors=3)", "N0810", None),
    # a number for each sample without an axis of its own, and scores from -1 to 1
    (FLAT, "mse", "R2Score()", "N0810", None),
    (FLAT, "mse", "F1Score()", "N0810", None),
    (FLAT, "mse", "AUC()", "N0611", None),
    ("Dense(1, activation=sigmoid) -> _[:, 0]", BINARY, "F1Score(threshold=0.5)", "N0810", None),
    (FLAT, "mse", "accuracy", "N0611", None),
    ("Dense(1, activation=sigmoid) -> _[:, 0]", BINARY, "accuracy", "N0611", "binary_accuracy"),
    ("Dense(1, activation=tanh)", "hinge", "accuracy", "N0612", "BinaryAccuracy(threshold=0.0)"),
    # numbers that do not go with the units
    (SOFTMAX, ROWS, "Precision(class_id=7)", "N0810", None),
    (SOFTMAX, ROWS, "Recall(top_k=9)", "N0810", None),
    (SOFTMAX, ROWS, "AUC(multi_label=True, num_labels=3)", "N0810", None),
    (SOFTMAX, ROWS, "TopKCategoricalAccuracy()", "N0611", None),
    (SOFTMAX, SPARSE, "SparseTopKCategoricalAccuracy(k=4)", "N0611", None),
    (SOFTMAX, SPARSE, "MeanIoU(num_classes=3, sparse_y_pred=False)", "N0613", None),
]  # fmt: skip


@pytest.mark.parametrize(("output", "loss", "metric", "code", "fits"), TOLD)
def test_a_metric_that_does_not_fit_is_told_with_one_that_does(
    output: str, loss: str, metric: str, code: str, fits: str | None
) -> None:
    (told,) = found(output, loss, metric)
    assert told.code == code
    assert told.primary.span.text == metric
    assert told.help
    if fits is None:
        assert told.fix is None
    else:
        assert told.fix is not None
        assert told.fix.checked == "all"
        assert [edit.text for edit in told.fix.edits] == [fits]


SILENT = [
    (SOFTMAX, SPARSE, "accuracy, acc, sparse_categorical_accuracy, SparseTopKCategoricalAccuracy(k=2)"),
    (SOFTMAX, SPARSE, "sparse_categorical_crossentropy, MeanIoU(num_classes=4, sparse_y_pred=False)"),
    (SOFTMAX, ROWS, "accuracy, categorical_accuracy, AUC(), AUC(multi_label=True), F1Score(), Precision(), mse"),
    (SOFTMAX, ROWS, "Recall(class_id=2), Precision(top_k=2), TopKCategoricalAccuracy(k=3), OneHotMeanIoU(4)"),
    (SIGMOID, BINARY, "accuracy, binary_accuracy, AUC(), Precision(), Recall(), F1Score(threshold=0.5), BinaryIoU()"),
    ("Dense(4, activation=sigmoid)", BINARY, "accuracy, AUC(multi_label=True), F1Score(threshold=0.5)"),
    ("Dense(1)", "mse", "mae, mse, mape, RootMeanSquaredError(), R2Score(), PearsonCorrelation(axis=0)"),
    ("Dense(3)", "mae", "mae, R2Score(), CosineSimilarity()"),
    ("Dense(1)", "hinge", "hinge"),
    (MAP, SPARSE, "accuracy, MeanIoU(num_classes=4, sparse_y_pred=False)"),
    (MAP, ROWS, "accuracy, OneHotMeanIoU(num_classes=4), AUC()"),
    (MASK, BINARY, "accuracy, BinaryIoU(), AUC(), Precision()"),
    (MASK, "dice", "accuracy, BinaryIoU()"),
    (STEPS, SPARSE, "accuracy, sparse_categorical_accuracy"),
    ("Dense(4)", "SparseCategoricalCrossentropy(from_logits=True)",
     "accuracy, SparseCategoricalCrossentropy(from_logits=True)"),
    ("Dense(1)", "BinaryCrossentropy(from_logits=True)", "BinaryAccuracy(threshold=0.0), Precision(thresholds=0.0)"),
    (SOFTMAX, "crossentropy", "accuracy"),
    (FLAT, "mse", "mae, RootMeanSquaredError(), CosineSimilarity()"),
    ("Dense(1, activation=sigmoid) -> _[:, 0]", BINARY, "BinaryAccuracy(), AUC(), Precision(), BinaryIoU()"),
    ("ops.sum()", "mse", "mae"),  # one number for all samples, of which nothing is known
    ("Dense(4, activation=tanh)", "mse", "accuracy"),  # what tanh means is not known
]  # fmt: skip


@pytest.mark.parametrize(("output", "loss", "metrics"), SILENT)
def test_metrics_that_fit_are_left_alone(output: str, loss: str, metrics: str) -> None:
    assert [f"{d.code} {d.message}" for d in found(output, loss, metrics)] == []


OWN = 'extern fn own from "project.losses"\n'


def test_a_loss_of_ones_own_may_come_with_any_labels() -> None:
    assert (
        found(SOFTMAX, "own", "accuracy, F1Score(), AUC(), SparseCategoricalAccuracy()", start=OWN)
        == ()
    )
    assert [d.code for d in found(MAP, "own", "F1Score()", start=OWN)] == ["N0810"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ('dataset("mnist")', "N0810"),  # (batch,), of which no row is made
        ('dataset("cifar10")', "N0611"),  # (batch, 1), which is made to meet
        ('image_folder("a", label_mode="categorical")', None),
    ],
)
def test_the_data_tell_the_labels_too(data: str, code: str | None) -> None:
    told = found(SOFTMAX, "own", "mse", f"data = {data}", OWN)
    assert [d.code for d in told] == ([code] if code and code == "N0810" else [])


def test_each_output_has_its_own_metrics_and_each_is_told_at_its_place() -> None:
    spec = """
    model M {
        input x: [8]
        output kind = x -> Dense(4, activation=softmax)
        output size = x -> Dense(1)
    }
    train M {
        optimizer = adam
        loss = {kind: sparse_categorical_crossentropy, size: mse}
        metrics = {kind: [accuracy, F1Score()], size: [mae]}
    }
    """
    (told,) = [d for d in netdsl.compile_text(spec).diagnostics if d.code in CODES]
    assert (told.code, told.primary.span.text) == ("N0810", "F1Score()")
    assert {label.span.text for label in told.related} == {
        "sparse_categorical_crossentropy", "Dense(4, activation=softmax)"
    }  # fmt: skip
    listed = spec.replace(
        "{kind: [accuracy, F1Score()], size: [mae]}", "[[accuracy], [mae, accuracy]]"
    )
    (told,) = [d for d in netdsl.compile_text(listed).diagnostics if d.code in CODES]
    assert (told.code, told.line) == ("N0611", 10)


# -- the table ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["loss", "metric"])
def test_the_table_has_every_class_with_every_switch(family: str) -> None:
    word = {"loss": "crossentropy", "metric": "accuracy"}[family]
    wanted = [word]
    for name in names(family):  # type: ignore[arg-type]
        found = signature(family, name)  # type: ignore[arg-type]
        assert found is not None
        if not found.is_function and name != "MeanMetricWrapper":
            wanted += [row_name(name, on) for on in switched(name)]
    assert list(rows_of(family)) == wanted
    for row in wanted:
        for column in columns():
            assert verdict_on(family, row, column) is not None, (row, column)


def test_every_loss_is_said_to_be_for_labels_that_it_takes() -> None:
    unplaced = {"CTC", "Circle"}  # labels of another length; labels of which vectors are alike
    classes = {n for n in names("loss") if n[0].isupper()} | {"crossentropy", "ce"}
    assert classes - set(LOSS_LABELS) == unplaced
    for kind, groups in LOSS_LABELS.items():
        if kind == "ce":
            continue
        taken = {c.labels for c in columns() if verdict_on("loss", kind, c) in ("fits", "squashed")}
        for labels in groups:
            assert set(labels) & taken, kind


def test_every_column_names_a_form_that_there_is() -> None:
    for column in columns():
        assert column.layout in LAYOUTS
        assert column.labels in LABELS


def test_what_is_offered_fits() -> None:
    """Of every metric on every form where it means nothing: what is offered in its place fits there."""
    from netdsl.catalog.kind import ObjectValue

    required = {"num_classes": 4, "target_class_ids": (0, 1)}
    offered = 0
    for group in QUESTIONS:
        for kind in group:
            found = signature("metric", kind)
            arguments = {k: v for k, v in required.items() if found and k in found.names}
            metric = "accuracy" if kind == "accuracy" else ObjectValue("metric", kind, arguments)
            for column in columns():
                if metric_verdict(metric, column) == "fits":
                    continue
                text = instead(metric, (column,), 4)
                offered += text is not None
                assert text != kind
    assert offered > 300


def test_switches_are_arguments_of_their_classes() -> None:
    for kind, own in SWITCHES.items():
        for family in ("loss", "metric"):
            found = signature(family, kind)  # type: ignore[arg-type]
            assert found is None or set(own) <= set(found.names)


def test_a_form_that_nobody_tried_has_no_verdict() -> None:
    assert verdict_on("metric", "AUC", Column("softmax", "one", "numbers")) is None


# -- figures that are followed, classes that are weighed ----------------------------------------


def codes(output: str, loss: str, settings: str) -> list[str]:
    arrives = "[8, 8, 3]" if "Conv" in output else "[8]"
    spec = (
        f"model M {{ input x: {arrives} output y = x -> {output} }}\n"
        f"train M {{ optimizer = adam loss = {loss} {settings} }}"
    )
    return [d.code for d in netdsl.compile_text(spec).diagnostics]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('metrics = [F1Score()] callbacks = [EarlyStopping("val_f1_score")]', ["N0616"]),
        ('metrics = [F1Score()] callbacks = [CSVLogger("a.csv")]', []),
        ('metrics = [F1Score(average="micro")] callbacks = [EarlyStopping("val_f1_score")]', []),
        ('metrics = [Recall(thresholds=[0.1, 0.5])] callbacks = [ReduceLROnPlateau("recall")]', ["N0616"]),
        ('metrics = [Recall(thresholds=[0.5])] callbacks = [ReduceLROnPlateau("recall")]', []),
        ('metrics = [FalsePositives()] callbacks = [EarlyStopping("val_false_positives")]', ["N0617"]),
        ('metrics = [FalsePositives()] callbacks = [EarlyStopping("val_false_positives", mode="min")]', []),
        ('metrics = [accuracy] callbacks = [EarlyStopping("val_accuracy", mode="min")]', ["N0618"]),
        ('metrics = [accuracy] callbacks = [EarlyStopping("loss", mode="max")]', ["N0618"]),
        ('metrics = [mae] callbacks = [EarlyStopping("val_mae", mode="max")]', ["N0618"]),
        ('metrics = [mae] callbacks = [ModelCheckpoint("a.keras", "val_mae", save_best_only=True, mode="max")]',
         ["N0618"]),
        ('metrics = [accuracy] callbacks = [EarlyStopping("val_accuracy"), ReduceLROnPlateau()]', []),
        ("class_weight = {0: 1.0, 3: 2.0}", []),
        ("class_weight = {0: 1.0, 4: 2.0}", ["N0802"]),
        ("class_weight = {1: 1.0, -1: 2.0}", ["N0802"]),
    ],
)  # fmt: skip
def test_a_figure_that_is_followed_is_one_and_gets_better_that_way(
    settings: str, told: list[str]
) -> None:
    assert codes(SOFTMAX, ROWS, settings) == told


@pytest.mark.parametrize(
    ("output", "loss", "told"),
    [
        (SIGMOID, BINARY, []),
        ("Dense(4, activation=sigmoid)", BINARY, ["N0619"]),
        ("Dense(1)", "mse", ["N0619"]),
        (MAP, SPARSE, ["N0802"]),
        (MASK, BINARY, ["N0802"]),
    ],
)
def test_classes_are_weighed_where_there_are_any(output: str, loss: str, told: list[str]) -> None:
    assert codes(output, loss, "class_weight = {0: 1.0, 1: 2.0}") == told


def test_a_fix_turns_a_callback_the_other_way() -> None:
    spec = (
        "model M { input x: [8] output y = x -> Dense(4, activation=softmax) }\n"
        "train M { optimizer = adam loss = mse metrics = [accuracy]\n"
        'callbacks = [EarlyStopping("val_accuracy", mode="min")] }'
    )
    (told,) = [d for d in netdsl.compile_text(spec).diagnostics if d.code == "N0618"]
    assert told.fix is not None
    assert (told.fix.checked, [edit.text for edit in told.fix.edits]) == ("all", ["max"])
