"""Sizes of an input that survive what is done to them: pooled by 3 and enlarged by 3, 64 comes back as 63.

Two ways from one input meet and differ in size. Each way is gone again with sizes near the one that is declared, by the
rules of the layers on it; the first size at which both come out alike is proposed, and tried by `netdsl/fixes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import islice
from math import gcd

from netdsl.catalog.kind import Call, Refusal
from netdsl.diagnostics.diagnostic import Fix
from netdsl.elaborate.remedies.provenance import Change, way_back
from netdsl.elaborate.remedies.rank_candidates import of_other_sizes
from netdsl.elaborate.scope.entities import Tensor
from netdsl.graph import Graph, Node
from netdsl.syntax import tree
from netdsl.tensor import Dim, TensorSpec
from netdsl.value import Arguments

#: What a layer makes of another size along an axis; sizes near one another soon come to the same ones.
After = Callable[[Change, int], int | None]

_LONGEST_WAY = 60  # layers
_FARTHEST = 32  # from the size that is declared
_MOST = 2  # of the nearest sizes, that are proposed
_STEPS = (8, 16, 32)


def surviving_sizes(
    refusal: Refusal, tensors: list[Tensor], graph: Graph, module: tree.Module
) -> Iterator[Fix | None]:
    """Propose the nearest sizes of the input at which two tensors come to one size; of two as near, the larger."""
    pair = [tensors[number] for number, _ in refusal.differs]
    if pair[0].spec.rank != pair[1].spec.rank:
        return
    by_axis: dict[int, list[int]] = {}
    gone: list[list[Change]] = []
    for axis in range(1, pair[0].spec.rank):
        ways = [list(islice(way_back(graph, t.ref, axis), _LONGEST_WAY)) for t in pair]
        if not _lost_a_rest(ways):
            continue
        gone = gone or ways
        by_axis[axis] = _surviving(graph, ways, ways[0][-1])
    if not gone or not all(by_axis.values()):
        return
    for number in range(max(map(len, by_axis.values()))):
        sizes = {axis: found[min(number, len(found) - 1)] for axis, found in by_axis.items()}
        why = _why(next(iter(sizes.values())), gone)
        yield of_other_sizes(gone[0][-1].node, sizes, why, module)


def _lost_a_rest(ways: list[list[Change]]) -> bool:
    """Tell whether two ways from one input differ in size because what was divided on one is enlarged again."""
    first, second = (way[-1] for way in ways)
    is_input = first.node.operation.family == "input" and first.node is second.node
    ends = [way[0].after for way in ways]
    grows = any(_grows(change) for way in ways for change in way)
    makes_channels = any(_is_of_channels(change) for way in ways for change in way)
    differs = ends[0] != ends[1] and isinstance(first.after, int)
    return is_input and differs and grows and not makes_channels


def _is_of_channels(change: Change) -> bool:
    """Tell whether an axis has its size from the filters or units of a layer."""
    bound = change.node.operation.bound
    channels = 1 if bound.get("data_format") == "channels_first" else change.rank - 1
    return change.axis == channels and ("filters" in bound or "units" in bound)


def _surviving(graph: Graph, ways: list[list[Change]], start: Change) -> list[int]:
    size = start.after
    assert isinstance(size, int)
    after = cache(partial(_after, graph))
    found = [n for n in _near(size) if _comes_alike(after, ways, start.node, n)]
    # Further on in the net there may be more to divide: the nearest that halve more often come next.
    halved = (next((n for n in found if n % step == 0), None) for step in _STEPS)
    return list(dict.fromkeys(n for n in (*found[:_MOST], *halved) if n is not None))


def _grows(change: Change) -> bool:
    before, after = change.before, change.after
    return isinstance(before, int) and isinstance(after, int) and after > before


def _near(size: int) -> Iterator[int]:
    for distance in range(1, min(_FARTHEST, size) + 1):
        yield size + distance
        if size > 2 * distance:
            yield size - distance


def _comes_alike(after: After, ways: list[list[Change]], start: Node, size: int) -> bool:
    ends = [_gone(after, way, size if way[-1].node is start else None) for way in ways]
    return ends[0] is not None and ends[0] == ends[1]


def _gone(after: After, way: list[Change], size: int | None) -> int | None:
    """Go a way from its input on and give the size that comes out; None where that is not known."""
    start = way[-1]
    current: Dim = size if size is not None else start.after
    for change in reversed(way[:-1]):
        if not isinstance(current, int):
            return None
        if change.before != change.after or _slides(change.node):
            made = after(change, current)
            if made is None:
                return None
            current = made
    return current if isinstance(current, int) else None


def _slides(node: Node) -> bool:
    return "strides" in node.operation.bound


def _after(graph: Graph, change: Change, size: int) -> int | None:
    """Ask a layer's rule what it makes of another size along the axis."""
    node, definition = change.node, change.node.operation.definition
    if definition is None or len(node.inputs) != 1:
        return None
    shape = list(graph.spec(node.inputs[0]).shape)
    shape[change.axis] = size
    spec = graph.spec(node.inputs[0]).with_shape(tuple(shape))
    try:
        made = definition.rule(Call(definition, node.operation.bound, (spec,))).outputs
    except Refusal:
        return None
    after = made.shape[change.axis] if isinstance(made, TensorSpec) else None
    return after if isinstance(after, int) else None


def _why(size: int, ways: list[list[Change]]) -> str:
    """Say what is good about a size: it is divided without a rest by all that shrinks it."""
    factor = max(_shrinks_by(way) for way in ways)
    if factor > 1 and gcd(size, factor) == factor:
        is_halved = factor & (factor - 1) == 0
        return f"take a size that {'halves evenly' if is_halved else f'divides by {factor}'}"
    return "take a size at which both come out alike"


def _shrinks_by(way: list[Change]) -> int:
    factor = 1
    for change in way:
        bound: Arguments = change.node.operation.bound
        steps = bound.get("strides") or bound.get("pool_size")
        shrinks = (
            isinstance(change.before, int)
            and isinstance(change.after, int)
            and change.after < change.before
        )
        if shrinks and isinstance(steps, tuple) and all(isinstance(n, int) for n in steps):
            factor *= max(steps)
    return factor
