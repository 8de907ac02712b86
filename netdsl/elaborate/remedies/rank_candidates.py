"""Changes that may mend a tensor of the wrong rank: the layer for this rank, a `Reshape`, a `Flatten` left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import isqrt

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.categories import count_at
from netdsl.elaborate.remedies.size_candidates import calls_a
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.source import Span
from netdsl.tensor import Dim, spell_shape

#: The size of the vocabulary, where nothing says it, and of its vectors.
TOKENS, VECTOR = "10_000", 64


def for_rank(needs: int, tensor: Tensor, call: Span, graph: Graph) -> Iterator[Fix | None]:
    """Propose changes for a layer that needs another rank (0 where that is not said), the likeliest first."""
    node, shape = graph.nodes[tensor.ref.node], tensor.spec.shape
    rank = len(shape)
    yield batch_left_out(node)
    yield _unwrapped(call)
    if rank == 2:
        yield stage_left_out(node, "Flatten")
        if calls_a(call, "pooling", "global_pooling"):
            yield _without(call, f"leave it out: {spell_shape(shape)} has nothing to pool over")
    yield _reshaped(needs, tensor, call, graph)
    yield _of_other_rank(rank, call)
    if needs == 3 and rank == 4 and calls_a(call, "recurrent"):
        yield before(call, "TimeDistributed(Flatten())", "read its rows as steps")


def before(call: Span, stage: str, why: str) -> Fix:
    """Put a stage before a call."""
    place = Span(call.file, call.start, call.start)
    return Fix((Edit(place, f"{stage} -> "),), text=f"{why}: `{stage} -> {_short(call.text)}`")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "…"


def _reshaped(needs: int, tensor: Tensor, call: Span, graph: Graph) -> Fix | None:
    """Give a flat or grey picture its axes, a series its channel, token numbers their vectors."""
    sizes = tensor.spec.shape[1:]
    last = sizes[-1] if sizes else None
    if needs == 4 and len(sizes) == 1:
        square = _square(last)
        return before(call, f"Reshape({square})", "give the picture its axes") if square else None
    if needs == 4 and len(sizes) == 2 and sizes[0] == last and isinstance(last, int):
        return before(call, f"Reshape(({last}, {last}, 1))", "give the picture its channel")
    if needs == 3 and len(sizes) == 1 and tensor.spec.dtype.startswith(("int", "uint")):
        tokens = count_at(graph, tensor.ref) or TOKENS
        why = "turn the numbers of tokens into vectors"
        return before(call, f"Embedding({tokens}, {VECTOR})", why)
    if needs == 3 and len(sizes) == 1 and isinstance(last, int):
        return before(call, f"Reshape(({last}, 1))", f"read it as {last} steps of one value")
    return None


def _square(size: Dim | None) -> str | None:
    """784 -> "(28, 28, 1)", 3072 -> "(32, 32, 3)"."""
    for channels in (1, 3):
        if isinstance(size, int) and size % channels == 0:
            side = isqrt(size // channels)
            if side > 4 and side * side * channels == size:
                return f"({side}, {side}, {channels})"
    return None


def _of_other_rank(rank: int, call: Span) -> Fix | None:
    """`Conv1D` on a picture -> `Conv2D`."""
    match = re.match(r"\w*?([123])D\w*", call.text)
    if match is None or not 3 <= rank <= 5:
        return None
    name = f"{match.group()[: match.start(1)]}{rank - 2}{match.group()[match.end(1) :]}"
    if name not in names_and_aliases("layer"):
        return None
    place = Span(call.file, call.start, call.start + match.end())
    rest = call.text[match.end() :]
    return Fix((Edit(place, name),), text=f"take the layer for this rank: `{name}{_short(rest)}`")


def _unwrapped(call: Span) -> Fix | None:
    """`TimeDistributed(Conv2D(8, 3))` on single pictures -> `Conv2D(8, 3)`."""
    wrapper, inside = "TimeDistributed(", call.text[len("TimeDistributed(") : -1].strip()
    if not call.text.startswith(wrapper):
        return None
    return Fix((Edit(call, inside),), text=f"there are no steps here: `{_short(inside)}`")


def given_back(needs: int, tensor: Tensor, graph: Graph) -> Fix | None:
    """Leave out the stage before, where what it got had the rank that is needed."""
    node = graph.nodes[tensor.ref.node]
    if not node.inputs or graph.spec(node.inputs[0]).rank != needs:
        return None
    stage = _short(node.origin.span.text)
    return _without(node.origin.span, f"leave out the `{stage}` before it: it takes axes away")


def stage_left_out(node: Node, kind: str) -> Fix | None:
    """Take the stage that gave a tensor out of its chain."""
    if node.kind != kind:
        return None
    return _without(node.origin.span, f"leave out the `{kind}()` before it")


def left_out(node: Node, text: str) -> Fix | None:
    """Take a node's stage out of its chain."""
    return _without(node.origin.span, text)


