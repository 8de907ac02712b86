"""Receptive fields: how much of the input a place of a feature map looks at, along its longest and shortest path.

`receptive_fields` walks a graph once. A map that is reduced to one place, or met by something that spans all of it,
has no bound; what a layer does that is not understood ends the walk there, and nothing is claimed of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from netdsl.analyse.advice.view import SLIDING, View, argument
from netdsl.graph import Node
from netdsl.record import record


@record
class Field:
    """Per spatial axis: the input's size, the longest and shortest reach, and the input places from one place to
    the next. `math.inf` stands for all of the input and more."""

    size: tuple[int, ...]
    longest: tuple[float, ...]
    shortest: tuple[float, ...]
    jump: tuple[int, ...]

    def __str__(self) -> str:
        return "x".join(f"{n:g}" for n in self.longest)


def receptive_fields(view: View) -> dict[int, Field]:
    """Give the field of each node's output that is a map with channels last, as far as it is understood."""
    fields: dict[int, Field] = {}
    for node in view.nodes:
        field = _field(node, [fields.get(ref.node) for ref in node.inputs])
        if field is not None and _is_map_of(node, len(field.size)):
            fields[node.id] = field
    return fields


def _is_map_of(node: Node, axes: int) -> bool:
    """Tell whether a node gives one map with so many axes between batch and channels."""
    return len(node.flat_outputs) == 1 and node.flat_outputs[0].rank == axes + 2


def _field(node: Node, arriving: Sequence[Field | None]) -> Field | None:
    if node.operation.family == "input":
        return _of_input(node)
    if not arriving or None in arriving or argument(node, "data_format") == "channels_first":
        return None
    fields = [field for field in arriving if field is not None]
    if node.is_a(*SLIDING):
        return _slide(node, fields[0])
    if node.is_a("global_pooling"):
        everything = (math.inf,) * len(fields[0].size)
        return replace(fields[0], longest=everything, shortest=everything)
    if node.is_a("einsum") and not _keeps_places(argument(node, "equation")):
        return None
    if node.is_a("each_place", "padding", "cropping"):
        return fields[0]
    if node.is_a("merging"):
        return _merged(fields)
    return None


def _keeps_places(equation: str) -> bool:
    """Tell whether it is an `EinsumDense` that mixes the channels of each place, and no places: `abc,cd->abd`."""
    arriving, _, rest = equation.replace(" ", "").partition(",")
    return rest.partition("->")[2][:-1] == arriving[:-1]


def _of_input(node: Node) -> Field | None:
    (spec,) = node.flat_outputs
    size = tuple(d for d in spec.shape[1:-1] if isinstance(d, int))
    if not size or len(size) != spec.rank - 2:
        return None
    ones = (1,) * len(size)
    return Field(size, ones, ones, ones)


def _slide(node: Node, field: Field) -> Field:
    window = argument(node, "kernel_size") or argument(node, "pool_size")
    strides = argument(node, "strides") or window
    dilation = argument(node, "dilation_rate") or (1,) * len(window)
    reach = [(k - 1) * d * j for k, d, j in zip(window, dilation, field.jump, strict=True)]
    return Field(
        field.size,
        tuple(a + r for a, r in zip(field.longest, reach, strict=True)),
        tuple(a + r for a, r in zip(field.shortest, reach, strict=True)),
        tuple(j * s for j, s in zip(field.jump, strides, strict=True)),
    )


def _merged(fields: Sequence[Field]) -> Field | None:
    first = fields[0]
    if any(field.size != first.size for field in fields):
        return None
    return Field(
        first.size,
        tuple(map(max, zip(*(f.longest for f in fields), strict=True))),
        tuple(map(min, zip(*(f.shortest for f in fields), strict=True))),
        tuple(map(max, zip(*(f.jump for f in fields), strict=True))),
    )
