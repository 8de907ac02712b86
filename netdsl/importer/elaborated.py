"""Elaborates a spec that the importer wrote: its graphs, without the advice and the fixes that a person wants."""

from __future__ import annotations

from collections.abc import Mapping

from netdsl.collector import collector_paused
from netdsl.diagnostics.diagnostic import Diagnostic
from netdsl.diagnostics.sink import Diagnostics
from netdsl.elaborate.elaborator import elaborate
from netdsl.elaborate.files.linking import link
from netdsl.elaborate.files.loading import loader_beside
from netdsl.elaborate.scope.hyperparameters import Settings
from netdsl.graph import Graph
from netdsl.record import record
from netdsl.source import SourceFile
from netdsl.stack import on_own_stack


@record(eq=False)
class Elaborated:
    """The graphs of a spec, and the first error where it has one."""

    graphs: Mapping[str, Graph]
    error: Diagnostic | None


@on_own_stack
def elaborated(text: str) -> Elaborated:
    """Elaborate the text of a spec."""
    file, sink = SourceFile("imported.net", text), Diagnostics()
    with collector_paused():
        unit = link(file, loader_beside(file.name), sink)
        graphs = elaborate(unit, sink, Settings({}), {}).graphs
    errors = [d for d in sink.sorted() if d.severity == "error"]
    return Elaborated(graphs, errors[0] if errors else None)
