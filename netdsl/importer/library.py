"""Blocks that `std` has: one that folding found and that equals one of the library is taken from there.

A block and its candidate are elaborated for what arrives at a use, with values of their parameters that nothing else
in them has. Where both give the same layers, each value says which parameter fills what, and that is how the calls are
written anew. Whether the whole is still the same network, whoever asks proves afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

from netdsl.catalog.spell import spell
from netdsl.graph import Graph, Node, Operation, Ref
from netdsl.importer.arriving import edited, parsed
from netdsl.importer.elaborated import elaborated
from netdsl.record import record
from netdsl.resources import std_dir
from netdsl.syntax import tree
from netdsl.syntax.walk import walk
from netdsl.tensor import TensorSpec
from netdsl.value import Value

#: The files of the library that are looked into.
MODULES = ("vision", "attention", "mlp")

#: Values that nothing else has: for sizes, for windows and strides, and for activations.
SIZES = (101, 103, 107, 109, 113, 127, 131, 137)
WINDOWS = (13, 17, 19)
ACTIVATIONS = ("softsign", "hard_silu", "selu", "elu")

MOST_BLOCKS = 24  # of a spec that are looked for


@record(eq=False)
class Candidate:
    """A block of the library, and the kinds of layers that it may have in it."""

    module: str
    block: tree.Block
    kinds: frozenset[str]


def with_library(text: str, is_equal: Callable[[str], bool]) -> str:
    """Take the blocks of a spec from the library that are there, as long as it stays the same network."""
    for name in [block.name for block in _blocks(parsed(text))][:MOST_BLOCKS]:
        taken = _taken_from_library(text, name)
        changed = text if taken is None else _without_single_use(taken)
        if changed != text and is_equal(changed):
            text = changed
    return text


@cache
def candidates() -> tuple[Candidate, ...]:
    """Give the blocks of the library."""
    found: list[Candidate] = []
    for name in MODULES:
        module = parsed((std_dir() / f"{name}.net").read_text("utf-8"))
        blocks = {block.name: block for block in _blocks(module)}
        found += [Candidate(name, block, _kinds(block, blocks)) for block in blocks.values()]
    return tuple(found)


def _blocks(module: tree.Module) -> list[tree.Block]:
    return [s for s in module.statements if isinstance(s, tree.Block)]


def _kinds(
    block: tree.Block, blocks: Mapping[str, tree.Block], above: tuple[str, ...] = ()
) -> frozenset[str]:
    found: set[str] = set()
    for node in walk(block):
        called = node.function if isinstance(node, tree.Call) else None
        if isinstance(called, tree.Name):
            inner = blocks.get(called.id)
            if inner is None:
                found.add(called.id)
            elif called.id not in above:
                found |= _kinds(inner, blocks, (*above, block.name))
    return frozenset(found)


def _calls(module: tree.Module, name: str) -> list[tree.Call]:
    calls = (n for n in walk(module) if isinstance(n, tree.Call))
    return [c for c in calls if isinstance(c.function, tree.Name) and c.function.id == name]


def _taken_from_library(text: str, name: str) -> str | None:
    module = parsed(text)
    blocks = {block.name: block for block in _blocks(module)}
    block, calls = blocks.get(name), _calls(module, name)
    if block is None or not calls or "name=" in block.span.text:
        return None
    kinds = _kinds(block, blocks)
    taken = {s.name for s in module.statements if isinstance(s, tree.Block | tree.Model)} - {name}
    among = [c for c in candidates() if kinds <= c.kinds and c.block.name not in taken]
    arriving = _arriving(text, calls) if among else None
    if arriving is not None:
        for candidate in among:
            filled = _filled(_without_models(text, module), block, candidate, arriving)
            if filled is not None:
                return _rewritten(text, module, block, calls, candidate, filled)
    return None


@lru_cache(maxsize=1)
def _graphs(text: str) -> tuple[Graph, ...]:
    return tuple(elaborated(text).graphs.values())


def _arriving(text: str, calls: Sequence[tree.Call]) -> TensorSpec | None:
    """Give what arrives at the first use of a block that a model makes."""
    places = {(call.span.start, call.span.end) for call in calls}
    for graph in _graphs(text):
        for node in graph.nodes:
            if node.inputs and any((s.start, s.end) in places for s in node.origin.via):
                return graph.spec(node.inputs[0])
    return None


def _without_models(text: str, module: tree.Module) -> str:
    models = [s.span for s in module.statements if isinstance(s, tree.Model | tree.Train)]
    return edited(text, [(span, "") for span in models])


@record(eq=False)
class Probe:
    """What a block gives at values that tell its parameters apart."""

    graph: Graph
    parameters: Mapping[Value, str]  # by their values


def _probe(head: str, block: tree.Block, arriving: TensorSpec, *, optional: bool) -> Probe | None:
    given: dict[str, Value] = {}
    sizes, windows, words = iter(SIZES), iter(WINDOWS), iter(ACTIVATIONS)
    for parameter in block.parameters:
        is_window = "kernel" in parameter.name or "stride" in parameter.name
        match parameter.type:
            case "int" | "any" | None if parameter.default is None or optional:
                given[parameter.name] = next(windows if is_window else sizes, None)
            case "activation" if parameter.default is None or optional:
                given[parameter.name] = next(words, None)
            case _ if parameter.default is None:
                return None
    if None in given.values():
        return None
    arguments = ", ".join(f"{name}={spell(value)}" for name, value in given.items())
    sizes_of = ", ".join(str(d) if isinstance(d, int) else "?" for d in arriving.shape[1:])
    model = (
        f"model Probe {{ input probe: {arriving.dtype}[{sizes_of}] "
        f"output probed = probe -> {block.name}({arguments}) }}"
    )
    found = elaborated(f"{head}\n{model}\n")
    if found.error is not None or not found.graphs["Probe"].complete:
        return None
    return Probe(found.graphs["Probe"], {value: name for name, value in given.items()})


#: How a parameter of a block of the library is filled: by a parameter of the block, or by a value.
Filled = Mapping[str, tuple[str, Value]]


def _filled(
    head: str, block: tree.Block, candidate: Candidate, arriving: TensorSpec
) -> Filled | None:
    """Say how the parameters of a candidate are filled for it to be the block; None where it is another."""
    mine = _probe(head, block, arriving, optional=True)
    if mine is None:
        return None
    imports = f"from std.{candidate.module} import {candidate.block.name}"
    for optional in (True, False):
        theirs = _probe(imports, candidate.block, arriving, optional=optional)
        filled = None if theirs is None else _solved(mine, theirs)
        if filled is not None and all(
            p.default is not None or p.name in filled for p in candidate.block.parameters
        ):
            return filled
    return None


def _solved(mine: Probe, theirs: Probe) -> Filled | None:
    pairs = _in_lockstep(mine.graph, theirs.graph)
    found: dict[str, tuple[str, Value]] = {}
    for a, b in pairs or ():
        if a.kind != b.kind or a.family != b.family:
            return None
        for name in {*a.bound, *b.bound} - {"name", "trainable"}:
            value, wanted = _single(a.bound.get(name)), _single(b.bound.get(name))
            parameter = _of(mine, value)
            filled = ("parameter", parameter) if parameter else ("value", value)
            inner = _of(theirs, wanted)
            if inner is None:
                if parameter is not None or repr(value) != repr(wanted):
                    return None
            elif found.setdefault(inner, filled) != filled:
                return None
    return found if pairs else None


def _single(value: Value) -> Value:
    """Give the one number of a tuple of equal ones."""
    if isinstance(value, tuple) and value and all(item == value[0] for item in value):
        return value[0]
    return value


def _of(probe: Probe, value: Value) -> str | None:
    plain = isinstance(value, int | float | str) and not isinstance(value, bool)
    return probe.parameters.get(value) if plain else None


def _in_lockstep(a: Graph, b: Graph) -> list[tuple[Operation, Operation]] | None:
    """Pair what two graphs of one output make, from the outputs on; None where they are built otherwise."""
    pending = list(zip(a.outputs.values(), b.outputs.values(), strict=False))
    seen: dict[int, int] = {}
    pairs: list[tuple[Operation, Operation]] = []
    while pending:
        left, right = pending.pop()
        one, other = a.nodes[left.node], b.nodes[right.node]
        if left.path != right.path or seen.setdefault(left.node, right.node) != right.node:
            return None
        if (one.operation, other.operation) in pairs:
            continue
        if one.operation.family == "input" or other.operation.family == "input":
            if one.operation.family != other.operation.family:
                return None
            continue
        if len(one.inputs) != len(other.inputs) or _plain(one) != _plain(other):
            return None
        pairs.append((one.operation, other.operation))
        pending += zip(one.inputs, other.inputs, strict=True)
    return pairs


def _plain(node: Node) -> str:
    """Spell what a node is called with besides tensors."""
    given = [node.positional, sorted(node.keywords.items())]
    return repr([_without_tensors(value) for value in given])


def _without_tensors(value: object) -> object:
    if isinstance(value, Ref):
        return "tensor"
    if isinstance(value, list):
        return [_without_tensors(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_without_tensors(item) for item in value)
    return value


def _rewritten(
    text: str,
    module: tree.Module,
    block: tree.Block,
    calls: Sequence[tree.Call],
    candidate: Candidate,
    filled: Filled,
) -> str:
    edits = [(call.span, _call(call, block, candidate, filled)) for call in calls]
    new = edited(text, [*edits, (block.span, "")])
    first = module.statements[0].span.start
    return (
        f"{new[:first]}from std.{candidate.module} import {candidate.block.name}\n\n{new[first:]}"
    )


def _call(call: tree.Call, block: tree.Block, candidate: Candidate, filled: Filled) -> str:
    """Write a use of a block as one of the library's."""
    given = _given(call, block)
    pieces: list[str] = []
    in_order = True
    for parameter in candidate.block.parameters:
        kind, value = filled.get(parameter.name, ("", None))
        text = given[str(value)] if kind == "parameter" else spell(value)
        default = "" if parameter.default is None else parameter.default.span.text
        if not kind or text.strip("\"'") == default.strip("\"'"):
            in_order = False
            continue
        by_place = in_order and parameter.default is None
        pieces.append(text if by_place else f"{parameter.name}={text}")
    return f"{candidate.block.name}({', '.join(pieces)})"


