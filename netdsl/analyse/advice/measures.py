"""Advice on metrics that run and mean nothing: right and wrong alike, or scores taken for probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.ends import End, end_of
from netdsl.analyse.advice.view import View, at
from netdsl.catalog.kind import ExternFunction
from netdsl.catalog.measures import (
    OF_LARGEST,
    OF_SCORES,
    in_general,
    in_words,
    instead,
    metric_arguments,
    metric_kind,
    metric_verdict,
)
from netdsl.catalog.training_fits import LABELS, Column, form_of, layout_of
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix, Label
from netdsl.diagnostics.problems import advice as problems
from netdsl.elaborate.training import losses, metrics
from netdsl.record import record
from netdsl.tensor import TensorSpec, spell_shape


@record
class _Meeting:
    """A metric with what it meets: the end of its output, the forms of output and labels, its verdict on each."""

    measured: metrics.Measured
    end: End
    spec: TensorSpec
    columns: tuple[Column, ...]
    verdicts: tuple[str, ...]


def _meetings(view: View) -> Iterator[_Meeting]:
    """Give each metric of Keras's own on an output whose form is known."""
    if view.training is None:
        return
    given = view.losses()
    for measured in metrics.metrics_of(view.training, view.graph):
        ref = view.graph.outputs[measured.output]
        end, spec, loss = end_of(view.graph, ref), view.spec(ref), given.get(measured.output)
        layout = layout_of(spec.shape)
        if layout is None or isinstance(measured.metric, ExternFunction) or loss is None:
            continue
        if isinstance(loss, ExternFunction):
            continue
        form = _form(end, losses.loss_kind(loss, spec))
        labels = (
            metrics.labels_of(view.training, view.graph, measured.output, form, layout)
            if form
            else ()
        )
        columns = tuple(Column(form, layout, one) for one in labels)
        verdicts = tuple(metric_verdict(measured.metric, column) or "" for column in columns)
        if verdicts and all(verdicts):
            yield _Meeting(measured, end, spec, columns, verdicts)


#: Activations that give −1 to 1, which losses of margins take for scores.
_AROUND_0 = frozenset({"tanh", "hard_tanh", "softsign"})
_MARGINS = frozenset({"Hinge", "SquaredHinge"})


def _form(end: End, loss: str) -> str:
    """Name what is applied last as the table of metrics does, "" where that is not known."""
    form = form_of(end.activation)
    if end.activation in _AROUND_0 and loss in _MARGINS:
        return "logits"
    return "logits" if form == "linear" and loss in OF_SCORES else form


def means_nothing(view: View) -> Iterable[Diagnostic]:
    """Report metrics that say of right predictions what they say of wrong ones."""
    for met in _meetings(view):
        if any(v.startswith(("fits", "squashed")) for v in met.verdicts):
            continue
        kind, labels = metric_kind(met.measured.metric), _words(met)
        text = instead(met.measured.metric, met.columns, _classes(met.spec))
        general = in_general(met.columns)
        label = f"with {labels} for labels right and wrong predictions get the same figure"
        if kind in OF_LARGEST and met.columns[0].layout == "flat":
            label = "the output has no axis of its own, and it looks for the largest of the batch"
        yield problems.MeansNothing.at(
            met.measured.place,
            label,
            metric=kind,
            name=met.measured.output,
            related=_around(view, met),
            help=f"take `{text or general}`",
            fix=_in_place(met, text),
        )


def takes_scores(view: View) -> Iterable[Diagnostic]:
    """Report metrics of probabilities on an output that nothing squashes."""
    for met in _meetings(view):
        if "squashed" not in met.verdicts or "fits" in met.verdicts:
            continue
        kind = metric_kind(met.measured.metric)
        text = instead(met.measured.metric, met.columns, _classes(met.spec))
        yield problems.TakesScores.at(
            met.measured.place,
            "it takes scores for probabilities, whose middle is 0 and not 0.5",
            metric=kind,
            name=met.measured.output,
            related=_around(view, met),
            help=f"take `{text}`"
            if text
            else "end the model in what squashes, and let the loss take that",
            fix=_in_place(met, text),
        )


