"""One window of a convolution or pooling: what lies under it, the kernel, their products, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netdsl.analyse.receptive import pad_before
from netdsl.catalog.kind import Role
from netdsl.extras import needed
from netdsl.foreign import Array, Foreign
from netdsl.graph import Graph, Node
from netdsl.record import record
from netdsl.running.inputs import CannotRun
from netdsl.running.outputs import table

_WINDOWED: tuple[Role, ...] = ("convolution", "depthwise", "pooling")

#: Channels of what arrives whose products are shown.
MOST_CHANNELS = 3


def windowed(graph: Graph, name: str | None) -> Node | None:
    """Find the layer whose window is looked at: the one of that name, or the first that slides over two axes."""
    for node in graph.counted():
        slides = node.is_a(*_WINDOWED) and node.flat_outputs[0].rank == 4
        if slides and name in (None, node.name) and node.operation.bound.get("groups", 1) == 1:
            return node
    return None


@record(eq=False)
class Window:
    """The values of one sample under a window, with zeros outside the picture; `inside` tells which lie in it."""

    values: Array
    inside: Array


def explain_window(
    node: Node, model: Foreign, arrays: Sequence[Array], place: tuple[int, int] | None
) -> Iterator[str]:
    """Tell the arithmetic at one place of a layer's output; raises CannotRun where there is no such place."""
    import keras

    layer = model.get_layer(node.name)
    part = keras.Model(model.inputs, [layer.input, layer.output])
    arriving, leaving = (needed("numpy").asarray(value)[0] for value in part(list(arrays)))
    if _argument(node, "data_format") == "channels_first":
        arriving, leaving = arriving.transpose(1, 2, 0), leaving.transpose(1, 2, 0)
    row, column = place or (leaving.shape[0] // 2, leaving.shape[1] // 2)
    if not (0 <= row < leaving.shape[0] and 0 <= column < leaving.shape[1]):
        raise CannotRun(
            f"`{node.name}` gives {leaving.shape[0]} rows and {leaving.shape[1]} columns, "
            f"there is no place {row}, {column}"
        )
    window = _under(node, arriving, row, column)
    yield f"{node.name} ({node.kind}) at row {row}, column {column}"
    if node.is_a("pooling"):
        yield from _pooled(node, window, leaving[row, column])
    else:
        yield from _multiplied(node, layer, window, leaving[row, column])


def _argument(node: Node, name: str) -> Any:
    return node.operation.bound.get(name)


def _under(node: Node, arriving: Array, row: int, column: int) -> Window:
    """Cut out what lies under the window of one place."""
    numpy = needed("numpy")
    size = _argument(node, "kernel_size") or _argument(node, "pool_size")
    strides = _argument(node, "strides") or size
    dilation = _argument(node, "dilation_rate") or (1, 1)
    places = []
    for axis, at in enumerate((row, column)):
        reach = (size[axis] - 1) * dilation[axis]
        before = pad_before(_argument(node, "padding"), arriving.shape[axis], reach, strides[axis])
        first = at * strides[axis] - before
        places.append(first + dilation[axis] * numpy.arange(size[axis]))
    rows, columns = numpy.meshgrid(*places, indexing="ij")
    height, width = arriving.shape[:2]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    values = arriving[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    return Window(numpy.where(inside[..., None], values, 0), inside)


def _pooled(node: Node, window: Window, given: Array) -> Iterator[str]:
    numpy = needed("numpy")
    values = window.values[..., 0]
    yield from _side_by_side(("under the window", values))
    chosen = values[window.inside]
    largest = node.is_a("maximum")
    found = chosen.max() if largest else chosen.mean()
    _hold(found, given[0], numpy)
    yield f"the {'largest' if largest else 'mean'}: {found:.6g}"


def _multiplied(node: Node, layer: Foreign, window: Window, given: Array) -> Iterator[str]:
    """Show the first filter at work."""
    numpy = needed("numpy")
    kernel = numpy.asarray(layer.kernel)
    channels = 1 if node.is_a("depthwise") else kernel.shape[2]
    products = window.values[..., :channels] * kernel[:, :, :channels, 0]
    for channel in range(min(channels, MOST_CHANNELS)):
        if channels > 1:
            yield f"channel {channel}"
        yield from _side_by_side(
            ("under the window", window.values[..., channel]),
            ("kernel", kernel[:, :, channel, 0]),
            ("products", products[..., channel]),
        )
    if channels > MOST_CHANNELS:
        yield f"… and {channels - MOST_CHANNELS} more channels"
    total = products.sum()
    bias = float(numpy.asarray(layer.bias)[0]) if layer.use_bias else 0.0
    applied = float(numpy.asarray(layer.activation(total + bias)))
    _hold(applied, given[0], numpy)
    line = f"the products add up to {total:.6g}"
    line += f", with the bias {bias:.6g} to {total + bias:.6g}" if layer.use_bias else ""
    activation = getattr(layer.activation, "__name__", "its activation")
    line += "" if activation == "linear" else f", through {activation} {applied:.6g}"
    yield line


def _hold(found: float, given: float, numpy: Foreign) -> None:
    """What is shown is what the layer gave, or nothing is shown."""
    if not numpy.isclose(found, given, rtol=1e-3, atol=1e-4):
        raise CannotRun(
            f"the window comes to {found:.6g}, and the layer gave {given:.6g}: a mistake of netdsl's"
        )


def _side_by_side(*tables: tuple[str, Array]) -> Iterator[str]:
    blocks = [[title, *table(values)] for title, values in tables]
    widths = [max(map(len, block)) for block in blocks]
    for lines in zip(*blocks, strict=True):
        yield "    ".join(
            f"{line:<{width}}" for line, width in zip(lines, widths, strict=True)
        ).rstrip()
