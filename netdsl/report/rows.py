"""The rows of the layer table: nodes under the blocks they were made in, identical repeats told once.

`table_rows` takes a graph and gives rows in order, as data; `table.py` draws them. A block's use is a row of its
own with the sums of what is in it; a run of identical blocks or layers is one row that counts them, and the first
of them stands for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from netdsl.analyse.costs import counted_in, counted_nodes
from netdsl.analyse.uses import spell_use
from netdsl.graph import Graph, Node, Operation, Use
from netdsl.record import mutable, record
from netdsl.report.summary import kind_of
from netdsl.tensor import UNKNOWN, Dim, TensorSpec

if TYPE_CHECKING:
    from netdsl.analyse.receptive import Field

#: How long a repeating pattern of neighbours may be, and how many rows telling it once has to save.
LONGEST_PATTERN = 24
FEWEST_SAVED = 5

#: How many characters of a block's call are told.
LONGEST_LABEL = 48

_NO_FIELDS: Mapping[int, Field] = {}


@record
class Row:
    """A row: a layer, a block with sums, or a repeat with the sums of all its turns."""

    role: Literal["layer", "block", "repeat"]
    depth: int
    label: str
    name: str = ""  # the layer's name; of a block or repeat what its layers' names begin with
    kind: str = ""
    outputs: tuple[TensorSpec, ...] | None = None
    parameters: int | None = None  # None where the weights were counted in an earlier row
    macs: Dim = 0
    inputs: tuple[str, ...] = ()  # as short as the block that both layers stand in allows
    sources: tuple[str, ...] = ()  # the same in full
    times: int = 1
    told: bool = True  # False where only a class of the user's own knows some weights
    field: tuple[Dim, ...] | None = None  # of a layer: how much of the input one value depends on


@mutable
class _Block:
    """The nodes and inner blocks of one use of a block, by first appearance."""

    path: tuple[str, ...]
    items: list[_Item] = field(default_factory=list)
    use: Use | None = None

    def nodes(self) -> Iterator[Node]:
        pending: list[_Item] = [self]
        while pending:
            item = pending.pop()
            if isinstance(item, _Block):
                pending.extend(reversed(item.items))
            else:
                yield item


_Item: TypeAlias = Node | _Block


def table_rows(
    graph: Graph, *, expand: bool = False, fields: Mapping[int, Field] = _NO_FIELDS
) -> list[Row]:
    """Give the rows of a model's table; `expand` tells every repeat in full, `fields` are receptive fields."""
    return list(_Table(graph, expand, fields).rows())


