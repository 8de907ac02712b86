"""A tensor where something is decided while the network is built: its numbers come with the data."""

from __future__ import annotations

from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.diagnostics.problems.structure import TensorDecidesNothing
from netdsl.elaborate.scope.entities import POISON, short
from netdsl.elaborate.scope.frame import Frame
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.value import Value

_COMES_WITH_DATA = "this is a tensor, and its numbers come with the data"


def tensor_condition(expr: tree.Expr, frame: Frame) -> Value:
    """Report a condition that is a tensor."""
    help_ = f"`ops.where({short(expr.span.text)}, a, b)` chooses for each element"
    return tensor_decides(expr.span, frame, help_)


def tensor_decides(
    span: Span, frame: Frame, help: str, instead: str = "", label: str = _COMES_WITH_DATA
) -> Value:
    """Report a tensor where something is decided while the network is built."""
    fix = Fix((Edit(span, instead),)) if instead else None
    frame.report(TensorDecidesNothing.at(span, label, help=help, fix=fix))
    return POISON
