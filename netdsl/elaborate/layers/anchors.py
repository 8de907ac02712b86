"""Sources that no tensor arrives at, arrays of `ops` and weights: the input that makes each part of the graph."""

from __future__ import annotations

from netdsl.diagnostics.problems import structure as problems
from netdsl.elaborate.scope.entities import Tensor, is_poisoned, tensors_in
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span


def anchor_of(
    name: str, why: str, span: Span, frame: Frame, *, takes_sparse: bool = False
) -> Tensor | None:
    """Find the input that a source is tied to: the first of its body that is not sparse; None after reporting.

    What arrives where a mistake was made before has been told, and may be the input that is looked for.
    """
    body = frame.body
    assert body is not None
    found = next((t for t in tensors_in(body.inputs) if takes_sparse or not t.spec.sparse), None)
    if found is not None:
        return found
    if any(is_poisoned(given) for given in body.inputs):
        return None
    is_sparse = next(tensors_in(body.inputs), None) is not None
    what = "only sparse inputs" if is_sparse else "no input"
    frame.report(
        problems.WrongUse.at(
            span,
            f"{why}, and the body has {what} to make it part of a model",
            name=name,
            help="give the body an `input` that is a plain tensor",
        )
    )
    return None
