"""Changes that may mend a tensor of the wrong rank: the layer for this rank, a `Reshape`, a `Flatten` left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isqrt

from netdsl.catalog.signature import names_and_aliases
from netdsl.diagnostics.diagnostic import Edit, Fix
from netdsl.elaborate.remedies.categories import count_at
from netdsl.elaborate.remedies.written_arguments import last_name, makes_layer_with_role
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import children, way_to
from netdsl.tensor import Dim, spell_shape

#: The size of the vocabulary, where nothing says it, and of its vectors.
TOKENS, VECTOR = "10_000", 64


def for_rank(needs: int, tensor: Tensor, written: tree.Expr, graph: Graph) -> Iterator[Fix | None]:
    """Propose changes for a layer that needs another rank (0 where that is not said), the likeliest first."""
    node, shape = graph.nodes[tensor.ref.node], tensor.spec.shape
    rank, call = len(shape), written.span
    yield batch_left_out(node)
    yield _unwrapped(written)
    if rank == 2:
        yield stage_left_out(node, "Flatten")
        if makes_layer_with_role(written, "pooling", "global_pooling"):
            yield _without(call, f"leave it out: {spell_shape(shape)} has nothing to pool over")
    yield _reshaped(needs, tensor, call, graph)
    yield _of_other_rank(rank, written)
    if needs == 3 and rank == 4 and makes_layer_with_role(written, "recurrent"):
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


def _of_other_rank(rank: int, written: tree.Expr) -> Fix | None:
    """`Conv1D` on a picture -> `Conv2D`."""
    name = last_name(written.function) if isinstance(written, tree.Call) else ""
    own = next((part for part in ("1D", "2D", "3D") if part in name), None)
    if own is None or not isinstance(written, tree.Call) or not 3 <= rank <= 5:
        return None
    other = name.replace(own, f"{rank - 2}D", 1)
    if other not in names_and_aliases("layer"):
        return None
    function, call = written.function.span, written.span
    place = Span(function.file, function.end - len(name), function.end)
    rest = call.text[function.end - call.start :]
    return Fix((Edit(place, other),), text=f"take the layer for this rank: `{other}{_short(rest)}`")


def _unwrapped(written: tree.Expr) -> Fix | None:
    """`TimeDistributed(Conv2D(8, 3))` on single pictures -> `Conv2D(8, 3)`."""
    if not makes_layer_with_role(written, "step_by_step") or not isinstance(written, tree.Call):
        return None
    if len(written.arguments) != 1:
        return None
    inside = written.arguments[0].value.span.text
    return Fix((Edit(written.span, inside),), text=f"there are no steps here: `{_short(inside)}`")


def given_back(needs: int, tensor: Tensor, graph: Graph) -> Fix | None:
    """Leave out the stage before, where the tensor that it was given has the rank that is needed."""
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
    before_it = stage.before.rstrip()
    if not before_it.endswith("->"):
        return None
    start = stage.start - len(stage.before) + len(before_it[:-2].rstrip())
    return Fix((Edit(Span(stage.file, start, stage.end), ""),), text=text)


def batch_left_out(node: Node) -> Fix | None:
    """Leave the batch out of the type of an input: `input image: [None, 28, 28, 1]`."""
    sizes = _sizes(node)
    if len(sizes) < 2 or not _is_any(sizes[0]):
        return None
    first, rest = sizes[0].span, _between(sizes[1:])
    text = f"leave the batch out, it is implied: `input {node.name}: [{rest.text}]`"
    return Fix((Edit(Span(first.file, first.start, rest.start), ""),), text=text)


def _is_any(size: tree.Expr) -> bool:
    """Tell whether an expression is `None` or `?`, which stand for a size that is not known."""
    return isinstance(size, tree.Arriving) or (
        isinstance(size, tree.Literal) and size.value is None
    )


def channels_last(node: Node) -> Fix | None:
    """Put the channels of an input last, where Keras has them: `input image: [3, 224, 224]`."""
    sizes = _sizes(node)
    numbers = [s.value for s in sizes if isinstance(s, tree.Literal) and type(s.value) is int]
    if len(sizes) != 3 or len(numbers) != 3 or numbers[0] > 4 or min(numbers[1:]) <= 4:
        return None
    moved = ", ".join(size.span.text for size in (*sizes[1:], sizes[0]))
    edit = Edit(_between(sizes), moved)
    return Fix((edit,), text=f"put the channels last: `input {node.name}: [{moved}]`")


def of_other_sizes(
    node: Node, others: Mapping[int, int], why: str, module: tree.Module
) -> Fix | None:
    """Give an input other sizes along its axes, where they are written out or have a name."""
    sizes, shape = _sizes(node), node.flat_outputs[0].shape
    if not sizes or len(sizes) != len(shape) - 1:
        return None
    named: list[Edit] = []
    changed: list[Edit] = []
    for axis, other in others.items():
        size = sizes[axis - 1]
        if isinstance(size, tree.Literal) and size.value == shape[axis]:
            changed.append(Edit(size.span, str(other)))
        elif (value := _value_of(size, shape[axis], node, module)) is not None:
            edit = Edit(value.span, str(other))
            named += [edit] if edit not in named else []
        else:
            return None
    if changed:
        whole = _between(sizes)
        text = _edited(whole, changed)
        edits = (*named, Edit(whole, text))
        return Fix(edits, text=f"{why}: `input {node.name}: [{text}]`")
    names = [f"`{sizes[axis - 1].span.text} = {other}`" for axis, other in others.items()]
    return Fix(tuple(named), text=f"{why}: {', '.join(dict.fromkeys(names))}")


def _edited(whole: Span, edits: Iterable[Edit]) -> str:
    """Give a text with changes in it."""
    text = whole.text
    for edit in sorted(edits, key=lambda e: -e.span.start):
        text = (
            text[: edit.span.start - whole.start] + edit.text + text[edit.span.end - whole.start :]
        )
    return text


def _value_of(size: tree.Expr, is_now: Dim, node: Node, module: tree.Module) -> tree.Expr | None:
    """Find where a size that has a name gets its value: `let size = 64`, `model M(size: int = 64)`."""
    declared = node.operation.declared
    if not isinstance(size, tree.Name) or declared is None:
        return None
    for scope in reversed(way_to(module, declared)):
        for child in children(scope):
            match child:
                case tree.Let(_, size.id, tree.Literal() as value, _) if value.value == is_now:
                    return value
                case tree.Parameter(_, size.id, _, tree.Literal() as value) if (
                    value.value == is_now
                ):
                    return value
    return None


def _sizes(node: Node) -> tuple[tree.Expr, ...]:
    """Give the sizes that an input's type is written with."""
    declared = node.operation.declared
    return () if declared is None or declared.type is None else declared.type.dims


def _between(sizes: Sequence[tree.Expr]) -> Span:
    """Give the place of several sizes in a row."""
    first, last = sizes[0].span, sizes[-1].span
    return Span(first.file, first.start, last.end)
