"""Advice on callbacks that follow a figure: whether it is there, is one number, and gets better the way they think."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from netdsl.analyse.advice import Rule
from netdsl.analyse.advice.view import View, listed
from netdsl.analyse.logs import Logged, logged, logged_names
from netdsl.catalog.kind import ObjectValue
from netdsl.catalog.measures import better, gives_several, metric_kind
from netdsl.diagnostics.diagnostic import Diagnostic, Edit, Fix
from netdsl.diagnostics.problems import advice as problems
from netdsl.diagnostics.suggest import closest
from netdsl.elaborate.remedies.argument_fixes import with_argument
from netdsl.elaborate.remedies.written_arguments import first_call_of
from netdsl.source import Span

#: What callbacks record besides losses and metrics.
_BY_CALLBACKS = ("learning_rate",)
# Keras numbers names that are there already: `auc_1`.
_NUMBERED_NAME = re.compile(r"_[0-9]+$")

#: Callbacks that compare a figure with the best one so far, whatever else they are set to.
_COMPARING = ("EarlyStopping", "ReduceLROnPlateau")
_WAYS = {"up": "max", "down": "min"}


def not_recorded(view: View) -> Iterable[Diagnostic]:
    """Report a callback that waits for a metric which the model does not have: Keras warns, and goes on without."""
    names = logged_names(view.training, view.graph) if view.training is not None else []
    for callback in listed(view.setting("callbacks")):
        if not isinstance(callback, ObjectValue):
            continue
        monitor = callback.arguments.get("monitor")
        if not names or not isinstance(monitor, str):
            continue
        lead, name = ("val_", monitor[4:]) if monitor.startswith("val_") else ("", monitor)
        if {name, _NUMBERED_NAME.sub("", name)} & {*names, *_BY_CALLBACKS}:
            continue
        longer = (n for n in names if n.startswith(name) or name.startswith(n))  # acc, accuracy
        near = closest(name, names) or next(longer, None)
        place = _written(view, "callbacks", monitor)
        is_text = place.text == monitor
        yield problems.NotRecorded.at(
            place,
            f"the model records no `{name}`",
            name=callback.kind,
            monitor=monitor,
            help=f"did you mean `{lead}{near}`?"
            if near
            else "it records " + ", ".join(f"`{n}`" for n in names),
            fix=Fix((Edit(place, lead + near),)) if near and is_text else None,
        )


def _followed(view: View) -> Iterator[tuple[ObjectValue, str, Logged]]:
    """Give each callback that compares figures, with what it monitors, where that is recorded."""
    if view.training is None:
        return
    figures = {figure.name: figure for figure in logged(view.training, view.graph)}
    for callback in listed(view.setting("callbacks")):
        if not isinstance(callback, ObjectValue):
            continue
        compares = callback.kind in _COMPARING or callback.arguments.get("save_best_only")
        monitor = callback.arguments.get("monitor", "val_loss")
        figure = figures.get(str(monitor).removeprefix("val_"))
        if compares and figure is not None:
            yield callback, str(monitor), figure


def several_figures(view: View) -> Iterable[Diagnostic]:
    """Report a callback that compares a metric which gives a figure for each class: comparing them fails."""
    for callback, monitor, figure in _followed(view):
        if figure.metric is None or not gives_several(figure.metric):
            continue
        kind = metric_kind(figure.metric)
        averages = kind in ("F1Score", "FBetaScore")
        one = (
            '`average="macro"`'
            if averages
            else "one threshold"
            if kind != "R2Score"
            else "an average"
        )
        yield problems.ComparesSeveral.at(
            _written(view, "callbacks", monitor),
            f"`{kind}` gives several, and no truth is in their comparison",
            name=callback.kind,
            monitor=monitor,
            help=f"give the metric {one}",
        )


def unknown_direction(view: View) -> Iterable[Diagnostic]:
    """Report a callback that leaves it to Keras which way is better, where Keras does not find out."""
    for callback, monitor, figure in _followed(view):
        is_loss = figure.metric is None
        way = "down" if is_loss else better(figure.metric)
        if callback.arguments.get("mode", "auto") != "auto" or (figure.found and (is_loss or way)):
            continue
        mode = _WAYS.get(way or "", "max")
        yield problems.UnknownDirection.at(
            _written(view, "callbacks", monitor),
            "the name has the output's before it, and Keras asks metrics by their own"
            if not figure.found
            else f"`{metric_kind(figure.metric)}` counts, and more of it is neither better nor worse by itself",
            name=callback.kind,
            monitor=monitor,
            help=f'say which way is better: `mode="{mode}"`',
            fix=_with_mode(view, callback, mode),
        )


def wrong_direction(view: View) -> Iterable[Diagnostic]:
    """Report a callback that takes worse figures for better ones."""
    for callback, monitor, figure in _followed(view):
        way = "down" if figure.metric is None else better(figure.metric)
        mode = callback.arguments.get("mode", "auto")
        if way is None or mode not in ("min", "max") or mode == _WAYS[way]:
            continue
        larger = "larger" if way == "up" else "smaller"
        yield problems.WrongDirection.at(
            _written(view, "callbacks", str(mode)),
            f"it is better the {larger} it is",
            name=callback.kind,
            monitor=monitor,
            help=f'write `mode="{_WAYS[way]}"`',
            fix=_other_mode(_written(view, "callbacks", str(mode)), str(mode), _WAYS[way]),
        )


def _with_mode(view: View, callback: ObjectValue, mode: str) -> Fix | None:
    assert view.training is not None
    call = first_call_of(callback.kind, view.training.trees["callbacks"])
    return with_argument(call, "mode", f'"{mode}"', "say which way is better: ")


def _other_mode(place: Span, mode: str, wanted: str) -> Fix | None:
    return Fix((Edit(place, wanted),)) if place.text == mode else None


def _written(view: View, setting: str, text: str) -> Span:
    """Give the place of a string in a setting, or of all the setting where it is computed or stands there twice."""
    assert view.training is not None
    place = view.training.spans[setting]
    quoted = list(re.finditer(rf"([\"']){re.escape(text)}\1", place.text))
    if len(quoted) != 1:
        return place
    start = place.start + quoted[0].start() + 1
    return Span(place.file, start, start + len(text))


RULES: tuple[Rule, ...] = (
    not_recorded,
    several_figures,
    unknown_direction,
    wrong_direction,
)
