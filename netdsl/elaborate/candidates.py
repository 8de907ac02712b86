"""Changes that may mend a shape error: proposals only, each is tried by `netdsl/fixes.py` before it is shown."""

from __future__ import annotations

from typing import Any

from netdsl.catalog.kind import Refusal
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.entities import Tensor, tensors_in
from netdsl.elaborate.provenance import trace
from netdsl.graph import Graph, Node, Operation
from netdsl.source import Span
from netdsl.tensor import spell_shape


def propose(
    refusal: Refusal, operation_span: Span, arguments: Any, positional: list[Any], graph: Graph
) -> Fix | None:
    """Propose one change for a refused layer, the likeliest first; None where nothing stands to reason."""
    tensors = list(tensors_in(positional))
    if len(refusal.differs) == 2 and all(i < len(tensors) for i, _ in refusal.differs):
        return _same_padding_upstream(refusal, tensors, graph)
    name = refusal.problem.__name__
    if name == "UnequalInputs" and len({t.spec.rank for t in tensors}) > 1:
        return _flatten_larger(tensors, graph)
    if name == "WrongRank" and len(tensors) == 1:
        return _sequences_upstream(tensors[0], graph) or _flatten_before(
            refusal, tensors[0], operation_span
        )
    if name == "TooSmall" and arguments.get("padding") == "valid":
        return with_argument(operation_span, "padding", '"same"', "pad its input: ")
    return None


def with_argument(call: Span, name: str, value: str, why: str) -> Fix | None:
    """Add an argument to a call that does not give it."""
    text = call.text
    if not text.endswith(")") or f"{name}=" in text:
        return None
    empty = text[:-1].rstrip().endswith("(")
    added = f"{name}={value}" if empty else f", {name}={value}"
    place = Span(call.file, call.end - 1, call.end - 1)
    shown = " ".join((text[:-1] + added + ")").split())
    return Fix((Edit(place, added),), text=f"{why}`{shown}`")


def _same_padding_upstream(refusal: Refusal, tensors: list[Tensor], graph: Graph) -> Fix | None:
    """Pad the windows that made two sizes differ, where both would then agree."""
    chains = [trace(graph, tensors[i].ref, axis) for i, axis in refusal.differs]
    met = {c.node.id for c in chains[0]} & {c.node.id for c in chains[1]}
    own = [c.node for chain in chains for c in chain if c.node.id not in met]
    shrunk = [n for n in own if _is_unpadded(n.operation)]
    edits: list[Edit] = []
    shown: list[str] = []
    for node in shrunk:
        fix = with_argument(_call_span(node), "padding", '"same"', "")
        if fix is None:
            return None
        edits.extend(e for e in fix.edits if e not in edits)
        shown.append(fix.text)
    if not edits:
        return None
    return Fix(
        tuple(edits), text=f"keep the size with padding: {' and '.join(dict.fromkeys(shown))}"
    )


def _is_unpadded(operation: Operation) -> bool:
    return operation.bound.get("padding") == "valid" and operation.span is not None


def _call_span(node: Node) -> Span:
    assert node.operation.span is not None
    return node.operation.span


def _sequences_upstream(tensor: Tensor, graph: Graph) -> Fix | None:
    """A recurrent layer that follows another needs the whole sequence of it."""
    node = graph.nodes[tensor.ref.node]
    if node.operation.bound.get("return_sequences") is not False or node.operation.span is None:
        return None
    return with_argument(
        node.operation.span, "return_sequences", "True", "hand the whole sequence on: "
    )


def _flatten_larger(tensors: list[Tensor], graph: Graph) -> Fix | None:
    """Tensors of several ranks are joined: put the larger ones in a row, as the smallest is."""
    smallest = min(t.spec.rank for t in tensors)
    larger = [t for t in tensors if t.spec.rank > smallest]
    if smallest != 2:
        return None
    edits = [_after(graph.nodes[t.ref.node].origin.span, " -> Flatten()") for t in larger]
    shapes = " and ".join(dict.fromkeys(spell_shape(t.spec.shape) for t in larger))
    return Fix(
        tuple(dict.fromkeys(edits)), text=f"put {shapes} in a row first, with `-> Flatten()`"
    )


def _after(span: Span, text: str) -> Edit:
    return Edit(Span(span.file, span.end, span.end), text)


def return_state(tensor: Tensor, graph: Graph) -> Fix | None:
    """One tensor is unpacked as if it came with the states of its recurrent layer."""
    node = graph.nodes[tensor.ref.node]
    if node.operation.bound.get("return_state") is not False or node.operation.span is None:
        return None
    return with_argument(node.operation.span, "return_state", "True", "ask for the states: ")


def _flatten_before(refusal: Refusal, tensor: Tensor, call: Span) -> Fix | None:
    """Too many axes for what follows: put them in one row."""
    if tensor.spec.rank < 3:
        return None
    place = Span(call.file, call.start, call.start)
    shape = spell_shape(tensor.spec.shape)
    return Fix(
        (Edit(place, "Flatten() -> "),),
        text=f"put {shape} in a row first: `Flatten() -> {call.text}`",
    )
