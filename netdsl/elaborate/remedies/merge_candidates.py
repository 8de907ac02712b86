"""Changes that may mend tensors that do not fit together: padding, a projected shortcut, a size that halves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import TypeAlias

from netdsl.catalog.argument_table import argument_type
from netdsl.catalog.binding import likely
from netdsl.catalog.kind import Refusal
from netdsl.catalog.signature import signature
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.argument_fixes import with_argument, with_value
from netdsl.elaborate.remedies.provenance import Change, trace, way_back
from netdsl.elaborate.remedies.rank_candidates import before
from netdsl.elaborate.remedies.size_candidates import axis_left_out, other_factor, other_width
from netdsl.elaborate.remedies.surviving_sizes import surviving_sizes
from netdsl.elaborate.remedies.written_arguments import makes_layer_with_role
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import stage_before
from netdsl.tensor import Dim, spell_shape
from netdsl.value import Arguments

#: Where the tensors that are joined are written, those that have a name or are what arrives.
Places: TypeAlias = list[Span | None]

MOST_BACK = 20  # layers that are looked at for the one that made a width
MOST_ALONE = 3  # layers that are tried one by one before all are changed at once


def for_unequal(
    refusal: Refusal, tensors: list[Tensor], written: tree.Expr, graph: Graph, module: tree.Module
) -> Iterator[Fix | None]:
    """Propose changes for tensors that differ on an axis, the likeliest first."""
    places = _joined_places(written, module, len(tensors))
    chains = [trace(graph, tensors[i].ref, axis) for i, axis in refusal.differs]
    if makes_layer_with_role(written, "contraction"):
        yield from _other_axes(refusal, tensors, written)
    if makes_layer_with_role(written, "concatenation"):
        yield _joined_channels(refusal, tensors, written, graph)
        yield axis_left_out(written)
    yield from _padded_upstream(chains, _is_causal(refusal, tensors, graph))
    resized = list(_resized(refusal, chains, tensors, places, graph))
    if makes_layer_with_role(written, "sum", "difference", "mean"):
        pictures = (
            tensors[0].spec.rank > 3
        )  # there a shortcut is projected, as in a residual network
        projected = list(_projected(tensors, places, isinstance(written, tree.Binary)))
        yield from [*projected, *resized] if pictures else [*resized, *projected]
    else:
        yield from resized
    yield from surviving_sizes(refusal, tensors, graph, module)


def _resized(
    refusal: Refusal,
    chains: list[list[Change]],
    tensors: list[Tensor],
    places: Places,
    graph: Graph,
) -> Iterator[Fix | None]:
    """Change the layer nearest to the place that made one size what it is, the later of the two first."""
    shared = {c.node.id for c in chains[0]} & {c.node.id for c in chains[1]}
    names = [place.text if place else "" for place in places]
    sizes = [tensors[i].spec.shape[axis] for i, axis in refusal.differs]
    order = sorted((0, 1), key=lambda side: -(chains[side][0].node.id if chains[side] else 0))
    for side in order:
        change, other = next(iter(chains[side]), None), 1 - side
        if change is None or change.node.id in shared or change.before is None:
            continue
        tensor = refusal.differs[other][0]
        fitting = names[tensor] if len(tensors) == 2 and names[tensor].isidentifier() else ""
        way = way_back(graph, tensors[refusal.differs[side][0]].ref, refusal.differs[side][1])
        own = takewhile(lambda c: c.node.id not in shared, islice(way, MOST_BACK))
        yield from other_width(own, sizes[other], "" if fitting == "_" else fitting)
        yield other_factor(change, sizes[other])


def _other_axes(
    refusal: Refusal, tensors: list[Tensor], written: tree.Expr
) -> Iterator[Fix | None]:
    """`Dot(axes=1)` of (None, 5, 8) and (None, 7, 8) -> `Dot(axes=2)`: the axes that are as long, the nearest first."""
    (_, one), (_, two) = refusal.differs
    left, right = tensors[0].spec.shape, tensors[1].spec.shape
    pairs = [
        (i, j)
        for i in range(1, len(left))
        for j in range(1, len(right))
        if isinstance(left[i], int) and left[i] == right[j]
    ]
    # The last axes are the features, which a product of two sequences or of two rows is taken over.
    last = (len(left) - 1, len(right) - 1)
    pairs.sort(key=lambda p: ((p[0] != one) + (p[1] != two), p[0] != p[1], p != last))
    for pair in pairs:
        axes = str(pair[0]) if pair[0] == pair[1] else str(pair)
        yield with_value(written, "axes", axes, 0, "take the axes that are as long")


def _joined_channels(
    refusal: Refusal, tensors: list[Tensor], written: tree.Expr, graph: Graph
) -> Fix | None:
    """Join maps whose channels come first along axis 1."""
    axes = {axis for _, axis in refusal.differs}
    if axes != {1} or not any(_has_channels_first(graph, tensor) for tensor in tensors):
        return None
    return with_value(written, "axis", "1", 0, "the channels come first here")


def _has_channels_first(graph: Graph, tensor: Tensor) -> bool:
    """Tell whether the last layer that says where the channels are had them first."""
    for change in islice(way_back(graph, tensor.ref, 1), MOST_BACK):
        ordering = change.node.operation.bound.get("data_format")
        if ordering is not None:
            return bool(ordering == "channels_first")
    return False


def _is_causal(refusal: Refusal, tensors: list[Tensor], graph: Graph) -> bool:
    """Tell whether one of two branches looks at earlier steps only."""
    return any(
        change.node.operation.bound.get("padding") == "causal"
        for number, axis in refusal.differs
        for change in islice(way_back(graph, tensors[number].ref, axis), MOST_BACK)
    )


def _padded_upstream(chains: list[list[Change]], causal: bool) -> Iterator[Fix | None]:
    """Pad the windows that made two sizes differ: one of them, or all; beside a causal branch, before them."""
    padding = "causal" if causal else "same"
    met = {c.node.id for c in chains[0]} & {c.node.id for c in chains[1]}
    own = [c.node for chain in chains for c in chain if c.node.id not in met]
    shrunk = [node for node in own if _is_unpadded(node)]
    if len({_call_span(node) for node in shrunk}) > 1:
        for node in shrunk[:MOST_ALONE]:
            yield _padded([node], padding)
    yield _padded(shrunk, padding)
    if causal and len(shrunk) == 1:
        yield _zeros_before(shrunk[0])


def _zeros_before(node: Node) -> Fix | None:
    """Let a convolution that takes no causal padding look at earlier steps only: zeros before the first one."""
    bound: Arguments = node.operation.bound
    call = _call_span(node)
    kernel, dilation = bound.get("kernel_size"), bound.get("dilation_rate") or (1,)
    if not isinstance(kernel, tuple) or len(kernel) != 1:
        return None
    stage = f"ZeroPadding1D(({(kernel[0] - 1) * dilation[0]}, 0))"
    return before(call, stage, "look at earlier steps only")


def _padded(nodes: list[Node], padding: str) -> Fix | None:
    edits: list[Edit] = []
    shown: list[str] = []
    for node in nodes:
        fix = with_argument(node.operation.call, "padding", f'"{padding}"', "")
        if fix is None or not _takes(node, "padding", padding):
            return None
        edits.extend(e for e in fix.edits if e not in edits)
        shown.append(fix.text)
    if not edits:
        return None
    text = f"keep the size with padding: {' and '.join(dict.fromkeys(shown))}"
    return Fix(tuple(edits), text=text)


def _takes(node: Node, name: str, value: str) -> bool:
    found, definition = signature("layer", node.kind), node.operation.definition
    overrides = definition.arguments if definition is not None else {}
    return found is not None and likely(argument_type(found, name, overrides), value)


def _is_unpadded(node: Node) -> bool:
    return node.operation.bound.get("padding") == "valid" and node.operation.span is not None


def _call_span(node: Node) -> Span:
    assert node.operation.span is not None
    return node.operation.span


def how_to_fit(
    refusal: Refusal, tensors: list[Tensor], written: tree.Expr, module: tree.Module
) -> str:
    """Say in words how two named tensors come to one shape, for where no change is known to do it."""
    places = _joined_places(written, module, len(tensors))
    names = [place.text if place else "" for place in places]
    sizes = [tensors[i].spec.shape[axis] for i, axis in refusal.differs]
    if len(tensors) != 2 or not all(n.isidentifier() and n != "_" for n in names):
        return ""
    (left, axis), (right, _) = refusal.differs
    names, rank = [names[left], names[right]], tensors[0].spec.rank
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) < 2:
        return ""
    if makes_layer_with_role(written, "concatenation"):
        one, other = (f"`{name}` is {size}" for name, size in zip(names, sizes, strict=True))
        return (
            f"{one} long on axis {axis} and {other}: join tensors of one size, or shrink both alike"
        )
    # What was made earlier is the shortcut, which is brought to the shape of the other.
    late = max((0, 1), key=lambda side: tensors[refusal.differs[side][0]].ref.node)
    short, long = names[1 - late], names[late]
    if axis in (rank - 1, -1):
        layer = f"Dense({long}.shape[-1])" if rank < 4 else f"Conv{rank - 2}D({long}.shape[-1], 1)"
        what = "width" if rank < 4 else "channels"
        return f"give both the same {what}, for example `{short} -> {layer}`"
    large = int(known[1] > known[0])
    return f"shrink `{names[large]}` as `{names[1 - large]}` is shrunk, by the same strides"


def _projected(tensors: list[Tensor], places: Places, by_operator: bool) -> Iterator[Fix | None]:
    """Give a shortcut the shape of the other branch, with a convolution of 1 or a `Dense` layer."""
    if len(tensors) != 2:
        return
    # The tensor that was made earlier is the shortcut.
    order = sorted(range(2), key=lambda i: tensors[i].ref.node)
    for short in order:
        place = places[short]
        layer = _projection(tensors[short].spec.shape, tensors[1 - short].spec.shape)
        if place is None or layer is None:
            continue
        text = layer if place.text == "_" else f"{place.text} -> {layer}"
        if by_operator:  # which binds closer than the arrow
            text = f"({text})"
        yield Fix((Edit(place, text),), text=f"bring `{place.text}` to the same shape: `{text}`")


def _projection(shape: tuple[Dim, ...], wanted: tuple[Dim, ...]) -> str | None:
    channels = wanted[-1]
    if len(shape) != len(wanted) or not isinstance(channels, int):
        return None
    if len(shape) < 4:
        return f"Dense({channels})" if shape[1:-1] == wanted[1:-1] else None
    strides = {_stride(a, b) for a, b in zip(shape[1:-1], wanted[1:-1], strict=True)}
    if len(strides) != 1 or None in strides:
        return None
    stride = strides.pop()
    more = "" if stride == 1 else f", strides={stride}"
    return f"Conv{len(shape) - 2}D({channels}, 1{more})"


def _stride(size: Dim, wanted: Dim) -> int | None:
    if size == wanted:
        return 1
    if not isinstance(size, int) or not isinstance(wanted, int) or not 0 < wanted < size:
        return None
    stride = -(-size // wanted)
    return stride if -(-size // stride) == wanted else None


def _joined_places(written: tree.Expr, module: tree.Module, count: int) -> Places:
    """Find the names that are joined: on both sides of an operator, or in the list before a layer."""
    joined: tuple[tree.Expr, ...] = ()
    if isinstance(written, tree.Binary):
        joined = (written.left, written.right)
    elif isinstance(before_it := stage_before(written, module), tree.ListExpr):
        joined = before_it.items
    if len(joined) != count or any(isinstance(item, (tree.Starred, tree.For)) for item in joined):
        return [None] * count
    return [i.span if isinstance(i, (tree.Name, tree.Arriving)) else None for i in joined]


def flattened(tensors: list[Tensor], graph: Graph) -> Fix | None:
    """Flatten the larger ones of tensors of several ranks that are joined, where the smallest is flat."""
    smallest = min(t.spec.rank for t in tensors)
    larger = [t for t in tensors if t.spec.rank > smallest]
    if smallest != 2:
        return None
    spans = [graph.nodes[t.ref.node].origin.span for t in larger]
    edits = [Edit(Span(s.file, s.end, s.end), " -> Flatten()") for s in spans]
    shapes = " and ".join(dict.fromkeys(spell_shape(t.spec.shape) for t in larger))
    text = f"put {shapes} in a row first, with `-> Flatten()`"
    return Fix(tuple(dict.fromkeys(edits)), text=text)