def _given(call: tree.Call, block: tree.Block) -> dict[str, str]:
    """Give the text of each argument of a call of a block, defaults included."""
    given = {p.name: p.default.span.text for p in block.parameters if p.default is not None}
    names = iter([p.name for p in block.parameters])
    for argument in call.arguments:
        given[argument.name or next(names)] = argument.value.span.text
    return given


def _without_single_use(text: str) -> str:
    """Write out where it is used a block that is a chain and is used once, and leave out one that nothing uses."""
    module = parsed(text)
    for block in _blocks(module):
        calls = _calls(module, block.name)
        if not calls:
            return _without_single_use(edited(text, [(block.span, "")]))
        chains = [n for n in walk(module) if isinstance(n, tree.Pipe) and calls[0] in n.stages]
        if len(calls) == 1 and chains and isinstance(block.body, tree.Pipe):
            written = _written_out(block, _given(calls[0], block))
            return _without_single_use(edited(text, [(calls[0].span, written), (block.span, "")]))
    return text


def _written_out(block: tree.Block, given: Mapping[str, str]) -> str:
    assert isinstance(block.body, tree.Pipe)
    start, body = block.body.span.start, block.body.span.text
    names = [n for n in walk(block.body) if isinstance(n, tree.Name) and n.id in given]
    for node in sorted(names, key=lambda node: -node.span.start):
        value = given[node.id]
        value = value if value.replace("_", "").isalnum() else f"({value})"
        at = node.span.start - start
        body = body[:at] + value + body[at + len(node.id) :]
    return body


__all__ = ["Candidate", "candidates", "with_library"]
