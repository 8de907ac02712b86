"""Specs as text in, graphs and diagnostics out: how every test of the language asks its question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netdsl.analyse.selection import Selection
from netdsl.catalog.operations import operation_rule
from netdsl.compiler import Compiled, compile_source
from netdsl.graph import Graph, Node, Ref
from netdsl.source import SourceFile
from netdsl.tensor import Unknown

#: Functions of `keras.ops` that the catalogue has no rule for cannot be tested through the front door.
HAS_OPERATIONS = operation_rule("multiply") is not None


def compiled(text: str, files: Mapping[str, str] | None = None, **settings: Any) -> Compiled:
    """Compile a spec; its imports are looked up among `files`."""

    def load(path: str) -> str:
        if files is None or path not in files:
            raise FileNotFoundError(2, "there is no such file", path)
        return files[path]

    # Advice, and names that nothing reads, have tests of their own, in tests/advice.
    no_advice = Selection(ignore=("N0211", "N06", "N07"))
    return compile_source(
        SourceFile("spec.net", text), load, settings=settings, selection=no_advice
    )


def graph_of(
    text: str, files: Mapping[str, str] | None = None, model: str | None = None, **settings: Any
) -> Graph:
    """Compile a spec that must be right, and give the graph of its last model, or of one by name."""
    result = compiled(text, files, **settings)
    assert not result.diagnostics, spelled(result)
    return result.graphs[model or result.models[-1]]


def spelled(result: Compiled) -> str:
    """Write diagnostics a line each, for a failing test to show."""
    return "\n".join(
        f"{d.code} {d.line}:{d.column} {d.message} ({d.help})" for d in result.diagnostics
    )


def codes(text: str, files: Mapping[str, str] | None = None, **settings: Any) -> list[str]:
    """Compile a spec and give the codes of what is reported, in order of position."""
    return [d.code for d in compiled(text, files, **settings).diagnostics]


def complaint(text: str, files: Mapping[str, str] | None = None) -> str:
    """Compile a spec that has one mistake and give its message."""
    result = compiled(text, files)
    assert len(result.diagnostics) == 1, spelled(result)
    return str(result.diagnostics[0].message)


def marked(text: str) -> tuple[str, str]:
    """Split a spec with one place between « and » into the plain text and what stands at that place."""
    start = text.index("«")
    end = text.index("»")
    return text.replace("«", "").replace("»", ""), text[start + 1 : end]


def blamed(text: str) -> tuple[str, str, str]:
    """Compile a spec with one mistake; give its code, the text it points at and the text between « and »."""
    plain, place = marked(text)
    result = compiled(plain)
    assert len(result.diagnostics) == 1, spelled(result)
    found = result.diagnostics[0]
    return found.code, found.primary.span.text, place


def value_of(expression: str, before: str = "") -> Any:
    """Evaluate an expression of values: as the default of a hyperparameter, which a graph keeps."""
    spec = f"{before}\nmodel M(value = {expression}) {{ input x: [1] output x -> Dense(1) }}"
    return graph_of(spec).hyperparameters["value"]


def dense_model(chain: str, before: str = "", inputs: str = "input x: [8]") -> str:
    """Write a model with one output, from `x`."""
    return f"{before}\nmodel M {{ {inputs}\n output y = {chain} }}"


# -- reading graphs -----------------------------------------------------------------------------


def layers(graph: Graph) -> list[Node]:
    """Give the applications that are not inputs, in order."""
    return [node for node in graph.nodes if node.operation.family != "input"]


def kinds(graph: Graph) -> list[str]:
    return [node.kind for node in layers(graph)]


def names(graph: Graph) -> list[str]:
    return [node.name for node in layers(graph)]


def units(graph: Graph) -> list[int]:
    """Give the units of the Dense layers: the handiest mark of which layer is which."""
    return [node.operation.bound["units"] for node in layers(graph) if node.kind == "Dense"]


def argument(graph: Graph, name: str, number: int = 0) -> Any:
    """Give an argument of the layer with this number, as Keras would have it."""
    return layers(graph)[number].operation.bound[name]


def shape(graph: Graph, output: str | None = None) -> tuple[Any, ...]:
    """Give the shape of an output beside the batch, symbolic sizes spelled out."""
    ref = graph.outputs[output] if output is not None else next(iter(graph.outputs.values()))
    return tuple(
        "?" if isinstance(d, Unknown) else d if isinstance(d, int) else str(d)
        for d in graph.spec(ref).shape[1:]
    )


def parameters(graph: Graph) -> int:
    from netdsl.analyse.costs import totals

    return totals(graph).parameters


def feeders(graph: Graph, node: Node) -> list[str]:
    """Give the names of the nodes that feed a node, in order."""
    return [graph.nodes[ref.node].name for ref in node.inputs]


def structure(graph: Graph) -> list[Any]:
    """Give what a graph computes, without any name: kinds, arguments, wiring, types and weights."""
    numbers: dict[int, int] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, Ref):
            return ("tensor", value.node, value.path)
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items() if key != "name"}
        return value if isinstance(value, (int, float, str, bool, type(None))) else str(type(value))

    rows: list[Any] = []
    for node in graph.nodes:
        operation = node.operation
        rows.append(
            (
                numbers.setdefault(id(operation), len(numbers)),
                node.kind,
                plain(operation.bound),
                plain(node.positional),
                plain(node.keywords),
                [(spec.shape, spec.dtype) for spec in node.flat_outputs],
                [weight.shape for weight in operation.weights],
                operation.trainable,
            )
        )
    return [*rows, [plain(ref) for ref in graph.outputs.values()]]
