"""Finds the place in the spec for what Keras raises in training: the layer it names, or the setting it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.experiment import Experiment, Start
from netdsl.graph import Graph, Node, inner_graphs
from netdsl.source import Span

#: Functions of Keras that compute a loss or a metric, and the setting that says which; and their names in a graph.
_SETTINGS = {"CompileLoss": "loss", "CompileMetrics": "metrics"}
_IN_GRAPHS = {"compile_loss": "loss", "compile_metrics": "metrics"}

_COLOURS = re.compile("\x1b\\[[0-9;]*m")

LONGEST = 600

#: The function of Keras that fetches weights and data sets.
FETCHES = "get_file"
_KEPT = "fetch it once where there is a network, and copy `~/.keras/{}`"


def diagnose(error: BaseException, experiment: Experiment, setting: str = "") -> Diagnostic:
    """Say at which place of the spec an error of Keras's belongs; its own text goes with it.

    `setting` is the one that was at work, where that is known.
    """
    said, running = _said(error), [*_functions(error.__traceback__)]
    if FETCHES in running:
        return _not_fetched(said, running, experiment)
    known = experiment.settings.get(setting)
    place = known.span if known is not None else None
    place = (
        place or _setting(error, said, experiment) or _layer(said, experiment) or experiment.span
    )
    text = f"{type(error).__name__}: {said}"
    return problems.StepFailed.at(
        place, text if len(text) <= LONGEST else f"{text[:LONGEST]}…", name=experiment.model
    )


def _not_fetched(said: str, running: list[str], experiment: Experiment) -> Diagnostic:
    """Say that weights or data do not come from where Keras keeps them, and how to do without."""
    start, data = experiment.value("start_from"), experiment.data
    networks = (n for n in _nodes(experiment.graph) if n.operation.family == "application")
    node = next((n for n in networks if n.kind in running), None)
    # The function of the model makes its networks; those that weights are taken from are made beside it.
    if node is not None and experiment.model in running:
        name, place = node.kind, node.operation.span or node.origin.span
    elif isinstance(start, Start) and start.kind.rpartition(".")[2] in running:
        name, place = start.kind, start.span or experiment.settings["start_from"].span
    elif data is not None:
        name, place = str(data.arguments.get("name", data.kind)), data.span or experiment.span
        return problems.NotFetched.at(place, said, name=name, help=_KEPT.format("datasets"))
    else:
        name, place = experiment.model, experiment.span
    file = f"{name.rpartition('.')[2].lower()}.weights.h5"
    way_out = f'{_KEPT.format("models")}, or give its weights as a file: `weights="{file}"`'
    return problems.NotFetched.at(place, said, name=name, help=way_out)


def _functions(trace: TracebackType | None) -> Iterator[str]:
    """Give the names of the functions that were running, the innermost last."""
    while trace is not None:
        yield trace.tb_frame.f_code.co_name
        trace = trace.tb_next


def _said(error: BaseException) -> str:
    lines = (line.strip() for line in _COLOURS.sub("", str(error)).splitlines())
    return " ".join(line for line in lines if line)


def _setting(error: BaseException, said: str, experiment: Experiment) -> Span | None:
    """Find the loss or the metrics: by the functions that were running, or by the names of a graph's nodes."""
    names = [_SETTINGS[owner] for owner in _owners(error.__traceback__) if owner in _SETTINGS]
    names += [setting for word, setting in _IN_GRAPHS.items() if word in words(said)]
    for name in names:
        if name in experiment.settings:
            return experiment.settings[name].span
    return None


def _owners(trace: TracebackType | None) -> Iterator[str]:
    """Give the classes whose methods were running, the innermost last."""
    while trace is not None:
        yield trace.tb_frame.f_code.co_qualname.partition(".")[0]
        trace = trace.tb_next


def words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _layer(said: str, experiment: Experiment) -> Span | None:
    """Find the layer that a text names; of several the one whose name says most."""
    named = words(said) | {
        re.sub(r"_\d+$", "", word) for word in words(said)
    }  # TensorFlow numbers scopes
    kinds = set(re.findall(r"calling (\w+)\.call", said))
    found = [node for node in _nodes(experiment.graph) if node.name in named]
    if not found:
        found = [node for node in _nodes(experiment.graph) if node.kind in kinds]
        if len(found) != 1:
            return None
    node = max(found, key=lambda node: len(node.name))
    return node.operation.span or node.origin.span


def _nodes(graph: Graph) -> Iterator[Node]:
    pending, seen = [graph], set[int]()
    while pending:
        inside = pending.pop()
        if id(inside) in seen:
            continue
        seen.add(id(inside))
        yield from (node for node in inside.nodes if node.operation.family != "input")
        pending.extend(inner_graphs(inside))
