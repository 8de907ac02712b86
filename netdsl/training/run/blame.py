"""Finds the place in the spec for what Keras raises in training: the layer it names, or the setting it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType

from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.problems import data as problems
from netdsl.elaborate.training.experiment import Experiment
from netdsl.graph import Graph, Node, inner_graphs
from netdsl.source import Span

#: Functions of Keras that compute a loss or a metric, and the setting that says which; and their names in a graph.
_SETTINGS = {"CompileLoss": "loss", "CompileMetrics": "metrics"}
_IN_GRAPHS = {"compile_loss": "loss", "compile_metrics": "metrics"}

_COLOURS = re.compile("\x1b\\[[0-9;]*m")

LONGEST = 600


def diagnose(error: BaseException, experiment: Experiment, setting: str = "") -> Diagnostic:
    """Say at which place of the spec an error of Keras's belongs; its own text goes with it.

    `setting` is the one that was at work, where that is known.
    """
    said = _said(error)
    known = experiment.settings.get(setting)
    place = known.span if known is not None else None
    place = (
        place or _setting(error, said, experiment) or _layer(said, experiment) or experiment.span
    )
    text = f"{type(error).__name__}: {said}"
    return problems.StepFailed.at(
        place, text if len(text) <= LONGEST else f"{text[:LONGEST]}…", name=experiment.model
    )


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