def _without(stage: Span, text: str) -> Fix | None:
    """Take a stage out, with the arrow before it."""
    before_it = stage.file.text[: stage.start].rstrip()
    if not before_it.endswith("->"):
        return None
    start = len(before_it[:-2].rstrip())
    return Fix((Edit(Span(stage.file, start, stage.end), ""),), text=text)


def batch_left_out(node: Node) -> Fix | None:
    """`input image: [None, 28, 28, 1]`: the batch is not part of a type."""
    if node.operation.family != "input":
        return None
    found = _sizes(node)
    match = re.match(r"\s*(None|\?)\s*,\s*", found.text) if found else None
    if found is None or match is None:
        return None
    place = Span(found.file, found.start + match.start(1), found.start + match.end())
    rest = found.text[match.end() :]
    text = f"leave the batch out, it is implied: `input {node.name}: [{rest}]`"
    return Fix((Edit(place, ""),), text=text)


def channels_last(node: Node) -> Fix | None:
    """`input image: [3, 224, 224]`: Keras has the channels last."""
    found = _sizes(node) if node.operation.family == "input" else None
    sizes = [part.strip() for part in found.text.split(",")] if found else []
    if found is None or len(sizes) != 3 or not all(size.isdigit() for size in sizes):
        return None
    if int(sizes[0]) > 4 or min(int(sizes[1]), int(sizes[2])) <= 4:
        return None
    moved = ", ".join([*sizes[1:], sizes[0]])
    return Fix((Edit(found, moved),), text=f"put the channels last: `input {node.name}: [{moved}]`")


def of_other_sizes(node: Node, sizes: Mapping[int, int], why: str) -> Fix | None:
    """Give an input other sizes along its axes, where they are written out or have a name."""
    found = _sizes(node) if node.operation.family == "input" else None
    parts = found.text.split(",") if found is not None else []
    shape = node.flat_outputs[0].shape
    if found is None or len(parts) != len(shape) - 1:
        return None
    edits: list[Edit] = []
    changed = list(parts)
    for axis, other in sizes.items():
        written = parts[axis - 1].strip()
        if written == str(shape[axis]):
            changed[axis - 1] = parts[axis - 1].replace(written, str(other))
        elif (edit := _named_size(written, found, shape[axis], other)) is not None:
            edits += [edit] if edit not in edits else []
        else:
            return None
    text = ",".join(changed)
    if changed != parts:
        edits.append(Edit(found, text))
        return Fix(tuple(edits), text=f"{why}: `input {node.name}: [{text}]`")
    names = ", ".join(f"`{parts[axis - 1].strip()} = {other}`" for axis, other in sizes.items())
    return Fix(tuple(edits), text=f"{why}: {', '.join(dict.fromkeys(names.split(', ')))}")


def _named_size(name: str, found: Span, size: Dim, other: int) -> Edit | None:
    """Change a size where it has a name: `let size = 64`, `model M(size: int = 64)`."""
    pattern = rf"(?<![\w.]){re.escape(name)}\s*(?::\s*int\s*)?=\s*({size})\b"
    bound = re.search(pattern, found.file.text) if name.isidentifier() else None
    if bound is None:
        return None
    return Edit(Span(found.file, *bound.span(1)), str(other))


def _sizes(node: Node) -> Span | None:
    """Give what stands between the brackets of an input's type."""
    span = node.origin.span
    match = re.compile(r"\s*:\s*\w*\s*\[([^\[\]]*)\]").match(span.file.text, span.end)
    return Span(span.file, *match.span(1)) if match else None