class _Table:
    def __init__(self, graph: Graph, expand: bool, fields: Mapping[int, Field]) -> None:
        self._graph = graph
        self._fields = fields
        self._expand = expand
        self._root = _Block(())
        self._signatures: dict[object, int] = {}
        self._first_use: dict[int, int] = {}
        blocks: dict[Use, _Block] = {}
        nodes = counted_nodes(graph)
        self._counted = counted_in({id(n.operation): n.operation for n in nodes}.values())
        for node in nodes:
            self._first_use.setdefault(id(node.operation), node.id)
            self._enclosing(node, blocks).items.append(node)

    def _enclosing(self, node: Node, blocks: dict[Use, _Block]) -> _Block:
        """Give the block of a node; each use of a shared one is a block of its own, under one name."""
        uses: list[Use] = []
        step = node.within
        while step is not None and step not in blocks:
            if isinstance(step, Use) and step.name:
                uses.append(step)
            step = step.around
        block = blocks[step] if isinstance(step, Use) else self._root
        for use in reversed(uses):
            inner = blocks[use] = _Block((*block.path, use.name), use=use)
            block.items.append(inner)
            block = inner
        return block

    def rows(self) -> Iterator[Row]:
        """Walk the blocks depth first, without recursing."""
        pending: list[Iterator[Row | tuple[_Block, int]]] = [self._contents(self._root, 0)]
        while pending:
            step = next(pending[-1], None)
            if step is None:
                pending.pop()
            elif isinstance(step, Row):
                yield step
            else:
                block, depth = step
                pending.append(self._contents(block, depth))

    def _contents(self, block: _Block, depth: int) -> Iterator[Row | tuple[_Block, int]]:
        for begin, length, times in self._runs(block.items):
            items = block.items[begin : begin + length * times]
            inner = depth
            if times > 1:
                yield self._repeat_row(depth, items, block.path, times)
                inner += 1
            for item in items[:length]:
                if isinstance(item, _Block):
                    if times == 1 or length > 1:
                        yield self._block_row(inner, item, block.path)
                        yield item, inner + 1
                    else:
                        yield item, inner
                else:
                    yield self._layer_row(item, inner)

    def _layer_row(self, node: Node, depth: int) -> Row:
        is_first = self._first_use[id(node.operation)] == node.id
        taken = () if node.operation.family == "weight" else node.inputs  # which only tie it
        return Row(
            role="layer",
            depth=depth,
            label=relative(node.name, node.path),
            name=node.name,
            kind=kind_of(node),
            outputs=node.flat_outputs if node.known else None,
            parameters=self._parameters(node.operation) if is_first else None,
            told=node.operation.is_told,
            macs=node.macs if node.known else UNKNOWN,
            inputs=tuple(self._input_name(ref.node, node) for ref in taken),
            sources=tuple(self._graph.nodes[ref.node].name for ref in taken),
            field=self._fields[node.id].sizes if node.id in self._fields else None,
        )

    def _parameters(self, operation: Operation) -> int | None:
        """Count what a layer adds to the rows before it; None where all that it owns is counted there."""
        added = self._counted.get(id(operation), 0)
        return added if added or not operation.weights or not operation.is_told else None

    def _input_name(self, number: int, reader: Node) -> str:
        """Name an input as short as the block that both stand in allows."""
        source = self._graph.nodes[number]
        common = [a for a, b in zip(source.path, reader.path, strict=False) if a == b]
        return relative(source.name, source.path[: len(common)])

    def _block_row(self, depth: int, block: _Block, path: Sequence[str]) -> Row:
        """A block is told as it is called."""
        assert block.use is not None
        name = relative(block.path[-1], path)
        return self._sum_row("block", depth, [block], _call(block.use), 1, name)

    def _repeat_row(
        self, depth: int, items: Sequence[_Item], path: Sequence[str], times: int
    ) -> Row:
        """One block that is used again and again is told as it is called; anything else by its names."""
        names = _range_label(items, path)
        first = items[0]
        if isinstance(first, _Block) and first.use is not None and len(items) == times:
            return self._sum_row("repeat", depth, items, _call(first.use), times, names)
        return self._sum_row("repeat", depth, items, names, times, "")

    def _sum_row(
        self,
        role: Literal["block", "repeat"],
        depth: int,
        items: Sequence[_Item],
        label: str,
        times: int,
        name: str,
    ) -> Row:
        nodes = list(_Block((), list(items)).nodes())
        macs: Dim = 0
        for node in nodes:
            macs = macs + (node.macs if node.known else UNKNOWN)
        first_uses = [n for n in nodes if self._first_use[id(n.operation)] == n.id]
        return Row(
            role=role,
            depth=depth,
            label=label,
            name=name,
            outputs=nodes[-1].flat_outputs if nodes[-1].known else None,
            parameters=sum(self._counted.get(id(node.operation), 0) for node in first_uses),
            macs=macs,
            times=times,
            told=all(node.operation.is_told for node in first_uses),
        )

    def _runs(self, items: Sequence[_Item]) -> Iterator[tuple[int, int, int]]:
        """Cut neighbours into (begin, length, times): `a b b b c d c d` -> a, 3 × b, 2 × (c d)."""
        if self._expand:
            yield from ((at, 1, 1) for at in range(len(items)))
            return
        signatures = [self._signature(item) for item in items]
        at = 0
        while at < len(items):
            length, times = _longest_run(signatures, at)
            rows = sum(1 for _ in _Block((), list(items[at : at + length])).nodes())
            if rows * (times - 1) < FEWEST_SAVED:
                length, times = 1, 1
            yield at, length, times
            at += length * times

    def _signature(self, item: _Item) -> int:
        """Number an item so that equal numbers mean: the same layers, arguments and shapes, in the same order, under
        names that differ in their numbers alone."""
        is_block = isinstance(item, _Block)
        path = item.path if isinstance(item, _Block) else (*item.path, item.name)
        content = tuple(
            (
                n.kind,
                [relative(b, [a]) for a, b in pairwise(n.path[len(path) - 1 :])],
                _arguments(n),
                [str(spec) for spec in n.flat_outputs],
                len(n.inputs),
            )
            for n in _Block((), [item]).nodes()
        )
        label = re.sub(r"\d+", "#", relative(path[-1], path[:-1]))
        return self._signatures.setdefault((is_block, label, repr(content)), len(self._signatures))


def _call(use: Use) -> str:
    """Give how a block is called, with its arguments: `bottleneck(64)`."""
    return spell_use(use, LONGEST_LABEL)


def _arguments(node: Node) -> str:
    return repr(sorted((k, repr(v)) for k, v in node.operation.arguments.items() if k != "name"))


def _longest_run(signatures: Sequence[int], at: int) -> tuple[int, int]:
    """Give the pattern at a place that covers most: its length and how often it comes in a row."""
    best = (1, 1)
    for length in range(1, min(LONGEST_PATTERN, (len(signatures) - at) // 2) + 1):
        pattern = signatures[at : at + length]
        times = 1
        while signatures[at + times * length : at + (times + 1) * length] == pattern:
            times += 1
        if times > 1 and times * length > best[0] * best[1]:
            best = (length, times)
    return best


def relative(name: str, path: Sequence[str]) -> str:
    """Take the names of enclosing blocks from a name: `stage1_conv_bn2_conv2d` in `stage1_conv_bn2` -> `conv2d`."""
    for prefix in [path[-1], "_".join(path)] if path else []:
        if name.startswith(prefix + "_"):
            return name[len(prefix) + 1 :]
    return name


def _range_label(items: Iterable[_Item], path: Sequence[str]) -> str:
    """Give the names that a repeat stands for, one name where each turn has the same."""
    names = [
        relative(item.path[-1], path) if isinstance(item, _Block) else relative(item.name, path)
        for item in items
    ]
    first, last = (re.fullmatch(r"(.*?)(\d+)", name) for name in (names[0], names[-1]))
    if first and last and first[1] == last[1]:
        return f"{names[0]} … {last[2]}" if names[0] != names[-1] else names[0]
    return f"{names[0]} … {names[-1]}" if names[0] != names[-1] else names[0]
