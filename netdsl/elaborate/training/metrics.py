"""Whether a metric can work on the output and the labels that it is for.

The labels follow from the loss, and from the data setting where it tells: numbers of classes, rows with a 1, 0 or 1,
values. What fails with all of them that may come, in the first batch of `fit`, is an error here; what runs and means
nothing is advice.
"""

from __future__ import annotations

from collections.abc import Iterator

from netdsl.catalog.data_sets import data_set
from netdsl.catalog.kind import ExternFunction, ObjectValue
from netdsl.catalog.measures import (
    OF_SCORES,
    in_general,
    in_words,
    instead,
    loss_labels,
    metric_arguments,
    metric_kind,
    metric_verdict,
)
from netdsl.catalog.training_fits import (
    LOSS_WORDS,
    SWITCHES,
    Column,
    columns,
    is_bad,
    labels_with,
    layout_of,
)
from netdsl.diagnostics.diagnostic import Edit, Fix, Label
from netdsl.diagnostics.problems import training as problems
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.training.experiment import DataSource
from netdsl.elaborate.training.losses import loss_kind, loss_of, loss_place
from netdsl.elaborate.training.plan import TrainPlan
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value

ACTIVATIONS = ("softmax", "sigmoid", "logits", "linear", "positive")


@record
class Measured:
    """A metric of an output, and where it is written."""

    output: str
    metric: Value
    place: Span


def metrics_of(plan: TrainPlan, graph: Graph) -> Iterator[Measured]:
    """Give each metric with the output that it is of, in order."""
    setting, written = plan.settings.get("metrics"), plan.trees.get("metrics")
    outputs = list(graph.outputs)
    if isinstance(setting, dict) and isinstance(written, tree.DictExpr):
        items = dict(zip(setting, (value for _, value in written.items), strict=False))
        for output, metrics in setting.items():
            yield from _each(str(output), metrics, items[output])
    elif len(outputs) == 1:
        yield from _each(outputs[0], setting, written)
    elif isinstance(setting, list) and isinstance(written, tree.ListExpr):
        for output, metrics, expr in zip(outputs, setting, written.items, strict=False):
            yield from _each(output, metrics, expr)


def _each(output: str, metrics: Value, written: tree.Expr | None) -> Iterator[Measured]:
    if isinstance(metrics, list) and isinstance(written, (tree.ListExpr, tree.TupleExpr)):
        for metric, expr in zip(metrics, written.items, strict=False):
            yield from _each(output, metric, expr)
    elif metrics is not None and written is not None:
        yield Measured(output, metrics, written.span)


def labels_of(
    plan: TrainPlan, graph: Graph, output: str, activation: str, layout: str
) -> tuple[str, ...]:
    """List the labels that may come with an output: those that its loss takes, or all where that is the user's own."""
    loss = loss_of(plan, graph).get(output)
    if loss is not None and not isinstance(loss, ExternFunction):
        word = str(loss).lower() in LOSS_WORDS
        kind = LOSS_WORDS[0] if word else loss_kind(loss, graph.spec(graph.outputs[output]))
        arguments = loss.arguments if isinstance(loss, ObjectValue) else {}
        found = loss_labels(kind, arguments, Column(activation, layout, ""))
    else:
        found = labels_with(activation, layout)
    given = data_labels(plan, layout) if len(graph.outputs) == 1 else None
    return (given,) if given in found else found


def data_labels(plan: TrainPlan, layout: str) -> str | None:
    """Say what labels the data setting gives, None where it does not tell."""
    data = plan.settings.get("data")
    if not isinstance(data, DataSource) or data.function is not None:
        return None
    alone, flat = layout.endswith("one"), layout == "flat"
    if data.kind == "dataset":
        found = data_set(str(data.arguments.get("name")), data.arguments)
        if found is None:
            return None
        if flat and found.labels in ("numbers", "values_flat"):  # (batch,), as the output is
            return "binary" if found.classes == 2 else "values"
        return "binary_flat" if alone and found.classes == 2 else found.labels
    if data.kind not in ("image_folder", "text_folder"):
        return None
    mode = str(data.arguments.get("label_mode"))  # left out, labels are as the loss takes them
    numbers = "binary_flat" if alone else "binary" if flat else "numbers"
    return {"categorical": "one_hot", "int": numbers, "binary": "binary"}.get(mode)


