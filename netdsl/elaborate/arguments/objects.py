"""Objects of the user's own, `extern regularizer Orthogonal(factor: float) from "module"`, made where one is taken."""

from __future__ import annotations

from netdsl.catalog.kind import ObjectValue
from netdsl.elaborate.arguments import parameters
from netdsl.elaborate.arguments.held_layers import no_shared_layers
from netdsl.elaborate.scope.entities import POISON, ExternObjectRef
from netdsl.elaborate.scope.frame import Frame
from netdsl.elaborate.scope.limits import LAYER_STEPS
from netdsl.syntax import tree
from netdsl.value import Value


def extern_object(call: tree.Call, ref: ExternObjectRef, frame: Frame) -> Value:
    """Make an object of a class of the user's own; POISON after reporting what its parameters do not take."""
    node = ref.symbol.node
    assert isinstance(node, tree.ExternObject)
    frame.session.budget.step(LAYER_STEPS)
    home = frame.session.root(ref.symbol.unit)
    bound = parameters.bind_parameters(
        node.name, node.parameters, call, frame, home, is_stage=False
    )
    why, help_ = "what a class of Python does with a shared layer cannot be told", "leave it out"
    if bound is None or not no_shared_layers(bound, call, frame, why, help_):
        return POISON
    return ObjectValue(node.family, f"{node.module}.{node.name}", bound, node.module)
