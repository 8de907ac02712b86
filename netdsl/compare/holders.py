"""Who holds the weights of a model, under which name, and where Keras looks for them in a checkpoint.

A checkpoint (`.keras`, `.weights.h5`) does not go by layer names: it stores the layers of a model under their class
and a running number, in the order of `model.layers` (keras/src/saving/saving_lib.py). `holders` follows that order,
which is by decreasing distance from the outputs, and gives each layer with weights both its names.
"""

from __future__ import annotations

from collections import Counter

from netdsl.analyse.keras_order import keras_order
from netdsl.elaborate.plans.naming import snake_case
from netdsl.graph import Graph, Operation
from netdsl.record import record
from netdsl.source import Span
from netdsl.stack import deep


@record
class Holder:
    """A layer with weights: `name` is its path (`encoder/dense`), `slot` its place in a checkpoint."""

    name: str
    kind: str
    slot: str
    shapes: tuple[tuple[int, ...], ...]
    trainable: bool
    span: Span | None

    @property
    def parameters(self) -> int:
        total = 0
        for shape in self.shapes:
            count = 1
            for size in shape:
                count *= size
            total += count
        return total


@deep
def holders(graph: Graph, prefix: str = "", slot_prefix: str = "") -> list[Holder]:
    """Give every layer of a model that has weights, those of models inside it too, in Keras's order.

    What several layers hold is stored with the first of them, so it is told of that one alone.
    """
    found: list[Holder] = []
    numbers: Counter[str] = Counter()
    stored: set[int] = set()
    for operation in keras_order(graph):
        if operation.family == "op":
            continue
        class_ = checkpoint_class(operation)
        number = numbers[class_]
        numbers[class_] += 1
        slot = f"{slot_prefix}{class_}_{number}" if number else f"{slot_prefix}{class_}"
        name = f"{prefix}{operation.name}"
        own = [w for w in operation.weights if id(w.variable) not in stored]
        stored.update(id(w.variable) for w in own if w.variable is not None)
        if operation.graph is not None and (own or not operation.weights):
            found.extend(holders(operation.graph, f"{name}/", f"{slot}/"))
        elif own:
            shapes = tuple(weight.shape for weight in own)
            trainable = operation.trainable and any(w.trainable for w in operation.weights)
            found.append(Holder(name, operation.kind, slot, shapes, trainable, operation.span))
    return found


def checkpoint_class(operation: Operation) -> str:
    """Give the name that a checkpoint stores a layer's class under."""
    if operation.family in ("model", "application"):
        return "functional"
    return snake_case(operation.kind)
