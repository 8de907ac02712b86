"""Where the tensors that arrive at a layer came from, for whoever must say why they do not fit."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Label
from netdsl.elaborate.scope.entities import tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.tensor import spell_shape
from netdsl.value import Value


def input_labels(value: Value, frame: Frame, culprit: Span) -> list[Label]:
    """Say where each arriving tensor came from and what shape it has there."""
    body = frame.body
    assert body is not None
    labels: list[Label] = []
    seen: set[tuple[int, int]] = set()
    for tensor in list(tensors_in(value))[:4]:
        place = body.graph.nodes[tensor.ref.node].origin.span
        key = (place.start, place.end)
        if key not in seen and place != culprit:
            seen.add(key)
            labels.append(Label(place, f"gives {spell_shape(tensor.spec.shape)}"))
    return labels