def data_classes(plan: TrainPlan) -> int | None:
    """Say how many classes the data have, None where the data setting does not tell."""
    data = plan.settings.get("data")
    if not isinstance(data, DataSource) or data.function is not None or data.kind != "dataset":
        return None
    found = data_set(str(data.arguments.get("name")), data.arguments)
    return found.classes or None if found is not None else None


def check_metrics(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report each metric that fails in the first batch, whatever is applied last."""
    for measured in metrics_of(plan, graph):
        spec = graph.spec(graph.outputs[measured.output])
        layout = layout_of(spec.shape)
        if layout is None or isinstance(measured.metric, ExternFunction):
            continue
        told = _wrong_number(measured.metric, spec)
        if told is not None:
            _report(measured, graph, frame, *told)
            continue
        cells = [
            Column(activation, layout, labels)
            for activation in _possible(plan, graph, measured.output)
            for labels in labels_of(plan, graph, measured.output, activation, layout)
        ]
        verdicts = [metric_verdict(measured.metric, column) for column in cells]
        if verdicts and None not in verdicts and _never_works(verdicts):
            _report_misfit(measured, cells, plan, graph, frame)


def _never_works(verdicts: list[str | None]) -> bool:
    """Tell whether a metric fails with some labels that may come, and means nothing with the others."""
    return any(map(is_bad, verdicts)) and not any(
        v and v.startswith(("fits", "squashed")) for v in verdicts
    )


def _possible(plan: TrainPlan, graph: Graph, output: str) -> tuple[str, ...]:
    """List what may be applied last as far as the loss tells: it compares scores, or the numbers themselves."""
    loss = loss_of(plan, graph).get(output)
    if loss is None or isinstance(loss, ExternFunction):
        return ACTIVATIONS
    scores = loss_kind(loss) in OF_SCORES or str(loss) in OF_SCORES
    return tuple(a for a in ACTIVATIONS if a != ("linear" if scores else "logits"))


def _report_misfit(
    measured: Measured, cells: list[Column], plan: TrainPlan, graph: Graph, frame: Frame
) -> None:
    spec = graph.spec(graph.outputs[measured.output])
    kind = metric_kind(measured.metric)
    labels = tuple(dict.fromkeys(column.labels for column in cells))
    taken = _taken(measured.metric, cells[0].layout)
    comes = in_words(labels)
    if (needless := _needless(measured.metric, cells[0].layout)) is not None:
        label = f"with `{needless}` it does not run in `fit`"
        _report(measured, graph, frame, label, f"leave `{needless}` out")
        return
    if taken:
        label = f"it takes {in_words(taken)}, and the labels are {comes}"
    else:
        label = f"it does not take an output of {spell_shape(spec.shape)}, whatever the labels"
    related = []
    if "loss" in plan.spans and comes:
        related.append(Label(loss_place(plan, graph, measured.output), f"takes {comes}"))
    text = instead(measured.metric, tuple(cells), _classes(spec))
    _report(measured, graph, frame, label, _way_out(kind, text, cells, taken), text, related)


def _way_out(kind: str, text: str | None, cells: list[Column], taken: tuple[str, ...]) -> str:
    if text is not None:
        return f"take `{text}`"
    general = in_general(tuple(cells))
    if "one_hot" in taken and all(c.labels.startswith("numbers") for c in cells):
        rows = "`loss = categorical_crossentropy` with rows for labels"
        return f"`{general}` takes these labels; for `{kind}` write {rows}"
    return f"`{general}` takes such an output"


def _needless(metric: Value, layout: str) -> str | None:
    """Name an argument with which a metric never works on such outputs, and without which it does."""
    if not isinstance(metric, ObjectValue) or _taken(metric, layout):
        return None
    for name in SWITCHES.get(metric.kind, ()):
        rest = {key: value for key, value in metric.arguments.items() if key != name}
        if name in metric.arguments and _taken(ObjectValue("metric", metric.kind, rest), layout):
            return name
    return None


def _taken(metric: Value, layout: str) -> tuple[str, ...]:
    """List the labels with which a metric works on outputs that are laid out so, whatever is applied last."""
    found = (
        c.labels for c in columns() if c.layout == layout and metric_verdict(metric, c) == "fits"
    )
    return tuple(dict.fromkeys(found))


def _classes(spec: TensorSpec) -> int:
    last = spec.shape[-1]
    return last if isinstance(last, int) and last > 1 else 2


def _wrong_number(metric: Value, spec: TensorSpec) -> tuple[str, str] | None:
    """Find a number of a metric that does not go with the number of units: a class that is not there."""
    units, given = spec.shape[-1], metric_arguments(metric)
    if spec.rank == 1:
        return None
    assert isinstance(units, int)
    if (chosen := given.get("class_id")) is not None and chosen >= units:
        last = "there is 1" if units == 1 else f"the last of {units} is {units - 1}"
        return (
            f"`class_id` is {chosen}, and {last}",
            f"give one of 0 to {units - 1}, or leave it out",
        )
    if (most := given.get("top_k")) is not None and most > units:
        return f"`top_k` is {most}, and there are {units}", f"give a number below {units}"
    if given.get("multi_label"):
        weights = given.get("label_weights")
        counted = given.get("num_labels") or (len(weights) if weights is not None else None)
        if counted is not None and counted != units:
            named = "num_labels" if given.get("num_labels") else "label_weights"
            return f"`{named}` is for {counted}, and there are {units}", f"count {units}"
    return None


def check_class_weight(plan: TrainPlan, graph: Graph, frame: Frame) -> None:
    """Report weights of classes that are not there, and any where Keras cannot tell the class of a sample."""
    weights = plan.settings.get("class_weight")
    if not isinstance(weights, dict) or len(graph.outputs) != 1:
        return
    (name, ref), place = next(iter(graph.outputs.items())), plan.spans["class_weight"]
    shape = graph.spec(ref).shape
    units = shape[-1] if len(shape) == 2 else None
    related = (Label(graph.nodes[ref.node].origin.span, f"the output is {spell_shape(shape)}"),)
    label = help_ = ""
    classes = 2 if units == 1 else units
    if len(shape) > 2:
        label = f"it weighs whole samples, and `{name}` gives a prediction for each step or place"
        help_ = "leave it out; a loss of your own may weigh each place, and the focal losses weigh what is hard"
    elif isinstance(classes, int) and (
        beyond := [k for k in weights if isinstance(k, int) and not 0 <= k < classes]
    ):
        label = f"there is no class {beyond[0]}: `{name}` has those from 0 to {classes - 1}"
        help_ = "count the classes from 0"
    if label:
        frame.report(
            problems.WrongSetting.at(place, label, name="class_weight", help=help_, related=related)
        )


def _report(
    measured: Measured,
    graph: Graph,
    frame: Frame,
    label: str,
    help_: str,
    text: str | None = None,
    related: list[Label] | None = None,
) -> None:
    ref = graph.outputs[measured.output]
    place = graph.nodes[ref.node].origin.span
    shape = spell_shape(graph.spec(ref).shape)
    frame.report(
        problems.MetricDoesNotFit.at(
            measured.place,
            label,
            metric=metric_kind(measured.metric),
            name=measured.output,
            help=help_,
            related=(*(related or ()), Label(place, f"the output is {shape}")),
            fix=None if text is None else Fix((Edit(measured.place, text),)),
        )
    )