def always_met(view: View) -> Iterable[Diagnostic]:
    """Report a metric that asks whether the right class is among the first few, where there are no more."""
    for met in _meetings(view):
        given, units = metric_arguments(met.measured.metric), met.spec.shape[-1]
        kind = metric_kind(met.measured.metric)
        first = (
            given.get("k", 5) if kind.endswith("TopKCategoricalAccuracy") else given.get("top_k")
        )
        if not isinstance(first, int) or not isinstance(units, int) or not 1 < units <= first:
            continue
        yield problems.MeansNothing.at(
            met.measured.place,
            f"the right one of {units} classes is always among the first {first}",
            metric=kind,
            name=met.measured.output,
            related=_around(view, met),
            help=f"give a number below {units}, or take `accuracy`",
        )


def too_few_classes(view: View) -> Iterable[Diagnostic]:
    """Report a count of classes that is smaller than the number of units: the last ones are left out."""
    for met in _meetings(view):
        classes, units = (
            metric_arguments(met.measured.metric).get("num_classes"),
            met.spec.shape[-1],
        )
        if isinstance(classes, int) and isinstance(units, int) and 1 < classes < units:
            yield problems.ClassesLeftOut.at(
                met.measured.place,
                f"`num_classes` is {classes}, and the output has {units}",
                metric=metric_kind(met.measured.metric),
                related=_around(view, met),
                help=f"write `num_classes={units}`",
            )


def classes_of_none(view: View) -> Iterable[Diagnostic]:
    """Report weights of classes for labels that say none: Keras cuts values off, and of several takes the first."""
    if view.training is None or not view.setting("class_weight") or len(view.graph.outputs) != 1:
        return
    (name, loss), *_ = view.losses().items() or [("", None)]
    spec = view.spec(next(iter(view.graph.outputs.values())))
    layout = layout_of(spec.shape)
    if loss is None or isinstance(loss, ExternFunction) or layout not in ("one", "several"):
        return
    form = _form(end_of(view.graph, view.graph.outputs[name]), losses.loss_kind(loss, spec))
    labels = metrics.labels_of(view.training, view.graph, name, form, layout) if form else ()
    kinds = {LABELS[one][0] for one in labels}
    several = layout == "several" and "binary" in kinds and form != "softmax"
    if kinds == {"values"} or several:
        told = "several may hold of a sample" if several else "its labels are values"
        yield problems.ClassesOfNone.at(
            view.training.spans["class_weight"],
            f"{told}, and Keras weighs each sample by "
            + ("the first" if several else "their whole part"),
            name=name,
            related=(
                Label(
                    losses.loss_place(view.training, view.graph, name), f"takes {in_words(labels)}"
                ),
            ),
            help="leave it out, or weigh samples in the data",
        )


def _words(met: _Meeting) -> str:
    return in_words(column.labels for column in met.columns)


def _classes(spec: TensorSpec) -> int:
    last = spec.shape[-1]
    return last if isinstance(last, int) and last > 1 else 2


def _around(view: View, met: _Meeting) -> tuple[Label, ...]:
    assert view.training is not None
    loss = losses.loss_place(view.training, view.graph, met.measured.output)
    plain = met.columns[0].activation == "logits"
    told = f"the output is {spell_shape(met.spec.shape)}" + ", and nothing squashes it" * plain
    return Label(loss, f"takes {_words(met)}"), Label(at(met.end.node), told)


def _in_place(met: _Meeting, text: str | None) -> Fix | None:
    return None if text is None else Fix((Edit(met.measured.place, text),))


RULES: tuple[Rule, ...] = (
    means_nothing,
    takes_scores,
    always_met,
    too_few_classes,
    classes_of_none,
)
