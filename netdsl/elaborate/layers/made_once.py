"""What a shared layer is made of: kept at the first use by name, and held to what it was made for at each later one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from netdsl.catalog.kind import BoundLayer, LayerKind, Weight
from netdsl.catalog.weight import Variable
from netdsl.diagnostics.diagnostic import Label
from netdsl.diagnostics.problems import shapes as shape_problems
from netdsl.elaborate.layers.origins import input_labels
from netdsl.elaborate.scope.entities import tensors_in
from netdsl.elaborate.scope.frame import Body, Frame
from netdsl.graph import Operation
from netdsl.source import Span
from netdsl.tensor import TensorSpec, spell_shape
from netdsl.value import Value


def fits_again(
    operation: Operation, weights: tuple[Weight, ...], arriving: Value, made: Span, frame: Frame
) -> bool:
    """Tell whether a shared layer takes what arrives with the weights that it has; reports where it does not."""
    body = frame.body
    assert body is not None
    first = next(tensors_in(arriving))
    why = unlike_before(operation, weights, first.spec)
    if why is None:
        return True
    used = body.via[0][0] if body.via else made  # the layer was right for its first use
    frame.report(
        shape_problems.IncompatibleShape.at(
            used,
            f"{spell_shape(first.spec.shape)} arrives, and {why}",
            layer=operation.kind,
            related=[Label(made, "made here"), *input_labels([first], frame, used)],
            help="use a layer of its own for each shape",
        )
    )
    return False


def unlike_before(
    operation: Operation, weights: tuple[Weight, ...], arriving: TensorSpec
) -> str | None:
    """Say why a layer that is built already cannot take an input; None where it can."""
    before = next(iter(operation.made_for), None)
    if [w.shape for w in operation.weights] != [w.shape for w in weights]:
        shape = spell_shape(before.shape) if before is not None else "another shape"
        return f"its weights were made for {shape}"
    if before is None or before.rank == arriving.rank:
        return None
    keeps = _keeps_rank(operation.definition, operation.bound)
    return f"it was built for rank {before.rank}, and takes no other" if keeps else None


def _keeps_rank(definition: LayerKind | None, arguments: Mapping[str, Value]) -> bool:
    """Tell whether a layer, or one inside it, takes no other rank than the first."""
    if definition is not None and definition.keeps_rank:
        return True
    return any(_keeps_rank(layer.definition, layer.arguments) for layer in _inside(arguments))


def _inside(arguments: Mapping[str, Value]) -> Iterator[BoundLayer]:
    """Give the layers among arguments, those in lists too."""
    pending = list(arguments.values())
    while pending:
        item = pending.pop()
        if isinstance(item, BoundLayer):
            yield item
        elif isinstance(item, (list, tuple)):
            pending.extend(item)


def keep(operation: Operation, body: Body, arriving: Value) -> Operation:
    """Keep what a shared layer is made of, to be found again by name; what is frozen in one layer is frozen in all."""
    if body.shared is not None:
        operation.weights = tuple(
            replace(w, variable=w.variable or Variable()) for w in operation.weights
        )
        body.shared[operation.name] = operation
        operation.made_for = tuple(tensor.spec for tensor in tensors_in(arriving))
    if not operation.trainable:
        for weight in operation.weights:
            if weight.variable is not None:
                weight.variable.trainable = False
    return operation
