"""Sizes that follow what arrives: `_.shape[-1] // 2` in place of a parameter that is always half as wide as that.

A parameter of a block, or a variable of a loop, goes where each layer that it fills is as many times wider or narrower
than what arrives, in all uses and turns. Whether the whole is still the same network, whoever asks proves afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from netdsl.graph import Graph
from netdsl.importer.elaborated import elaborated
from netdsl.importer.rewriting import edited, parsed, rewritten
from netdsl.record import record
from netdsl.source import Span
from netdsl.syntax import tree
from netdsl.syntax.walk import walk

#: How many times wider or narrower a layer may be than what arrives, for somebody to write it so.
TIMES = (1, 2, 3, 4, 6, 8)

#: From how many different sizes on it is no accident.
FEWEST = 3


@record(eq=False)
class Filling:
    """A name that stands for a size, and the arguments of layers that it is."""

    name: str
    arguments: tuple[tree.Argument, ...]
    edits: tuple[
        tuple[Span, str], ...
    ]  # what goes with it: its declaration, and its cells or arguments


def with_arriving_sizes(text: str, is_equal: Callable[[str], bool]) -> str:
    """Write sizes in terms of what arrives, as long as it stays the same network."""
    return rewritten(text, _changed, is_equal)


def _changed(text: str) -> Iterator[str]:
    module = parsed(text)
    found = [*_columns(module), *_parameters(module)]
    graphs = list(elaborated(text).graphs.values()) if found else []
    for filling in found:
        relations = {_relation(argument, graphs) for argument in filling.arguments}
        relation = relations.pop() if len(relations) == 1 else None
        if relation is not None:
            edits = [(a.value.span, relation) for a in filling.arguments]
            yield edited(text, [*edits, *filling.edits])


def _relation(argument: tree.Argument, graphs: Iterable[Graph]) -> str | None:
    """Say what an argument is of the width that arrives, wherever its layer is made; None where that varies."""
    pairs: set[tuple[int, int]] = set()
    for graph in graphs:
        for node in graph.nodes:
            call = node.operation.call
            if call is None or call.arguments[:1] != (argument,):
                continue
            arriving = graph.spec(node.inputs[0]).shape[-1] if len(node.inputs) == 1 else None
            size = next(iter(node.operation.arguments.values()), None)
            if not isinstance(arriving, int) or not isinstance(size, int):
                return None
            pairs.add((arriving, size))
    if len(pairs) < FEWEST:
        return None
    for times in TIMES:
        if all(value == arriving * times for arriving, value in pairs):
            return f"_.shape[-1] * {times}" if times > 1 else "_.shape[-1]"
        if all(value * times == arriving for arriving, value in pairs):
            return f"_.shape[-1] // {times}"
    return None


def _first_sizes(node: tree.Node, name: str) -> tuple[tree.Argument, ...] | None:
    """Give the arguments that a name is, each the first of a layer in a chain; None where it is anything else."""
    stages = {
        id(stage) for pipe in walk(node) if isinstance(pipe, tree.Pipe) for stage in pipe.stages[1:]
    }
    found = []
    for call in walk(node):
        if isinstance(call, tree.Call) and id(call) in stages and call.arguments:
            first = call.arguments[0]
            is_layer = isinstance(call.function, tree.Name) and call.function.id[0].isupper()
            if is_layer and first.name is None and _is(first.value, name):
                found.append(first)
    uses = sum(1 for n in walk(node) if _is(n, name))
    return tuple(found) if found and len(found) == uses else None


def _is(node: tree.Node, name: str) -> bool:
    return isinstance(node, tree.Name) and node.id == name


def _columns(module: tree.Module) -> Iterator[Filling]:
    """Give the variables of loops over a table that is written out."""
    for loop in walk(module):
        if not isinstance(loop, tree.For) or not isinstance(loop.target, tree.TuplePattern):
            continue
        names = loop.target.parts
        table = loop.iterable.items if isinstance(loop.iterable, tree.ListExpr) else ()
        rows = [row for row in table if isinstance(row, tree.TupleExpr)]
        if not rows or len(rows) < len(table):
            continue
        for place, pattern in enumerate(names):
            name = pattern.id if isinstance(pattern, tree.NamePattern) else ""
            arguments = _first_sizes(loop.body, name) if name else None
            if arguments is not None:
                edits = [(loop.target.span, _left([n.span.text for n in names], place))]
                for row in rows:
                    cells = [cell.span.text for cell in row.items]
                    left = _left(cells, place)
                    edits.append((row.span, f"({left})" if len(cells) > 2 else left))
                yield Filling(name, arguments, tuple(edits))


def _left(texts: Sequence[str], place: int) -> str:
    return ", ".join([*texts[:place], *texts[place + 1 :]])


def _parameters(module: tree.Module) -> Iterator[Filling]:
    """Give the parameters of blocks that each use gives."""
    for block in module.statements:
        if not isinstance(block, tree.Block):
            continue
        calls = [
            c for c in walk(module) if isinstance(c, tree.Call) and _is(c.function, block.name)
        ]
        for place, parameter in enumerate(block.parameters):
            arguments = _first_sizes(block.body, parameter.name)
            given = [_given(call, parameter.name, place) for call in calls]
            if arguments is None or parameter.default is not None or None in given:
                continue
            texts = [p.span.text for p in block.parameters]
            whole = Span(
                parameter.span.file, block.parameters[0].span.start, block.parameters[-1].span.end
            )
            edits = [(whole, _left(texts, place))]
            for call, argument in zip(calls, given, strict=True):
                number = [id(a) for a in call.arguments].index(id(argument))
                left = _left([a.span.text for a in call.arguments], number)
                edits.append((call.span, f"{block.name}({left})"))
            yield Filling(parameter.name, arguments, tuple(edits))


def _given(call: tree.Call, name: str, place: int) -> tree.Argument | None:
    for number, argument in enumerate(call.arguments):
        if argument.name == name or (argument.name is None and number == place):
            return argument
    return None
