"""Which axis of a map its channels are on, as far as the layers that made it say.

A convolution says it by its `data_format`; layers that work on each place, normalise, pool or join carry it on, and so
does a function of `ops` that keeps the shape. Of what is laid out anew nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from netdsl.catalog.kind import Role
from netdsl.graph import Graph, Node
from netdsl.tensor import Shape

Layout = Literal["first", "last"]

#: Layers that make the channels of what they give, by their kernel.
_MAKES: tuple[Role, ...] = ("convolution", "transposed", "depthwise", "separable")
_FEATURES: tuple[Role, ...] = ("dense", "recurrent", "attention", "embedding")
_CARRIES: tuple[Role, ...] = (
    "each_place", "normalization", "pooling", "global_pooling", "merging", "padding", "cropping", "resizing",
    "repeating", "dropout", "activation", "scaling",
)  # fmt: skip


#: Channels that pictures have, and how high and wide they are at least.
_COLOURS, _PICTURE = (1, 3), 16


def layouts(graph: Graph, nodes: Iterable[Node]) -> dict[int, Layout]:
    """Give where the channels of each node's output are, for those of which that is known."""
    found: dict[int, Layout] = {}
    for node in nodes:
        layout = _of(graph, node, found)
        if layout is not None:
            found[node.id] = layout
    return found


def own_layout(node: Node) -> Layout | None:
    """Give where a layer expects the channels: its `data_format`; None where it has none."""
    bound = node.operation.bound
    if "data_format" not in bound:
        return None
    return "first" if bound["data_format"] == "channels_first" else "last"


def of_picture(shape: Shape) -> Layout | None:
    """Tell by its sizes where a picture has its channels, [224, 224, 3] or [3, 224, 224]; None where it may be both."""
    sizes = [size for size in shape[1:] if isinstance(size, int)]
    if len(sizes) != 3 or len(shape) != 4:
        return None
    first, middle, last = sizes
    if last in _COLOURS and min(first, middle) >= _PICTURE:
        return "last"
    return "first" if first in _COLOURS and middle == last and last >= _PICTURE else None


def _of(graph: Graph, node: Node, found: dict[int, Layout]) -> Layout | None:
    output = node.flat_outputs[0]
    if output.rank < 3:
        return None
    if node.operation.family == "input":
        return of_picture(output.shape)
    if node.operation.family == "application":
        return "last"
    if node.is_a(*_MAKES):
        return own_layout(node)
    if node.is_a(*_FEATURES) and own_layout(node) is None:
        return "last"
    arriving = {found.get(ref.node) for ref in node.inputs}
    if len(arriving) != 1:
        return None
    (layout,) = arriving
    same_shape = all(graph.spec(ref).shape == output.shape for ref in node.inputs)
    if node.operation.family == "op":
        return layout if same_shape else None
    if not node.is_a(*_CARRIES) or (node.is_a("view") and not same_shape):
        return None
    return (own_layout(node) or layout) if layout is not None else None
